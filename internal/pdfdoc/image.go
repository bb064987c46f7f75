package pdfdoc

import (
	"bytes"
	"fmt"
	"image"
	"maps"
	"slices"

	"golang.org/x/image/ccitt"

	"penates"
)

const (
	maxImages = 500      // of one PDF
	minSide   = 50       // pixels of an image that may be a page
	maxPixels = 64 << 20 // of one image
)

// An Image is a picture on a page (8.9.5). One of JPEG and Grey is set, or neither when it is
// stored in a way that is not read.
type Image struct {
	JPEG []byte
	Grey *image.Gray
	Err  error // why neither is set
}

// Images calls yield with the larger pictures of the pages, page by page and each once, until
// it returns false: what scanners make is a picture a page.
func (d *Doc) Images(yield func(Image) bool) {
	w := &imageWalk{doc: d, seen: map[int64]bool{}, yield: yield}
	pages := &reader{doc: d}
	for _, page := range d.pages() {
		if !w.resources(pages.resources(page), 0) {
			return
		}
	}
}

type imageWalk struct {
	doc   *Doc
	seen  map[int64]bool
	count int
	yield func(Image) bool
}

// resources walks the images of a page or form, and reports whether to go on.
func (w *imageWalk) resources(of dict, depth int) bool {
	objects := w.doc.dict(of["XObject"])
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		r, ok := objects[key].(ref)
		if !ok || w.seen[r.number] {
			continue
		}
		if w.seen[r.number] = true; w.doc.ctx.Err() != nil || w.count >= maxImages {
			return false
		}
		s, ok := w.doc.resolve(r).(stream)
		switch {
		case !ok:
		case s.dict["Subtype"] == name("Form") && depth < maxForms:
			if !w.resources(w.doc.dict(s.dict["Resources"]), depth+1) {
				return false
			}
		case s.dict["Subtype"] == name("Image"):
			width, height := w.doc.float(s.dict["Width"]), w.doc.float(s.dict["Height"])
			if width < minSide || height < minSide {
				continue
			}
			if w.count++; !w.yield(w.doc.image(s, width, height)) {
				return false
			}
		}
	}
	return true
}

func (d *Doc) image(s stream, width, height float64) Image {
	if width*height > maxPixels {
		return Image{Err: fmt.Errorf("an image of %.0f by %.0f pixels: %w", width, height, penates.TooLarge)}
	}
	filters, parms := d.list(s.dict["Filter"]), d.list(s.dict["DecodeParms"])
	var last name
	var parm dict
	if n := len(filters) - 1; n >= 0 {
		last, _ = d.resolve(filters[n]).(name)
		if n < len(parms) {
			parm = d.dict(parms[n])
		}
		if slices.Contains([]name{"DCTDecode", "DCT", "CCITTFaxDecode", "CCF"}, last) {
			inner := dict{"Filter": filters[:n], "DecodeParms": parms[:min(n, len(parms))]}
			content, err := d.decode(stream{dict: inner, raw: s.raw})
			switch {
			case err != nil:
				return Image{Err: err}
			case last == "DCTDecode" || last == "DCT":
				return Image{JPEG: content}
			}
			return d.fax(s.dict, parm, content, int(width), int(height))
		}
	}
	content, err := d.decode(s)
	if err != nil {
		return Image{Err: err}
	}
	return d.samples(s.dict, content, int(width), int(height))
}

// inverted reports that the least value of a sample is the lightest.
func (d *Doc) inverted(fields dict) bool {
	decode := d.array(fields["Decode"])
	return len(decode) > 0 && d.float(decode[0]) == 1
}

// fax decodes the rows of a facsimile (7.4.6).
func (d *Doc) fax(fields, parm dict, content []byte, width, height int) Image {
	kind := ccitt.Group3
	k := d.float(parm["K"])
	if k < 0 {
		kind = ccitt.Group4
	}
	columns := 1728
	if n := int(d.float(parm["Columns"])); n != 0 {
		columns = n
	}
	if k > 0 || columns != width {
		return Image{Err: fmt.Errorf("a facsimile of %d columns, K %.0f: %w", columns, k, penates.Unsupported)}
	}
	align, _ := d.resolve(parm["EncodedByteAlign"]).(bool)
	black1, _ := d.resolve(parm["BlackIs1"]).(bool)
	g := image.NewGray(image.Rect(0, 0, width, height))
	err := ccitt.DecodeIntoGray(g, bytes.NewReader(content), ccitt.MSB, kind, &ccitt.Options{Align: align, Invert: black1 != d.inverted(fields)})
	if err != nil {
		return Image{Err: fmt.Errorf("a facsimile: %w (%w)", penates.Damaged, err)}
	}
	return Image{Grey: g}
}

// samples reads an image of plain samples (8.9.5.2): of one bit, or of eight in grey or in
// red, green and blue.
func (d *Doc) samples(fields dict, content []byte, width, height int) Image {
	bits, colours := int(d.float(fields["BitsPerComponent"])), d.colours(fields["ColorSpace"])
	if mask, _ := d.resolve(fields["ImageMask"]).(bool); mask {
		bits, colours = 1, 1
	}
	row := (width*bits*colours + 7) / 8
	if bits != 8 && (bits != 1 || colours != 1) || colours == 0 {
		return Image{Err: fmt.Errorf("an image of %d bits and %d colours: %w", bits, colours, penates.Unsupported)}
	}
	if len(content) < row*height {
		return Image{Err: fmt.Errorf("an image of %d bytes: %w", len(content), penates.Damaged)}
	}
	g := image.NewGray(image.Rect(0, 0, width, height))
	var flip byte
	if d.inverted(fields) {
		flip = 0xFF
	}
	for y := range height {
		from, to := content[y*row:], g.Pix[y*g.Stride:]
		for x := range width {
			var v byte
			switch {
			case bits == 1:
				v = -(from[x/8] >> (7 - x%8) & 1)
			case colours == 1:
				v = from[x]
			default:
				v = byte((299*int(from[3*x]) + 587*int(from[3*x+1]) + 114*int(from[3*x+2])) / 1000)
			}
			to[x] = v ^ flip
		}
	}
	return Image{Grey: g}
}

// colours returns how many components a pixel has, 0 for colours that are not read.
func (d *Doc) colours(space any) int {
	switch v := d.resolve(space).(type) {
	case name:
		switch v {
		case "DeviceGray", "CalGray", "G":
			return 1
		case "DeviceRGB", "CalRGB", "RGB":
			return 3
		}
	case []any:
		if len(v) == 0 {
			return 0
		}
		family, _ := d.resolve(v[0]).(name)
		if family == "ICCBased" && len(v) > 1 {
			if n := int(d.float(d.dict(v[1])["N"])); n == 1 || n == 3 {
				return n
			}
		}
		if family == "CalGray" || family == "CalRGB" {
			return d.colours(family)
		}
	}
	return 0
}

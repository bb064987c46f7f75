package photo

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/track"
	"penates/internal/locale"
	"penates/internal/schema"
)

// XMP reads the files that Lightroom, darktable and digiKam put beside pictures they
// leave as they are (ISO 16684-1: .xmp). Each gives a record with title, words, people,
// rating, day and place, which names the picture by where it lies so that the two are
// linked: "a.cr2.xmp" and "a.xmp" are about "a.cr2".
var XMP = importer.Format{Name: "xmp", Title: "XMP file beside a picture", Recognise: recogniseXMP, Read: readXMP}

const (
	maxXMP      = 8 << 20
	maxXMPDepth = 64
	maxXMPTexts = 5000
)

func recogniseXMP(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '<' || h.Size > maxXMP {
		return 0
	}
	b = b[:min(len(b), 4096)]
	if bytes.Contains(b, []byte("adobe:ns:meta/")) || bytes.HasPrefix(b, []byte("<?xpacket")) && bytes.Contains(b, []byte("22-rdf-syntax-ns#")) {
		return 95
	}
	return 0
}

func readXMP(ctx context.Context, f *importer.File, out importer.Sink) error {
	b, err := f.ReadAll(maxXMP)
	if err != nil {
		return err
	}
	p, err := parseXMP(ctx, b)
	if err != nil {
		return err
	}
	media := pictureOf(f.Path)
	fields := map[string]any{"media": media}
	title := p.first("title", "Headline", "description")
	for key, name := range map[string]string{"title": "title", "description": "description", "rating": "Rating", "label": "Label", "city": "City", "country": "Country", "location": "Location"} {
		if s := p.first(name); s != "" {
			fields[key] = s
		}
	}
	if words := p.all("subject", "TagsList", "hierarchicalSubject"); len(words) > 0 {
		fields["keywords"] = words
	}
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	d := &penates.Document{Text: track.Line(track.First(title, path.Base(media))), Place: p.place()}
	for _, name := range [...]string{"DateTimeOriginal", "DateCreated", "CreateDate"} {
		if m, ok := moment(p.first(name), "", zone); ok {
			d.Time.Start = m
			break
		}
	}
	for _, who := range p.all("PersonInImage", "Name") { // Name is that of a region with a face
		d.Parties = append(d.Parties, penates.Party{Role: "shown", Literal: who})
	}
	d.Source.NativeID = "photo/" + path.Join(path.Base(path.Dir(f.Path)), f.Name)
	return out.Document(d, schema.Record{Kind: "photo", Fields: fields})
}

// pictureOf returns where the picture lies that an XMP file is about; without an
// ending where its name tells none.
func pictureOf(p string) string {
	folder, name := path.Base(path.Dir(p)), path.Base(p)
	return path.Join(folder, strings.TrimSuffix(name, path.Ext(name)))
}

// properties are the texts of an XMP packet by the name of their property, whose
// namespaces hardly ever make a difference.
type properties map[string][]string

func parseXMP(ctx context.Context, b []byte) (properties, error) {
	p := properties{}
	dec := xml.NewDecoder(bytes.NewReader([]byte(locale.Decode(b, ""))))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	dec.Strict = false
	var open []string // elements that are properties, and "" for those of RDF
	var text strings.Builder
	texts := 0
	put := func(name, s string) {
		if s = locale.Line(s); s != "" && texts < maxXMPTexts && len(s) <= maxValue && !slices.Contains(p[name], s) {
			p[name] = append(p[name], s)
			texts++
		}
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			if len(p) > 0 {
				return p, nil // what stands before the damage is as good
			}
			return nil, fmt.Errorf("XMP: %w (%w)", penates.Damaged, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) >= maxXMPDepth {
				return nil, fmt.Errorf("XMP nested more than %d deep: %w", maxXMPDepth, penates.TooLarge)
			}
			name := t.Name.Local
			if strings.HasSuffix(t.Name.Space, "rdf-syntax-ns#") || name == "xmpmeta" {
				name = ""
			}
			open = append(open, name)
			text.Reset()
			for _, a := range t.Attr {
				if a.Name.Space != "" && a.Name.Space != "xmlns" && !strings.HasSuffix(a.Name.Space, "rdf-syntax-ns#") && a.Name.Local != "lang" {
					put(a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if text.Len() < maxValue {
				text.Write(t)
			}
		case xml.EndElement:
			for i := len(open) - 1; i >= 0; i-- {
				if open[i] != "" {
					put(open[i], text.String())
					break
				}
			}
			text.Reset()
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
}

func (p properties) first(names ...string) string {
	for _, n := range names {
		if len(p[n]) > 0 {
			return p[n][0]
		}
	}
	return ""
}

// all returns the texts of several properties, each once.
func (p properties) all(names ...string) (texts []string) {
	for _, n := range names {
		for _, s := range p[n] {
			if !slices.Contains(texts, s) && len(texts) < maxWords {
				texts = append(texts, s)
			}
		}
	}
	return texts
}

// place reads where the picture was taken: "48,23.4N" and "48,23,24N" are degrees,
// minutes and seconds.
func (p properties) place() *penates.Place {
	lat, ok1 := angle(p.first("GPSLatitude"), "NS")
	lon, ok2 := angle(p.first("GPSLongitude"), "EW")
	if !ok1 || !ok2 || lat == 0 && lon == 0 {
		return nil
	}
	at, err := track.Position(lat, lon)
	if err != nil {
		return nil
	}
	if over, under, ok := strings.Cut(p.first("GPSAltitude"), "/"); ok {
		a, err1 := strconv.ParseFloat(over, 64)
		b, err2 := strconv.ParseFloat(under, 64)
		if err1 == nil && err2 == nil && b > 0 && a >= 0 && a/b < 1e5 {
			if at.Alt = a / b; p.first("GPSAltitudeRef") == "1" {
				at.Alt = -at.Alt
			}
		}
	}
	return at
}

// angle reads an angle that ends in one of two letters, the second of which is negative.
func angle(s, letters string) (degrees float64, ok bool) {
	if s == "" {
		return 0, false
	}
	sign := strings.IndexByte(letters, s[len(s)-1])
	parts := strings.Split(s[:len(s)-1], ",")
	if sign < 0 || len(parts) > 3 {
		return 0, false
	}
	unit := 1.0
	for _, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || v < 0 || v > 180 {
			return 0, false
		}
		degrees += v / unit
		unit *= 60
	}
	if sign == 1 {
		degrees = -degrees
	}
	return degrees, true
}

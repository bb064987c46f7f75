// Package video reads when and where films were taken, and how long they are, from
// files of the ISO base media format (ISO/IEC 14496-12: MP4, 3GP) and of QuickTime (MOV):
// the header of the film, and what cameras and telephones write beside it (udta, the
// metadata items of QuickTime and those of iTunes).
//
// A film stays one document of io.cozy.files, named by its bytes. Of its content nothing
// is read: the boxes with pictures and sound are passed over.
package video

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/track"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/walk"
)

// Format reads films.
var Format = importer.Format{Name: "video", Title: "Film (MP4, MOV, 3GP)", Recognise: recognise, Read: read}

// Limits of what is looked at.
const (
	maxHeader = 64 << 20 // bytes of the film's header (moov), whose tables grow with its length
	maxBoxes  = 10_000
	maxDepth  = 8
	maxText   = 4 << 10
)

func recognise(h importer.Head) int {
	if len(h.Bytes) < 12 || string(h.Bytes[4:8]) != "ftyp" || mimeOf(&h) == "" {
		return 0
	}
	return 60
}

// mimeOf returns the media type of a film; "" for pictures and sound of the same family.
func mimeOf(h *importer.Head) string {
	switch mime := walk.Mime(h.Name, h.Bytes); {
	case strings.HasPrefix(mime, "video/"):
		return mime
	case strings.HasPrefix(mime, "image/"), strings.HasPrefix(mime, "audio/"):
		return ""
	}
	switch string(h.Bytes[8:12]) {
	case "M4A ", "M4B ", "M4P ", "F4A ", "F4B ", "crx ", "hevc", "hevx", "avis":
		return ""
	}
	return "video/mp4"
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	header, err := headerOf(ctx, f)
	if err != nil {
		return err
	}
	if len(f.Bytes) < 12 {
		return importer.ErrNotMine
	}
	d, body := &penates.Document{}, schema.File{Mime: mimeOf(&f.Head)}
	m := &movie{items: map[string]string{}}
	m.boxes(header, 0)
	m.fill(d, &body, cmp.Or(f.Zone, time.UTC))
	_, err = out.File(d, body, nil)
	return err
}

// headerOf returns the content of the box "moov"; nil when there is none, or the
// file ends before it or in it.
func headerOf(ctx context.Context, f *importer.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for n := 0; n < maxBoxes; n++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		size, kind, err := boxHead(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, penates.Invalid) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if kind == "moov" {
			b, err := io.ReadAll(io.LimitReader(r, min(size, maxHeader)))
			return b, err
		}
		if err := skip(r, size); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, nil
			}
			return nil, err
		}
	}
	return nil, nil
}

// boxHead reads the head of a box: how many bytes follow, and its kind. A box without
// a length goes on to the end.
func boxHead(r io.Reader) (size int64, kind string, err error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:8]); err != nil {
		return 0, "", err
	}
	size, kind = int64(binary.BigEndian.Uint32(head[:4]))-8, string(head[4:8])
	switch size + 8 {
	case 0:
		return 1 << 62, kind, nil
	case 1:
		if _, err := io.ReadFull(r, head[8:]); err != nil {
			return 0, "", err
		}
		size = int64(binary.BigEndian.Uint64(head[8:])) - 16
	}
	if size < 0 {
		return 0, "", fmt.Errorf("box of %d bytes: %w", size, penates.Invalid)
	}
	return size, kind, nil
}

func skip(r io.Reader, n int64) error {
	if s, ok := r.(io.Seeker); ok && n < 1<<61 {
		_, err := s.Seek(n, io.SeekCurrent)
		return err
	}
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// A movie is what the header of a film says.
type movie struct {
	made     time.Time
	duration time.Duration
	keys     []string          // of the metadata items of QuickTime, by number from 1
	items    map[string]string // by key, the first of each
	seen     int               // boxes
}

// boxes goes through the boxes of b.
func (m *movie) boxes(b []byte, depth int) {
	for len(b) >= 8 && depth < maxDepth && m.seen < maxBoxes {
		m.seen++
		r := bytes.NewReader(b)
		size, kind, err := boxHead(r)
		if err != nil {
			return
		}
		b = b[len(b)-r.Len():]
		content := b[:min(size, int64(len(b)))]
		b = b[len(content):]
		m.box(kind, content, depth)
	}
}

func (m *movie) box(kind string, b []byte, depth int) {
	switch {
	case kind == "mvhd":
		m.head(b)
	case kind == "udta" || kind == "ilst" && len(m.keys) == 0:
		m.boxes(b, depth+1)
	case kind == "meta":
		if len(b) >= 8 && string(b[4:8]) != "hdlr" { // a full box in MP4, a plain one in QuickTime
			b = b[4:]
		}
		m.boxes(b, depth+1)
	case kind == "keys":
		m.readKeys(b)
	case kind == "ilst":
		m.readItems(b)
	case kind == "loci":
		m.loci(b)
	case kind[0] == 0xA9: // ©xyz, ©day, ©nam …
		m.keep(kind, textOf(b))
	}
}

// epoch is where the times of these files begin.
var epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)

// head reads the movie header (14496-12, 8.2.2).
func (m *movie) head(b []byte) {
	var made, scale, length uint64
	switch {
	case len(b) >= 32 && b[0] == 1:
		made, scale, length = binary.BigEndian.Uint64(b[4:]), uint64(binary.BigEndian.Uint32(b[20:])), binary.BigEndian.Uint64(b[24:])
	case len(b) >= 20 && b[0] == 0:
		made, scale, length = uint64(binary.BigEndian.Uint32(b[4:])), uint64(binary.BigEndian.Uint32(b[12:])), uint64(binary.BigEndian.Uint32(b[16:]))
	default:
		return
	}
	const century = 200 * 366 * 24 * 3600
	if made > 0 && made < century {
		m.made = epoch.Add(time.Duration(made) * time.Second)
	}
	const longest = 30 * 24 * 3600
	if scale > 0 && length/scale < longest {
		m.duration = time.Duration(length/scale)*time.Second + time.Duration(length%scale*1000/scale)*time.Millisecond
	}
}

// readKeys reads the names of metadata items (QuickTime File Format, "keys").
func (m *movie) readKeys(b []byte) {
	const most = 1000
	if len(b) < 8 {
		return
	}
	for b = b[8:]; len(b) >= 8 && len(m.keys) < most; {
		size := int(binary.BigEndian.Uint32(b))
		if size < 8 || size > len(b) {
			return
		}
		m.keys = append(m.keys, string(b[8:min(size, 8+200)]))
		b = b[size:]
	}
}

// readItems reads metadata items whose kinds are the numbers of keys.
func (m *movie) readItems(b []byte) {
	for len(b) >= 8 && m.seen < maxBoxes {
		m.seen++
		size := int64(binary.BigEndian.Uint32(b))
		n := binary.BigEndian.Uint32(b[4:])
		if size < 8 || size > int64(len(b)) {
			return
		}
		if n >= 1 && int64(n) <= int64(len(m.keys)) {
			m.keep(m.keys[n-1], textOf(b[8:size]))
		}
		b = b[size:]
	}
}

// textOf reads the text of an item: in a box "data" (iTunes, keys), or with its length
// and language before it (QuickTime).
func textOf(b []byte) string {
	switch {
	case len(b) > 16 && string(b[4:8]) == "data":
		if size := int64(binary.BigEndian.Uint32(b)); size > 16 && size <= int64(len(b)) && binary.BigEndian.Uint32(b[8:]) == 1 {
			b = b[16:size]
			break
		}
		return ""
	case len(b) > 4:
		n := int(binary.BigEndian.Uint16(b))
		if n > len(b)-4 {
			return ""
		}
		b = b[4 : 4+n]
	default:
		return ""
	}
	return locale.Line(strings.ToValidUTF8(strings.Trim(string(b[:min(len(b), maxText)]), "\x00"), ""))
}

func (m *movie) keep(key, text string) {
	if key = strings.TrimPrefix(key, "com.apple.quicktime."); text != "" && m.items[key] == "" {
		m.items[key] = text
	}
}

// loci reads the place of 3GPP TS 26.244, 8.10.
func (m *movie) loci(b []byte) {
	if len(b) < 6 {
		return
	}
	name, rest, ok := bytes.Cut(b[6:], []byte{0})
	if !ok || len(rest) < 13 {
		return
	}
	degrees := func(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }
	m.keep("loci", fmt.Sprintf("%+09.5f%+010.5f/", degrees(rest[5:]), degrees(rest[1:])))
	m.keep("place", locale.Line(strings.ToValidUTF8(string(name[:min(len(name), maxText)]), "")))
}

func (m *movie) first(keys ...string) string {
	for _, k := range keys {
		if m.items[k] != "" {
			return m.items[k]
		}
	}
	return ""
}

func (m *movie) fill(d *penates.Document, body *schema.File, zone *time.Location) {
	if at, ok := stamp(m.first("creationdate", "\xA9day"), zone); ok {
		d.Time.Start = at
	} else if !m.made.IsZero() && m.made.Year() > 1990 {
		d.Time.Start = penates.At(m.made.In(zone))
	}
	if start := d.Time.Start; !start.IsZero() && !start.DateOnly() && m.duration > 0 {
		d.Time.End = penates.At(start.Time().Add(m.duration))
	}
	d.Place = place(m.first("location.ISO6709", "\xA9xyz", "loci"))
	body.Label = m.first("title", "displayname", "\xA9nam", "description", "\xA9des")
	words := []string{m.first("place", "location.name"), strings.TrimSpace(m.first("make", "\xA9mak") + " " + m.first("model", "\xA9mod")), m.first("comment", "\xA9cmt")}
	body.Text = strings.Trim(strings.Join(words, "\n"), "\n")
}

// stamp reads a date with its time, where there is one.
func stamp(s string, zone *time.Location) (penates.Moment, bool) {
	for _, layout := range [...]string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil && at.Year() > 1990 {
			return penates.At(at), true
		}
	}
	if at, err := time.ParseInLocation("2006-01-02T15:04:05", s, zone); err == nil && at.Year() > 1990 {
		return penates.At(at), true
	}
	if at, err := time.Parse(time.DateOnly, s); err == nil && at.Year() > 1990 {
		return penates.DayOf(at), true
	}
	return penates.Moment{}, false
}

// iso6709 is a point of ISO 6709, in degrees: "+48.8577+002.2950+035/".
var iso6709 = regexp.MustCompile(`^([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?`)

func place(s string) *penates.Place {
	part := iso6709.FindStringSubmatch(s)
	if part == nil {
		return nil
	}
	p, err := track.ParsePosition(strings.TrimPrefix(part[1], "+"), strings.TrimPrefix(part[2], "+"))
	if err != nil || p.Lat == 0 && p.Lon == 0 {
		return nil
	}
	if alt, err := strconv.ParseFloat(part[3], 64); err == nil && alt > -1e5 && alt < 1e5 {
		p.Alt = alt
	}
	return p
}

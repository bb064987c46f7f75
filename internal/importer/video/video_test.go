package video_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/video"
	"penates/internal/schema"
)

func box(kind string, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(content)+8)), kind...), content...)
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func data(text string) []byte { return box("data", number(1), number(0), []byte(text)) }

// header is a movie header of version 0: made at, with a length in milliseconds.
func header(at time.Time, ms uint32) []byte {
	since := uint32(0)
	if !at.IsZero() {
		since = uint32(at.Sub(time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)) / time.Second)
	}
	return box("mvhd", number(0), number(since), number(since), number(1000), number(ms), make([]byte, 80))
}

var noon = time.Date(2024, 7, 14, 10, 0, 0, 0, time.UTC)

// telephone is a film as telephones make them: the header behind the pictures.
func telephone() []byte {
	keys := []string{"com.apple.quicktime.location.ISO6709", "com.apple.quicktime.creationdate", "com.apple.quicktime.make"}
	list, items := [][]byte{number(0), number(uint32(len(keys)))}, []byte(nil)
	for i, k := range keys {
		list = append(list, number(uint32(len(k)+8)), []byte("mdta"+k))
		items = append(items, box(string(number(uint32(i+1))), data([]string{"+48.3900-004.4860+012.5/", "2024-07-14T12:00:00+0200", "Optika"}[i]))...)
	}
	return bytes.Join([][]byte{
		box("ftyp", []byte("qt  "), number(0)), box("wide"), box("mdat", make([]byte, 5000)),
		box("moov", header(noon, 12_500), box("trak", box("tkhd")), box("meta", box("hdlr", make([]byte, 24)), box("keys", list...), box("ilst", items))),
	}, nil)
}

func camera() []byte {
	text := func(s string) []byte {
		return append(append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), 0x15, 0xC7), s...)
	}
	return bytes.Join([][]byte{
		box("ftyp", []byte("isom"), number(0)),
		box("moov", header(noon, 60_000), box("udta", box("\xA9xyz", text("-21.1000+055.5000/")), box("meta", number(0), box("hdlr", make([]byte, 24)), box("ilst", box("\xA9nam", data("La plage")))))),
		append(binary.BigEndian.AppendUint32(nil, 1), append([]byte("mdat"), binary.BigEndian.AppendUint64(nil, 16+9)...)...), []byte("pictures!"),
	}, nil)
}

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"a.mov":     {telephone(), "2024-07-14T12:00:00+02:00 to 2024-07-14T12:00:12.5+02:00 at 48.3900 -4.4860 12.5: , Optika"},
		"b.mp4":     {camera(), "2024-07-14T12:00:00+02:00 to 2024-07-14T12:01:00+02:00 at -21.1000 55.5000 0.0: La plage, "},
		"unset.mp4": {append(box("ftyp", []byte("isom"), number(0)), box("moov", header(time.Time{}, 5))...), " to  at none: , "},
		"empty.mp4": {box("ftyp", []byte("isom"), number(0)), " to  at none: , "},
	} {
		if sure := video.Format.Recognise(importertest.File(name, tt.content).Head); sure != 60 {
			t.Errorf("%s: recognised at %d", name, sure)
		}
		c, err := importertest.Read(video.Format, name, tt.content)
		if err != nil || len(c.Documents) != 1 {
			t.Fatal(name, err)
		}
		d, b := c.Documents[0], c.Bodies[0].(schema.File)
		at := "none"
		if d.Place != nil {
			at = fmt.Sprintf("%.4f %.4f %.1f", d.Place.Lat, d.Place.Lon, d.Place.Alt)
		}
		if got := fmt.Sprintf("%s to %s at %s: %s, %s", d.Time.Start, d.Time.End, at, b.Label, b.Text); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
	for n := range telephone() { // a film that ends early is kept
		if n > 20 && n%37 == 0 {
			if c, err := importertest.Read(video.Format, "a.mov", telephone()[:n]); err != nil || len(c.Documents) != 1 {
				t.Fatal(n, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(telephone())
	f.Add(camera())
	f.Add(bytes.Join([][]byte{box("ftyp", []byte("3gp5"), number(0)), box("moov", box("udta", box("loci", number(0), []byte("\x15\xC7Brest\x00\x00"), number(0xFFFB8000), number(0x00306600), number(0), []byte("earth\x00\x00"))))}, nil))
	f.Fuzz(func(t *testing.T, content []byte) {
		video.Format.Recognise(importertest.File("x.mp4", content).Head)
		c, err := importertest.Read(video.Format, "x.mp4", content)
		if errors.Is(err, importer.ErrNotMine) && len(content) < 12 {
			return
		}
		if err != nil || len(c.Documents) != 1 {
			t.Fatal(err)
		}
		if p := c.Documents[0].Place; p != nil && (p.Lat < -90 || p.Lat > 90 || p.Lon < -180 || p.Lon > 180) {
			t.Fatal(p)
		}
	})
}

package photo_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/photo"
	"penates/internal/schema"
)

// An entry is one tag of an EXIF directory, with its value as it is written.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

func text(tag uint16, s string) entry { return entry{tag, 2, uint32(len(s) + 1), []byte(s + "\x00")} }

func degrees(tag uint16, v float64) entry {
	b := make([]byte, 0, 24)
	d := math.Floor(v)
	m := math.Floor((v - d) * 60)
	for _, part := range [...]float64{d, m, math.Round((v - d - m/60) * 3600 * 1e6)} {
		b = binary.BigEndian.AppendUint32(b, uint32(part))
		b = binary.BigEndian.AppendUint32(b, map[bool]uint32{true: 1e6, false: 1}[len(b) > 16])
	}
	return entry{tag, 5, 3, b}
}

func pointer(tag uint16, at int) entry {
	return entry{tag, 4, 1, binary.BigEndian.AppendUint32(nil, uint32(at))}
}

// directory writes a directory of EXIF that begins at offset.
func directory(offset int, entries ...entry) []byte {
	head := binary.BigEndian.AppendUint16(nil, uint16(len(entries)))
	var rest []byte
	at := offset + 2 + 12*len(entries) + 4
	for _, e := range entries {
		head = binary.BigEndian.AppendUint16(head, e.tag)
		head = binary.BigEndian.AppendUint16(head, e.kind)
		head = binary.BigEndian.AppendUint32(head, e.count)
		if len(e.value) <= 4 {
			head = append(head, append(e.value, 0, 0, 0, 0)[:4]...)
			continue
		}
		head = binary.BigEndian.AppendUint32(head, uint32(at+len(rest)))
		rest = append(rest, e.value...)
	}
	return append(append(head, 0, 0, 0, 0), rest...)
}

// exif writes a TIFF of one picture's tags.
func exif(first, camera, gps []entry) []byte {
	const start = 8
	pointed := func(camera, gps int) []byte {
		return directory(start, append(first[:len(first):len(first)], pointer(0x8769, camera), pointer(0x8825, gps))...)
	}
	at := start + len(pointed(0, 0))
	second := directory(at, camera...)
	third := directory(at+len(second), gps...)
	return append(append(append([]byte("MM\x00*\x00\x00\x00\x08"), pointed(at, at+len(second))...), second...), third...)
}

func segment(marker byte, content []byte) []byte {
	return append(append([]byte{0xFF, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(content)+2))...), content...)
}

// picture makes a JPEG with segments before its pixels.
func picture(t testing.TB, segments ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	return append(append([]byte{0xFF, 0xD8}, bytes.Join(segments, nil)...), b.Bytes()[2:]...)
}

func holiday(t testing.TB) []byte {
	return picture(t, segment(0xE1, append([]byte("Exif\x00\x00"), exif(
		[]entry{text(0x010E, "La plage"), text(0x010F, "Optika"), text(0x0110, "Optika Z5")},
		[]entry{text(0x9003, "2024:07:14 18:30:05"), text(0x9011, "+02:00")},
		[]entry{text(1, "S"), degrees(2, 21.25), text(3, "W"), degrees(4, 55.5)})...)))
}

const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2019-05-01T09:00:00">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Muguet</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>fleurs</rdf:li><rdf:li>mai</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>`

func read(t *testing.T, name string, content []byte) (*penates.Document, schema.File) {
	t.Helper()
	if got := photo.Format.Recognise(importertest.File(name, content).Head); got != 60 {
		t.Errorf("%s: recognised at %d", name, got)
	}
	c, err := importertest.Read(photo.Format, name, content)
	if err != nil || len(c.Documents) != 1 {
		t.Fatal(name, err, len(c.Documents))
	}
	return c.Documents[0], c.Bodies[0].(schema.File)
}

func TestEXIF(t *testing.T) {
	d, body := read(t, "a.jpg", holiday(t))
	if d.Time.Start.String() != "2024-07-14T18:30:05+02:00" || d.Place == nil || fmt.Sprintf("%.4f %.4f", d.Place.Lat, d.Place.Lon) != "-21.2500 -55.5000" {
		t.Errorf("%v %+v", d.Time.Start, d.Place)
	}
	if body.Label != "La plage" || body.Text != "Optika Z5" || body.Mime != "image/jpeg" {
		t.Errorf("%+v", body)
	}
}

// Without a zone of the camera's the time is of where the person lives.
func TestXMP(t *testing.T) {
	d, body := read(t, "a.jpg", picture(t, segment(0xE1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), packet...))))
	if d.Time.Start.String() != "2019-05-01T09:00:00+02:00" || d.Place != nil {
		t.Errorf("%v %+v", d.Time.Start, d.Place)
	}
	if body.Label != "Muguet" || body.Text != "fleurs\nmai" {
		t.Errorf("%+v", body)
	}
}

func TestPlain(t *testing.T) {
	d, body := read(t, "a.jpg", picture(t))
	if !d.Time.Start.IsZero() || d.Place != nil || body.Label != "" {
		t.Errorf("%+v %+v", d, body)
	}
	unset := picture(t, segment(0xE1, append([]byte("Exif\x00\x00"), exif([]entry{text(0x010E, "OLYMPUS DIGITAL CAMERA")}, []entry{text(0x9003, "0000:00:00 00:00:00")}, nil)...)))
	if d, body = read(t, "a.jpg", unset); !d.Time.Start.IsZero() || body.Label != "" {
		t.Errorf("%+v %+v", d, body)
	}
	for n := range holiday(t) { // a picture that ends early is kept
		if n > 20 {
			read(t, "a.jpg", holiday(t)[:n])
		}
	}
}

const beside = `{"title":"IMG_1.jpg","description":"Chez Zoé","photoTakenTime":{"timestamp":"1696574136","formatted":"6 oct. 2023, 06:35:36 UTC"},
"geoData":{"latitude":0,"longitude":0,"altitude":0},"geoDataExif":{"latitude":48.85,"longitude":2.29,"altitude":65.7},"people":[{"name":"Zoé Leroy"}],"url":"https://photos.example/1"}`

func TestSidecar(t *testing.T) {
	name := "Takeout/Google Photos/Été 2023/IMG_1.jpg.suppl.json"
	if got := photo.Sidecar.Recognise(importertest.File(name, []byte(beside)).Head); got != 95 {
		t.Errorf("recognised at %d", got)
	}
	c, err := importertest.Read(photo.Sidecar, name, []byte(beside))
	if err != nil || len(c.Documents) != 1 {
		t.Fatal(err, len(c.Documents))
	}
	d, r := c.Documents[0], c.Bodies[0].(schema.Record)
	if d.Time.Start.String() != "2023-10-06T06:35:36Z" || d.Place.Lat != 48.85 || d.Text != "IMG_1.jpg" || d.Parties[0].Literal != "Zoé Leroy" ||
		r.Kind != "photo" || r.Fields["media"] != "Été 2023/IMG_1.jpg" || r.Fields["description"] != "Chez Zoé" {
		t.Errorf("%+v %+v", d, r)
	}
	album := `{"title":"Été 2023","description":"","access":"protected","date":{"timestamp":"1697872351"},"geoData":{"latitude":0.0,"longitude":0.0}}`
	c, err = importertest.Read(photo.Sidecar, "Été 2023/métadonnées.json", []byte(album))
	if err != nil || c.Bodies[0].(schema.Record).Kind != "album" {
		t.Fatal(err)
	}
	album = `{"title":"Lac","description":"","access":"protected","date":{"timestamp":"1697872351","formatted":"21.10.2023, 07:25:51 UTC"}}`
	if sure := photo.Sidecar.Recognise(importertest.File("Lac/Metadaten.json", []byte(album)).Head); sure != 90 {
		t.Errorf("an album without a place is recognised with %d", sure)
	}
}

func TestMedia(t *testing.T) {
	for sidecar, want := range map[string]string{
		"A/IMG_1.jpg.json":                                      "A/IMG_1.jpg",
		"A/IMG_1.jpg.supplemental-metadata.json":                "A/IMG_1.jpg",
		"A/IMG_1.jpg.sup.json":                                  "A/IMG_1.jpg",
		"A/IMG_1.jpg(2).json":                                   "A/IMG_1(2).jpg",
		"A/IMG_1.jpg.supplemental-metadata(2).json":             "A/IMG_1(2).jpg",
		"A/IMG_1(2).jpg.json":                                   "A/IMG_1(2).jpg",
		"A/IMG.LS.mp4.json":                                     "A/IMG.LS.mp4",
		"A/a name so long that it is cut in the middle of.json": "A/a name so long that it is cut in the middle of",
		"A/v. s.json":                                           "A/v. s",
		"x":                                                     "x",
	} {
		if got := photo.Media(sidecar); got != want {
			t.Errorf("%s: %q, want %q", sidecar, got, want)
		}
	}
}

// The corpus says what exiftool reads.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	report := regexp.MustCompile(`^exiftool (\{.*\})`)
	n := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		m := report.FindStringSubmatch(columns[2])
		if m == nil {
			continue
		}
		n++
		var want struct {
			DateTimeOriginal, MIMEType string
			GPSLatitude, GPSLongitude  *float64
		}
		if err := json.Unmarshal([]byte(m[1]), &want); err != nil {
			t.Fatal(err)
		}
		content, _ := importertest.Corpus(t, columns[0])
		d, _ := read(t, columns[0], content)
		taken := ""
		if !d.Time.Start.IsZero() {
			taken = d.Time.Start.Time().Format("2006:01:02 15:04:05")
		}
		if want.DateTimeOriginal != "" && taken != want.DateTimeOriginal {
			t.Errorf("%s: %q, want %q", columns[0], taken, want.DateTimeOriginal)
		}
		if (d.Place != nil) != (want.GPSLatitude != nil) {
			t.Errorf("%s: place %+v", columns[0], d.Place)
		} else if d.Place != nil && (math.Abs(d.Place.Lat-*want.GPSLatitude) > 1e-6 || math.Abs(d.Place.Lon-*want.GPSLongitude) > 1e-6) {
			t.Errorf("%s: place %+v, want %s %s", columns[0], d.Place, strconv.FormatFloat(*want.GPSLatitude, 'f', -1, 64), strconv.FormatFloat(*want.GPSLongitude, 'f', -1, 64))
		}
	}
	if n < 20 {
		t.Errorf("%d pictures", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(holiday(f))
	f.Add(picture(f, segment(0xE1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), packet...))))
	f.Add([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x10meta\x00\x00\x00\x00"))
	f.Add([]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00EXIF\x04\x00\x00\x00MM\x00*"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x08eXIfMM\x00*\x00\x00\x00\x08\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if photo.Format.Recognise(importertest.File("x", content).Head) == 0 {
			return
		}
		c, err := importertest.Read(photo.Format, "x", content)
		if err != nil || len(c.Documents) != 1 {
			t.Error(err, len(c.Documents))
		}
	})
}

func FuzzSidecar(f *testing.F) {
	f.Add("a/b.jpg.json", []byte(beside))
	f.Add("b(1).json", []byte(`{"albumData":{"title":"x","date":{"timestamp":"1"}}}`))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		c, _ := importertest.Read(photo.Sidecar, name, content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

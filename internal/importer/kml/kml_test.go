package kml_test

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/kml"
)

const sample = `<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>Trip</name>
 <Style id="a"><Icon/></Style>
 <Placemark><name>Inn</name><TimeSpan><begin>2024-01-10T09:00:00Z</begin><end>2024-01-11</end></TimeSpan><Point><coordinates> 4.8,45.7,170 </coordinates></Point></Placemark>
 <Folder><name>F</name><Placemark><TimeStamp><when>2024-01-10T12:00:00+01:00</when></TimeStamp>
  <ExtendedData><Data name="accuracy"><value>9</value></Data></ExtendedData><Point><coordinates>4.9,45.8</coordinates></Point></Placemark></Folder>
 <Placemark><name>Ride</name><gx:MultiTrack><gx:Track><when>2024-01-12T08:00:00Z</when><when>2024-01-12T08:01:00Z</when><gx:coord>4 45 1</gx:coord><gx:coord/></gx:Track></gx:MultiTrack></Placemark>
 <Placemark><name>Border</name><Polygon><outerBoundaryIs><LinearRing><coordinates>4,45 4.1,45
  4,46,3 4,45</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
 <Placemark><name>Later</name></Placemark>
</Document></kml>`

func TestRead(t *testing.T) {
	c, err := importertest.Read(kml.Format, "x", []byte(sample))
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatal(err, c.Refusals)
	}
	if len(c.Series) != 2 || c.PointCount() != 2 || len(c.Documents) != 2 {
		t.Fatalf("%d series, %d points, %d documents", len(c.Series), c.PointCount(), len(c.Documents))
	}
	if p := c.Series[0].Points[0]; *p.Place != (penates.Place{Lat: 45.8, Lon: 4.9, Accuracy: 9}) || p.Start.String() != "2024-01-10T12:00:00+01:00" || c.Series[1].Text != "Ride" {
		t.Errorf("%+v %+v", p, p.Place)
	}
	if d := c.Documents[0]; d.Text != "Inn" || d.Time.End.String() != "2024-01-11" || d.Place.Alt != 170 {
		t.Errorf("%+v", d)
	}
	if d := c.Documents[1]; d.Text != "LinearRing Border" || d.Place.Lon != 4 {
		t.Errorf("%+v", d)
	}
}

func TestBad(t *testing.T) {
	for old, bad := range map[string]string{
		"4.8,45.7,170": "4.8", "4.9,45.8": "4.9,145.8", "<gx:coord/>": "", "2024-01-12T08:00:00Z": "x", "4.1,45\n": "a,b\n", "2024-01-11<": "never<",
	} {
		c, err := importertest.Read(kml.Format, "x", []byte(strings.Replace(sample, old, bad, 1)))
		if err != nil || len(c.Refusals) != 1 || c.Refusals[0].Line == 0 || len(c.Documents)+c.PointCount() != 3 {
			t.Errorf("%s: %d documents, %d points, %v, %v", bad, len(c.Documents), c.PointCount(), c.Refusals, err)
		}
	}
	if c, err := importertest.Read(kml.Format, "x", []byte(sample[:len(sample)-200])); !errors.Is(err, penates.Damaged) || c.PointCount() != 2 {
		t.Errorf("cut file: %d points, %v", c.PointCount(), err)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{sample: true, "<kml>": true, "<gpx>": false, "": false} {
		if got := kml.Format.Recognise(importertest.File("x", []byte(in)).Head) > 0; got != want {
			t.Errorf("%.30q: %t", in, got)
		}
	}
}

var counted = regexp.MustCompile(`^\d+ Placemark, (\d+) Point, (\d+) coordinate tuples, (\d+) gx:coord`)

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		m := counted.FindStringSubmatch(fields[2])
		if m == nil {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, fields[0])
		c, err := importertest.Read(kml.Format, fields[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || kml.Format.Recognise(importertest.File("x", content).Head) < 90 {
			t.Errorf("%s: %v, %v", fields[0], err, c.Refusals)
		}
		points, _ := strconv.Atoi(m[1])
		tuples, _ := strconv.Atoi(m[2])
		coords, _ := strconv.Atoi(m[3])
		corners := 0
		for _, d := range c.OfType(penates.Records) {
			corners += strings.Count(string(d.Body), "],[") + 1
		}
		// The points of the corpus have names, so each is a place.
		if len(c.OfType(penates.Places)) != points || corners != tuples-points || c.PointCount() < coords {
			t.Errorf("%s: %d places, %d corners, %d points, want %s", fields[0], len(c.OfType(penates.Places)), corners, c.PointCount(), fields[2])
		}
		t.Logf("%s: %s: %d places, %d corners, %d points", fields[0], fields[2], len(c.OfType(penates.Places)), corners, c.PointCount())
	}
	if files == 0 {
		t.Error("the manifest has no KML file")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`<kml><Placemark><Track><when>1</when><coord>1 2</coord></Track><LineString/></Placemark></kml>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		kml.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(kml.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const point = `<Placemark><TimeStamp><when>2024-01-10T12:00:00Z</when></TimeStamp><Point><coordinates>4.9,45.8</coordinates></Point></Placemark>`
	content := []byte(strings.Replace(sample, "</Folder>", strings.Repeat(point, 10_000)+"</Folder>", 1))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(kml.Format, "x", content); err != nil || c.PointCount() != 10_002 {
			b.Fatal(err)
		}
	}
}

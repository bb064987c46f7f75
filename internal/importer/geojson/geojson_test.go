package geojson_test

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/geojson"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const sample = `{"type": "FeatureCollection", "features": [
 {"type": "Feature", "geometry": {"type": "Point", "coordinates": ["4.8", "45.7", 170]}, "properties": {"timestamp": 1714550400, "accuracy": 8, "device": "p1"}},
 {"type": "Feature", "geometry": {"type": "Point", "coordinates": [4.9, 45.8]}, "properties": {"time": "2024-05-01T08:01:00Z", "time_long": 1714550460000, "device": "p1"}},
 {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.3, 48.8]}, "properties": {"date": "2020-01-02T03:04:05Z", "google_maps_url": "http://maps.google.com/?cid=1", "location": {"name": "Musée", "address": "1 rue Y, Paris", "country_code": "FR"}}},
 {"type": "Feature", "id": 5, "geometry": {"type": "Point", "coordinates": [2.4, 48.9]}, "properties": {"name": "Spring"}},
 {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[4, 45], [4.1, 45.1, 200]]}, "properties": {"name": "Ride", "coordTimes": ["2024-05-02T08:00:00Z", "2024-05-02T08:10:00Z"]}},
 {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[4, 45], [4.1, 45.1]]}, "properties": {"name": "Plan"}},
 {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[4, 45], [4.1, 45], [4, 46], [4, 45]]]}, "properties": null}
]}`

func TestRead(t *testing.T) {
	c, err := importertest.Read(geojson.Format, "x", []byte(sample))
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatal(err, c.Refusals, c.Repeated)
	}
	if len(c.Series) != 2 || c.PointCount() != 4 || len(c.OfType(penates.Places)) != 2 || len(c.OfType(penates.Records)) != 2 {
		t.Fatalf("%d series, %d points, %d documents", len(c.Series), c.PointCount(), len(c.Documents))
	}
	for _, s := range c.Series {
		if s.Source.NativeID == "device/p1" && (s.Points[0].Start.String() != "2024-05-01T08:00:00Z" || *s.Points[0].Place != (penates.Place{Lat: 45.7, Lon: 4.8, Alt: 170, Accuracy: 8})) {
			t.Errorf("%+v %+v", s, s.Points[0].Place)
		}
	}
	if d, body := c.Documents[0], c.Bodies[0].(schema.Place); d.Text != "Musée" || body.Kind != "saved" || body.Address != "1 rue Y, Paris" || !d.Time.Start.IsZero() {
		t.Errorf("%+v %+v", d, body)
	}
}

func TestSingle(t *testing.T) {
	for _, in := range []string{
		`{"type": "Point", "coordinates": [4, 45]}`,
		`{"type": "Feature", "properties": {"name": "x"}, "geometry": {"type": "Point", "coordinates": [4, 45]}}`,
		`{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [4, 45]}]}`,
	} {
		c, err := importertest.Read(geojson.Format, "x", []byte(in))
		if err != nil || len(c.OfType(penates.Places)) != 1 || geojson.Format.Recognise(importertest.File("x", []byte(in)).Head) == 0 {
			t.Errorf("%s: %d documents, %v, %v", in, len(c.Documents), c.Refusals, err)
		}
	}
}

func TestBad(t *testing.T) {
	for old, bad := range map[string]string{
		`["4.8", "45.7", 170]`: `[4.8]`, `[4.9, 45.8]`: `[4.9, 145.8]`, `1714550400`: `"soon"`, `"2024-05-02T08:10:00Z"`: `"x"`,
		`"Polygon"`: `"Circle"`, `[[[4, 45], [4.1, 45], [4, 46], [4, 45]]]`: `7`, `{"name": "Spring"}`: `3`,
	} {
		c, err := importertest.Read(geojson.Format, "x", []byte(strings.Replace(sample, old, bad, 1)))
		if err != nil || len(c.Refusals) != 1 || c.Refusals[0].Line == 0 || len(c.Documents)+c.PointCount() < 6 {
			t.Errorf("%s: %d documents, %v, %v", bad, len(c.Documents), c.Refusals, err)
		}
	}
	if c, err := importertest.Read(geojson.Format, "x", []byte(sample[:400])); !errors.Is(err, penates.Invalid) || c.PointCount() == 0 {
		t.Errorf("cut file: %d points, %v", c.PointCount(), err)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{sample: true, "{}": false, "": false, `{"type": "Feature"}`: false, `[{"type": "Point", "coordinates": []}]`: false} {
		if got := geojson.Format.Recognise(importertest.File("x", []byte(in)).Head) > 0; got != want {
			t.Errorf("%.30q: %t", in, got)
		}
	}
}

var counted = regexp.MustCompile(`^GeoJSON: (\d+) features`)

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
		c, err := importertest.Read(geojson.Format, fields[0], content)
		features, _ := strconv.Atoi(m[1])
		if err != nil || len(c.Refusals) > 0 || c.PointCount() != features || geojson.Format.Recognise(importertest.File("x", content).Head) < 80 {
			t.Errorf("%s: %d points, want %d; %v, %v", fields[0], c.PointCount(), features, c.Refusals, err)
		}
		t.Logf("%s: %d points of %d features", fields[0], c.PointCount(), features)
	}
	if files == 0 {
		t.Error("the manifest has no GeoJSON file")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"type": "GeometryCollection", "geometries": [{"type": "MultiPoint", "coordinates": [[1, 2], [[3]]]}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		geojson.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(geojson.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const one = `{"type": "Feature", "geometry": {"type": "Point", "coordinates": [4.9, 45.8]}, "properties": {"time": "2024-05-01T08:01:00Z", "device": "p1"}}`
	content := []byte(`{"type": "FeatureCollection", "features": [` + strings.Repeat(one+",\n", 10_000) + one + "]}")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(geojson.Format, "x", content); err != nil || c.PointCount() != 10_001 {
			b.Fatal(err)
		}
	}
}

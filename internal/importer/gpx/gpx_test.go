package gpx_test

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/gpx"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const sample = `<?xml version="1.0"?>
<gpx version="1.1" creator="own" xmlns="http://www.topografix.com/GPX/1/1">
 <metadata><name>ignored</name></metadata>
 <wpt lat="45.75" lon="4.85"><time>2024-05-01T08:00:00Z</time><name>Café &eacute;toile</name><sym>Flag</sym></wpt>
 <wpt lat="45.76" lon="4.86"/>
 <rte><name>Plan</name><rtept lat="45" lon="4"><ele>200</ele></rtept><rtept lat="45.1" lon="4.1"/></rte>
 <trk><name>Walk</name><type>walking</type>
  <trkseg>
   <trkpt lat="45.0001" lon="4.0001"><ele>170.5</ele><time>2024-05-01T10:00:00+02:00</time></trkpt>
   <trkpt lat="45.0002" lon="4.0002"><time>2024-05-01T08:00:10.5Z</time></trkpt>
  </trkseg><trkseg/>
  <trkseg><trkpt lat="45.0003" lon="4.0003"><time>2024-05-01T08:00:20</time></trkpt></trkseg>
 </trk>
 <trk/>
</gpx>`

func TestRead(t *testing.T) {
	c, err := importertest.Read(gpx.Format, "x", []byte(sample))
	if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
		t.Fatal(err, c.Refusals, c.Repeated)
	}
	if len(c.Series) != 1 || c.PointCount() != 3 || len(c.Documents) != 3 {
		t.Fatalf("%d series, %d points, %d documents", len(c.Series), c.PointCount(), len(c.Documents))
	}
	s := c.Series[0]
	if s.Kind != "walking" || s.Text != "Walk" || *s.Points[0].Place != (penates.Place{Lat: 45.0001, Lon: 4.0001, Alt: 170.5}) {
		t.Errorf("%+v %+v", s, s.Points[0].Place)
	}
	for i, want := range []string{"2024-05-01T10:00:00+02:00", "2024-05-01T08:00:10.5Z", "2024-05-01T08:00:20Z"} {
		if got := s.Points[i].Start.String(); got != want {
			t.Errorf("point %d at %s, want %s", i, got, want)
		}
	}
	if d, body := c.Documents[0], c.Bodies[0].(schema.Place); d.Text != "Café étoile" || body.Kind != "Flag" || d.Time.Start.IsZero() || d.Place.Lat != 45.75 {
		t.Errorf("%+v %+v", d, body)
	}
	if body := c.Bodies[2].(schema.Record); body.Kind != "route" || len(body.Fields["coordinates"].([][]float64)) != 2 || body.Fields["name"] != "Plan" {
		t.Errorf("%+v", body)
	}
}

// The same track from a longer file is the same series.
func TestLonger(t *testing.T) {
	longer := strings.Replace(sample, "</trkseg>\n </trk>", `<trkpt lat="1" lon="1"><time>2024-05-01T09:00:00Z</time></trkpt></trkseg></trk>`, 1)
	longer = strings.Replace(longer, "<trk/>", `<trk><name>Walk</name><trkseg><trkpt lat="1" lon="1"><time>2024-05-02T09:00:00Z</time></trkpt></trkseg></trk>`, 1)
	a, errA := importertest.Read(gpx.Format, "x", []byte(sample))
	b, errB := importertest.Read(gpx.Format, "y", []byte(longer))
	if errA != nil || errB != nil || len(b.Series) != 2 || b.PointCount() != 5 {
		t.Fatal(errA, errB, len(b.Series), b.PointCount())
	}
	if a.Series[0].Source.NativeID != b.Series[0].Source.NativeID || b.Series[1].Source.NativeID == b.Series[0].Source.NativeID {
		t.Error("the series are not told apart")
	}
}

func TestBad(t *testing.T) {
	for old, bad := range map[string]string{`lat="45.0002"`: `lat="95"`, `lon="4.0002"`: `lon="x"`, `2024-05-01T08:00:10.5Z`: `soon`, `lon="4.85"`: ``, `2024-05-01T08:00:00Z`: `2024-05-01`} {
		c, err := importertest.Read(gpx.Format, "x", []byte(strings.Replace(sample, old, bad, 1)))
		if err != nil || c.PointCount()+len(c.Documents) != 5 || len(c.Refusals) != 1 || !errors.Is(c.Refusals[0].Err, penates.Invalid) || c.Refusals[0].Line == 0 {
			t.Errorf("%s: %d points, %v, %v", bad, c.PointCount(), c.Refusals, err)
		}
	}
	c, err := importertest.Read(gpx.Format, "x", []byte(sample[:strings.Index(sample, "<trkseg/>")]))
	if !errors.Is(err, penates.Damaged) || c.PointCount() != 2 {
		t.Errorf("cut file: %d points, %v", c.PointCount(), err)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{sample: true, "\n" + sample: true, "<gpx>": true, "<kml>": false, "": false, "a,b\n<gpxx>": false} {
		if got := gpx.Format.Recognise(importertest.File("x", []byte(in)).Head) > 0; got != want {
			t.Errorf("%.30q: %t", in, got)
		}
	}
}

var counted = regexp.MustCompile(`^(\d+) trkpt.*?(\d+) wpt`)

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		name := fields[0]
		if !strings.HasSuffix(name, ".gpx") {
			continue
		}
		content, _ := importertest.Corpus(t, name)
		if gpx.Format.Recognise(importertest.File(name, content).Head) < 90 {
			t.Errorf("%s: not recognised", name)
		}
		files++
		c, err := importertest.Read(gpx.Format, name, content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, refusals %v, %d repeated", name, err, c.Refusals, c.Repeated)
		}
		m := counted.FindStringSubmatch(fields[2])
		if m == nil {
			t.Errorf("%s: manifest says %q", name, fields[2])
			continue
		}
		points, _ := strconv.Atoi(m[1])
		waypoints, _ := strconv.Atoi(m[2])
		if c.PointCount() != points || len(c.OfType(penates.Places)) != waypoints {
			t.Errorf("%s: %d points, %d places, want %s", name, c.PointCount(), len(c.OfType(penates.Places)), fields[2])
		}
		t.Logf("%s: %s: %d points, %d places, %d records", name, fields[2], c.PointCount(), len(c.OfType(penates.Places)), len(c.OfType(penates.Records)))
	}
	if files == 0 {
		t.Error("the manifest has no GPX file")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`<gpx><trk><trkseg><trkpt lat="NaN" lon="1e400"><time>1714550400</time></trkpt></trkseg></trk></gpx>`))
	f.Add([]byte("<gpx><trk><name>a<name>b</gpx>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		gpx.Format.Recognise(importertest.File("x", content).Head)
		c, err := importertest.Read(gpx.Format, "x", content)
		if c.Repeated > 0 {
			t.Error(err)
		}
		for _, s := range c.Series {
			for _, p := range s.Points {
				if p.Start.IsZero() || !(p.Place.Lat >= -90 && p.Place.Lat <= 90) {
					t.Errorf("point %v %v", p.Start, p.Place)
				}
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const point = `<trkpt lat="45.0002" lon="4.0002"><ele>170.5</ele><time>2024-05-01T08:00:10Z</time></trkpt>`
	content := []byte(strings.Replace(sample, "<trkseg/>", "<trkseg>"+strings.Repeat(point, 20_000)+"</trkseg>", 1))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(gpx.Format, "x", content); err != nil || c.PointCount() != 20_003 {
			b.Fatal(err)
		}
	}
}

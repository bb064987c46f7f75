package owntracks_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/owntracks"
)

const (
	recording = "2024-03-01T09:03:09Z\t*                 \t{\"_type\":\"location\",\"tid\":\"ab\",\"topic\":\"owntracks/x/phone\",\"lat\":45.7,\"lon\":4.8,\"alt\":170,\"acc\":10,\"tst\":1709283789}\n" +
		"2024-03-01T09:03:10Z\t*                 \t{\"_type\":\"location\",\"topic\":\"owntracks/x/phone\",\"lat\":\"45.8\",\"lon\":4.8,\"tst\":\"1709283799\"}\n" +
		"2024-03-01T09:03:11Z\tlwt               \t{\"_type\":\"lwt\",\"tst\":1709283800}\n" +
		"2024-03-01T09:03:12Z\tevent             \t{\"_type\":\"transition\",\"event\":\"leave\",\"desc\":\"home\",\"lat\":45.7,\"lon\":4.8,\"tst\":1709283801}\n" +
		"2024-03-01T09:03:13Z\twaypoints         \t{\"_type\":\"waypoints\",\"waypoints\":[{\"_type\":\"waypoint\",\"desc\":\"Home\",\"lat\":45.7,\"lon\":4.8,\"rad\":50,\"tst\":1709283001}]}\n"
	answer = `{"count": 2, "data": [{"_type": "location", "topic": "t", "lat": 45.7, "lon": 4.8, "tst": 1709283789},
 {"_type": "location", "topic": "t", "lat": 45.7, "lon": 4.8, "tst": 1709283799}], "version": "1"}`
)

func read(t *testing.T, content string) *importertest.Collector {
	t.Helper()
	if sure := owntracks.Format.Recognise(importertest.File("x", []byte(content)).Head); sure < 90 {
		t.Errorf("recognised at %d", sure)
	}
	c, err := importertest.Read(owntracks.Format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%v, %d repeated", err, c.Repeated)
	}
	return c
}

func TestRecording(t *testing.T) {
	c := read(t, recording)
	if len(c.Series) != 1 || c.PointCount() != 2 || len(c.Documents) != 2 || len(c.Refusals) > 0 {
		t.Fatalf("%d points, %d documents, %v", c.PointCount(), len(c.Documents), c.Refusals)
	}
	if s := c.Series[0]; *s.Points[0].Place != (penates.Place{Lat: 45.7, Lon: 4.8, Alt: 170, Accuracy: 10}) || s.Points[0].Start.String() != "2024-03-01T09:03:09Z" {
		t.Errorf("%+v", s)
	}
	if a, b := c.Documents[0], c.Documents[1]; a.Text != "left: home" || b.Text != "Home" || b.Place.Accuracy != 50 {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestMessages(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^.*\t.*\t`).ReplaceAllString(recording, "")
	for _, in := range []string{answer, lines, "[" + strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",\n") + "]"} {
		if c := read(t, in); c.PointCount() != 2 || len(c.Refusals) > 0 {
			t.Errorf("%.40s: %d points, %v", in, c.PointCount(), c.Refusals)
		}
	}
}

func TestBad(t *testing.T) {
	for old, bad := range map[string]string{`"lat":"45.8"`: `"lat":"x"`, `"1709283799"`: `null`, `"tst":"1709283799"}`: `"tst":1`} {
		c := read(t, strings.Replace(recording, old, bad, 1))
		if c.PointCount() != 1 || len(c.Refusals) != 1 || c.Refusals[0].Line != 2 {
			t.Errorf("%s: %d points, %v", bad, c.PointCount(), c.Refusals)
		}
	}
	c := read(t, recording+"one column\n2024-03-01T09:03:13Z\t*\t{\"_type\":\"encrypted\",\"data\":\"x\"}\n"+strings.Repeat("x", 300_000)+"\n")
	if c.PointCount() != 2 || len(c.Refusals) != 3 {
		t.Errorf("%d points, %v", c.PointCount(), c.Refusals)
	}
}

func TestRecognise(t *testing.T) {
	for _, in := range []string{"", "2024-03-01T09:03:09Z\tx", `{"_type": "location"}`, `{"_type": "song", "tst": 1}`} {
		if owntracks.Format.Recognise(importertest.File("x", []byte(in)).Head) > 0 {
			t.Errorf("%q recognised", in)
		}
	}
}

var counted = regexp.MustCompile(`^\d+ OwnTracks lines, (\d+) of _type location`)

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
		c := read(t, string(content))
		if want, _ := strconv.Atoi(m[1]); c.PointCount() != want || len(c.Refusals) > 0 {
			t.Errorf("%s: %d points, want %d, %v", fields[0], c.PointCount(), want, c.Refusals)
		}
		t.Logf("%s: %s: %d points, %d documents", fields[0], fields[2], c.PointCount(), len(c.Documents))
	}
	if files == 0 {
		t.Error("the manifest has no recording of OwnTracks")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(recording))
	f.Add([]byte(answer))
	f.Add([]byte(`[{"_type":"location","tst":1e99,"lat":null},[[[[[[[[1]]]]]]]]]`))
	f.Fuzz(func(t *testing.T, content []byte) {
		owntracks.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(owntracks.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	content := []byte(strings.Repeat(recording, 4000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(owntracks.Format, "x", content); err != nil || c.PointCount() != 8000 {
			b.Fatal(err)
		}
	}
}

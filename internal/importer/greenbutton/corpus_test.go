package greenbutton_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"penates/internal/importer/greenbutton"
	"penates/internal/importer/importertest"
)

var counted = regexp.MustCompile(`^(\d+) IntervalReading \(sum value (\d+)\), \d+ IntervalBlock, (\d+) UsagePoint, \d+ MeterReading, (\d+) summaries$`)

// unscaled are files whose reading type has a power of ten other than 0: the sum
// of the points is that of the values, times it.
var unscaled = map[string]float64{"energy/greenbutton/vladistan/data/abridged/gas_direct.xml": 0.001}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for row := range strings.Lines(string(manifest)) {
		fields := strings.Split(row, "\t")
		name := fields[0]
		if !strings.HasSuffix(name, ".xml") {
			continue
		}
		content, _ := importertest.Corpus(t, name)
		m := counted.FindStringSubmatch(fields[2])
		if sure := greenbutton.Format.Recognise(importertest.File(name, content).Head) > 50; sure != (m != nil) {
			t.Errorf("%s: recognised %t", name, sure)
		}
		if m == nil {
			continue
		}
		files++
		c, err := importertest.Read(greenbutton.Format, name, content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, refusals %v, %d repeated", name, err, c.Refusals, c.Repeated)
		}
		sum, scale := 0.0, 1.0
		if s, ok := unscaled[name]; ok {
			scale = s
		}
		for _, s := range c.Series {
			for _, p := range s.Points {
				sum += p.Value.Float()
			}
		}
		readings, _ := strconv.Atoi(m[1])
		total, _ := strconv.ParseFloat(m[2], 64)
		points, _ := strconv.Atoi(m[3])
		summaries, _ := strconv.Atoi(m[4])
		if c.PointCount() != readings || sum != total*scale || len(c.Documents) != points+summaries {
			t.Errorf("%s: %d points, sum %v, %d documents, want %s", name, c.PointCount(), sum, len(c.Documents), fields[2])
		}
		t.Logf("%s: %s: %d points, sum %v, %d documents", name, fields[2], c.PointCount(), sum, len(c.Documents))
		compare(t, name, c)
	}
	if files == 0 {
		t.Error("the manifest has no Green Button file")
	}
}

// A line of the expected results: start in UTC, length, value and unit.
var expectedLine = regexp.MustCompile(`(?m)^ +(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\+00:00, (?:(\d+) days?, )?(\d+):(\d\d):(\d\d): ([\d.]+) (\w+)`)

// unlike are files whose expected results cannot be had from what the file says.
var unlike = map[string]string{
	"energy/greenbutton/vladistan/data/abridged/gas_containerized.xml":                                                 "its reading type is empty: nothing says that the 12000 are 12 therms",
	"energy/greenbutton/vladistan/data/electricity/Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml": "has none",
}

// compare holds the points against the origin's own expected results.
func compare(t *testing.T, name string, c *importertest.Collector) {
	t.Helper()
	if unlike[name] != "" {
		return
	}
	text, _ := importertest.Corpus(t, strings.TrimSuffix(strings.Replace(name, "/data/", "/expected_results/", 1), ".xml")+".txt")
	units := map[string]string{"Wh": "W.h", "therm": "10*5.[Btu_IT]"}
	want := map[string]string{}
	for _, m := range expectedLine.FindAllStringSubmatch(string(text), -1) {
		start, err := time.Parse(time.DateTime, m[1])
		if err != nil {
			t.Fatal(err)
		}
		length, err := time.ParseDuration(m[3] + "h" + m[4] + "m" + m[5] + "s")
		if err != nil {
			t.Fatal(err)
		}
		days, _ := strconv.Atoi("0" + m[2])
		want[start.Format(time.RFC3339)] = fmt.Sprintf("%s %s %s", length+time.Duration(days)*24*time.Hour, m[6], units[m[7]])
	}
	for _, s := range c.Series {
		for _, p := range s.Points {
			start, end := p.Start.Time(), p.End.Time()
			if p.Start.DateOnly() { // days begin at midnight of the utility's clocks, Eastern Time in these files
				zone, err := time.LoadLocation("America/New_York")
				if err != nil {
					t.Fatal(err)
				}
				start = time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, zone)
				end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, zone)
			}
			key := start.UTC().Format(time.RFC3339)
			if got := fmt.Sprintf("%s %s %s", end.Sub(start), p.Value, s.Unit); got != want[key] {
				t.Errorf("%s: at %s %s, want %q", name, key, got, want[key])
			}
			delete(want, key)
		}
	}
	if len(want) > 0 {
		t.Errorf("%s: %d expected readings are missing", name, len(want))
	}
}

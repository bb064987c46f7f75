package positioncsv_test

import (
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/positioncsv"
	"penates/internal/schema"
)

func TestTables(t *testing.T) {
	for name, test := range map[string]struct {
		content                string
		points, places, refuse int
		first                  string // time of the first
	}{
		"logger":   {"time,lat,lon,elevation,accuracy\n2024-06-15T10:30:00.000Z,48.39,-4.48,34.0,8\n2024-06-15T10:31:00Z,48.40,-4.49,,\n", 2, 0, 0, "2024-06-15T10:30:00Z"},
		"unix":     {"DeviceID;Latitude;Longitude;Timestamp\nphone;48,39;-4,48;1718444200\nphone;148,39;-4,48;1718444260\n", 1, 0, 1, "2024-06-15T09:36:40Z"},
		"clock":    {"Date\tTime\tLatitude\tLongitude\n15/06/2024\t10:30\t48.39\t-4.48\n15/06/2024\tnever\t48.39\t-4.48\n", 1, 0, 1, "2024-06-15T10:30:00+02:00"},
		"visits":   {"\"Type\",\"Name\",\"Address\",\"Latitude\",\"Longitude\",\"Start Time\",\"End Time\"\n\"Visit\",\"Port\",\"\",\"48.39\",\"-4.48\",\"2024-12-02T11:02:12.000+01:00\",\"2024-12-02T12:02:12.000+01:00\"\n", 0, 1, 0, "2024-12-02T11:02:12+01:00"},
		"millions": {"timestampMs,latitudeE7,longitudeE7\n1718444200000,483900000,-44800000\n", 1, 0, 0, "2024-06-15T09:36:40Z"},
		"BOM CRLF": {"\uFEFFlat,lon,time\r\n48.39,-4.48,2024-06-15 10:30:00\r\n\r\n", 1, 0, 0, "2024-06-15T10:30:00+02:00"},
	} {
		if got := positioncsv.Format.Recognise(importertest.File("x", []byte(test.content)).Head); got != 70 {
			t.Errorf("%s: recognised at %d", name, got)
		}
		c, err := importertest.Read(positioncsv.Format, "x", []byte(test.content))
		if err != nil || c.PointCount() != test.points || len(c.Documents) != test.places || len(c.Refusals) != test.refuse {
			t.Errorf("%s: %v, %d points, %d places, %v", name, err, c.PointCount(), len(c.Documents), c.Refusals)
			continue
		}
		var got, at = "", [2]float64{}
		if test.points > 0 {
			p := c.Series[0].Points[0]
			got, at = p.Start.String(), [2]float64{p.Place.Lat, p.Place.Lon}
		} else {
			d := c.Documents[0]
			got, at = d.Time.Start.String(), [2]float64{d.Place.Lat, d.Place.Lon}
			if b := c.Bodies[0].(schema.Place); b.Name != "Port" || d.Time.End.IsZero() || b.Kind != "visit" {
				t.Errorf("%+v %+v", b, d.Time)
			}
		}
		if got != test.first || at != [2]float64{48.39, -4.48} {
			t.Errorf("%s: %s %v", name, got, at)
		}
	}
	for _, content := range []string{"", "date,amount,label\n2024-01-01,1,a\n", "lat,lon\n1,2\n", "latitude\n", strings.Repeat("x", 100)} {
		if positioncsv.Format.Recognise(importertest.File("x", []byte(content)).Head) > 0 {
			t.Errorf("%q", content)
		}
	}
}

func TestCorpus(t *testing.T) {
	for name, want := range map[string][2]int{"gpslogger": {3, 0}, "unix_timestamps": {3, 0}, "quoted_headers": {0, 2}} {
		content, ok := importertest.Corpus(t, "location/dawarich/csv/"+name+".csv")
		if !ok {
			return
		}
		c, err := importertest.Read(positioncsv.Format, name, content)
		if err != nil || c.PointCount() != want[0] || len(c.Documents) != want[1] || len(c.Refusals) > 0 {
			t.Errorf("%s: %v, %d points, %d places, %v", name, err, c.PointCount(), len(c.Documents), c.Refusals)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("time,lat,lon\n2024-06-15T10:30:00.000Z,48.39,-4.48\n\"a\n"))
	f.Add([]byte("latitudeE7;longitudeE7;date;name\n1;-2;3;x\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if positioncsv.Format.Recognise(importertest.File("x", content).Head) == 0 {
			return
		}
		c, _ := importertest.Read(positioncsv.Format, "x", content)
		for _, s := range c.Series {
			if s.Source.NativeID == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}

package tcx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/tcx"
	"penates/internal/schema"
)

const run = `<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>
<Activity Sport="Running"><Id>2024-05-12T09:00:00.000Z</Id>
 <Lap StartTime="2024-05-12T09:00:00Z"><TotalTimeSeconds>600</TotalTimeSeconds><DistanceMeters>2000.5</DistanceMeters><Calories>120</Calories>
  <AverageHeartRateBpm><Value>141</Value></AverageHeartRateBpm><Track>
  <Trackpoint><Time>2024-05-12T09:00:00Z</Time><Position><LatitudeDegrees>48.39</LatitudeDegrees><LongitudeDegrees>-4.48</LongitudeDegrees></Position><AltitudeMeters>40.2</AltitudeMeters></Trackpoint>
  <Trackpoint><Time>2024-05-12T09:05:00Z</Time><Position><LatitudeDegrees>98.39</LatitudeDegrees><LongitudeDegrees>-4.48</LongitudeDegrees></Position></Trackpoint>
  <Trackpoint><Time>2024-05-12T09:06:00Z</Time><HeartRateBpm><Value>150</Value></HeartRateBpm></Trackpoint></Track></Lap>
 <Lap StartTime="2024-05-12T09:10:00Z"><TotalTimeSeconds>300</TotalTimeSeconds><DistanceMeters>1000</DistanceMeters><Track>
  <Trackpoint><Time>2024-05-12T09:12:00Z</Time><Position><LatitudeDegrees>48.40</LatitudeDegrees><LongitudeDegrees>-4.49</LongitudeDegrees></Position></Trackpoint></Track></Lap>
 <Notes>au port</Notes><Creator><Name>Montre 3</Name></Creator></Activity>
<Activity Sport="Biking"><Lap><TotalTimeSeconds>1</TotalTimeSeconds></Lap></Activity>
</Activities><Courses><Course><Name>Tour</Name><Track><Trackpoint><Time>2024-01-01T00:00:00Z</Time><Position><LatitudeDegrees>48</LatitudeDegrees><LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint></Track></Course></Courses>
</TrainingCenterDatabase>`

func TestRead(t *testing.T) {
	if tcx.Format.Recognise(importertest.File("x", []byte(run)).Head) < 90 || tcx.Format.Recognise(importertest.File("x", []byte("<gpx>")).Head) > 0 {
		t.Error("recognised wrongly")
	}
	c, err := importertest.Read(tcx.Format, "x", []byte(run))
	if err != nil || len(c.Documents) != 2 || c.PointCount() != 2 || len(c.Refusals) != 2 {
		t.Fatal(err, len(c.Documents), c.PointCount(), c.Refusals)
	}
	d, h := c.Documents[0], c.Bodies[0].(schema.HealthRecord)
	if d.Text != "Running: 15m0s, 3 km" || d.Time.Start.String() != "2024-05-12T09:00:00Z" || d.Time.End.String() != "2024-05-12T09:15:00Z" ||
		*d.Quantity != (penates.Quantity{Value: "3000.5", Unit: "m", Kind: "distance"}) || h.Performer != "Montre 3" || h.Note != "au port" {
		t.Errorf("%+v %+v %+v", d, d.Quantity, h)
	}
	want := []schema.HealthValue{
		{Code: "Total time", Value: "900", Unit: "s"}, {Code: "Total distance", Value: "3000.5", Unit: "m"}, {Code: "Total calories", Value: "120", Unit: "kcal"},
		{Code: "Avg heart rate", Value: "141", Unit: "/min"}, {Code: "Lap 1", Value: "600 s, 2000.5 m, 120 kcal"}, {Code: "Lap 2", Value: "300 s, 1000 m"},
	}
	if diff := cmp.Diff(want, h.Values); diff != "" {
		t.Error(diff)
	}
	if p := c.Series[0].Points[0].Place; c.Series[0].Kind != "Running" || fmt.Sprintf("%.2f %.1f", p.Lat, p.Alt) != "48.39 40.2" {
		t.Errorf("%+v", c.Series[0])
	}
	if r := c.Bodies[1].(schema.Record); r.Kind != "course" {
		t.Errorf("%+v", r)
	}
}

// A file that ends early gives what came before.
func TestCut(t *testing.T) {
	c, err := importertest.Read(tcx.Format, "x", []byte(run[:strings.Index(run, "<Notes>")]))
	if !errors.Is(err, penates.Damaged) || len(c.Documents) != 1 || c.PointCount() != 2 {
		t.Error(err, len(c.Documents), c.PointCount())
	}
}

func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "location/dawarich/tcx/running.tcx")
	if !ok {
		return
	}
	c, err := importertest.Read(tcx.Format, "running.tcx", content)
	if err != nil || len(c.Documents) != 1 || c.PointCount() != 1 || len(c.Refusals) != 0 {
		t.Error(err, len(c.Documents), c.PointCount(), c.Refusals)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(run))
	f.Add([]byte(`<TrainingCenterDatabase><Activity Sport=""><Lap StartTime="x"><Trackpoint><Position><LatitudeDegrees>1e9</LatitudeDegrees></Position></Trackpoint>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(tcx.Format, "x", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

package googlelocation_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/googlelocation"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	rawRecords = `{"locations": [
 {"latitudeE7": 457000000, "longitudeE7": 48000000, "accuracy": 20, "altitude": 170, "deviceTag": -7, "timestamp": "2021-06-09T05:37:58.333Z", "activity": [{"activity": []}]},
 {"latitudeE7": 457000000, "longitudeE7": 4294867296, "accuracy": 20, "deviceTag": -7, "timestampMs": "1623217100000"},
 {"wifiScan": {}, "timestamp": "2021-06-09T05:37:58.333Z"},
 {"latitudeE7": "457000001", "longitudeE7": 48000000, "deviceTag": 8, "timestamp": "2021-06-09T05:37:58.333Z"}]}`

	month = `{"timelineObjects": [
 {"activitySegment": {"startLocation": {"latitudeE7": 457000000, "longitudeE7": 48000000}, "endLocation": {"latitudeE7": 458000000, "longitudeE7": 48000000},
  "duration": {"startTimestamp": "2021-06-27T17:50:10.083Z", "endTimestamp": "2021-06-27T18:00:34.239Z"}, "distance": 1074, "activityType": "IN_TRAM",
  "simplifiedRawPath": {"points": [{"latE7": 457500000, "lngE7": 48000000, "accuracyMeters": 13, "timestamp": "2021-06-27T17:54:26.506Z"}]}}},
 {"placeVisit": {"location": {"latitudeE7": 458000000, "longitudeE7": 48000000, "placeId": "id1", "name": "Parc", "address": "1 rue X\n69000 Lyon", "semanticType": "TYPE_WORK"},
  "duration": {"startTimestampMs": "1624817000000", "endTimestampMs": "1624818000000"},
  "childVisits": [{"location": {"latitudeE7": 458000001, "longitudeE7": 48000001, "placeId": "id2", "name": "Lac"}, "duration": {"startTimestampMs": "1624817000000"}}]}},
 {"placeVisit": {"location": {}, "duration": {"startTimestamp": "2021-06-28T17:50:10Z"}}},
 {}]}`

	android = `{"semanticSegments": [
 {"startTime": "2024-06-15T09:00:00.000+02:00", "endTime": "2024-06-15T10:00:00.000+02:00", "visit": {"hierarchyLevel": 0, "topCandidate": {"placeId": "p", "semanticType": "INFERRED_HOME", "placeLocation": {"latLng": "48.8566°, 2.3522°"}}}},
 {"startTime": "2024-06-15T10:00:00.000+02:00", "endTime": "2024-06-15T10:30:00.000+02:00", "activity": {"start": {"latLng": "48.8566°, 2.3522°"}, "end": {"latLng": "48.8606°, 2.3376°"}, "distanceMeters": 1200.25, "topCandidate": {"type": "IN_PASSENGER_VEHICLE"}}},
 {"startTime": "2024-06-15T10:30:00.000+02:00", "endTime": "2024-06-15T11:00:00.000+02:00", "timelinePath": [{"point": "48.8606°, 2.3376°", "time": "2024-06-15T10:35:00.000+02:00"}, {"point": "x", "time": "2024-06-15T10:36:00.000+02:00"}]}
 ], "rawSignals": [{"wifiScan": {"devicesRecords": []}}, {"position": {"LatLng": "48.8566, 2.3522", "accuracyMeters": 15, "altitudeMeters": 35.5, "timestamp": "2024-06-15T09:05:00.000Z"}}],
 "userLocationProfile": {"frequentPlaces": [{"placeId": "p", "placeLocation": "48.8566, 2.3522", "label": "HOME"}], "persona": {}}}`

	iphone = `[{"endTime": "2023-08-27T17:04:26.999-05:00", "startTime": "2023-08-27T15:48:56.000-05:00", "visit": {"hierarchyLevel": "1", "topCandidate": {"semanticType": "Work", "placeID": "q", "placeLocation": "geo:27.72,-97.34;u=10"}}},
 {"endTime": "2023-08-27T22:00:00.000Z", "startTime": "2023-08-27T20:00:00.000Z", "timelinePath": [{"point": "geo:27.72,-97.34", "durationMinutesOffsetFromStartTime": "49"}]},
 {"endTime": "2023-08-27T22:00:00.000Z", "startTime": "2023-08-27T20:00:00.000Z", "activity": {"start": "geo:27.7,-97.3", "end": "geo:27.8,-97.3", "distanceMeters": "11000.5", "topCandidate": {"type": "cycling"}}},
 {"endTime": "2023-09-02T23:25:59.000-06:00", "startTime": "2023-08-27T14:48:56.000-06:00", "timelineMemory": {"distanceFromOriginKms": "1594"}}]`
)

func read(t *testing.T, name, content string) *importertest.Collector {
	t.Helper()
	if sure := googlelocation.Format.Recognise(importertest.File(name, []byte(content)).Head); sure < 90 {
		t.Errorf("%s: recognised at %d", name, sure)
	}
	c, err := importertest.Read(googlelocation.Format, name, []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%s: %v, %d repeated", name, err, c.Repeated)
	}
	return c
}

func TestRecords(t *testing.T) {
	c := read(t, "x", rawRecords)
	if len(c.Series) != 2 || c.PointCount() != 3 || len(c.Refusals) != 1 || c.Refusals[0].Line != 4 {
		t.Fatalf("%d series, %d points, %v", len(c.Series), c.PointCount(), c.Refusals)
	}
	s := c.Series[0]
	if s.Source.NativeID != "device/-7" || *s.Points[0].Place != (penates.Place{Lat: 45.7, Lon: 4.8, Alt: 170, Accuracy: 20}) || s.Points[1].Place.Lon != -0.01 {
		t.Errorf("%+v %+v %+v", s, s.Points[0].Place, s.Points[1].Place)
	}
}

func TestSemantic(t *testing.T) {
	c := read(t, "x", month)
	if len(c.Documents) != 3 || c.PointCount() != 3 || len(c.Refusals) != 2 {
		t.Fatalf("%d documents, %d points, %v", len(c.Documents), c.PointCount(), c.Refusals)
	}
	if d := c.Documents[0]; d.Text != "travelled: in tram, 1074 m" || d.Quantity == nil || d.Quantity.Unit != "m" || d.Time.End.String() != "2021-06-27T18:00:34.239Z" {
		t.Errorf("%+v", d)
	}
	if d, body := c.Documents[1], c.Bodies[1].(schema.Place); d.Text != "visited: Parc" || body.Address != "1 rue X 69000 Lyon" || body.Kind != "work" || d.Place.Lat != 45.8 {
		t.Errorf("%+v %+v", d, body)
	}
}

func TestTelephones(t *testing.T) {
	c := read(t, "Chronologie.json", android)
	if len(c.OfType(penates.Places)) != 2 || len(c.OfType(penates.Activities)) != 1 || c.PointCount() != 4 || len(c.Refusals) != 1 || c.Refusals[0].Line != 4 {
		t.Fatalf("%d documents, %d points, %v", len(c.Documents), c.PointCount(), c.Refusals)
	}
	if d := c.Documents[1]; d.Text != "travelled: in passenger vehicle, 1200.25 m" || d.Place.Lat != 48.8566 {
		t.Errorf("%+v", d)
	}
	if body := c.Bodies[0].(schema.Place); body.Kind != "home" {
		t.Errorf("%+v", body)
	}
	c = read(t, "location-history.json", iphone)
	if len(c.Documents) != 3 || c.PointCount() != 3 || len(c.Refusals) > 0 {
		t.Fatalf("%d documents, %d points, %v", len(c.Documents), c.PointCount(), c.Refusals)
	}
	if at := c.Series[0].Points[0].Start.String(); at != "2023-08-27T20:49:00Z" || c.Documents[0].Place.Lon != -97.34 {
		t.Errorf("%s, %+v", at, c.Documents[0].Place)
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, `{"locations": [{"name": "x"}]}`: false, `[{"startTime": "1", "endTime": "2"}]`: false,
		`{"timelineObjects": []}`: true, "\ufeff" + android: true, `{"type": "FeatureCollection"}`: false,
	} {
		if got := googlelocation.Format.Recognise(importertest.File("x", []byte(in)).Head) > 0; got != want {
			t.Errorf("%.30q: %t", in, got)
		}
	}
	c, err := importertest.Read(googlelocation.Format, "x", []byte(rawRecords[:300]))
	if !errors.Is(err, penates.Invalid) || c.PointCount() != 1 {
		t.Errorf("cut file: %d points, %v", c.PointCount(), err)
	}
}

// found is what a file of the corpus gives.
type found struct{ points, places, trips, records, refused int }

// The numbers of the manifest, and on top of its path points the known ends of
// each trip, and the places of its profile. A visit that has neither position nor name is refused.
var corpus = map[string]found{
	"location-history.json":             {points: 10, places: 1, records: 1},
	"phone-takeout_w_3_duplicates.json": {points: 3, places: 3},
	"records.json":                      {points: 3},
	"semantic_history.json":             {points: 6, trips: 3},
	"timeline_new_format.json":          {points: 5, places: 3, trips: 1},
	"location-history/with_activitySegment_with_startLocation.json":                                        {points: 1, trips: 1},
	"location-history/with_activitySegment_with_startLocation_timestampMs.json":                            {points: 1, trips: 1},
	"location-history/with_activitySegment_with_startLocation_timestamp_in_milliseconds_format.json":       {points: 1, trips: 1},
	"location-history/with_activitySegment_with_startLocation_timestamp_in_seconds_format.json":            {points: 1, trips: 1},
	"location-history/with_activitySegment_with_startLocation_with_iso_timestamp.json":                     {points: 1, trips: 1},
	"location-history/with_activitySegment_without_startLocation.json":                                     {points: 1, trips: 1},
	"location-history/with_activitySegment_without_startLocation_without_waypointPath.json":                {trips: 1},
	"location-history/with_placeVisit_with_location_with_coordinates.json":                                 {places: 1},
	"location-history/with_placeVisit_with_location_with_coordinates_with_iso_timestamp.json":              {places: 1},
	"location-history/with_placeVisit_with_location_with_coordinates_with_milliseconds_timestamp.json":     {places: 1},
	"location-history/with_placeVisit_with_location_with_coordinates_with_seconds_timestamp.json":          {places: 1},
	"location-history/with_placeVisit_with_location_with_coordinates_with_timestampMs.json":                {places: 1},
	"location-history/with_placeVisit_without_location_with_coordinates.json":                              {refused: 1},
	"location-history/with_placeVisit_without_location_with_coordinates_with_otherCandidateLocations.json": {places: 1},
}

func TestCorpus(t *testing.T) {
	if _, ok := importertest.Corpus(t, "MANIFEST.tsv"); !ok {
		return
	}
	for name, want := range corpus {
		content, _ := importertest.Corpus(t, "location/dawarich/google/"+name)
		if got := count(read(t, name, string(content))); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	archive, _ := importertest.Corpus(t, "takeout/hestia/google-takeout-france.zip")
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	// One visit of October has a visit within it, which the manifest does not count.
	objects := map[string]int{"2021_OCTOBER.json": 29 + 1, "2021_JULY.json": 4, "2021_AUGUST.json": 11, "2021_JUNE.json": 6}
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		c := read(t, f.Name, string(content))
		got, name := count(c), path.Base(f.Name)
		t.Logf("%s: %+v", name, got)
		if name == "Records.json" && got != (found{points: 1575}) || name != "Records.json" && (got.places+got.trips != objects[name] || got.refused > 0) {
			t.Errorf("%s: %+v, %v", f.Name, got, c.Refusals)
		}
	}
}

func count(c *importertest.Collector) found {
	return found{c.PointCount(), len(c.OfType(penates.Places)), len(c.OfType(penates.Activities)), len(c.OfType(penates.Records)), len(c.Refusals)}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{rawRecords, month, android, iphone, `{"timelineObjects": [{"placeVisit": []}, 1]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		googlelocation.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(googlelocation.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const one = `{"latitudeE7": 457000000, "longitudeE7": 48000000, "accuracy": 20, "deviceTag": 7, "timestamp": "2021-06-09T05:37:58.333Z"}`
	content := []byte(`{"locations": [` + strings.Repeat(one+",\n", 20_000) + one + "]}")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(googlelocation.Format, "x", content); err != nil || c.PointCount() != 20_001 {
			b.Fatal(err)
		}
	}
}

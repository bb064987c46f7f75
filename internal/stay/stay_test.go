package stay_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/stay"
	"penates/internal/vault/vaulttest"
)

var monday = time.Date(2024, 5, 13, 0, 0, 0, 0, time.UTC)

// day makes up the positions of a day: at home, to work over two kilometres, at work,
// and back.
func day(start time.Time, noise float64) (points []stay.Point) {
	r := rand.New(rand.NewPCG(1, 1))
	at := func(minutes int, lat, lon float64) {
		points = append(points, stay.Point{At: start.Add(time.Duration(minutes) * time.Minute).UnixMilli(), Lat: lat + (r.Float64()-0.5)*noise, Lon: lon + (r.Float64()-0.5)*noise, Accuracy: 20})
	}
	for m := 0; m <= 480; m += 5 {
		at(m, 48.39, -4.48)
	}
	for i := 1; i < 10; i++ {
		at(480+i*3, 48.39+float64(i)*0.002, -4.48)
	}
	for m := 510; m <= 1020; m += 5 {
		at(m, 48.41, -4.48)
	}
	for i := 1; i < 10; i++ {
		at(1020+i*3, 48.41-float64(i)*0.002, -4.48)
	}
	for m := 1050; m < 1440; m += 5 {
		at(m, 48.39, -4.48)
	}
	return points
}

func TestDay(t *testing.T) {
	points := day(monday, 0.0004)
	points[20].Lat += 1 // a receiver jumps
	points[30].Accuracy = 5000
	points[30].Lat += 0.1
	r := stay.Find(points)
	if len(r.Stays) != 3 || len(r.Trips) != 2 || len(r.Places) != 2 {
		t.Fatalf("%+v", r)
	}
	home, work, trip := r.Places[0], r.Places[1], r.Trips[0]
	if home.Visits != 2 || home.Nights != 1 || work.Visits != 1 || math.Abs(work.Lat-48.41) > 0.0005 || r.Stays[0].Place != 0 || r.Stays[1].Place != 1 || r.Stays[2].Place != 0 {
		t.Errorf("%+v", r)
	}
	if trip.Start != 0 || trip.End != 1 || trip.Metres < 2000 || trip.Metres > 2600 || trip.To.Sub(trip.From) > 40*time.Minute {
		t.Errorf("%+v", trip)
	}
}

// After a day of silence nobody knows what was between.
func TestSilence(t *testing.T) {
	points := append(day(monday, 0), day(monday.AddDate(0, 0, 3), 0)...)
	r := stay.Find(points)
	if len(r.Stays) != 6 || len(r.Trips) != 4 {
		t.Errorf("%d stays, %d trips", len(r.Stays), len(r.Trips))
	}
	if r = stay.Find(nil); len(r.Stays)+len(r.Trips)+len(r.Places) != 0 {
		t.Errorf("%+v", r)
	}
	// Somebody who moves all the time stays nowhere.
	var moving []stay.Point
	for i := range 500 {
		moving = append(moving, stay.Point{At: monday.Add(time.Duration(i) * time.Minute).UnixMilli(), Lat: 48 + float64(i)*0.01, Lon: 2})
	}
	if r = stay.Find(moving); len(r.Stays) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestAsk(t *testing.T) {
	s := vaulttest.New(t)
	series := &penates.Series{Type: penates.Positions, Source: penates.Source{Connector: "test", NativeID: "track"}, Kind: "phone", Measure: "position"}
	for _, p := range day(monday, 0) {
		series.Points = append(series.Points, penates.Point{Start: penates.At(time.UnixMilli(p.At).UTC()), Place: &penates.Place{Lat: p.Lat, Lon: p.Lon, Accuracy: p.Accuracy}})
	}
	office := &penates.Document{ID: "doc_office", Type: penates.Places, Text: "Bureau", Place: &penates.Place{Lat: 48.4101, Lon: -4.48, Name: "Bureau"}, Source: penates.Source{Connector: "test", NativeID: "office"}}
	vaulttest.Fill(t, s, vaulttest.Item{Document: office, Body: schema.Place{Name: "Bureau"}}, vaulttest.Item{Series: series})
	r, err := stay.Ask(t.Context(), s, "2024-05-13", "2024-05-13")
	if err != nil || len(r.Stays) != 3 || r.Stays[1].Name != "Bureau" || r.Stays[0].Name != "" {
		t.Errorf("%v %+v", err, r)
	}
	if r, err = stay.Ask(t.Context(), s, "2025-01-01", ""); err != nil || len(r.Stays) != 0 {
		t.Errorf("%v %+v", err, r)
	}
	if _, err = stay.Ask(t.Context(), s, "' OR 1", ""); err == nil {
		t.Error("took a day that is none")
	}
}

func BenchmarkFind(b *testing.B) {
	var points []stay.Point
	for i := range 1000 {
		points = append(points, day(monday.AddDate(0, 0, i), 0.0004)...)
	}
	for b.Loop() {
		if r := stay.Find(points); len(r.Stays) == 0 {
			b.Fatal("none")
		}
	}
}

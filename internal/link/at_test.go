package link_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

func TestStays(t *testing.T) {
	spot := func(id, start, end string, lat, lon float64) link.Spot {
		s := link.Spot{ID: penates.DocumentID(id), Lat: lat, Lon: lon}
		var err error
		if s.Start, err = time.Parse(time.RFC3339, start); err != nil {
			t.Fatal(err)
		}
		if s.End, err = time.Parse(time.RFC3339, end); err != nil {
			t.Fatal(err)
		}
		return s
	}
	stays := []link.Spot{
		spot("museum", "2025-03-03T10:00:00Z", "2025-03-03T12:00:00Z", 48.8606, 2.3376),
		spot("home", "2025-03-02T18:00:00Z", "2025-03-03T09:00:00Z", 48.85, 2.35),
		spot("island", "2025-03-05T10:00:00Z", "2025-03-05T12:00:00Z", -16.8, 179.9999),
	}
	for _, tt := range []struct {
		name  string
		thing link.Spot
		want  []string
	}{
		{"there and then", spot("p", "2025-03-03T11:00:00Z", "2025-03-03T11:00:00Z", 48.8609, 2.3377), []string{"p>museum at/time+place 0.9"}},
		{"not far", spot("p", "2025-03-03T11:00:00Z", "2025-03-03T11:00:00Z", 48.8624, 2.3376), []string{"p>museum at/time+place 0.6"}},
		{"elsewhere", spot("p", "2025-03-03T11:00:00Z", "2025-03-03T11:00:00Z", 48.85, 2.35), []string{}},
		{"there on another day", spot("p", "2025-03-04T11:00:00Z", "2025-03-04T11:00:00Z", 48.8606, 2.3376), []string{}},
		{"an event that began before", spot("p", "2025-03-03T09:30:00Z", "2025-03-03T10:30:00Z", 48.8606, 2.3376), []string{"p>museum at/time+place 0.9"}},
		{"across the date line", spot("p", "2025-03-05T11:00:00Z", "2025-03-05T11:00:00Z", -16.8, -179.9999), []string{"p>island at/time+place 0.9"}},
	} {
		if diff := cmp.Diff(tt.want, shown(link.Stays([]link.Spot{tt.thing}, stays, link.Judged{}))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	rejected := link.Judged{Rejected: map[link.Pair]bool{{From: "p", To: "museum"}: true}}
	if got := link.Stays([]link.Spot{spot("p", "2025-03-03T11:00:00Z", "2025-03-03T11:00:00Z", 48.8606, 2.3376)}, stays, rejected); len(got) != 0 {
		t.Errorf("what was rejected is linked again: %v", got)
	}
}

// A picture taken during a stay is linked to it.
func TestAt(t *testing.T) {
	s := vaulttest.New(t)
	place := func(end string) func(*penates.Document) {
		return func(d *penates.Document) {
			d.Place = &penates.Place{Lat: 48.8606, Lon: 2.3376}
			if end != "" {
				d.Time.End = on(end).Start
			}
		}
	}
	vaulttest.Fill(t, s, item("museum", "2025-03-03T10:00:00+01:00", schema.Place{Name: "Museum"}, place("2025-03-03T12:00:00+01:00")),
		item("picture", "2025-03-03T11:00:00+01:00", schema.File{Name: "a.jpg", Mime: "image/jpeg"}, place("")))
	if _, err := link.Run(t.Context(), s, penates.Files); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"doc_picture at doc_museum at/time+place"}, made(t, s)); diff != "" {
		t.Error(diff)
	}
}

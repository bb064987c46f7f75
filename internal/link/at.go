package link

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// atTimePlace is why a picture or an event is said to be at a place: both were there
// at the same time.
const atTimePlace = "at/time+place"

// at finds the stay during which, and where, a picture was taken or an event was.
var at = Rule{
	Name:  "at",
	Reads: []penates.Type{penates.Places, penates.Files, penates.Events, penates.Activities},
	Makes: []string{atTimePlace},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		stays, err := loadSpots(ctx, s, "places")
		if err != nil || len(stays) == 0 {
			return nil, err
		}
		var things []Spot
		for _, view := range []string{"files", "events", "activities"} {
			some, err := loadSpots(ctx, s, view)
			if err != nil {
				return nil, err
			}
			things = append(things, some...)
		}
		judged, err := judgedOf(ctx, s, penates.AtPlace)
		if err != nil {
			return nil, err
		}
		return Stays(things, stays, judged), nil
	},
}

// A Spot is a document with its time and position.
type Spot struct {
	ID         penates.DocumentID
	Start, End time.Time // the same when it has no length
	Lat, Lon   float64
}

// How far in metres a position may be from that of a stay, which is somewhere in a
// building: within near it is there, within far perhaps. How long stays may be that
// are looked for.
const (
	near        = 100
	far         = 300
	longestStay = 31 * 24 * time.Hour
)

// Stays returns for each thing the link to the nearest stay that it was at, by time
// and position.
func Stays(things, stays []Spot, judged Judged) (links []penates.Link) {
	stays = slices.Clone(stays)
	slices.SortFunc(stays, func(a, b Spot) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(string(a.ID), string(b.ID)))
	})
	settled := map[penates.DocumentID]bool{}
	for p := range judged.Confirmed {
		settled[p.From] = true
	}
	for _, t := range things {
		if settled[t.ID] {
			continue
		}
		best, distance := -1, float64(far)
		for i := sort.Search(len(stays), func(i int) bool { return stays[i].Start.After(t.End) }) - 1; i >= 0 && stays[i].Start.After(t.Start.Add(-longestStay)); i-- {
			if stays[i].End.Before(t.Start) || judged.Rejected[Pair{t.ID, stays[i].ID}] {
				continue
			}
			if d := metres(&t, &stays[i]); d < distance {
				best, distance = i, d
			}
		}
		if best < 0 {
			continue
		}
		confidence := 0.9
		if distance > near {
			confidence = 0.6
		}
		links = append(links, penates.Link{From: t.ID, Rel: penates.AtPlace, To: stays[best].ID, Confidence: confidence, Rule: atTimePlace})
	}
	return sorted(links)
}

// metres is the distance of two positions, on a plane: they are near each other or
// the answer is only that they are not.
func metres(a, b *Spot) float64 {
	const perDegree = 111_195
	east := math.Mod(a.Lon-b.Lon+540, 360) - 180
	return perDegree * math.Hypot(a.Lat-b.Lat, east*math.Cos(a.Lat*math.Pi/180))
}

// loadSpots reads what has a time of day and a position.
func loadSpots(ctx context.Context, s *vault.Session, view string) (spots []Spot, err error) {
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: `start, "end", lat, lon`, From: view, Where: "length(start) > 10 AND lat IS NOT NULL AND lon IS NOT NULL AND duplicate_of IS NULL",
	}, func(row []any) error {
		p := Spot{ID: penates.DocumentID(figure.Text(row[0]))}
		var err1, err2 error
		p.Start, err1 = time.Parse(time.RFC3339, figure.Text(row[1]))
		if p.End, err2 = time.Parse(time.RFC3339, figure.Text(row[2])); err2 != nil || p.End.Before(p.Start) {
			p.End = p.Start
		}
		lat, ok1 := figure.Number(row[3])
		lon, ok2 := figure.Number(row[4])
		if p.Lat, p.Lon = lat, lon; err1 == nil && ok1 && ok2 {
			spots = append(spots, p)
		}
		return nil
	})
	return spots, err
}

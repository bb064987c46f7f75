package stay

import (
	"context"
	"fmt"
	"time"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// maxPoints bounds the positions that are held at once.
const maxPoints = 5_000_000

// Ask finds the stays and trips of the days from to to, which may be empty, in the
// vault of s. Names are those of places the vault knows nearby.
func Ask(ctx context.Context, s *vault.Session, from, to string) (*Result, error) {
	for _, day := range []string{from, to} {
		if day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, fmt.Errorf("%q is no day like 2024-05-12: %w", day, penates.Invalid)
		}
	}
	where := "lat IS NOT NULL AND lon IS NOT NULL AND duplicate_of IS NULL"
	if from != "" {
		where += " AND day >= '" + from + "'"
	}
	if to != "" {
		where += " AND day <= '" + to + "'"
	}
	var points []Point
	err := query.Each(ctx, s, query.Select{Key: "start", Columns: "lat, lon, accuracy", From: "positions", Where: where}, func(row []any) error {
		at, err := time.Parse(time.RFC3339Nano, figure.Text(row[0]))
		if err != nil {
			return nil // a day without a time of day
		}
		lat, ok1 := row[1].(float64)
		lon, ok2 := row[2].(float64)
		if !ok1 || !ok2 {
			return nil
		}
		accuracy, _ := row[3].(float64)
		if len(points) >= maxPoints {
			return fmt.Errorf("more than %d positions: ask for fewer days: %w", maxPoints, penates.TooLarge)
		}
		points = append(points, Point{at.UnixMilli(), lat, lon, accuracy})
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := Find(points)
	return &r, r.name(ctx, s)
}

// name gives the places the names of those the vault knows within their radius.
func (r *Result) name(ctx context.Context, s *vault.Session) error {
	if len(r.Places) == 0 {
		return nil
	}
	near := map[[2]int][]int{}
	for i, p := range r.Places {
		c := cellOf(p.Lat, p.Lon)
		near[c] = append(near[c], i)
	}
	best := make([]float64, len(r.Places))
	err := query.Each(ctx, s, query.Select{Key: "id", Columns: "lat, lon, name", From: "places", Where: "name <> '' AND lat IS NOT NULL AND lon IS NOT NULL"}, func(row []any) error {
		lat, ok1 := row[1].(float64)
		lon, ok2 := row[2].(float64)
		if !ok1 || !ok2 {
			return nil
		}
		c := cellOf(lat, lon)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				for _, i := range near[[2]int{c[0] + dy, c[1] + dx}] {
					p := &r.Places[i]
					if d := Distance(lat, lon, p.Lat, p.Lon); d <= radius && (p.Name == "" || d < best[i]) {
						p.Name, best[i] = figure.Text(row[3]), d
					}
				}
			}
		}
		return nil
	})
	for i := range r.Stays {
		r.Stays[i].Name = r.Places[r.Stays[i].Place].Name
	}
	return err
}

package track

import (
	"strconv"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
)

const (
	chunk   = 1000 // points given out at once
	maxOpen = 500  // series that are held at once
)

// Tracks gives out positions of several series, some at a time. Flush must be
// called at the end.
type Tracks struct {
	Out  importer.Sink
	open map[string]*penates.Series
	keys []string // of open, in order
}

// Add adds a position to the series native, which describe names when it begins;
// describe may be nil.
func (t *Tracks) Add(native string, at penates.Moment, place *penates.Place, line int, describe func(*penates.Series)) error {
	s := t.open[native]
	if s == nil {
		if len(t.open) >= maxOpen {
			if err := t.Flush(); err != nil {
				return err
			}
		}
		s = &penates.Series{
			Type: penates.Positions, Source: penates.Source{NativeID: native, Locator: Locator(line)},
			Kind: "track", Measure: "position",
		}
		if describe != nil {
			describe(s)
		}
		if t.open == nil {
			t.open = map[string]*penates.Series{}
		}
		t.open[native] = s
		t.keys = append(t.keys, native)
	}
	if len(s.Points) >= chunk {
		if err := t.Out.Points(s); err != nil {
			return err
		}
		s.Points, s.Source.Locator = nil, Locator(line)
	}
	s.Points = append(s.Points, penates.Point{Start: at, Place: place})
	return nil
}

// Flush gives out what is held.
func (t *Tracks) Flush() error {
	for _, native := range t.keys {
		if s := t.open[native]; len(s.Points) > 0 {
			if err := t.Out.Points(s); err != nil {
				return err
			}
		}
	}
	t.open, t.keys = nil, nil
	return nil
}

// Locator names a line of the file, and is "" for none.
func Locator(line int) string {
	if line <= 0 {
		return ""
	}
	return "line=" + strconv.Itoa(line)
}

// maxShape bounds the corners of a line that is kept.
const maxShape = 100_000

// A Shape is a line on the map without times: a planned route, a border.
type Shape struct {
	Corners [][]float64 // as in GeoJSON: longitude, latitude, altitude
	Left    int         // corners beyond the bound
	first   *penates.Place
}

// Add adds a corner.
func (s *Shape) Add(p *penates.Place) {
	if s.first == nil {
		s.first = p
	}
	if len(s.Corners) >= maxShape {
		s.Left++
		return
	}
	corner := []float64{p.Lon, p.Lat}
	if p.Alt != 0 {
		corner = append(corner, p.Alt)
	}
	s.Corners = append(s.Corners, corner)
}

// Record returns the shape as a record of kind, with further fields; its native
// id is for the caller to set.
func (s *Shape) Record(kind, name string, fields map[string]any) (*penates.Document, schema.Record) {
	if fields == nil {
		fields = map[string]any{}
	}
	fields["name"], fields["coordinates"] = name, s.Corners
	if name == "" {
		delete(fields, "name")
	}
	d := &penates.Document{Place: s.first, Text: Line(kind + " " + name)}
	return d, schema.Record{Kind: kind, Fields: fields}
}

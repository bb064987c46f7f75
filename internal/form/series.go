package form

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"penates"
	"penates/internal/schema"
)

// An Outcome says what became of a document that was put.
type Outcome int

// The outcomes.
const (
	Added Outcome = iota
	Updated
	Unchanged
)

// A Tally counts points or documents by outcome.
type Tally struct{ Added, Updated, Unchanged int }

// Count adds n of an outcome.
func (t *Tally) Count(o Outcome, n int) {
	switch o {
	case Added:
		t.Added += n
	case Updated:
		t.Updated += n
	case Unchanged:
		t.Unchanged += n
	}
}

// The points of a series are stored many to a row: a day's for a load curve or a
// track, a month's for daily readings and longer. What callers count and see is
// the point.

// A Tuple is a point as it is stored: start, end, value, quality, latitude,
// longitude, altitude, accuracy; what is missing at the end is left out.
type Tuple [8]any

func encodePoint(p *penates.Point) Tuple {
	t := Tuple{p.Start.String(), p.End.String(), string(p.Value), p.Quality}
	if p.Place != nil {
		t[4], t[5], t[6], t[7] = p.Place.Lat, p.Place.Lon, p.Place.Alt, p.Place.Accuracy
	}
	return t
}

// MarshalJSON writes the array without its empty tail.
func (t Tuple) MarshalJSON() ([]byte, error) { return t.appendJSON(nil) }

func (t *Tuple) appendJSON(b []byte) ([]byte, error) {
	n := len(t)
	for n > 1 && (t[n-1] == nil || t[n-1] == "" || t[n-1] == 0.0) {
		n--
	}
	for i, value := range t[:n] {
		if i == 0 {
			b = append(b, '[')
		} else {
			b = append(b, ',')
		}
		if s, ok := value.(string); ok && plain(s) {
			b = append(append(append(b, '"'), s...), '"')
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		b = append(b, encoded...)
	}
	return append(b, ']'), nil
}

// plain reports whether s stands in JSON as it is. Stamps and values do, and there
// are very many.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// appendPoints writes points as json.Marshal does.
func appendPoints(b []byte, points []Tuple) (_ []byte, err error) {
	b = append(b, '[')
	for i := range points {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = points[i].appendJSON(b); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads an array of at most eight values.
func (t *Tuple) UnmarshalJSON(b []byte) error {
	values := make([]any, 0, len(t))
	if err := json.Unmarshal(b, &values); err != nil {
		return err
	}
	if len(values) == 0 || len(values) > len(t) {
		return fmt.Errorf("a point of %d values: %w", len(values), penates.Damaged)
	}
	*t = Tuple{"", "", "", ""}
	copy(t[:], values)
	return nil
}

func (t Tuple) text(i int) string {
	s, _ := t[i].(string)
	return s
}

func (t Tuple) Point() (p Point, err error) {
	if p.Start, err = penates.ParseMoment(t.text(0)); err != nil {
		return p, err
	}
	if p.End, err = penates.ParseMoment(t.text(1)); err != nil {
		return p, err
	}
	p.Value, p.Quality = penates.Decimal(t.text(2)), t.text(3)
	if lat, ok := t[4].(float64); ok {
		p.Place = &penates.Place{Lat: lat}
		p.Place.Lon, _ = t[5].(float64)
		p.Place.Alt, _ = t[6].(float64)
		p.Place.Accuracy, _ = t[7].(float64)
	}
	return p, nil
}

// same reports whether the points say the same, whichever way they were read.
func (t Tuple) same(o Tuple) bool {
	for i := range 4 {
		if t.text(i) != o.text(i) {
			return false
		}
	}
	for i := 4; i < len(t); i++ {
		a, _ := t[i].(float64)
		b, _ := o[i].(float64)
		if a != b {
			return false
		}
	}
	return true
}

// Chunk returns which row of its series a point belongs to.
func Chunk(s *penates.Series, start penates.Moment) string {
	if day := start.Date(); strings.HasPrefix(s.Step, "PT") || s.Step == "" && !start.DateOnly() {
		return day
	}
	return start.Date()[:len("2006-01")]
}

// MergePoints lays points over those of the stored document doc, told apart by
// their start, and returns all in order of time. With keep, points that are there
// already stay as they are.
func MergePoints(doc []byte, points []penates.Point, keep bool) (merged []Tuple, count Tally, err error) {
	var before struct {
		Points []Tuple `json:"points"`
	}
	if len(doc) > 0 {
		if err := json.Unmarshal(doc, &before); err != nil {
			return nil, count, fmt.Errorf("%w (%w)", penates.Damaged, err)
		}
	}
	merged = slices.Grow(before.Points, len(points))
	at := make(map[string]int, len(merged)+len(points))
	for i, t := range merged {
		at[t.text(0)] = i
	}
	for i := range points {
		t := encodePoint(&points[i])
		j, ok := at[t.text(0)]
		switch {
		case !ok:
			at[t.text(0)] = len(merged)
			merged = append(merged, t)
			count.Added++
		case keep, merged[j].same(t):
			count.Unchanged++
		default:
			merged[j] = t
			count.Updated++
		}
	}
	slices.SortStableFunc(merged, func(a, b Tuple) int { return compareStarts(a.text(0), b.text(0)) })
	return merged, count, nil
}

func compareStarts(a, b string) int {
	if len(a) == len(b) && len(a) > 19 && a[19:] == b[19:] || len(a) == 10 {
		return strings.Compare(a, b) // same offset
	}
	x, errX := penates.ParseMoment(a)
	y, errY := penates.ParseMoment(b)
	if errX != nil || errY != nil {
		return strings.Compare(a, b)
	}
	return x.Time().Compare(y.Time())
}

// SeriesDocument returns the document that a chunk of a series is.
func SeriesDocument(s *penates.Series, key string) *penates.Document {
	d := &penates.Document{Type: s.Type, Source: s.Source, Refs: s.Refs, Text: s.Text, Sensitivity: s.Sensitivity}
	d.Source.NativeID += "/" + key
	d.ID = penates.NewDocumentID(d.Source.Connector, d.Source.Connection, d.Source.NativeID)
	return d
}

// EncodeSeries makes the document d of a series ready to be stored with its points.
func EncodeSeries(d *penates.Document, s *penates.Series, points []Tuple) (*Record, error) {
	kind, err := schema.Of(s.Type)
	if err != nil {
		return nil, err
	}
	var body schema.Body
	switch s.Type {
	case penates.Energy:
		body = schema.EnergyDay{Meter: s.Source.Connection, Kind: s.Kind, Measure: s.Measure, Step: s.Step}
		d.Quantity = &penates.Quantity{Unit: s.Unit, Kind: s.Kind}
	case penates.Positions:
		body = schema.PositionDay{Track: s.Source.NativeID, Kind: s.Kind}
	default:
		return nil, fmt.Errorf("a series of %s: %w", s.Type, penates.Invalid)
	}
	first, err := points[0].Point()
	if err != nil {
		return nil, err
	}
	last, err := points[len(points)-1].Point()
	if err != nil {
		return nil, err
	}
	d.Time = penates.Span{Start: first.Start, End: last.End}
	if last.End.IsZero() {
		d.Time.End = last.Start
	}
	const usual = 64 // bytes of a point
	encoded, err := appendPoints(make([]byte, 0, usual*len(points)), points)
	if err != nil {
		return nil, err
	}
	r, err := encodeWire(d, kind, body, encoded)
	if err == nil {
		r.Points = len(points)
	}
	return r, err
}

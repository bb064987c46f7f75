package grdf

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// chunk is how many points are given out at once, maxSeries how many series a
// file may have.
const (
	chunk     = 5000
	maxSeries = 1000
)

// A sink sorts readings into series and gives them out.
type sink struct {
	ctx     context.Context
	zone    *time.Location
	out     importer.Sink
	series  map[[2]string]*penates.Series
	order   []*penates.Series
	stopped bool // by the importer's sink
}

func newSink(ctx context.Context, zone *time.Location, out importer.Sink) *sink {
	if zone == nil {
		zone = time.UTC
	}
	return &sink{ctx: ctx, zone: zone, out: out, series: map[[2]string]*penates.Series{}}
}

func (s *sink) refuse(line int, err error) error { return s.said(s.out.Refuse(line, err)) }

func (s *sink) document(d *penates.Document, body schema.Body) error {
	return s.said(s.out.Document(d, body))
}

// said remembers that the importer's sink said to stop.
func (s *sink) said(err error) error {
	s.stopped = s.stopped || err != nil
	return err
}

// add takes a point of the series of meter pce that is named measure, with a
// suffix when it is a volume.
func (s *sink) add(pce, measure, unit, step string, p penates.Point) error {
	native := measure
	if unit == "m3" && measure != "index" {
		native += "-volume"
	}
	key := [2]string{pce, native}
	t := s.series[key]
	if t == nil {
		if len(s.order) >= maxSeries {
			return fmt.Errorf("more than %d series in a file: %w", maxSeries, penates.TooLarge)
		}
		t = &penates.Series{
			Type: penates.Energy, Source: penates.Source{Connection: pce, NativeID: native},
			Kind: "gas", Measure: measure, Unit: unit, Step: step, Text: title(measure, unit, pce),
		}
		if pce != "" {
			t.Refs = []penates.Ref{penates.NewRef(penates.RefPCE, pce)}
		}
		s.series[key] = t
		s.order = append(s.order, t)
	}
	t.Points = append(t.Points, p)
	if len(t.Points) < chunk {
		return nil
	}
	return s.give(t)
}

func title(measure, unit, pce string) string {
	what := "Gas energy"
	switch {
	case measure == "index":
		what = "Gas meter index"
	case unit == "m3":
		what = "Gas volume"
	}
	if measure != "index" {
		what += ", " + measure
	}
	if pce != "" {
		what += ", meter " + pce
	}
	return what
}

func (s *sink) give(t *penates.Series) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	err := s.said(s.out.Points(t))
	t.Points = t.Points[:0]
	return err
}

func (s *sink) flush() error {
	for _, t := range s.order {
		if len(t.Points) == 0 {
			continue
		}
		if err := s.give(t); err != nil {
			return err
		}
	}
	return nil
}

// A measured is one reading of a meter, whatever form it came in.
type measured struct {
	pce, measure, step      string
	start, end              penates.Moment
	energy, volume, endWith word // in kWh and m3; endWith is the index at the end
	quality                 string
}

// take gives out the points of a reading.
func (s *sink) take(line int, m measured) error {
	type value struct {
		text          word
		measure, unit string
	}
	for _, v := range []value{{m.energy, m.measure, "kW.h"}, {m.volume, m.measure, "m3"}, {m.endWith, "index", "m3"}} {
		if v.text == "" {
			continue
		}
		d, err := locale.AmountComma(string(v.text), '.')
		if err != nil {
			if err := s.refuse(line, fmt.Errorf("%s: %w", v.unit, err)); err != nil {
				return err
			}
			continue
		}
		p := penates.Point{Start: m.start, End: m.end, Value: plain(d), Quality: m.quality}
		if v.measure == "index" {
			p.Start, p.End = m.end, penates.Moment{}
		}
		if err := s.add(m.pce, v.measure, v.unit, m.step, p); err != nil {
			return err
		}
	}
	return nil
}

// plain drops the zeros that JSON writers leave after the point.
func plain(d penates.Decimal) penates.Decimal {
	if whole, fraction, ok := strings.Cut(string(d), "."); ok {
		if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
			return penates.Decimal(whole)
		}
		return penates.Decimal(whole + "." + fraction)
	}
	return d
}

// A word is a text or number as text; null and anything else is "".
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	s, _ := jsonstream.Text(bytes.TrimSpace(b))
	*w = word(strings.TrimSpace(s))
	return nil
}

func (w word) or(other string) string {
	if w != "" {
		return string(w)
	}
	return other
}

package enedis

import (
	"context"
	"fmt"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
)

const (
	// chunk is how many points are given out at once.
	chunk = 5000
	// maxHeld bounds the points waiting in all series together.
	maxHeld = 20_000
	// maxChannels bounds what one file may measure.
	maxChannels = 1000
)

// A writer sorts the rows of a file by what they measure and gives them out.
type writer struct {
	ctx      context.Context
	zone     *time.Location
	out      importer.Sink
	channels map[meta]*channel
	last     *channel // the one used last, for last.meta
	series   map[[2]string]*series
	held     int
	stopped  bool // by the sink
	line     int  // that the documents given out next are from
	// In the order they were met, so that equal files give equal results.
	channelOrder []*channel
	seriesOrder  []*series
}

func newWriter(ctx context.Context, f *importer.File, out importer.Sink) *writer {
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	return &writer{ctx: ctx, zone: zone, out: out, channels: map[meta]*channel{}, series: map[[2]string]*series{}}
}

// A series is one penates.Series with the points that wait to be given out.
type series struct {
	w *writer
	s penates.Series
}

// open returns the series native of meter prm, made by describe when it is new.
func (w *writer) open(prm, native string, describe func(*penates.Series)) *series {
	key := [2]string{prm, native}
	s := w.series[key]
	if s == nil {
		s = &series{w: w, s: penates.Series{
			Type:   penates.Energy,
			Source: penates.Source{Connection: prm, NativeID: native},
			Kind:   "electricity",
		}}
		if prm != "" {
			s.s.Refs = []penates.Ref{penates.NewRef(penates.RefPRM, prm)}
		}
		describe(&s.s)
		w.series[key] = s
		w.seriesOrder = append(w.seriesOrder, s)
	}
	return s
}

// add takes one point of a stretch with that step.
func (s *series) add(p penates.Point, step string) error {
	if step != s.s.Step || len(s.s.Points) >= chunk {
		if err := s.flush(); err != nil {
			return err
		}
		s.s.Step = step
	}
	s.s.Points = append(s.s.Points, p)
	s.w.held++
	if s.w.held > maxHeld {
		return s.w.flush()
	}
	return nil
}

func (s *series) flush() error {
	if len(s.s.Points) == 0 {
		return nil
	}
	if err := s.w.ctx.Err(); err != nil {
		return err
	}
	err := s.w.said(s.w.out.Points(&s.s))
	s.w.held -= len(s.s.Points)
	s.s.Points = s.s.Points[:0]
	return err
}

func (w *writer) flush() error {
	for _, s := range w.seriesOrder {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return nil
}

// close gives out all that waits.
func (w *writer) close() error {
	for _, c := range w.channelOrder {
		if err := c.close(); err != nil {
			return err
		}
	}
	return w.flush()
}

// channel returns where the rows that m describes go.
func (w *writer) channel(m meta) (*channel, error) {
	if w.last != nil && w.last.meta == m {
		return w.last, nil
	}
	c := w.channels[m]
	if c == nil {
		if len(w.channels) >= maxChannels {
			return nil, fmt.Errorf("more than %d different measures in a file: %w", maxChannels, penates.TooLarge)
		}
		c = newChannel(w, m)
		w.channels[m] = c
		w.channelOrder = append(w.channelOrder, c)
	}
	w.last = c
	return c, nil
}

func (w *writer) refuse(line int, err error) error { return w.said(w.out.Refuse(line, err)) }

func (w *writer) document(d *penates.Document, body schema.Body) error {
	d.Source.Locator = fmt.Sprintf("line=%d", w.line)
	return w.said(w.out.Document(d, body))
}

// said remembers that the sink said to stop.
func (w *writer) said(err error) error {
	w.stopped = w.stopped || err != nil
	return err
}

// Package aeneria reads the exports of æneria, an application with which people
// follow their electricity and gas: spreadsheets (ODS, XLSX) with a table for each
// step of time, HOUR, DAY, WEEK, MONTH and YEAR. A row has the beginning of its
// time in the column DATE, and consumption in kilowatt-hours in CONSO_ELEC and
// CONSO_GAZ; the weather that stands beside them is not the person's data.
package aeneria

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/sheet"
)

// Format reads exports of æneria.
var Format = importer.Format{Name: "aeneria", Title: "æneria energy export", Recognise: recognise, Read: read}

// recognise says of any spreadsheet that it may be one: only its tables tell.
func recognise(h importer.Head) int {
	if sheet.Is(h.Bytes) {
		return 45
	}
	return 0
}

const chunk = 5000

// A step is what a table is about.
type step struct {
	measure, name       string
	years, months, days int
}

var steps = map[string]step{
	"HOUR": {"load-curve", "PT60M", 0, 0, 0}, "DAY": {"daily", "P1D", 0, 0, 1}, "WEEK": {"weekly", "P1W", 0, 0, 7},
	"MONTH": {"monthly", "P1M", 0, 1, 0}, "YEAR": {"yearly", "P1Y", 1, 0, 0},
}

// feeds are the columns with energy.
var feeds = []struct{ column, kind, title string }{
	{"CONSO_ELEC", "electricity", "Electricity"}, {"CONSO_GAZ", "gas", "Gas"},
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	content, err := f.ReadAll(sheet.MaxSize)
	if err != nil {
		return fmt.Errorf("%w (%w)", importer.ErrNotMine, err)
	}
	r := &reader{out: out, zone: f.Zone}
	if r.zone == nil {
		r.zone = time.UTC
	}
	err = sheet.Read(ctx, content, r.row)
	switch {
	case r.stopped || ctx.Err() != nil:
		return err
	case !r.found:
		return fmt.Errorf("no table of æneria: %w (%w)", importer.ErrNotMine, errors.Join(err, penates.Invalid))
	}
	if last := r.flush(); err == nil {
		err = last
	}
	return err
}

// A reader follows the rows of the tables.
type reader struct {
	out     importer.Sink
	zone    *time.Location
	table   string
	step    step
	series  []*penates.Series // of feeds, nil where the table lacks one
	columns []int
	date    int
	found   bool // a table of ours
	headed  bool // the row of names of this one
	stopped bool // by the sink
}

var errOther = errors.New("another table")

func (r *reader) row(row *sheet.Row) error {
	if row.Table != r.table {
		if err := r.flush(); err != nil {
			return err
		}
		r.table, r.headed, r.series = row.Table, false, nil
	}
	if !r.headed {
		r.headed = true
		if !r.heading(row) && !r.found {
			return errOther
		}
		return nil
	}
	if r.series == nil {
		return nil
	}
	start, end, err := r.span(row.Text(r.date))
	if err != nil {
		return r.refuse(row, err)
	}
	for i, s := range r.series {
		text := row.Text(r.columns[i])
		if s == nil || text == "" {
			continue
		}
		value, err := locale.Amount(text)
		if err != nil {
			if err := r.refuse(row, err); err != nil {
				return err
			}
			continue
		}
		s.Points = append(s.Points, penates.Point{Start: start, End: end, Value: value})
		if len(s.Points) == chunk {
			if err := r.give(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// heading takes the names of the columns of a table, if it is one of ours.
func (r *reader) heading(row *sheet.Row) bool {
	known := false
	if r.step, known = steps[r.table]; !known {
		return false
	}
	r.date = -1
	r.columns = make([]int, len(feeds))
	series := make([]*penates.Series, len(feeds))
	some := false
	for i := range row.Cells {
		name := row.Text(i)
		if name == "DATE" && r.date < 0 {
			r.date = i
		}
		for n, feed := range feeds {
			if name == feed.column && series[n] == nil {
				some = true
				r.columns[n] = i
				series[n] = &penates.Series{
					Type: penates.Energy, Source: penates.Source{NativeID: r.step.measure + "/" + feed.kind},
					Kind: feed.kind, Measure: r.step.measure, Unit: "kW.h", Step: r.step.name, Text: feed.title + ", " + r.step.measure,
				}
			}
		}
	}
	if r.date < 0 || !some {
		return false
	}
	r.series, r.found = series, true
	return true
}

// span returns the time that a row is for.
func (r *reader) span(text string) (start, end penates.Moment, err error) {
	if r.step.measure == "load-curve" {
		start, err = locale.Time(text, locale.DMY, r.zone)
		return start, penates.At(start.Time().Add(time.Hour)), err
	}
	start, err = locale.Day(text, locale.DMY)
	return start, penates.DayOf(start.Time().AddDate(r.step.years, r.step.months, r.step.days)), err
}

func (r *reader) refuse(row *sheet.Row, err error) error {
	return r.said(r.out.Refuse(row.Number, fmt.Errorf("table %s: %w", strings.ToValidUTF8(row.Table, ""), err)))
}

func (r *reader) said(err error) error {
	r.stopped = r.stopped || err != nil
	return err
}

func (r *reader) give(s *penates.Series) error {
	err := r.said(r.out.Points(s))
	s.Points = s.Points[:0]
	return err
}

func (r *reader) flush() error {
	for _, s := range r.series {
		if s == nil || len(s.Points) == 0 {
			continue
		}
		if err := r.give(s); err != nil {
			return err
		}
	}
	return nil
}

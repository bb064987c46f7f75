// Package servicecsv reads the CSV tables in which services give back what they
// hold: Netflix (Account › Get my info, and the short list of the viewing
// activity page), Amazon (Request my data: Retail.OrderHistory, Digital Items),
// Uber (Rider: trips_data) and TrackerControl (the traffic log of the Android
// application of that name).
//
// The tables are RFC 4180 with a header. A table is recognised by the names of
// its columns, in any order and writing, and with any further ones. A row is
// named by what it says, so that a later, longer export meets it again; equal
// rows are numbered.
package servicecsv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/rows"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The formats.
var (
	Netflix        = format("netflix", "Netflix export", append([]*table{viewing, sent, searched, listed, rated, billed}, shortViewings...)...)
	Amazon         = format("amazon", "Amazon orders", retail, digital)
	Uber           = format("uber", "Uber trips", trips)
	TrackerControl = format("trackercontrol", "TrackerControl log", contacted)
)

// A table is a kind of table: the columns that tell it, and how to read a row.
type table struct {
	columns []string // plain names, all of which it has
	exact   bool     // and no others
	day     string   // the column whose days are written in an order of which the whole file tells
	sure    int
	read    func(*row) (*penates.Document, schema.Body, error)
}

func (t *table) matches(names []string) bool {
	if t.exact && len(names) != len(t.columns) {
		return false
	}
	return !slices.ContainsFunc(t.columns, func(c string) bool { return !slices.Contains(names, c) })
}

func find(tables []*table, head []byte) (*table, byte) {
	names, delim := rows.Header(head)
	for _, t := range tables {
		if t.matches(names) {
			return t, delim
		}
	}
	return nil, 0
}

func format(name, title string, tables ...*table) importer.Format {
	return importer.Format{
		Name: name, Title: title,
		Recognise: func(h importer.Head) int {
			if t, _ := find(tables, h.Bytes); t != nil {
				return t.sure
			}
			return 0
		},
		Read: func(ctx context.Context, f *importer.File, out importer.Sink) error {
			t, delim := find(tables, f.Bytes)
			if t == nil {
				return fmt.Errorf("no known columns: %w", importer.ErrNotMine)
			}
			return t.readAll(ctx, f, delim, out)
		},
	}
}

// A row is one row of a table, with what is known of the table.
type row struct {
	columns map[string]int
	fields  []string
	line    int
	order   locale.Order // of dates written with numbers only
	names   *bank.Namer
}

// get returns the first of columns that the row has something in.
func (r *row) get(columns ...string) string {
	for _, c := range columns {
		if i, ok := r.columns[c]; ok && i < len(r.fields) && r.fields[i] != "" {
			return r.fields[i]
		}
	}
	return ""
}

// errSkip says that a row is of no interest.
var errSkip = errors.New("nothing happened")

func (t *table) readAll(ctx context.Context, f *importer.File, delim byte, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	in := rows.New(text, delim)
	head, _, err := in.Next()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	r := &row{columns: map[string]int{}, names: &bank.Namer{}}
	for i, name := range rows.PlainNames(head) {
		if _, twice := r.columns[name]; !twice {
			r.columns[name] = i
		}
	}
	if t.day != "" {
		if r.order, err = dayOrder(f, delim, r.columns[t.day]); err != nil {
			return err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.fields, r.line, err = in.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = t.one(r, len(head), out)
		} else if bad := errors.Is(err, penates.Invalid) || errors.Is(err, penates.TooLarge); bad {
			err = out.Refuse(r.line, err)
		}
		if err != nil {
			return err
		}
	}
}

// one reads a row and gives it out, or says why not.
func (t *table) one(r *row, columns int, out importer.Sink) error {
	if len(r.fields) > columns || len(r.fields) < (columns+1)/2 {
		return out.Refuse(r.line, fmt.Errorf("%d columns instead of %d: %w", len(r.fields), columns, penates.Invalid))
	}
	d, body, err := t.read(r)
	switch {
	case errors.Is(err, errSkip):
		return nil
	case err != nil:
		return out.Refuse(r.line, err)
	}
	d.Source.Locator = fmt.Sprintf("line=%d", r.line)
	return out.Document(d, body)
}

// at reads a time in UTC, which all these services write.
func at(s string) (penates.Moment, error) {
	s = strings.TrimSuffix(s, " UTC") // "… +0000 UTC"
	if n := len(s); n > 19 && s[10] == ' ' {
		if t, err := time.Parse("2006-01-02 15:04:05 -0700", s); err == nil {
			return penates.At(t.UTC()), nil
		}
	}
	if m, ok := social.Stamp(s); ok {
		return m, nil
	}
	return penates.Moment{}, fmt.Errorf("time %.40q: %w", s, penates.Invalid)
}

// first returns the first text that says something.
func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

// Package ical reads calendars: iCalendar (RFC 5545) and vCalendar 1.0, xCal (RFC
// 6321) and jCal (RFC 7265), as calendar programs, invitations and web services write them. VEVENT gives an
// event, VTODO a to-do, VJOURNAL a note; alarms stay in the text of theirs.
//
// Days stay days: the end of an all-day event is the day it is written with,
// which RFC 5545 (3.6.1) defines as the first day after it. Times without zone
// are of the zone the person lives in. Rules of recurrence are kept as text and
// not expanded; an occurrence that differs (RECURRENCE-ID) is an event of its own.
package ical

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/contentline"
)

// Format reads iCalendar files.
var Format = importer.Format{
	Name:      "ical",
	Title:     "iCalendar calendar",
	Recognise: recognise,
	Read:      read,
}

// Limits on one component.
const (
	maxLines  = 20_000
	maxBytes  = 2 * contentline.MaxLine
	maxNested = 100
)

func recognise(h importer.Head) int {
	b := bytes.ReplaceAll(h.Bytes[:min(len(h.Bytes), 8<<10)], []byte{0}, nil) // UTF-16
	b = bytes.ToUpper(bytes.TrimLeft(bytes.TrimLeft(b, "\xEF\xBB\xBF\xFE\xFF"), " \t\r\n"))
	kind, ok := bytes.CutPrefix(b, []byte("BEGIN:"))
	switch {
	case !ok:
		return 0
	case bytes.HasPrefix(kind, []byte("VCALENDAR")):
		return 99
	case bytes.HasPrefix(kind, []byte("VEVENT")), bytes.HasPrefix(kind, []byte("VTODO")),
		bytes.HasPrefix(kind, []byte("VJOURNAL")), bytes.HasPrefix(kind, []byte("VTIMEZONE")):
		return 90
	case bytes.Contains(kind, []byte("\nBEGIN:VEVENT")), bytes.Contains(kind, []byte("\nBEGIN:VTODO")), bytes.Contains(kind, []byte("\nBEGIN:VJOURNAL")):
		return 60
	}
	return 0
}

// read goes through the file twice, because zones and the calendar's name may
// stand after the events which need them.
func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	return readLines(ctx, f, out, eachLine)
}

// A syntax calls a function for every property of a file.
type syntax func(ctx context.Context, f *importer.File, do func(contentline.Line) error) error

func readLines(ctx context.Context, f *importer.File, out importer.Sink, each syntax) error {
	survey := newSurvey()
	if err := each(ctx, f, survey.add); err != nil {
		return err
	}
	w := &walker{
		out:    out,
		clock:  newZones(f.Zone, survey.tables),
		survey: survey,
		seen:   map[[16]byte]version{},
	}
	if err := each(ctx, f, w.add); err != nil {
		return err
	}
	return w.end()
}

// eachLine calls do for every property of the file.
func eachLine(ctx context.Context, f *importer.File, do func(contentline.Line) error) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	lines := contentline.NewReader(r, f.Bytes)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(l); err != nil {
			return err
		}
	}
}

// delimiter returns the component that a BEGIN or END names.
func delimiter(l *contentline.Line) (kind string, begin, end bool) {
	if l.Name != "BEGIN" && l.Name != "END" {
		return "", false, false
	}
	return strings.ToUpper(strings.TrimSpace(l.Value)), l.Name == "BEGIN", l.Name == "END"
}

// A component is an event, to-do or journal entry with its properties; those of
// components within it are only in text.
type component struct {
	kind   string
	lines  []contentline.Line
	nested []string
	first  int
	last   int
	size   int
}

// get returns the first property called name, or nil.
func (c *component) get(name string) *contentline.Line {
	for i := range c.lines {
		if c.lines[i].Name == name {
			return &c.lines[i]
		}
	}
	return nil
}

// text returns the text of a property as one or several lines, "" without it.
func (c *component) text(name string, limit int) string {
	l := c.get(name)
	if l == nil {
		return ""
	}
	s := strings.TrimSpace(strings.ReplaceAll(l.Text(), "\r\n", "\n"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}

// A walker finds the components and gives them out.
type walker struct {
	out    importer.Sink
	clock  *zones
	survey *survey
	index  int // of the calendar in the file, from 0
	cal    calendar
	cur    *component
	seen   map[[16]byte]version
}

func (w *walker) add(l contentline.Line) error {
	kind, begin, end := delimiter(&l)
	switch {
	case kind == "VCALENDAR" && begin:
		err := w.flush()
		w.cal = w.survey.calendar(w.index)
		w.index++
		return err
	case kind == "VCALENDAR" && end:
		return w.flush()
	case begin && topLevel(kind): // they do not nest: an END is missing
		if err := w.flush(); err != nil {
			return err
		}
		w.cur = &component{kind: kind, first: l.Number}
	case w.cur == nil:
		return nil
	}
	c := w.cur
	c.last = l.Number
	closed := end && kind == c.kind
	switch {
	case begin && kind != c.kind && len(c.nested) < maxNested:
		c.nested = append(c.nested, kind)
	case end && !closed && len(c.nested) > 0:
		c.nested = c.nested[:len(c.nested)-1]
	}
	c.size += len(l.Raw)
	if len(c.nested) > 0 || kind != "" {
		l = contentline.Line{Raw: l.Raw, Number: l.Number} // only text
	}
	if len(c.lines) < maxLines && c.size < maxBytes {
		c.lines = append(c.lines, l)
	}
	if closed {
		return w.flush()
	}
	return nil
}

func topLevel(kind string) bool {
	return kind == "VEVENT" || kind == "VTODO" || kind == "VJOURNAL" || kind == "VFREEBUSY"
}

// flush gives the current component out, or refuses it.
func (w *walker) flush() error {
	c := w.cur
	w.cur = nil
	if c == nil {
		return nil
	}
	d, body, err := w.document(c)
	if err != nil {
		return w.out.Refuse(c.first, fmt.Errorf("%s: %w", c.kind, err))
	}
	return w.out.Document(d, body)
}

// end refuses the component that the file is cut off in.
func (w *walker) end() error {
	if w.cur == nil {
		return nil
	}
	return w.out.Refuse(w.cur.first, fmt.Errorf("file ends within %s: %w", w.cur.kind, penates.Invalid))
}

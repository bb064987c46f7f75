package enedis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
)

// A sheet reads a CSV file. A file is one or several sections of a preamble
// (names and values), a table, and the supplier's calendar; or one table whose
// rows describe themselves.
type sheet struct {
	w        *writer
	line     int
	fields   []string
	preamble place // of the preamble whose values come next, when named
	named    bool
	meta     meta // of the section
	columns  columns
	table    bool // columns are those of the rows that come
	calendar *calendar
	index    *indexTable
}

func readCSV(r io.Reader, w *writer) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	s := &sheet{w: w}
	for lines.Scan() {
		s.line++
		if err := s.take(lines.Text()); err != nil {
			return err
		}
	}
	if err := s.end(); err != nil {
		return err
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d bytes: %w", s.line+1, maxLine, penates.TooLarge)
	}
	return err
}

// end closes a section.
func (s *sheet) end() error {
	c := s.calendar
	s.table, s.calendar, s.index = false, nil, nil
	if c == nil {
		return nil
	}
	return c.give(s.w, s.meta.prm)
}

func (s *sheet) take(line string) error {
	text := strings.TrimSpace(line)
	if strings.Trim(text, "; \t") == "" {
		return nil
	}
	s.fields = splitLine(line, s.fields)
	if s.named {
		return s.describe()
	}
	if c := text[0]; s.table && s.calendar == nil && c >= '0' && c <= '9' {
		return s.row()
	}
	return s.heading()
}

// heading takes a line that is no row of values: names of a preamble or of
// columns, or the calendar.
func (s *sheet) heading() error {
	if c, ok := findColumns(s.fields); ok {
		s.columns, s.table, s.calendar, s.index = c, true, nil, nil
		return nil
	}
	if p := findPreamble(s.fields); p.prm >= 0 {
		if err := s.end(); err != nil {
			return err
		}
		s.preamble, s.named = p, true
		if _, ok := digits(at(s.fields, p.prm+1)); ok && at(s.fields, p.prm+1) != "" {
			s.pairs()
		}
		return nil
	}
	if s.calendar == nil {
		if c := findCalendar(s.fields); c != nil {
			s.calendar, s.table = c, false
			return nil
		}
	} else if s.calendar.take(s.line, s.fields) {
		return nil
	}
	if s.table { // a row whose stamp is damaged is better told from its columns
		return s.row()
	}
	return s.w.refuse(s.line, fmt.Errorf("line %q belongs to no table: %w", clip(strings.Join(s.fields, ";")), penates.Invalid))
}

// describe takes the values of a preamble.
func (s *sheet) describe() error {
	s.named = false
	s.meta = s.preamble.of(s.fields)
	s.setStep(at(s.fields, s.preamble.step))
	return nil
}

func (s *sheet) setStep(step string) {
	if n := minutes(step, false); n > 0 {
		s.meta.step = stepName(n)
	}
}

// pairs takes a preamble whose names and values alternate on one line.
func (s *sheet) pairs() {
	var values [maxFields]string
	for i := 0; i+1 < len(s.fields); i += 2 {
		values[i] = s.fields[i+1]
	}
	s.fields = append(s.fields[:0], values[:len(s.fields)]...)
	s.named = false
	s.meta = s.preamble.of(s.fields)
	s.setStep(at(s.fields, s.preamble.step))
}

// row takes a row of values.
func (s *sheet) row() error {
	c := &s.columns
	stamp := at(s.fields, c.stamp)
	if c.hour >= 0 {
		stamp += " " + at(s.fields, c.hour)
	}
	if len(c.registers) > 0 {
		if s.index == nil {
			s.index = newIndexTable(s.w, s.meta, c.registers)
		}
		return s.index.take(s.line, stamp, at(s.fields, c.quality), s.fields)
	}
	m := s.meta
	if c.meta.prm >= 0 {
		m = c.meta.of(s.fields)
	}
	if m.unit == "" {
		m.unit = c.unit
	}
	channel, err := s.w.channel(m)
	if err != nil {
		return err
	}
	if len(s.fields) <= c.value {
		if err := s.w.refuse(s.line, fmt.Errorf("the row ends before its value: %w", penates.Invalid)); err != nil {
			return err
		}
	}
	step := ""
	if c.meta.step >= 0 {
		if n := minutes(at(s.fields, c.meta.step), false); n > 0 {
			step = stepName(n)
		}
	}
	return channel.take(row{line: s.line, stamp: stamp, value: at(s.fields, c.value), quality: at(s.fields, c.quality), step: step})
}

package enedis

import (
	"errors"
	"fmt"
	"strings"

	"penates"
	"penates/internal/locale"
)

// A statementKey names what a meter measured between two readings.
type statementKey struct {
	meta       meta
	start, end string
}

// A statementSum adds up the classes of a statement.
type statementSum struct {
	start, end penates.Moment
	sum        number
	classes    map[string]bool
	quality    string
}

// maxStatements bounds the statements that wait for their total.
const maxStatements = 100_000

// statement takes what was consumed in a class of hours between two readings. The
// distributor's classes add up to the statement; the supplier's say the same in
// other classes. Series of classes have a measure of their own, so that nobody
// adds them to their total.
func (f *flow) statement() error {
	p, from, until := f.point, f.from, f.until
	f.point, f.from, f.until = row{}, "", ""
	line := f.line()
	start, err := locale.Day(from, locale.YMD)
	end, errEnd := locale.Day(until, locale.YMD)
	n, errValue := parseNumber(p.value)
	m := meta{prm: f.meta.prm, business: f.meta.business, physical: f.meta.physical, unit: f.meta.unit}
	u, known := units[strings.ToLower(m.unit)]
	switch err := errors.Join(err, errEnd, errValue); {
	case err != nil:
		return f.w.refuse(line, err)
	case !end.Time().After(start.Time()):
		return f.w.refuse(line, fmt.Errorf("consumption from %s to %s: %w", start, end, penates.Invalid))
	case !known:
		return f.w.refuse(line, unknownUnit(m.unit))
	case m.prm == "":
		return f.w.refuse(line, fmt.Errorf("a value before its meter is named: %w", penates.Unsupported))
	}
	n = n.shift(u.exp)
	id := strings.ReplaceAll(strings.ToLower(f.class.id), " ", "-")
	if f.grid == "" {
		if err := f.addUp(statementKey{m, start.Date(), end.Date()}, start, end, n, id, p.quality); err != nil {
			return err
		}
		if id == "" || id == "base" {
			return nil // the only class, which is the total
		}
	}
	native := m.native("statement") + "/" + strings.TrimPrefix(f.grid+"/"+id, "/")
	s := f.w.open(m.prm, native, func(s *penates.Series) {
		s.Kind, s.Measure, s.Unit = m.kind(u), "statement-class", u.ucum
		s.Text = strings.TrimSpace("Energy between readings, "+strings.TrimSpace(f.grid+" "+f.class.id)) + ", meter " + m.prm
	})
	return s.add(penates.Point{Start: start, End: end, Value: n.decimal(), Quality: p.quality}, "")
}

func (f *flow) addUp(key statementKey, start, end penates.Moment, n number, class, quality string) error {
	s := f.sums[key]
	if s == nil {
		if len(f.bills) >= maxStatements {
			return fmt.Errorf("more than %d statements: %w", maxStatements, penates.TooLarge)
		}
		s = &statementSum{start: start, end: end, classes: map[string]bool{}, quality: quality}
		f.sums[key] = s
		f.bills = append(f.bills, key)
	}
	if !s.classes[class] && len(s.classes) < maxRegisters {
		s.classes[class] = true
		s.sum = s.sum.plus(n)
	}
	return nil
}

// total gives out the statements that have all of the classes of their meter.
func (f *flow) total() error {
	most := map[meta]int{}
	for _, key := range f.bills {
		most[key.meta] = max(most[key.meta], len(f.sums[key].classes))
	}
	for _, key := range f.bills {
		t, m := f.sums[key], key.meta
		if len(t.classes) < most[m] && !t.classes["base"] && !t.classes[""] {
			continue
		}
		s := f.w.open(m.prm, m.native("statement"), func(s *penates.Series) {
			u := units[strings.ToLower(m.unit)]
			s.Kind, s.Measure, s.Unit = m.kind(u), "statement", u.ucum
			s.Text = "Energy between readings, meter " + m.prm
		})
		if err := s.add(penates.Point{Start: t.start, End: t.end, Value: t.sum.decimal(), Quality: t.quality}, ""); err != nil {
			return err
		}
	}
	return nil
}

package qif

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
)

// conventions are what a file leaves open.
type conventions struct {
	order    locale.Order
	mark     byte   // the decimal mark, 0 when nothing tells
	currency string // ISO 4217
}

// day reads a date.
func (c *conventions) day(s string) (penates.Moment, error) {
	p, ok := parseDay(s)
	if !ok {
		return locale.Day(s, c.order) // with a month's name, or nonsense
	}
	if m, ok := p.day(c.order); ok {
		return m, nil
	}
	return penates.Moment{}, fmt.Errorf("date %q: %w", s[:min(len(s), 40)], penates.Invalid)
}

// amount reads an amount.
func (c *conventions) amount(s string) (penates.Decimal, error) {
	if c.mark == 0 || strings.Count(s, ".")+strings.Count(s, ",") == 0 {
		return locale.Amount(s)
	}
	d, err := locale.AmountComma(s, c.mark)
	if err != nil { // an odd one out
		return locale.Amount(s)
	}
	return d, nil
}

// A parsedDay is a date of three numbers.
type parsedDay struct {
	parts     [3]int
	yearFirst bool
	quoted    bool // the year stands behind an apostrophe
}

// parseDay reads three numbers with something between them, as in "1/31'26",
// "31.01.2026", " 1-31-99" and "2026-01-31".
func parseDay(s string) (p parsedDay, ok bool) {
	if len(s) > 40 {
		return p, false
	}
	n, size := 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			if n == 3 || size == 4 {
				return p, false
			}
			p.parts[n] = p.parts[n]*10 + int(s[i]-'0')
			size++
			continue
		}
		if size > 0 {
			if n == 0 && size == 4 {
				p.yearFirst = true
			}
			if n == 2 && size <= 2 && !p.yearFirst {
				p.parts[2] += 2000
				if !p.quoted && p.parts[2] >= 2070 {
					p.parts[2] -= 100
				}
			}
			n, size = n+1, 0
		}
		if i == len(s) {
			break
		}
		switch s[i] {
		case '\'':
			p.quoted = true
		case '/', '-', '.', ' ':
		default:
			return p, false
		}
	}
	return p, n == 3
}

// day returns the day, and false when it does not exist in that order.
func (p parsedDay) day(order locale.Order) (penates.Moment, bool) {
	day, month, year := p.parts[0], p.parts[1], p.parts[2]
	switch {
	case p.yearFirst:
		year, month, day = p.parts[0], p.parts[1], p.parts[2]
	case order == locale.MDY:
		day, month = month, day
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day || year < 1900 || year > 2200 {
		return penates.Moment{}, false
	}
	return penates.Day(year, time.Month(month), day), true
}

// A reading follows the dates of a file as they are in one order.
type reading struct {
	order         locale.Order
	valid         int
	up, down      bool // some date is after, before the one before it
	last          time.Time
	earliest, end time.Time
}

func (r *reading) see(p parsedDay) {
	m, ok := p.day(r.order)
	if !ok {
		return
	}
	t := m.Time()
	if r.valid == 0 {
		r.earliest, r.end, r.last = t, t, t
	}
	r.valid++
	r.up, r.down = r.up || t.After(r.last), r.down || t.Before(r.last)
	r.last = t
	if t.Before(r.earliest) {
		r.earliest = t
	}
	if t.After(r.end) {
		r.end = t
	}
}

func (r *reading) sorted() bool        { return r.up != r.down }
func (r *reading) span() time.Duration { return r.end.Sub(r.earliest) }

// evidence is what a file tells about its conventions.
type evidence struct {
	dmy, mdy       reading
	quoted         bool
	commas, points int    // decimal marks
	groups         [2]int // commas and points before three digits, which group them
	currency       string
}

// survey reads a file for its conventions.
func survey(ctx context.Context, f *importer.File) (*conventions, error) {
	r, err := open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	e := evidence{dmy: reading{order: locale.DMY}, mdy: reading{order: locale.MDY}}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // the second reading says so
			break
		}
		if rec.section.isTransactions() {
			e.see(&rec)
		}
	}
	return &conventions{order: e.order(f.Country), mark: e.mark(), currency: cmp.Or(e.currency, currencyOf(f.Country))}, nil
}

func (e *evidence) see(rec *record) {
	if p, ok := parseDay(rec.get('D')); ok && !p.yearFirst {
		e.dmy.see(p)
		e.mdy.see(p)
		e.quoted = e.quoted || p.quoted
	}
	for _, f := range rec.fields {
		switch f.code {
		case 'T', 'U', '$':
			e.seeAmount(f.text)
		}
	}
}

func (e *evidence) seeAmount(s string) {
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	last := max(comma, point)
	digits := 0
	for i := last + 1; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			digits++
		}
	}
	switch {
	case last < 0:
	case min(comma, point) < 0 && digits == 3, strings.Count(s, s[last:last+1]) > 1:
		e.groups[min(1, point+1)]++
	case comma == last:
		e.commas++
	default:
		e.points++
	}
	if e.currency == "" {
		e.currency = locale.Currency(strings.Trim(s, "0123456789.,+-() \u00a0\u202f'"))
	}
}

func (e *evidence) mark() byte {
	switch {
	case e.commas > e.points:
		return ','
	case e.points > 0 || e.groups[0] > 0:
		return '.'
	case e.groups[1] > 0:
		return ','
	}
	return 0
}

// order follows the package comment.
func (e *evidence) order(country string) locale.Order {
	d, m := &e.dmy, &e.mdy
	switch {
	case d.valid != m.valid:
		return pick(d.valid > m.valid)
	case e.commas > e.points:
		return locale.DMY
	case d.sorted() != m.sorted():
		return pick(d.sorted())
	case d.span() > 3*m.span() || m.span() > 3*d.span():
		return pick(d.span() < m.span())
	}
	return pick(!e.quoted && country != "US" && country != "PH") // the apostrophe is an American program's
}

func pick(dmy bool) locale.Order {
	if dmy {
		return locale.DMY
	}
	return locale.MDY
}

// currencyOf returns the currency of a country, "" when there is no such country.
func currencyOf(country string) string {
	region, err := language.ParseRegion(country)
	if err != nil {
		return ""
	}
	unit, ok := currency.FromRegion(region)
	if !ok {
		return ""
	}
	return unit.String()
}

package locale

import (
	"fmt"
	"strings"
	"time"

	"penates"
)

// An Order is the order of the parts of a date written with numbers only.
type Order int

// The orders. A first part of four digits is a year in each of them.
const (
	DMY Order = iota // 31/12/2026, as in Europe
	MDY              // 12/31/2026, as in the United States
	YMD              // 26/12/31, as in Sweden and Japan
)

// maxDate bounds the bytes of a date with its time.
const maxDate = 80

// Day reads the calendar day of a date as people and programs write it:
// "31/12/2026", "31.12.26", "2026-12-31", "20261231", "31 décembre 2026",
// "31-Dec-2026", "Dec 31, 2026", with or without a weekday before and a time
// after. The time and its zone are checked but not used: the day is the one
// that is written. Two-digit years are 1970 to 2069. Days which do not exist
// are refused.
func Day(s string, order Order) (penates.Moment, error) {
	if m, ok := isoDay(s); ok {
		return m, nil
	}
	p, ok := parseDate(s, order)
	if !ok {
		return penates.Moment{}, fmt.Errorf("date %q: %w", clip(s), penates.Invalid)
	}
	return penates.Day(p.year, p.month, p.day), nil
}

// Time reads like Day and keeps the time of day when there is one: in the zone
// that is written, else in zone (UTC when nil). Without a time it returns a day.
func Time(s string, order Order, zone *time.Location) (penates.Moment, error) {
	p, ok := parseDate(s, order)
	if !ok {
		return penates.Moment{}, fmt.Errorf("date %q: %w", clip(s), penates.Invalid)
	}
	if !p.timed {
		return penates.Day(p.year, p.month, p.day), nil
	}
	switch {
	case p.zone != nil:
		zone = p.zone
	case zone == nil:
		zone = time.UTC
	}
	return penates.At(time.Date(p.year, p.month, p.day, p.hour, p.minute, p.second, p.nanos, zone)), nil
}

// isoDay reads the most common form quickly.
func isoDay(s string) (penates.Moment, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return penates.Moment{}, false
	}
	if !allDigits(s[:4]) || !allDigits(s[5:7]) || !allDigits(s[8:]) {
		return penates.Moment{}, false
	}
	p := parts{year: atoi(s[:4]), month: time.Month(atoi(s[5:7])), day: atoi(s[8:])}
	return penates.Day(p.year, p.month, p.day), p.exists()
}

// parts are the parts of a date and time.
type parts struct {
	year                 int
	month                time.Month
	day                  int
	timed                bool
	hour, minute, second int
	nanos                int
	zone                 *time.Location
}

// exists reports whether the calendar has the day, in years that data has.
func (p *parts) exists() bool {
	return p.year >= 1000 && p.year <= 9999 && p.month >= 1 && p.month <= 12 &&
		p.day >= 1 && p.day <= daysIn(p.year, p.month)
}

func daysIn(year int, month time.Month) int {
	if month == time.February && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return int([...]byte{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1])
}

func parseDate(s string, order Order) (p parts, ok bool) {
	if len(s) > maxDate {
		return p, false
	}
	if !isASCII(s) || strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		s = Fold(s)
	}
	c := &cursor{s: strings.TrimSpace(s)}
	c.weekday()
	if !c.date(&p, order) || !p.exists() {
		return p, false
	}
	if c.rest() && !c.clock(&p) {
		return p, false
	}
	return p, !c.rest()
}

// A cursor walks through a folded date.
type cursor struct {
	s string
	i int
}

func (c *cursor) rest() bool { return c.i < len(c.s) }

// number returns the next run of digits, or "".
func (c *cursor) number() string {
	start := c.i
	for c.i < len(c.s) && c.s[c.i] >= '0' && c.s[c.i] <= '9' {
		c.i++
	}
	return c.s[start:c.i]
}

// word returns the next run of letters, or "".
func (c *cursor) word() string {
	start := c.i
	for c.i < len(c.s) && c.s[c.i] >= 'a' && c.s[c.i] <= 'z' {
		c.i++
	}
	return c.s[start:c.i]
}

// skip passes over any of chars and reports whether there was one.
func (c *cursor) skip(chars string) bool {
	start := c.i
	for c.i < len(c.s) && strings.IndexByte(chars, c.s[c.i]) >= 0 {
		c.i++
	}
	return c.i > start
}

// weekday passes over the name of a day of the week.
func (c *cursor) weekday() {
	start := c.i
	w := c.word()
	if w == "" || !weekdays[w] {
		c.i = start
		return
	}
	c.skip("., ")
	if start = c.i; c.word() != "le" || !c.skip(" ") {
		c.i = start
	}
}

func (c *cursor) date(p *parts, order Order) bool {
	if w := c.word(); w != "" { // "december 31, 2026"
		p.month = months[w]
		c.skip("., -")
		p.day = small(c.number())
		if ordinal := c.i; !ordinals[c.word()] {
			c.i = ordinal
		}
		return c.skip("., -") && p.setYear(c.number())
	}
	first := c.number()
	if len(first) >= 6 {
		return c.compact(p, first, order)
	}
	if ordinal := c.i; !ordinals[c.word()] {
		c.i = ordinal
	}
	if !c.skip("/.- ") {
		return false
	}
	if w := c.word(); w != "" { // "31 december 2026"
		p.month, p.day = months[w], small(first)
		c.skip("/.,- ")
		return p.setYear(c.number())
	}
	second := c.number()
	if !c.skip("/.- ") {
		return false
	}
	third := c.number()
	return p.set(first, second, third, order)
}

// set takes the three parts of a date in the order they are written.
func (p *parts) set(first, second, third string, order Order) bool {
	if len(first) == 4 {
		order = YMD
	}
	switch order {
	case YMD:
		first, third = third, first
	case MDY:
		first, second = second, first
	}
	p.day, p.month = small(first), time.Month(small(second))
	return p.setYear(third)
}

// compact reads digits without separators: the date, perhaps with the time.
func (c *cursor) compact(p *parts, digits string, order Order) bool {
	switch len(digits) {
	case 6:
		return p.set(digits[:2], digits[2:4], digits[4:], order)
	case 8:
		year := atoi(digits[:4])
		if order == YMD || year >= 1900 && year <= 2100 && atoi(digits[4:6]) <= 12 {
			return p.set(digits[:4], digits[4:6], digits[6:], YMD)
		}
		return p.set(digits[:2], digits[2:4], digits[4:], order)
	case 10, 12, 14:
		if !p.set(digits[:4], digits[4:6], digits[6:8], YMD) {
			return false
		}
		p.timed, p.hour = true, atoi(digits[8:10])
		if len(digits) >= 12 {
			p.minute = atoi(digits[10:12])
		}
		if len(digits) == 14 {
			p.second = atoi(digits[12:])
			c.fraction(p)
		}
		return p.hour <= 24 && p.minute < 60 && p.second <= 60 && c.zone(p)
	}
	return false
}

// setYear takes two or four digits.
func (p *parts) setYear(s string) bool {
	switch len(s) {
	case 4:
		p.year = atoi(s)
	case 2:
		if p.year = 2000 + atoi(s); p.year >= 2070 {
			p.year -= 100
		}
	default:
		return false
	}
	return true
}

// small returns the value of one or two digits, else 0.
func small(s string) int {
	if len(s) == 0 || len(s) > 2 {
		return 0
	}
	return atoi(s)
}

func atoi(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

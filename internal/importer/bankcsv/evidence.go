package bankcsv

import (
	"strings"

	"penates/internal/locale"
)

// evident reports whether the rows below the headings of an unknown bank are those of
// a statement rather than of some other dated list of amounts: nearly all have a day
// and an amount, and money both comes and goes.
func (c *columns) evident(lines []string, delim byte) bool {
	const most = 200
	seen, good, in, out := 0, 0, 0, 0
	for i, line := range lines[:min(len(lines), most)] {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || i == len(lines)-1 && i > 0 { // the last may be cut
			continue
		}
		r := rows{delim: delim}
		fields, open := r.split(line)
		if open {
			continue
		}
		seen++
		value, err := c.money(fields)
		if err != nil || !c.dated(fields) {
			continue
		}
		good++
		if value.Negative() {
			out++
		} else {
			in++
		}
	}
	return good*10 >= seen*8 && in > 0 && out > 0
}

// dayOrder returns in which order the dates below the headings are written: usual,
// unless one of them says otherwise.
func (c *columns) dayOrder(lines []string, delim byte, usual locale.Order) locale.Order {
	for _, line := range lines {
		r := rows{delim: delim}
		fields, open := r.split(strings.TrimSuffix(line, "\r"))
		s := c.cell(fields, booking)
		if open || s == "" {
			continue
		}
		_, dmy := locale.Day(s, locale.DMY)
		_, mdy := locale.Day(s, locale.MDY)
		switch {
		case dmy == nil && mdy != nil:
			return locale.DMY
		case mdy == nil && dmy != nil:
			return locale.MDY
		}
	}
	return usual
}

package bankcsv

import "strings"

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

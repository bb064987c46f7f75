package greenbutton

import (
	"strconv"
	"time"
)

// A clock says what clocks show at a usage point.
type clock struct {
	zone       *time.Location // when nothing below is known
	standard   *time.Location
	summer     *time.Location // nil where clocks never change
	start, end rule
}

// A rule is when clocks change (ESPI, DstRuleType): a day of a month and an hour.
type rule struct {
	month    time.Month
	operator int // 0: the day itself, 1: the weekday on or after it, 2 … 6: the first … fifth weekday of the month, 7: the last
	day      int
	weekday  time.Weekday
	seconds  int // after midnight
}

// newClock reads local time parameters; ok is false without an offset that makes sense.
func newClock(fields map[string]string) (c *clock, ok bool) {
	offset, err := strconv.Atoi(fields["tzOffset"])
	if err != nil || offset < -14*3600 || offset > 14*3600 {
		return nil, false
	}
	c = &clock{standard: time.FixedZone("", offset)}
	shift, err := strconv.Atoi(fields["dstOffset"])
	start, okStart := parseRule(fields["dstStartRule"])
	end, okEnd := parseRule(fields["dstEndRule"])
	if err == nil && shift > 0 && shift <= 7200 && okStart && okEnd {
		c.summer, c.start, c.end = time.FixedZone("", offset+shift), start, end
	}
	return c, true
}

// parseRule reads the bits of a rule: seconds (12), hours (5), day of the week
// from Monday (3), day of the month (5), operator (3) and month (4).
func parseRule(s string) (r rule, ok bool) {
	bits, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return r, false
	}
	r = rule{
		month: time.Month(bits >> 28), operator: int(bits >> 25 & 7), day: int(bits >> 20 & 31),
		weekday: time.Weekday((bits >> 17 & 7) % 7), seconds: int(bits&0xfff) + 3600*int(bits>>12&31),
	}
	return r, r.month >= 1 && r.month <= 12
}

// at returns the moment of a year, as clocks in zone show it.
func (r rule) at(year int, zone *time.Location) time.Time {
	first := time.Date(year, r.month, 1, 0, 0, r.seconds, 0, zone)
	// ahead is how many days after a day the weekday comes.
	ahead := func(t time.Time) int { return (int(r.weekday-t.Weekday()) + 7) % 7 }
	switch {
	case r.operator == 0:
		return first.AddDate(0, 0, max(r.day, 1)-1)
	case r.operator == 1:
		day := first.AddDate(0, 0, max(r.day, 1)-1)
		return day.AddDate(0, 0, ahead(day))
	case r.operator == 7:
		last := first.AddDate(0, 1, -1)
		return last.AddDate(0, 0, ahead(last)-7*min(ahead(last), 1))
	}
	return first.AddDate(0, 0, ahead(first)+7*(r.operator-2))
}

// local returns t as clocks show it.
func (c *clock) local(t time.Time) time.Time {
	switch {
	case c.standard == nil:
		return t.In(c.zone)
	case c.summer == nil:
		return t.In(c.standard)
	}
	year := t.In(c.standard).Year()
	start, end := c.start.at(year, c.standard), c.end.at(year, c.summer)
	on := !t.Before(start) && t.Before(end)
	if end.Before(start) { // south of the equator summer spans the new year
		on = !t.Before(start) || t.Before(end)
	}
	if on {
		return t.In(c.summer)
	}
	return t.In(c.standard)
}

package ical

import (
	"strconv"
	"strings"
	"time"

	"penates/internal/importer/contentline"
)

// A table is a VTIMEZONE: the rules of a zone as the file gives them.
type table struct {
	location string // the IANA zone some programs say it is
	parts    []*observance
}

// An observance is a STANDARD or DAYLIGHT part: since when, and again when, an
// offset holds. Onsets are wall clock times, kept as if they were in UTC.
type observance struct {
	standard bool
	start    time.Time
	offset   int // seconds east of UTC
	known    bool
	rule     *yearly
	dates    []time.Time
}

// yearly is the only recurrence zones have: a day of a month each year.
type yearly struct {
	month    time.Month // 0: the month of the start
	nth      int        // 1, 2 … or -1, -2 … of weekday
	weekday  time.Weekday
	weekly   bool // weekday counts
	monthday int  // or the first weekday from this day on
	until    time.Time
}

func (o *observance) read(l *contentline.Line) {
	switch l.Name {
	case "DTSTART":
		o.start, _ = wall(l.Value)
	case "TZOFFSETTO":
		o.offset, o.known = parseOffset(l.Value)
	case "RDATE":
		for v := range strings.SplitSeq(l.Value, ",") {
			if t, ok := wall(v); ok && len(o.dates) < maxObservances {
				o.dates = append(o.dates, t)
			}
		}
	case "RRULE":
		o.rule = parseYearly(l.Value)
	}
}

// wall reads a date-time without its zone.
func wall(s string) (time.Time, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), "Z")
	t, err := time.Parse("20060102T150405", s)
	if err != nil {
		t, err = time.Parse("20060102", s)
	}
	return t, err == nil
}

// parseOffset reads "+0100", "-033000", "+01:00".
func parseOffset(s string) (seconds int, ok bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ":", "")
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint((s[1:] + "00")[:6], 10, 32)
	h, m, sec := int(n)/10000, int(n)/100%100, int(n)%100
	if err != nil || h > 15 || m > 59 || sec > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60 + sec
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func parseYearly(s string) *yearly {
	r := &yearly{nth: 1}
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(s)), ";") {
		name, value, _ := strings.Cut(part, "=")
		first, _, _ := strings.Cut(value, ",")
		switch name {
		case "FREQ":
			if value != "YEARLY" {
				return nil
			}
		case "BYMONTH":
			if n, err := strconv.Atoi(first); err == nil && n >= 1 && n <= 12 {
				r.month = time.Month(n)
			}
		case "BYMONTHDAY":
			if n, err := strconv.Atoi(first); err == nil && n >= 1 && n <= 31 {
				r.monthday = n
			}
		case "BYDAY":
			r.weekly = len(first) >= 2
			for i, name := range []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} {
				if strings.HasSuffix(first, name) {
					r.weekday = time.Weekday(i)
					if n, err := strconv.Atoi(strings.TrimSuffix(first, name)); err == nil && n >= -5 && n <= 5 && n != 0 {
						r.nth = n
					}
				}
			}
		case "UNTIL":
			r.until, _ = wall(value)
		}
	}
	return r
}

// in returns the onset of a rule in year, at the clock time of start.
func (r *yearly) in(year int, start time.Time) time.Time {
	month := r.month
	if month == 0 {
		month = start.Month()
	}
	at := func(day int) time.Time {
		return time.Date(year, month, day, start.Hour(), start.Minute(), start.Second(), 0, time.UTC)
	}
	switch {
	case !r.weekly && r.monthday > 0:
		return at(r.monthday)
	case !r.weekly:
		return at(start.Day())
	case r.monthday > 0: // "the first Sunday from the 8th on"
		t := at(r.monthday)
		return t.AddDate(0, 0, (int(r.weekday)-int(t.Weekday())+7)%7)
	case r.nth > 0:
		t := at(1)
		return t.AddDate(0, 0, (int(r.weekday)-int(t.Weekday())+7)%7+7*(r.nth-1))
	}
	t := at(1).AddDate(0, 1, -1)
	return t.AddDate(0, 0, -(int(t.Weekday())-int(r.weekday)+7)%7+7*(r.nth+1))
}

// last returns the latest onset not after t.
func (o *observance) last(t time.Time) (time.Time, bool) {
	var best time.Time
	found := false
	try := func(onset time.Time) {
		if !onset.After(t) && !onset.Before(o.start) && (!found || onset.After(best)) {
			best, found = onset, true
		}
	}
	try(o.start)
	for _, d := range o.dates {
		try(d)
	}
	if o.rule != nil {
		for year := t.Year() - 1; year <= t.Year(); year++ {
			onset := o.rule.in(year, o.start)
			if o.rule.until.IsZero() || !onset.After(o.rule.until.Add(14*time.Hour)) { // until is in UTC, onset is not
				try(onset)
			}
		}
		if until := o.rule.until; !until.IsZero() && t.After(until) {
			try(o.rule.in(until.Year(), o.start))
		}
	}
	return best, found
}

// offset returns the offset that holds at the wall clock time t; ok is false
// when the table has none.
func (z *table) offset(t time.Time) (seconds int, ok bool) {
	var latest time.Time
	var standard *observance
	for _, o := range z.parts {
		if !o.known {
			continue
		}
		if standard == nil || o.standard && !standard.standard {
			standard = o
		}
		if onset, found := o.last(t); found && (!ok || onset.After(latest)) {
			latest, seconds, ok = onset, o.offset, true
		}
	}
	if !ok && standard != nil { // before the first onset
		return standard.offset, true
	}
	return seconds, ok
}

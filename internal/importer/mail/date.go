package mail

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"penates"
)

// years in which a message can have been sent; others are a broken clock.
const firstYear, lastYear = 1965, 2200

// sent returns when a message was sent: its Date, else when the last server
// received it, else the stamp of its line in the mbox.
func sent(h header, stamp string) penates.Moment {
	if t, ok := parseDate(string(h.get("date"))); ok {
		return penates.At(t)
	}
	for _, f := range h {
		if f.name != "received" {
			continue
		}
		if i := bytes.LastIndexByte(f.value, ';'); i >= 0 {
			if t, ok := parseDate(string(f.value[i+1:])); ok {
				return penates.At(t)
			}
		}
	}
	for _, name := range []string{"resent-date", "delivery-date", "x-received-date"} {
		if t, ok := parseDate(string(h.get(name))); ok {
			return penates.At(t)
		}
	}
	if t, ok := parseDate(stamp); ok {
		return penates.At(t)
	}
	return penates.Moment{}
}

// parseDate reads the dates of mails: RFC 5322 with its obsolete forms, the
// asctime of mbox lines, ISO 8601, and what mailers make of them (no seconds,
// two-digit years, dots, AM and PM, zones by name or missing, which is UTC).
func parseDate(s string) (time.Time, bool) {
	if len(s) < 6 || len(s) > 300 {
		return time.Time{}, false
	}
	if t, ok := parseISO(strings.TrimSpace(s)); ok {
		return t, plausible(t)
	}
	d := dateParts{zone: time.UTC}
	text, _, _ := strings.Cut(s, "(")
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '"' })
	for _, f := range fields {
		if !d.take(f) {
			return time.Time{}, false
		}
	}
	if d.day == 0 || d.month == 0 || d.year == 0 {
		return time.Time{}, false
	}
	t := time.Date(d.year, d.month, d.day, d.hour, d.min, d.sec, 0, d.zone)
	return t, plausible(t) && t.Day() == d.day
}

func plausible(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }

func parseISO(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

type dateParts struct {
	year           int
	month          time.Month
	day            int
	hour, min, sec int
	timed, zoned   bool
	zone           *time.Location
}

// take reads one word of a date; it returns false when the whole cannot be one.
func (d *dateParts) take(f string) bool {
	f = strings.TrimSuffix(f, ".")
	switch lower := strings.ToLower(f); {
	case f == "" || f == "-":
		return true
	case strings.Contains(f, ":") && !d.timed:
		return d.clock(f)
	case (lower == "am" || lower == "pm") && d.timed:
		d.hour = d.hour%12 + 12*strings.Count(lower, "p")
		return true
	case strings.Count(f, "-") == 2 && f[0] != '-': // 2-Jan-2006
		for part := range strings.SplitSeq(f, "-") {
			if !d.take(part) {
				return false
			}
		}
		return true
	case d.timed && !d.zoned && (f[0] == '+' || f[0] == '-'):
		return d.offset(f)
	case f[0] >= '0' && f[0] <= '9':
		return d.number(f)
	case d.month == 0 && monthOf(lower) != 0:
		d.month = monthOf(lower)
		return true
	case isWeekday(lower):
		return true
	case d.timed && !d.zoned:
		d.named(f)
		return true
	}
	return d.month != 0 && d.day != 0 && d.timed // words after the date
}

func (d *dateParts) clock(f string) bool {
	// A zone may follow without a blank: "10:15:00+0200", "10:15:00Z".
	if i := strings.IndexAny(f, "+-Zz"); i > 0 {
		zone := f[i:]
		f = f[:i]
		if zone[0] == '+' || zone[0] == '-' {
			d.timed = true
			if !d.offset(zone) {
				return false
			}
		} else {
			d.zoned = true
		}
	}
	parts := strings.Split(f, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	var v [3]int
	for i, p := range parts {
		p, _, _ = strings.Cut(p, ".")
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return false
		}
		v[i] = int(n)
	}
	if v[0] > 24 || v[1] > 59 || v[2] > 60 {
		return false
	}
	d.hour, d.min, d.sec, d.timed = v[0], v[1], v[2], true
	return true
}

// offset reads "+0200", "-07:00", "+2".
func (d *dateParts) offset(f string) bool {
	sign := 1
	if f[0] == '-' {
		sign = -1
	}
	digits := strings.ReplaceAll(f[1:], ":", "")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || len(digits) > 4 {
		return len(digits) > 0 // a zone nobody knows is UTC
	}
	hours, minutes := int(n)/100, int(n)%100
	if len(digits) <= 2 {
		hours, minutes = int(n), 0
	}
	d.zoned = true
	if hours > 15 || minutes > 59 {
		return true
	}
	if seconds := sign * (hours*3600 + minutes*60); seconds != 0 {
		d.zone = time.FixedZone("", seconds)
	}
	return true
}

// number reads the day or the year, which is the longer or the later one.
func (d *dateParts) number(f string) bool {
	f = strings.TrimRight(f, "stndrh") // 1st, 2nd, 3rd, 4th
	n, err := strconv.ParseUint(f, 10, 16)
	switch {
	case err != nil:
		return d.month != 0 && d.day != 0 && d.year != 0 && d.timed
	case d.day == 0 && len(f) <= 2 && n >= 1 && n <= 31:
		d.day = int(n)
	case d.year == 0 && len(f) >= 4:
		d.year = int(n)
	case d.year == 0 && len(f) == 3: // RFC 5322, 4.3: years since 1900
		d.year = 1900 + int(n)
	case d.year == 0 && n < 50:
		d.year = 2000 + int(n)
	case d.year == 0:
		d.year = 1900 + int(n)
	}
	return true
}

var zoneHours = map[string]int{
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2, "WEST": 1, "EET": 2, "EEST": 3,
	"BST": 1, "MSK": 3, "JST": 9, "KST": 9, "HKT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}

// named reads a zone by its name; those nobody knows, and the military ones
// (RFC 5322, 4.3), are UTC.
func (d *dateParts) named(f string) {
	d.zoned = true
	if hours, ok := zoneHours[strings.ToUpper(f)]; ok {
		d.zone = time.FixedZone("", hours*3600)
		return
	}
	if rest, ok := strings.CutPrefix(strings.ToUpper(f), "GMT"); ok && len(rest) > 1 && (rest[0] == '+' || rest[0] == '-') {
		d.offset(rest)
	}
}

func monthOf(s string) time.Month {
	if len(s) < 3 {
		return 0
	}
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if i := strings.Index(names, s[:3]); i >= 0 && i%3 == 0 && strings.HasPrefix(strings.ToLower(time.Month(i/3+1).String()), s) {
		return time.Month(i/3 + 1)
	}
	if s == "sept" {
		return time.September
	}
	return 0
}

func isWeekday(s string) bool {
	if len(s) < 3 {
		return false
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.HasPrefix(strings.ToLower(d.String()), s[:3]) {
			return true
		}
	}
	return false
}

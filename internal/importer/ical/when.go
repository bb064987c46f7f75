package ical

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/contentline"
)

// when reads a date or date-time property (RFC 5545, 3.3.4 and 3.3.5) and the
// IANA name of its zone. Times end with Z for UTC, or are of the zone TZID
// names, or of the person's.
func (z *zones) when(l *contentline.Line) (penates.Moment, string, error) {
	s, _, _ := strings.Cut(l.Value, `\n`) // what follows was no line of its own
	s = strings.TrimSpace(s)
	if day, err := time.Parse("20060102", strings.TrimSuffix(s, "Z")); err == nil && day.Year() > 0 {
		return penates.DayOf(day), "", nil
	}
	if t, ok := clockTime(strings.TrimRight(s, "Zz")); ok && t.Year() > 0 {
		if s[len(s)-1] == 'Z' || s[len(s)-1] == 'z' {
			return penates.At(t), "UTC", nil
		}
		at, name := z.at(t, l.Param("TZID"))
		return penates.At(at), name, nil
	}
	// ISO 8601 as people expect it, which the standard has not.
	if day, err := time.Parse(time.DateOnly, s); err == nil && day.Year() > 0 {
		return penates.DayOf(day), "", nil
	}
	for _, layout := range []string{time.RFC3339, "20060102T150405-0700", "20060102T150405-07:00"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return penates.At(t), "", nil
		}
	}
	return penates.Moment{}, "", fmt.Errorf("%s %.40q is no date or time: %w", l.Name, s, penates.Invalid)
}

// clockTime reads a time without its zone, as if it were in UTC.
func clockTime(s string) (time.Time, bool) {
	for _, layout := range []string{"20060102T150405", "20060102T1504", "20060102T150405.999", "2006-01-02T15:04:05", "20060102 150405"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if head, ok := strings.CutSuffix(s, "T240000"); ok { // the end of the day
		if t, err := time.Parse("20060102", head); err == nil {
			return t.AddDate(0, 0, 1), true
		}
	}
	return time.Time{}, false
}

var duration = regexp.MustCompile(`^([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$`)

// after returns the moment that lies the duration s (RFC 5545, 3.3.6) after m:
// days by the calendar, hours by the clock. It is unknown when s is no duration.
func after(m penates.Moment, s string, location *time.Location) penates.Moment {
	parts := duration.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s)))
	if parts == nil || parts[1] == "-" || m.IsZero() {
		return penates.Moment{}
	}
	var n [7]int
	for i := 2; i < len(parts); i++ {
		n[i], _ = strconv.Atoi(parts[i])
	}
	days := 7*n[2] + n[3]
	clock := time.Duration(n[4])*time.Hour + time.Duration(n[5])*time.Minute + time.Duration(n[6])*time.Second
	if m.DateOnly() {
		t := m.Time().AddDate(0, 0, days).Add(clock)
		return bounded(penates.DayOf(t))
	}
	t := m.Time()
	if location != nil {
		t = t.In(location)
	}
	return bounded(penates.At(t.AddDate(0, 0, days).Add(clock)))
}

// bounded returns m, or nothing when its year has not four digits.
func bounded(m penates.Moment) penates.Moment {
	if y := m.Time().Year(); y < 1 || y > 9999 {
		return penates.Moment{}
	}
	return m
}

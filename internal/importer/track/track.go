// Package track holds what the formats of positions share: coordinates on WGS 84
// with their bounds, times as receivers write them, series of positions given out
// piece by piece, lines on the map that have no times, and a walk through XML
// files that may be larger than memory.
package track

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// Position returns the place at lat and lon, which are in degrees. What lies on
// no globe is Invalid.
func Position(lat, lon float64) (*penates.Place, error) {
	if !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) { // NaN is within nothing
		return nil, fmt.Errorf("position %v, %v: %w", lat, lon, penates.Invalid)
	}
	return &penates.Place{Lat: lat, Lon: lon}, nil
}

// ParsePosition reads latitude and longitude in decimal degrees.
func ParsePosition(lat, lon string) (*penates.Place, error) {
	y, errLat := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, errLon := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if errLat != nil || errLon != nil {
		return nil, fmt.Errorf("position %.40q, %.40q: %w", lat, lon, penates.Invalid)
	}
	return Position(y, x)
}

// mostMetres bounds altitudes and accuracies: neither is used beyond the size of
// the Earth.
const mostMetres = 20_000_000

// Metres reads a length in metres, and is 0 for what is none: altitude and
// accuracy are of use without being needed.
func Metres(s string) float64 {
	m, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(m >= -mostMetres && m <= mostMetres) {
		return 0
	}
	return m
}

// Time reads an instant: RFC 3339 and what is like it, with zone where it writes
// none, or seconds, milliseconds, microseconds or nanoseconds since 1970.
func Time(s string, zone *time.Location) (penates.Moment, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.Year() > 0 {
		return penates.At(t), nil
	}
	if seconds, fraction, _ := strings.Cut(s, "."); len(seconds) > 8 {
		if n, err := strconv.ParseInt(seconds, 10, 64); err == nil {
			return unix(n, fraction)
		}
	}
	at, err := locale.Time(s, locale.MDY, zone)
	if err != nil {
		return penates.Moment{}, fmt.Errorf("time %.40q: %w", s, penates.Invalid)
	}
	if at.DateOnly() {
		return penates.Moment{}, fmt.Errorf("time %.40q is a day: %w", s, penates.Invalid)
	}
	return at, nil
}

// unix returns the moment n units after 1970; the size of n says of which unit,
// since receivers have been there from 1973 on.
func unix(n int64, fraction string) (penates.Moment, error) {
	const first, last = 100_000_000, 4_102_444_800 // seconds
	for _, unit := range [...]int64{1, 1e3, 1e6, 1e9} {
		if n < first*unit || n >= last*unit {
			continue
		}
		t := time.Unix(n/unit, n%unit*(int64(time.Second)/unit)).UTC()
		if unit == 1 && fraction != "" {
			part, err := strconv.ParseFloat("0."+fraction, 64)
			if err != nil {
				break
			}
			t = t.Add(time.Duration(part * float64(time.Second)))
		}
		return penates.At(t), nil
	}
	return penates.Moment{}, fmt.Errorf("time %d since 1970: %w", n, penates.Invalid)
}

// Stamp names an instant in native ids: the same instant has one name, whatever
// its offset.
func Stamp(m penates.Moment) string { return m.Time().UTC().Format("20060102T150405.000") }

const maxLine = 4000

// Line returns s as one line of at most 4,000 bytes.
func Line(s string) string {
	if len(s) > maxLine {
		s = s[:maxLine] // a character that is cut is dropped with all that is not UTF-8
	}
	return locale.Line(s)
}

// First returns the first of some that is not empty.
func First(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

// Words returns a constant like IN_PASSENGER_VEHICLE as words.
func Words(s string) string {
	return Line(strings.ToLower(strings.ReplaceAll(s, "_", " ")))
}

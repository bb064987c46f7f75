package social

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// monthWords are how the names of months begin, folded, in the languages of
// Europe that write Latin letters. Where one begins two months the longer
// beginning is in the table.
var monthWords = map[string]time.Month{
	"jan": 1, "ene": 1, "gen": 1, "sty": 1, "led": 1, "feb": 2, "fev": 2, "lut": 2, "mar": 3, "maa": 3, "abr": 4, "apr": 4, "avr": 4, "kwi": 4,
	"may": 5, "mag": 5, "mai": 5, "mei": 5, "maj": 5, "jun": 6, "juin": 6, "giu": 6, "cze": 6, "jul": 7, "juil": 7, "lug": 7, "lip": 7, "ago": 8, "aug": 8, "aou": 8, "sie": 8,
	"sep": 9, "set": 9, "wrz": 9, "oct": 10, "okt": 10, "out": 10, "ott": 10, "paz": 10, "nov": 11, "lis": 11, "dic": 12, "dec": 12, "dez": 12, "des": 12, "gru": 12,
}

var (
	clock  = regexp.MustCompile(`\b(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?(?:[  ]?([ap])\.?[  ]?m\b\.?)?`)
	words  = regexp.MustCompile(`[a-z]{3,}`)
	number = regexp.MustCompile(`\d+`)
	offset = regexp.MustCompile(`\b(?:utc|gmt)([+-]\d{1,2})?(?::?(\d{2}))?`)
)

// WordTime reads a time as services write it for people, in more languages than
// package locale knows: "martes, 14 de marzo de 2023, 10:30:15 UTC". Where only
// numbers are written the day comes first, unless there is no such month.
func WordTime(s string, zone *time.Location) (penates.Moment, error) {
	at, err := locale.Time(s, locale.DMY, zone)
	if err == nil {
		return at, nil
	}
	if at, err := locale.Time(s, locale.MDY, zone); err == nil {
		return at, nil
	}
	if len(s) > 100 {
		return at, err
	}
	if t, ok := wordTime(locale.Fold(s), zone); ok {
		return t, nil
	}
	return at, err
}

func wordTime(s string, zone *time.Location) (penates.Moment, bool) {
	var none penates.Moment
	if zone == nil {
		zone = time.UTC
	}
	hours := clock.FindAllStringSubmatchIndex(s, -1)
	if len(hours) == 0 {
		return none, false
	}
	m := hours[len(hours)-1]
	year, month, day := wordDay(s[:m[0]])
	hour, minute, second := part(s, m, 1), part(s, m, 2), part(s, m, 3)
	if m[8] >= 0 {
		if hour < 1 || hour > 12 {
			return none, false
		}
		if hour %= 12; s[m[8]] == 'p' {
			hour += 12
		}
	}
	if o := offset.FindStringSubmatchIndex(s[m[1]:]); o != nil {
		tail := s[m[1]:]
		east := part(tail, o, 1) * 3600
		if more := part(tail, o, 2) * 60; east < 0 {
			east -= more
		} else {
			east += more
		}
		if east < -18*3600 || east > 18*3600 {
			return none, false
		}
		zone = time.FixedZone("", east)
	}
	t := time.Date(year, month, day, hour, minute, second, 0, zone)
	if year < 1970 || year > 2200 || t.Day() != day || t.Month() != month || hour > 23 || minute > 59 || second > 59 {
		return none, false
	}
	return penates.At(t), true
}

// part returns the number of group i of a match, 0 when it did not take part.
func part(s string, m []int, i int) int {
	if m[2*i] < 0 {
		return 0
	}
	n, _ := strconv.Atoi(s[m[2*i]:m[2*i+1]]) // the pattern has a few digits only
	return n
}

// wordDay finds the day in what stands before the time of day. A day of the week
// may look like a month ("mardi"), but comes before it.
func wordDay(s string) (year int, month time.Month, day int) {
	for _, w := range words.FindAllString(s, -1) {
		for _, n := range [...]int{4, 3} {
			if m, ok := monthWords[w[:min(n, len(w))]]; ok {
				month = m
				break
			}
		}
	}
	var small []int
	for _, n := range number.FindAllString(s, -1) {
		switch v, _ := strconv.Atoi(n); {
		case len(n) == 4 && year == 0:
			year = v
		case len(n) <= 2:
			small = append(small, v)
		}
	}
	switch {
	case month != 0 && len(small) == 1:
		day = small[0]
	case len(small) == 2 && month == 0 && strings.ContainsAny(s, "年년"):
		month, day = time.Month(small[0]), small[1]
	default:
		year = 0
	}
	return year, month, day
}

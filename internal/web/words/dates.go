package words

import (
	"strconv"
	"strings"
	"time"

	"penates"
)

var months = map[string][2][12]string{
	French: {
		{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc."},
	},
	English: {
		{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	},
}

var weekdays = map[string][7]string{
	French:  {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	English: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

// Local returns the moment's date and clock where the person lives; a day stays
// the day it is everywhere.
func (l *Locale) Local(m penates.Moment) time.Time {
	if m.DateOnly() {
		return m.Time()
	}
	return m.Time().In(l.zone)
}

// Day writes a date as in "23 nov. 2026".
func (l *Locale) Day(m penates.Moment) string {
	if m.IsZero() {
		return ""
	}
	t := l.Local(m)
	return l.dayOfMonth(t) + nbsp + l.monthName(t.Month(), true) + nbsp + strconv.Itoa(t.Year())
}

// LongDay writes a date as in "lundi 23 novembre 2026".
func (l *Locale) LongDay(m penates.Moment) string {
	if m.IsZero() {
		return ""
	}
	t := l.Local(m)
	return weekdays[l.lang][t.Weekday()] + " " + l.dayOfMonth(t) + nbsp + l.monthName(t.Month(), false) + nbsp + strconv.Itoa(t.Year())
}

// When writes a moment with its clock when it has one, as in
// "23 nov. 2026, 14:05".
func (l *Locale) When(m penates.Moment) string {
	if m.IsZero() || m.DateOnly() {
		return l.Day(m)
	}
	return l.Day(m) + ", " + l.Clock(m)
}

// Stamp writes an instant as When does.
func (l *Locale) Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.When(penates.At(t))
}

// Clock writes the time of day, or "" for a whole day.
func (l *Locale) Clock(m penates.Moment) string {
	if m.IsZero() || m.DateOnly() {
		return ""
	}
	return l.Local(m).Format("15:04")
}

// ISODay writes a day that is given as "2006-01-02" like Day; what is not one is
// returned as it is.
func (l *Locale) ISODay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return l.Day(penates.DayOf(t))
}

// LongISODay writes a day given as "2006-01-02" like LongDay.
func (l *Locale) LongISODay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return l.LongDay(penates.DayOf(t))
}

// Month writes a month given as "2006-01", as in "novembre 2026".
func (l *Locale) Month(month string) string { return l.month(month, false, true) }

// ShortMonth writes a month given as "2006-01", as in "nov. 2026".
func (l *Locale) ShortMonth(month string) string { return l.month(month, true, true) }

// MonthOnly writes the month of "2006-01" without its year, as in "nov.".
func (l *Locale) MonthOnly(month string) string { return l.month(month, true, false) }

func (l *Locale) month(month string, short, year bool) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	name := l.monthName(t.Month(), short)
	if year {
		name += nbsp + strconv.Itoa(t.Year())
	}
	return name
}

func (l *Locale) monthName(m time.Month, short bool) string {
	form := 0
	if short {
		form = 1
	}
	return months[l.lang][form][m-1]
}

// dayOfMonth writes the first of a month as French does.
func (l *Locale) dayOfMonth(t time.Time) string {
	if l.lang == French && t.Day() == 1 {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

// Capital returns s with its first letter as a capital, to begin a heading.
func Capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

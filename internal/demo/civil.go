package demo

import (
	"fmt"
	"time"
)

// A day is a calendar day, counted from 1970-01-01.
type day int

func dayOf(t time.Time) day { return date(t.Date()) }

func date(year int, month time.Month, d int) day {
	return day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// time returns the day's midnight in UTC.
func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) date() (int, time.Month, int) { return d.time().Date() }
func (d day) year() int                    { return d.time().Year() }
func (d day) month() time.Month            { return d.time().Month() }
func (d day) weekday() time.Weekday        { return d.time().Weekday() }
func (d day) weekend() bool                { return d.weekday() == time.Saturday || d.weekday() == time.Sunday }

// String returns the day as "2006-01-02".
func (d day) String() string { return d.time().Format(time.DateOnly) }

// compact returns the day as "20060102".
func (d day) compact() string { return d.time().Format("20060102") }

// slashed returns the day as "02/01/2006".
func (d day) slashed() string { return d.time().Format("02/01/2006") }

// french returns the day as "mardi 3 mars 2026".
func (d day) french() string {
	year, _, n := d.date()
	num := fmt.Sprint(n)
	if n == 1 {
		num = "1er"
	}
	return fmt.Sprintf("%s %s %s %d", weekdays[d.weekday()], num, d.monthName(), year)
}

// monthName returns the French name of the day's month.
func (d day) monthName() string { return months[d.month()-1] }

// at returns the local time of the day in France. An hour that occurs twice is
// the second one, an hour that is skipped comes out one hour early.
func (d day) at(hour, minute int) time.Time {
	t := d.time().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	return paris(t.Add(-time.Duration(parisOffset(t.Add(-time.Hour))) * time.Second))
}

var weekdays = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

var months = [...]string{
	"janvier", "février", "mars", "avril", "mai", "juin",
	"juillet", "août", "septembre", "octobre", "novembre", "décembre",
}

var (
	winterTime = time.FixedZone("CET", 3600)
	summerTime = time.FixedZone("CEST", 7200)
)

// paris returns the instant in French legal time. The rule of directive
// 2000/84/EC is written out so that the household does not depend on the time
// zone data of the machine.
func paris(t time.Time) time.Time {
	if parisOffset(t) == 7200 {
		return t.In(summerTime)
	}
	return t.In(winterTime)
}

// parisOffset returns the seconds French legal time is ahead of UTC.
func parisOffset(t time.Time) int {
	t = t.UTC()
	begins := lastSunday(t.Year(), time.March).time().Add(time.Hour)
	ends := lastSunday(t.Year(), time.October).time().Add(time.Hour)
	if t.Before(begins) || !t.Before(ends) {
		return 3600
	}
	return 7200
}

func lastSunday(year int, month time.Month) day {
	d := date(year, month+1, 0)
	return d - day(d.weekday())
}

// nth returns the n-th weekday of the month, n from 1.
func nth(n int, w time.Weekday, year int, month time.Month) day {
	d := date(year, month, 1)
	return d + day((int(w)-int(d.weekday())+7)%7+7*(n-1))
}

// closest returns the given weekday that is nearest to d.
func closest(w time.Weekday, d day) day {
	ahead := (int(w) - int(d.weekday()) + 7) % 7
	if ahead > 3 {
		ahead -= 7
	}
	return d + day(ahead)
}

// addMonths returns the same day n months later, or that month's last day.
func (d day) addMonths(n int) day {
	year, month, dom := d.date()
	last := date(year, month+time.Month(n)+1, 0)
	if _, _, most := last.date(); dom > most {
		return last
	}
	return date(year, month+time.Month(n), dom)
}

// firstOfMonth returns the first day of the month d is in.
func (d day) firstOfMonth() day { return date(d.year(), d.month(), 1) }

// working reports whether banks and offices work that day.
func (d day) working() bool { return !d.weekend() && publicHoliday(d) == "" }

// nextWorking returns d, or the first working day after it.
func (d day) nextWorking() day {
	for !d.working() {
		d++
	}
	return d
}

// publicHoliday returns the name of the French public holiday that day, or "".
func publicHoliday(d day) string {
	year, month, dom := d.date()
	for _, f := range fixedHolidays {
		if f.month == month && f.dom == dom {
			return f.name
		}
	}
	switch d - easter(year) {
	case 1:
		return "Lundi de Pâques"
	case 39:
		return "Ascension"
	case 50:
		return "Lundi de Pentecôte"
	}
	return ""
}

var fixedHolidays = []struct {
	month time.Month
	dom   int
	name  string
}{
	{time.January, 1, "Jour de l'an"},
	{time.May, 1, "Fête du Travail"},
	{time.May, 8, "Victoire de 1945"},
	{time.July, 14, "Fête nationale"},
	{time.August, 15, "Assomption"},
	{time.November, 1, "Toussaint"},
	{time.November, 11, "Armistice de 1918"},
	{time.December, 25, "Noël"},
}

// easter returns Easter Sunday by the Gregorian computus: the golden number
// gives the age of the moon, which gives the Sunday after the paschal full moon.
func easter(year int) day {
	golden := year % 19
	century := year / 100
	epact := (19*golden + century - century/4 - (8*century+13)/25 + 15) % 30
	if epact == 29 || epact == 28 && golden > 10 {
		epact--
	}
	fullMoon := date(year, time.March, 21) + day(epact)
	return fullMoon + day(7-int(fullMoon.weekday()))
}

// A span is a run of days, both included.
type span struct {
	name        string
	first, last day
}

func (s span) holds(d day) bool { return s.first <= d && d <= s.last }

// schoolHolidays returns the school holidays that begin in the year, by a
// simple rule of our own near the usual dates.
func schoolHolidays(year int) []span {
	break16 := func(name string, month time.Month, dom int) span {
		from := closest(time.Saturday, date(year, month, dom))
		return span{name, from, from + 15}
	}
	return []span{
		break16("Vacances d'hiver", time.February, 14),
		break16("Vacances de printemps", time.April, 11),
		{"Vacances d'été", closest(time.Saturday, date(year, time.July, 5)), date(year, time.August, 31)},
		break16("Vacances de la Toussaint", time.October, 18),
		break16("Vacances de Noël", time.December, 20),
	}
}

// schoolDay reports whether the children go to school that day.
func schoolDay(d day) bool {
	if !d.working() || d.weekday() == time.Wednesday {
		return false
	}
	for _, year := range []int{d.year() - 1, d.year()} {
		for _, s := range schoolHolidays(year) {
			if s.holds(d) {
				return false
			}
		}
	}
	return true
}

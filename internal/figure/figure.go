// Package figure computes with what a query over the views answers: exact
// amounts and calendar days. The views give amounts as the nearest floating
// point numbers; a Milli is the amount that was meant.
package figure

import (
	"fmt"
	"math"
	"time"

	"penates"
)

// A Milli is an exact amount in thousandths of its currency's unit, which holds
// the smallest coin of all but three currencies of ISO 4217 without rounding.
type Milli int64

// maxMilli bounds what is taken for an amount, so that sums of many cannot overflow.
const maxMilli = 1 << 50

// Amount reads a cell of an answer; ok is false when it is no amount.
func Amount(cell any) (m Milli, ok bool) {
	f, ok := Number(cell)
	if f = math.Round(f * 1000); !ok || math.Abs(f) > maxMilli {
		return 0, false
	}
	return Milli(f), true
}

// Number reads a cell that holds a number, or the text of one.
func Number(cell any) (f float64, ok bool) {
	switch c := cell.(type) {
	case float64:
		f = c
	case int64:
		f = float64(c)
	case string:
		d, err := penates.ParseDecimal(c)
		if err != nil {
			return 0, false
		}
		f = d.Float()
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// Text reads a cell that holds text; anything else is "".
func Text(cell any) string {
	s, _ := cell.(string)
	return s
}

// Whole reads a cell that holds a whole number; anything else is 0.
func Whole(cell any) int64 {
	n, _ := cell.(int64)
	return n
}

// Abs returns the amount without its sign.
func (m Milli) Abs() Milli {
	if m < 0 {
		return -m
	}
	return m
}

// Decimal returns the amount with two decimals, three where it has them.
func (m Milli) Decimal() penates.Decimal {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := fmt.Sprintf("%s%d.%03d", sign, m/1000, m%1000)
	if m%10 == 0 {
		s = s[:len(s)-1]
	}
	return penates.Decimal(s)
}

// Share returns the part of whole of the amount, rounded. The shares of 1, 2 …
// whole never shrink and end at the amount, so that their differences add up to it.
func (m Milli) Share(part, whole float64) Milli {
	if whole == 0 {
		return 0
	}
	return Milli(math.Round(float64(m) * (part / whole)))
}

// Cents rounds to hundredths, halves away from zero.
func (m Milli) Cents() Milli {
	if m < 0 {
		return -(-m).Cents()
	}
	return (m + 5) / 10 * 10
}

// A Day is a calendar day, counted from 1970-01-01. Unknown is no day.
type Day int32

// Unknown is before any day that is read.
const Unknown Day = math.MinInt32

const daySeconds = 24 * 60 * 60

// ParseDay reads the day that s begins with, as in "2025-03-14" or
// "2025-03-14T10:00:00Z"; anything else is Unknown.
func ParseDay(s string) Day {
	const layout = "2006-01-02"
	if len(s) < len(layout) || s[4] != '-' || s[7] != '-' {
		return Unknown
	}
	year, month, day := digits(s[:4]), digits(s[5:7]), digits(s[8:10])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > 31 {
		return Unknown
	}
	d := DayOf(year, time.Month(month), day)
	if d.time().Day() != day {
		return Unknown
	}
	return d
}

// DayOf returns the calendar day; days past a month's end run into the next.
func DayOf(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// digits returns the number s is, or -1 when it is anything but digits.
func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func (d Day) time() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// String returns "2025-03-14", and "" when unknown.
func (d Day) String() string {
	if d == Unknown {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

// AddMonths returns the same day n months on, or the last of that month when it
// is shorter.
func (d Day) AddMonths(n int) Day {
	year, month, day := d.time().Date()
	return min(DayOf(year, month+time.Month(n), day), DayOf(year, month+time.Month(n)+1, 0))
}

// Month returns the month the day is in.
func (d Day) Month() Month {
	year, month, _ := d.time().Date()
	return Month(year*12 + int(month) - 1)
}

// A Month is a calendar month, counted from that of the year 0.
type Month int

// First returns the first day of the month.
func (m Month) First() Day { return DayOf(int(m)/12, time.Month(int(m)%12+1), 1) }

// Days returns how many days the month has.
func (m Month) Days() int { return int((m + 1).First() - m.First()) }

// String returns "2025-03".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

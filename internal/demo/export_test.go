package demo

import "time"

// What tests of the calendar arithmetic see.

func Easter(year int) string              { return easter(year).String() }
func PublicHoliday(t time.Time) string    { return publicHoliday(dayOf(t)) }
func Paris(t time.Time) time.Time         { return paris(t) }
func NextWorking(t time.Time) time.Time   { return dayOf(t).nextWorking().time() }
func LocalTime(t time.Time, h int) string { return dayOf(t).at(h, 0).Format(time.RFC3339) }
func AddMonths(t time.Time, n int) string { return dayOf(t).addMonths(n).String() }
func Capitals(s string) string            { return capitals(s) }

// UnknownKeys lists the keys the tables use that name nobody.
func UnknownKeys() (unknown []string) {
	known := map[string]bool{owner.key: true}
	for _, p := range people {
		known[p.key] = true
	}
	for _, c := range companies {
		known[c.key] = true
	}
	check := func(keys ...string) {
		for _, k := range keys {
			if k != "" && !known[k] {
				unknown = append(unknown, k)
			}
		}
	}
	for _, t := range trips {
		check(t.vendor, t.friends)
	}
	for _, p := range practitioners {
		check(append(p.family, p.person)...)
	}
	for _, a := range articles {
		check(a.shop)
	}
	for _, s := range subscriptions {
		check(s.company)
	}
	for _, s := range suppliers {
		check(s.company)
	}
	for _, c := range circulars {
		check(c.from)
	}
	for _, s := range scripts {
		if len(inGroup(s.group)) == 0 {
			unknown = append(unknown, s.group)
		}
	}
	return unknown
}

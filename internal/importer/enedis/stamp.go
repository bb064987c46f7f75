package enedis

import (
	"time"

	"penates"
	"penates/internal/locale"
)

// A stamp is a date and time as a file writes it.
type stamp struct {
	t     time.Time // the instant; of a naive stamp, the wall time as if in UTC
	naive bool      // it has no offset
	day   bool      // it is only a day
}

// A clock reads the stamps of one series. Wall times without offset are in zone;
// where a night has the same hour twice, the order of the stamps tells which of
// them is meant.
type clock struct {
	zone    *time.Location
	offsets map[int]*time.Location // by seconds, so that equal offsets share one
	last    time.Time
	falling bool // the file goes back in time
}

func newClock(zone *time.Location) *clock {
	return &clock{zone: zone, offsets: map[int]*time.Location{}}
}

// read returns the instant, or the day, that s stands for.
func (c *clock) read(s string) (penates.Moment, error) {
	st, ok := c.fast(s)
	if !ok {
		var err error
		if st, err = slow(s); err != nil {
			return penates.Moment{}, err
		}
	}
	switch {
	case st.day:
		return penates.DayOf(st.t), nil
	case st.naive:
		return penates.At(c.place(st.t)), nil
	}
	// An offset that is the zone's own stands for the zone, so that the start of
	// an interval has the offset of its own instant.
	_, written := st.t.Zone()
	if local := st.t.In(c.zone); sameOffset(local, written) {
		return penates.At(local), nil
	}
	return penates.At(st.t), nil
}

func sameOffset(t time.Time, offset int) bool {
	_, o := t.Zone()
	return o == offset
}

// fast reads the forms of Enedis: "2022-01-18T00:30:00+01:00", with a blank for
// the T, without offset, or with Z.
func (c *clock) fast(s string) (stamp, bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return stamp{}, false
	}
	var part [6]int
	for i, at := range [6]int{0, 5, 8, 11, 14, 17} {
		n := 2
		if i == 0 {
			n = 4
		}
		v, ok := digits(s[at : at+n])
		if !ok {
			return stamp{}, false
		}
		part[i] = v
	}
	if part[0] < 1900 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 28 && part[2] > daysIn(part[0], part[1]) ||
		part[3] > 23 || part[4] > 59 || part[5] > 59 {
		return stamp{}, false
	}
	zone, naive, ok := c.offset(s[19:])
	if !ok {
		return stamp{}, false
	}
	return stamp{t: time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, zone), naive: naive}, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// offset reads "", "Z" or "+01:00".
func (c *clock) offset(s string) (zone *time.Location, naive, ok bool) {
	switch {
	case s == "":
		return time.UTC, true, true
	case s == "Z":
		return time.UTC, false, true
	case len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':':
		return nil, false, false
	}
	hours, ok1 := digits(s[1:3])
	minutes, ok2 := digits(s[4:])
	if !ok1 || !ok2 || hours > 14 || minutes > 59 {
		return nil, false, false
	}
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	if zone = c.offsets[seconds]; zone == nil {
		zone = time.FixedZone("", seconds)
		c.offsets[seconds] = zone
	}
	return zone, false, true
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// slow reads what people and spreadsheets make of stamps: "18/01/2022 00:30".
func slow(s string) (stamp, error) {
	m, err := locale.Time(s, locale.DMY, time.UTC)
	if err != nil || m.DateOnly() {
		return stamp{t: m.Time(), day: true}, err
	}
	elsewhere, err := locale.Time(s, locale.DMY, time.FixedZone("", 3600))
	return stamp{t: m.Time(), naive: !elsewhere.Time().Equal(m.Time())}, err
}

// place returns the instant at which clocks in the zone show wall.
func (c *clock) place(wall time.Time) time.Time {
	before := shift(wall, c.zone, -24*time.Hour)
	after := shift(wall, c.zone, 24*time.Hour)
	t, certain := before, true
	if !before.Equal(after) {
		t, certain = c.choose(before, after, wall)
	}
	if certain && !c.last.IsZero() && !t.Equal(c.last) {
		c.falling = t.Before(c.last)
	}
	c.last = t
	return t
}

// shift returns the instant of wall by the offset in force at wall+d.
func shift(wall time.Time, zone *time.Location, d time.Duration) time.Time {
	_, offset := wall.Add(d).In(zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second).In(zone)
}

// choose picks between the readings of wall by the offset before and after a
// change of clocks, and reports whether only one of them is right.
func (c *clock) choose(before, after, wall time.Time) (t time.Time, certain bool) {
	shows := func(t time.Time) bool {
		_, offset := t.Zone()
		return t.Add(time.Duration(offset) * time.Second).Equal(wall)
	}
	switch b, a := shows(before), shows(after); {
	case a && !b:
		return after, true
	case !a: // an hour that is skipped counts as if the clocks had not changed yet
		return before, true
	}
	first, second := before, after
	if c.falling {
		first, second = after, before
	}
	if !c.last.IsZero() && (c.falling && !first.Before(c.last) || !c.falling && !first.After(c.last)) {
		return second, false
	}
	return first, false
}

package link

import (
	"slices"

	"penates/internal/figure"
)

// A tally counts the operations of a feed by day and amount.
type tally struct {
	first, last figure.Day
	days        []figure.Day // of each operation, in order
	of          map[entry]int
}

type entry struct {
	day    figure.Day
	amount figure.Milli
}

// joinByBookings joins feeds that name no account, as QIF files do, to the one
// account whose operations are theirs.
func joinByBookings(u *union, feeds []Feed, bookings []Booking) {
	const most = 10_000 // pairs of feeds that are compared
	var vague []int
	for i := range feeds {
		if feeds[i].vague() == nameless {
			vague = append(vague, i)
		}
	}
	if len(vague) == 0 || len(vague)*len(feeds) > most || len(bookings) == 0 {
		return
	}
	tallies := tallyOf(feeds, bookings)
	for _, i := range vague {
		var fits []int // roots
		for j := range feeds {
			if r := u.root(j); r == u.root(i) || slices.Contains(fits, r) || u.apart(i, j) || different(&feeds[i], &feeds[j]) || !tallies[i].agrees(tallies[j]) {
				continue
			}
			fits = append(fits, u.root(j))
		}
		if len(fits) == 1 && !u.anyDifferent(feeds, i, fits[0]) {
			u.join(i, fits[0])
		}
	}
}

// anyDifferent reports whether something of i's account and of j's cannot be one.
func (u *union) anyDifferent(feeds []Feed, i, j int) bool {
	return slices.ContainsFunc(u.all(u.root(i)), func(a int) bool {
		return slices.ContainsFunc(u.all(u.root(j)), func(b int) bool { return different(&feeds[a], &feeds[b]) })
	})
}

func tallyOf(feeds []Feed, bookings []Booking) []*tally {
	all := make([]*tally, len(feeds))
	for i := range all {
		all[i] = &tally{of: map[entry]int{}}
	}
	for i := range bookings {
		b := &bookings[i]
		if b.Day == figure.Unknown {
			continue
		}
		t := all[b.Feed]
		t.days = append(t.days, b.Day)
		t.of[entry{b.Day, b.Amount}]++
	}
	for _, t := range all {
		slices.Sort(t.days)
		if n := len(t.days); n > 0 {
			t.first, t.last = t.days[0], t.days[n-1]
		}
	}
	return all
}

// agrees reports whether, of the days both feeds tell of, nearly all operations
// are the same, and enough of them that this is no chance.
func (t *tally) agrees(o *tally) bool {
	const fewest, nearly = 10, 0.8
	first, last := max(t.first, o.first), min(t.last, o.last)
	n := max(t.within(first, last), o.within(first, last))
	if n < fewest {
		return false
	}
	if len(o.of) < len(t.of) {
		t, o = o, t
	}
	both, amounts := 0, map[figure.Milli]bool{}
	for e, n := range t.of {
		if shared := min(n, o.of[e]); shared > 0 && e.day >= first && e.day <= last {
			both += shared
			amounts[e.amount] = true
		}
	}
	return float64(both) >= nearly*float64(n) && len(amounts) >= fewest/2
}

// within counts the operations from one day to another.
func (t *tally) within(first, last figure.Day) int {
	from, _ := slices.BinarySearch(t.days, first)
	to, _ := slices.BinarySearch(t.days, last+1)
	return max(to-from, 0)
}

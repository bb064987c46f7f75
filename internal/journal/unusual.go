package journal

import (
	"cmp"
	"slices"
	"time"

	"penates"
)

// A Use is what one grantee took under one grant on one day (UTC): of one type, or
// in all where Type is "". Under a grant that was passed on, what is taken counts in
// all for the grants it comes from too.
type Use struct {
	Actor   penates.Actor   `json:"actor"`
	Grant   penates.GrantID `json:"grant"`
	Day     string          `json:"day"`
	Type    penates.Type    `json:"type,omitempty"`
	Rows    int64           `json:"rows"`
	Bytes   int64           `json:"bytes,omitempty"`
	Calls   int64           `json:"calls"`
	Refused int64           `json:"refused,omitempty"`
	Hours   uint32          `json:"-"` // bit n for the hour n
	First   time.Time       `json:"first"`
	Last    time.Time       `json:"last"`
}

// A Finding is something unusual about what a grantee did on a day.
type Finding struct {
	Kind  FindingKind   `json:"kind"`
	Actor penates.Actor `json:"actor"`
	Type  penates.Type  `json:"type,omitempty"`
	Day   string        `json:"day"`
	// Figure is what was found: rows, refusals, or the hour; Usual what it is
	// otherwise.
	Figure int64 `json:"figure"`
	Usual  int64 `json:"usual,omitempty"`
}

// A FindingKind says in which way something is unusual.
type FindingKind string

// The kinds of finding.
const (
	FirstRead   FindingKind = "first read"   // of a type by a grantee who read before
	MoreThan    FindingKind = "more"         // rows than on its usual day
	NewHour     FindingKind = "new hour"     // of the day, after some days of others
	ManyRefused FindingKind = "many refused" // of its calls
)

// From which figures on something is unusual.
const (
	fewDays   = 3   // before there is no usual
	manyTimes = 5   // the rows of a usual day
	fewRows   = 100 // are never too many
	refusals  = 10
)

// Unusual returns what is unusual about a day (UTC), by what went before it. A
// usual day is the median of those on which the grantee read at all.
func Unusual(uses []Use, day string) (found []Finding) {
	before, today := map[penates.Actor][]Use{}, map[penates.Actor][]Use{}
	for _, u := range uses {
		switch {
		case u.Day == day:
			today[u.Actor] = append(today[u.Actor], u)
		case u.Day < day:
			before[u.Actor] = append(before[u.Actor], u)
		}
	}
	for actor, now := range today {
		found = append(found, firsts(actor, day, before[actor], now)...)
		found = append(found, totals(actor, day, before[actor], now)...)
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Figure, b.Figure))
	})
	return found
}

func firsts(actor penates.Actor, day string, before, now []Use) (found []Finding) {
	known := map[penates.Type]bool{}
	for _, u := range before {
		known[u.Type] = true
	}
	fresh := map[penates.Type]int64{}
	for _, u := range now {
		if u.Type != "" && !known[u.Type] {
			fresh[u.Type] += u.Rows
		}
	}
	for t, rows := range fresh {
		found = append(found, Finding{Kind: FirstRead, Actor: actor, Type: t, Day: day, Figure: rows})
	}
	return found
}

func totals(actor penates.Actor, day string, before, now []Use) (found []Finding) {
	rows, hours := map[string]int64{}, uint32(0)
	for _, u := range before {
		if u.Type == "" {
			rows[u.Day] += u.Rows
			hours |= u.Hours
		}
	}
	var taken, calls, refused int64
	var at uint32
	for _, u := range now {
		if u.Type == "" {
			taken, calls, refused, at = taken+u.Rows, calls+u.Calls, refused+u.Refused, at|u.Hours
		}
	}
	if refused >= refusals && refused > calls/10 {
		found = append(found, Finding{Kind: ManyRefused, Actor: actor, Day: day, Figure: refused, Usual: calls})
	}
	if len(rows) < fewDays {
		return found
	}
	if usual := median(rows); taken > fewRows && taken > manyTimes*usual {
		found = append(found, Finding{Kind: MoreThan, Actor: actor, Day: day, Figure: taken, Usual: usual})
	}
	for hour := range int64(24) {
		if at&^hours&(1<<hour) != 0 {
			found = append(found, Finding{Kind: NewHour, Actor: actor, Day: day, Figure: hour})
		}
	}
	return found
}

func median(days map[string]int64) int64 {
	var sorted []int64
	for _, n := range days {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

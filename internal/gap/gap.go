// Package gap says what is missing in what a vault holds: the bill of March among
// those of a year, the days a load curve leaves out, the months of a bank account
// without an operation, the operations between two balances that do not add up.
//
// Something is only missing where there is a regularity to tell it by, and only
// between the first and the last that are there: what begins late or ends early is
// no gap, save a bill whose debit is known. Each finding says by which regularity.
// The functions are pure; Ask gives them the rows of a session.
package gap

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
)

// A Kind says what a finding counts.
type Kind string

// The kinds of findings.
const (
	Bills    Kind = "bills"    // of a vendor, at a cadence
	Months   Kind = "months"   // with anything of a bank account, a mailbox, a telephone
	Days     Kind = "days"     // with a point of a meter's series
	Balances Kind = "balances" // that the operations between them do not explain
)

// A Finding is one thing that comes regularly, with what of it is missing.
type Finding struct {
	Kind Kind `json:"kind"`
	// Type is what is counted; Source and Connection say where it comes from.
	Type       penates.Type `json:"type"`
	Source     string       `json:"source,omitempty"`
	Connection string       `json:"connection,omitempty"`
	Name       string       `json:"name"`              // vendor, account, mailbox or meter
	Detail     string       `json:"detail,omitempty"`  // number of the contract; measure of the series
	From       string       `json:"from"`              // first day or month that is there
	To         string       `json:"to"`                // last
	Cadence    int          `json:"cadence,omitempty"` // months from one bill to the next
	Expected   int          `json:"expected"`
	Have       int          `json:"have"`
	Missing    []Span       `json:"missing"` // in order
	// Difference is what the operations of a span of Balances lack, or have too much.
	Difference penates.Decimal      `json:"difference,omitempty"`
	Currency   string               `json:"currency,omitempty"`
	Rule       string               `json:"rule"`               // how the regularity was established
	Evidence   []penates.DocumentID `json:"evidence,omitempty"` // debits whose bill is missing, accounts
}

// A Span is what is missing without a break, by its first and last day or month.
type Span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Lacks reports whether anything is missing.
func (f *Finding) Lacks() bool { return len(f.Missing) > 0 }

// sorted puts those that lack something first, then by kind and name.
func sorted(found []Finding) []Finding {
	whole := func(f *Finding) int {
		if f.Lacks() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(whole(&a), whole(&b)), strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.Name, b.Name), strings.Compare(a.Detail, b.Detail), strings.Compare(a.From, b.From))
	})
	return found
}

// median returns the middle of numbers, which it sorts.
func median(numbers []int) int {
	slices.Sort(numbers)
	if len(numbers) == 0 {
		return 0
	}
	return numbers[(len(numbers)-1)/2]
}

// A Monthly is something whose months are counted.
type Monthly struct {
	Type               penates.Type
	Source, Connection string
	Name               string
	Months             map[figure.Month]int // documents in each
	Evidence           []penates.DocumentID
}

// Regularity of months: so many of them have something, usually at least so much,
// and no silence is longer than so many, which would be a choice and no gap.
const (
	fewestMonths = 6
	usualInMonth = 4
	longestPause = 6
)

// FindMonths returns the months in which something that comes all the time did not
// come at all. The rule is "usual": six months or more have something, half of
// them at least four documents.
func FindMonths(all []Monthly) (found []Finding) {
	for _, m := range all {
		months := make([]figure.Month, 0, len(m.Months))
		counts := make([]int, 0, len(m.Months))
		for month, n := range m.Months {
			if n > 0 {
				months, counts = append(months, month), append(counts, n)
			}
		}
		if len(months) < fewestMonths || median(counts) < usualInMonth {
			continue
		}
		slices.Sort(months)
		f := Finding{Kind: Months, Type: m.Type, Source: m.Source, Connection: m.Connection, Name: m.Name, Have: len(months), Expected: len(months),
			From: months[0].String(), To: months[len(months)-1].String(), Missing: []Span{}, Rule: "usual", Evidence: m.Evidence}
		paused := false
		for i, month := range months[1:] {
			if silent := int(month-months[i]) - 1; silent > 0 {
				paused = paused || silent > longestPause
				f.Expected += silent
				f.Missing = append(f.Missing, Span{(months[i] + 1).String(), (month - 1).String()})
			}
		}
		if !paused {
			found = append(found, f)
		}
	}
	return sorted(found)
}

// A Meter is one series of points, by the days that have any.
type Meter struct {
	Source, Connection string
	Name               string // number of the meter
	Measure            string // load-curve, daily …
	Days               []figure.Day
}

// FindDays returns the days of which a series that is there nearly every day has no
// point. The rule is "daily": two weeks or more, and half of the days between the
// first and the last.
func FindDays(meters []Meter) (found []Finding) {
	const fewest = 14
	for _, m := range meters {
		days := slices.Clone(m.Days)
		slices.Sort(days)
		days = slices.Compact(days)
		if len(days) < fewest {
			continue
		}
		first, last := days[0], days[len(days)-1]
		f := Finding{Kind: Days, Type: penates.Energy, Source: m.Source, Connection: m.Connection, Name: m.Name, Detail: m.Measure, Have: len(days),
			Expected: int(last-first) + 1, From: first.String(), To: last.String(), Missing: []Span{}, Rule: "daily"}
		if 2*f.Have < f.Expected {
			continue
		}
		for i, day := range days[1:] {
			if day > days[i]+1 {
				f.Missing = append(f.Missing, Span{(days[i] + 1).String(), (day - 1).String()})
			}
		}
		found = append(found, f)
	}
	return sorted(found)
}

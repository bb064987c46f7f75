package insight

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
)

// A Reading is an amount of energy over whole days, from a meter's series.
type Reading struct {
	ID      penates.DocumentID
	Meter   string // names the delivery point; readings of one meter are never added up
	Kind    string // Electricity or Gas
	Measure string // load-curve, daily, monthly, statement
	First   figure.Day
	Days    int
	KWh     float64
	// Covered is how much of the Days the reading is about: 0.5 when half of a
	// day's curve is missing.
	Covered  float64
	Estimate bool
}

// Limits on readings.
const (
	maxReadingDays = 1200 // a statement about more says little of each day
	wholeDay       = 0.95 // of a day's curve: the day the clocks change counts
)

// A dayUse is what one day used.
type dayUse struct {
	kWh      float64
	estimate bool
	from     []penates.DocumentID
}

// A usage is what is used by day.
type usage map[figure.Day]dayUse

// usageOf adds up the meters of one kind. Of the readings of one meter that say
// something of a day the finest counts.
func usageOf(readings []Reading, kind string) usage {
	meters := map[string]usage{}
	for _, r := range finestFirst(readings) {
		if r.Kind != kind {
			continue
		}
		if meters[r.Meter] == nil {
			meters[r.Meter] = usage{}
		}
		meters[r.Meter].add(&r)
	}
	sum := usage{}
	for _, meter := range sortedKeys(meters) {
		for day, u := range meters[meter] {
			s, known := sum[day]
			if known && meter == "" {
				continue // whose it is nobody knows: likely that of a meter which has a name
			}
			s.kWh += u.kWh
			s.estimate = s.estimate || u.estimate
			s.from = append(s.from, u.from...)
			sum[day] = s
		}
	}
	return sum
}

// sortedKeys returns the meters, the nameless last.
func sortedKeys(meters map[string]usage) (keys []string) {
	for k := range meters {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if (a == "") != (b == "") {
			return cmp.Compare(len(b), len(a))
		}
		return strings.Compare(a, b)
	})
	return keys
}

// add spreads r evenly over the days nothing is known of; what the other days of
// its time used was measured better, and is taken from it. Where they used more
// than all of r the two contradict each other, and r's average is as good as any.
func (u usage) add(r *Reading) {
	days, rest := 0, r.KWh
	for i := range r.Days {
		if known, ok := u[r.First+figure.Day(i)]; ok {
			rest -= known.kWh
		} else {
			days++
		}
	}
	if days == 0 {
		return
	}
	each := rest / float64(days)
	if rest <= 0 {
		each = r.KWh / float64(r.Days)
	}
	for i := range r.Days {
		day := r.First + figure.Day(i)
		if _, ok := u[day]; !ok {
			u[day] = dayUse{each, r.Estimate || r.Days > 1, []penates.DocumentID{r.ID}}
		}
	}
}

// finestFirst orders readings by how much they say of a day, and leaves out what
// says too little. The register of a day goes before the sum of its curve.
func finestFirst(readings []Reading) []Reading {
	kept := slices.DeleteFunc(slices.Clone(readings), func(r Reading) bool {
		return r.Days < 1 || r.Days > maxReadingDays || r.Covered < wholeDay || r.KWh < 0 || r.First == figure.Unknown
	})
	slices.SortStableFunc(kept, func(a, b Reading) int {
		return cmp.Or(cmp.Compare(a.Days, b.Days), cmp.Compare(coarse(a.Measure), coarse(b.Measure)), compareBool(a.Estimate, b.Estimate),
			cmp.Compare(b.KWh, a.KWh), strings.Compare(string(a.ID), string(b.ID)))
	})
	return kept
}

func coarse(measure string) int {
	return slices.Index([]string{"daily", "load-curve", "monthly", "statement"}, measure)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// over returns what the days from first to last used, over how many of them that
// is known, and from where.
func (u usage) over(first, last figure.Day) (kWh float64, known int, from []penates.DocumentID) {
	for day := first; day <= last; day++ {
		if d, ok := u[day]; ok {
			kWh += d.kWh
			known++
			from = append(from, d.from...)
		}
	}
	return kWh, known, distinct(from)
}

// distinct returns ids sorted, each once.
func distinct(ids []penates.DocumentID) []penates.DocumentID {
	slices.Sort(ids)
	return slices.Compact(ids)
}

package insight

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// A PowerBill is what EnergyCost needs of a bill of an energy company, or of one
// that a contract or its lines say is about energy.
type PowerBill struct {
	ID          penates.DocumentID
	Source      string // connector
	Vendor      string
	Number      string
	Title       string
	Contract    string // its number, or the contract's document
	Kind        string // Electricity or Gas where the contract says so
	Day         figure.Day
	First, Last figure.Day // the period it is about, else figure.Unknown
	Measured    []Stretch  // the statements billed with it
	Total       figure.Milli
	Currency    string
	Lines       []PowerLine
	Payments    []PowerPayment
}

// A PowerLine is a line of a bill.
type PowerLine struct {
	Label, Unit string
	Net         figure.Milli
}

// A Stretch is days, both included.
type Stretch struct{ First, Last figure.Day }

// A PowerPayment is a bank operation that pays a bill, or, unlinked, one to an
// energy company.
type PowerPayment struct {
	ID       penates.DocumentID
	Day      figure.Day
	Amount   figure.Milli // what went out is positive
	Currency string
	Label    string
	Vendor   *company.Vendor // of what is linked to no bill
}

// Limits on periods.
const (
	maxPeriod     = maxReadingDays
	maxGuess      = 400 // days
	defaultPeriod = 30
)

// A share is a part of a bill that is about one kind of energy.
type share struct {
	kind string
	part float64
}

// energyBill is a bill with what was told of it.
type energyBill struct {
	*PowerBill
	first, last figure.Day
	guessed     bool
	shares      []share
}

// prepareBills leaves out copies, and tells of each bill what it is about and when.
// kinds are those the vault knows meters or contracts of.
func prepareBills(bills []PowerBill, kinds []string) []energyBill {
	bills = withoutCopies(bills)
	slices.SortStableFunc(bills, func(a, b PowerBill) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(string(a.ID), string(b.ID)))
	})
	prepared := make([]energyBill, 0, len(bills))
	for i := range bills {
		if bills[i].Day == figure.Unknown {
			bills[i].Day = bills[i].Last // better than nothing; a bill without any day is left out
		}
		if bills[i].Day != figure.Unknown {
			prepared = append(prepared, energyBill{PowerBill: &bills[i], shares: sharesOf(&bills[i], kinds)})
		}
	}
	for i := range prepared {
		prepared[i].findPeriod(prepared, i)
	}
	return prepared
}

// withoutCopies keeps one of the bills that two sources brought: the one that
// says its period, else the first.
func withoutCopies(bills []PowerBill) []PowerBill {
	type key struct {
		vendor, number string
		day            figure.Day
		total          figure.Milli
	}
	at := map[key]int{}
	var kept []PowerBill
	for _, b := range bills {
		k := key{vendor: partyOf(b.Vendor), number: strings.Join(company.Words(b.Number), ""), total: b.Total}
		if k.number == "" {
			k.day = b.Day
		}
		i, seen := at[k]
		if seen && (k.number != "" || kept[i].Source != b.Source) {
			payments := append(slices.Clip(kept[i].Payments), b.Payments...)
			if kept[i].First == figure.Unknown && b.First != figure.Unknown {
				kept[i] = b
			}
			kept[i].Payments = payments
			continue
		}
		at[k] = len(kept)
		kept = append(kept, b)
	}
	return kept
}

// partyOf returns a name by which one vendor's bills are known together.
func partyOf(name string) string {
	if v := company.Of(name); v != nil {
		return v.Name
	}
	return strings.Join(company.Words(name), " ")
}

// sharesOf tells what kinds of energy a bill is about: by its contract, its lines,
// its title, what the company sells, and what else the vault knows of.
func sharesOf(b *PowerBill, kinds []string) []share {
	if b.Kind != "" {
		return []share{{b.Kind, 1}}
	}
	by := map[string]figure.Milli{}
	for _, l := range b.Lines {
		if kind := kindIn(l.Label); kind != "" && l.Net > 0 {
			by[kind] += l.Net
		}
	}
	if sum := by[Electricity] + by[Gas]; sum > 0 {
		part := float64(by[Electricity]) / float64(sum)
		return slices.DeleteFunc([]share{{Electricity, part}, {Gas, 1 - part}}, func(s share) bool { return s.part == 0 })
	}
	if kind := kindIn(b.Title + " " + b.Vendor); kind != "" {
		return []share{{kind, 1}}
	}
	return []share{{soldKind(company.Of(b.Vendor), kinds), 1}}
}

// kindIn returns the kind of energy that words are about, or "" when they name
// none or both.
func kindIn(s string) string {
	electricity, gas := false, false
	for _, w := range company.Words(s) {
		switch w { // an "électricien" is none
		case "electricite", "electricity", "electrique", "elec", "strom":
			electricity = true
		case "gaz", "gas", "erdgas":
			gas = true
		}
	}
	switch {
	case electricity == gas:
		return ""
	case gas:
		return Gas
	}
	return Electricity
}

// soldKind returns what v sells, of the kinds when it sells several, or
// OtherEnergy when that leaves a choice.
func soldKind(v *company.Vendor, kinds []string) string {
	sold := kinds
	if v != nil && len(v.Energies) > 0 {
		sold = v.Energies
	}
	if len(sold) > 1 {
		sold = slices.DeleteFunc(slices.Clone(sold), func(k string) bool { return !slices.Contains(kinds, k) })
	}
	if len(sold) == 1 {
		return sold[0]
	}
	return OtherEnergy
}

// findPeriod tells which days b, which is all[i], is about: those it says, those
// of the statement billed with it, else those since the bill before.
func (b *energyBill) findPeriod(all []energyBill, i int) {
	if b.First != figure.Unknown && b.Last >= b.First && b.Last-b.First < maxPeriod {
		b.first, b.last = b.First, b.Last
		return
	}
	b.first = figure.Unknown
	for _, m := range b.Measured { // the latest that had begun
		if m.First <= b.Day && m.Last >= m.First && m.Last-m.First < maxPeriod && m.First > b.first {
			b.first, b.last = m.First, m.Last
		}
	}
	if b.first != figure.Unknown {
		return
	}
	b.guessed = true
	b.first, b.last = b.Day-defaultPeriod, b.Day-1
	if before := b.neighbour(all[:i], true); before != figure.Unknown {
		b.first = before
	} else if after := b.neighbour(all[i+1:], false); after != figure.Unknown {
		b.first = b.Day - (after - b.Day)
	}
}

// neighbour returns the day of the nearest bill of the same contract, if it is
// near enough to tell a rhythm by.
func (b *energyBill) neighbour(all []energyBill, backwards bool) figure.Day {
	for k := range all {
		other := &all[k]
		if backwards {
			other = &all[len(all)-1-k]
		}
		same := partyOf(other.Vendor) == partyOf(b.Vendor) && other.Contract == b.Contract && slices.Equal(other.shares, b.shares)
		if same && other.Day != b.Day {
			if max(other.Day-b.Day, b.Day-other.Day) <= maxGuess {
				return other.Day
			}
			return figure.Unknown
		}
	}
	return figure.Unknown
}

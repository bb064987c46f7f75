package insight

import (
	"cmp"
	"slices"
	"strings"

	"penates/internal/company"
	"penates/internal/figure"
)

// FindRecurring returns the recurring payments among moves.
func FindRecurring(moves []Movement) *RecurringResult {
	r := &RecurringResult{}
	asOf := figure.Unknown
	spans := map[string]span{}
	for i := range moves {
		m := &moves[i]
		asOf = max(asOf, m.Day)
		known, ok := spans[m.Account]
		if !ok {
			known = span{m.Day, m.Day}
		}
		spans[m.Account] = span{min(known.first, m.Day), max(known.last, m.Day)}
	}
	r.AsOf = asOf.String()
	for _, s := range streams(moves) {
		r.Payments = append(r.Payments, s.payment(spans))
	}
	slices.SortStableFunc(r.Payments, func(a, b RecurringPayment) int {
		if a.Stopped != b.Stopped {
			if a.Stopped {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Yearly.Float(), a.Yearly.Float()), strings.Compare(a.Name, b.Name))
	})
	r.total()
	r.listChanges()
	return r
}

// A span is the days an account is known of.
type span struct{ first, last figure.Day }

func (s *stream) payment(spans map[string]span) RecurringPayment {
	const recent = 183 // days something is new for
	first, last := s.moves[0], s.moves[len(s.moves)-1]
	p := RecurringPayment{
		Name: s.name(), Income: s.key.income, Cadence: s.cadence, Currency: s.key.currency, Amount: last.Amount.Abs().Decimal(), Varies: s.varies,
		Yearly: s.yearly().Decimal(), First: first.Day.String(), Last: last.Day.String(), Prices: s.prices(),
	}
	for _, m := range s.moves {
		p.Operations = append(p.Operations, m.ID)
		p.Amounts = append(p.Amounts, m.Amount.Abs().Decimal())
		p.Days = append(p.Days, m.Day.String())
	}
	late := figure.Day(tolerance[s.cadence])
	next := last.Day.AddMonths(int(s.cadence))
	known := spans[last.Account]
	if p.Stopped = known.last > next+late; !p.Stopped {
		p.Next = next.String()
	}
	before := first.Day.AddMonths(-int(s.cadence)) - late
	p.New = first.Day > known.last-recent && spans[first.Account].first < before
	return p
}

// name is how the person knows the other side.
func (s *stream) name() string {
	last := s.moves[len(s.moves)-1]
	if last.Vendor != "" {
		return last.Vendor
	}
	if v := company.In(append(company.Words(last.Counterparty), company.Words(last.Label)...)); v != nil {
		return v.Name
	}
	return cmp.Or(strings.TrimSpace(last.Counterparty), strings.TrimSpace(last.Label))
}

// yearly is what twelve months cost.
func (s *stream) yearly() figure.Milli {
	last := s.moves[len(s.moves)-1]
	times := 12 / figure.Milli(s.cadence)
	if !s.varies {
		return last.Amount.Abs() * times
	}
	var sum, n figure.Milli
	for _, m := range s.moves {
		if m.Day > last.Day.AddMonths(-12) {
			sum += m.Amount.Abs()
			n++
		}
	}
	return (sum * times / n).Cents()
}

// prices finds the days the amount became another one for good; an amount that
// was another one only once is not a price.
func (s *stream) prices() (changes []PriceChange) {
	if s.varies {
		return nil
	}
	price := s.moves[0].Amount.Abs()
	for i, m := range s.moves[1:] {
		amount := m.Amount.Abs()
		if apart(price, amount) <= samePrice {
			continue
		}
		if next := i + 2; next < len(s.moves) && apart(amount, s.moves[next].Amount) > 0.02 {
			continue
		}
		changes = append(changes, PriceChange{Day: m.Day.String(), Old: price.Decimal(), New: amount.Decimal(),
			Percent: 100 * float64(amount-price) / float64(price), Operation: m.ID})
		price = amount
	}
	return changes
}

func (r *RecurringResult) total() {
	type sums struct{ out, in figure.Milli }
	all := map[string]*sums{}
	counts := map[string]*RecurringTotal{}
	for _, p := range r.Payments {
		if p.Stopped {
			continue
		}
		if all[p.Currency] == nil {
			all[p.Currency], counts[p.Currency] = &sums{}, &RecurringTotal{Currency: p.Currency}
		}
		amount, _ := figure.Amount(string(p.Yearly))
		if p.Income {
			all[p.Currency].in += amount
			counts[p.Currency].Incomes++
		} else {
			all[p.Currency].out += amount
			counts[p.Currency].Count++
		}
	}
	for currency, s := range all {
		t := counts[currency]
		t.Out, t.In, t.MonthOut = s.out.Decimal(), s.in.Decimal(), (s.out / 12).Cents().Decimal()
		r.Totals = append(r.Totals, *t)
	}
	slices.SortFunc(r.Totals, func(a, b RecurringTotal) int {
		return cmp.Or(cmp.Compare(b.Count+b.Incomes, a.Count+a.Incomes), strings.Compare(a.Currency, b.Currency))
	})
}

func (r *RecurringResult) listChanges() {
	for i := range r.Payments {
		p := &r.Payments[i]
		for _, c := range p.Prices {
			kind := PriceRose
			if c.Percent < 0 {
				kind = PriceFell
			}
			r.Changes = append(r.Changes, RecurringChange{Day: c.Day, Kind: kind, Payment: i, Old: c.Old, New: c.New, Operation: c.Operation})
		}
		if p.New {
			r.Changes = append(r.Changes, RecurringChange{Day: p.First, Kind: Began, Payment: i, New: p.Amounts[0], Operation: p.Operations[0]})
		}
		if p.Stopped {
			n := len(p.Amounts) - 1
			r.Changes = append(r.Changes, RecurringChange{Day: p.Last, Kind: Ended, Payment: i, Old: p.Amounts[n], Operation: p.Operations[n]})
		}
	}
	slices.SortStableFunc(r.Changes, func(a, b RecurringChange) int {
		return cmp.Or(strings.Compare(b.Day, a.Day), cmp.Compare(a.Payment, b.Payment))
	})
}

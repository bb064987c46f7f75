package link

import (
	"cmp"
	"slices"
	"strings"

	"penates/internal/company"
	"penates/internal/figure"
)

// How far from the day of a bill, or from the day it is due, a payment may be.
const (
	daysBefore = 15
	daysAfter  = 29
)

// maxPerOperation bounds how many bills one operation is weighed against: more
// of the same amount at the same time cannot be told apart anyway.
const maxPerOperation = 32

// An evidence says what the wording of an operation says about a bill.
type evidence int

const (
	against  evidence = iota // it names another company
	silent                   // it names nobody
	named                    // it names the vendor
	numbered                 // it gives the number of the bill
)

// A candidate is an operation that may belong to a bill.
type candidate struct {
	op, bill int
	evidence evidence
	cost     int // days between them, and more where that is unusual
}

// byAmount finds bills by what they may be paid with.
type byAmount map[money][]int

type money struct {
	currency string
	amount   figure.Milli
}

func (x byAmount) add(currency string, amount figure.Milli, bill int) {
	k := money{currency, amount}
	if amount > 0 && !slices.Contains(x[k][max(0, len(x[k])-1):], bill) {
		x[k] = append(x[k], bill)
	}
}

// find returns the bills of an amount, give or take a thousandth. A bill without
// a currency may be paid in any.
func (x byAmount) find(found []int, currency string, amount figure.Milli) []int {
	for a := amount - 1; a <= amount+1; a++ {
		found = append(found, x[money{currency, a}]...)
		if currency != "" {
			found = append(found, x[money{"", a}]...)
		}
	}
	return found
}

// findFor returns the bills that o may be the payment of, by amount.
func (x byAmount) findFor(found []int, o *Operation) []int {
	found = x.find(found, o.Currency, o.Amount.Abs())
	if o.Foreign > 0 {
		found = x.find(found, o.ForeignCurrency, o.Foreign)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// cost returns how many days o is from the bill, counting days before the bill
// for more because few pay what they were not yet asked for; ok is false when it
// is too far.
func (o *Operation) cost(day, due figure.Day) (best int, ok bool) {
	const unasked = daysAfter + 1
	for _, at := range [...]figure.Day{o.Day, o.Acted} {
		if at == figure.Unknown {
			continue
		}
		if due != figure.Unknown && at >= due-daysBefore && at <= due+daysAfter {
			if c := abs(int(at - due)); !ok || c < best {
				best, ok = c, true
			}
		}
		if day == figure.Unknown || at < day-daysBefore || at > day+daysAfter {
			continue
		}
		c := int(at - day)
		switch {
		case c < -3:
			c = unasked - c
		case c < 0:
			c = -c
		}
		if !ok || c < best {
			best, ok = c, true
		}
	}
	return best, ok
}

func abs(n int) int { return max(n, -n) }

// A payee is the name a bill's payment is looked for under.
type payee struct {
	name   company.Name
	number string
}

func payeeOf(b *Bill) payee {
	const shortest = 6 // characters of a number that is not found by chance
	p := payee{name: company.ParseName(b.Vendor), number: strings.Join(company.Words(b.Number), "")}
	if len(p.number) < shortest || !strings.ContainsAny(p.number, "0123456789") {
		p.number = ""
	}
	return p
}

// in returns what the wording of o says about the payee.
func (p *payee) in(o *Operation) evidence {
	words := o.labelWords()
	if p.number != "" && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, p.number) }) {
		return numbered
	}
	if p.number != "" && strings.Contains(strings.Join(words, ""), p.number) {
		return numbered
	}
	if p.name.In(words) {
		return named
	}
	if other := company.In(words); other != nil && other.Sector != company.Shop && other != p.name.Known() {
		return against // shops sell for others, whose bills they send
	}
	switch o.Kind {
	case "cash", "fee", "interest":
		return against
	}
	return silent
}

// best orders candidates: the surest first, then the nearest in time, and a
// stable order among equals.
func best(candidates []candidate, ops []Operation, bills []Bill) {
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.evidence, a.evidence), cmp.Compare(a.cost, b.cost),
			cmp.Compare(bills[a.bill].Day, bills[b.bill].Day), cmp.Compare(ops[a.op].Day, ops[b.op].Day),
			strings.Compare(string(bills[a.bill].ID), string(bills[b.bill].ID)), strings.Compare(string(ops[a.op].ID), string(ops[b.op].ID)))
	})
}

// keepNearest returns the nearest of the candidates of one operation.
func keepNearest(of []candidate) []candidate {
	if len(of) <= maxPerOperation {
		return of
	}
	slices.SortStableFunc(of, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) })
	return of[:maxPerOperation]
}

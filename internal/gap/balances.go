package gap

import (
	"cmp"
	"slices"

	"penates"
	"penates/internal/figure"
)

// An Account is a bank account with the balances that sources told of it, and its
// operations.
type Account struct {
	Source, Connection string
	Name, Currency     string
	Documents          []penates.DocumentID
	Balances           []Amount
	Operations         []Amount
}

// An Amount is money on a day.
type Amount struct {
	Day    figure.Day
	Amount figure.Milli
}

// FindBalances returns, for each account of which two balances or more are known, the
// times between two of them whose operations do not add up to what the balance
// changed by. The rule is "balances". What was booked on the day of a balance may be
// in it or not; both are tried. Nothing is said of a time before the first operation.
func FindBalances(accounts []Account) (found []Finding) {
	for i := range accounts {
		a := &accounts[i]
		balances := byDay(a.Balances)
		operations := slices.SortedStableFunc(slices.Values(a.Operations), func(x, y Amount) int { return cmp.Compare(x.Day, y.Day) })
		for len(balances) > 0 && (len(operations) == 0 || balances[0].Day < operations[0].Day-1) {
			balances = balances[1:]
		}
		if len(balances) < 2 {
			continue
		}
		f := Finding{Kind: Balances, Type: penates.BankOperations, Source: a.Source, Connection: a.Connection, Name: a.Name, Currency: a.Currency,
			Have: len(balances) - 1, Expected: len(balances) - 1, From: balances[0].Day.String(), To: balances[len(balances)-1].Day.String(),
			Missing: []Span{}, Rule: "balances", Evidence: a.Documents}
		var lacking figure.Milli
		for k, b := range balances[1:] {
			if lacks, ok := explained(balances[k], b, operations); !ok {
				lacking += lacks
				f.Have--
				f.Missing = append(f.Missing, Span{balances[k].Day.String(), b.Day.String()})
			}
		}
		if f.Lacks() {
			f.Difference = lacking.Decimal()
		}
		found = append(found, f)
	}
	return sorted(found)
}

// byDay returns balances in order, those of days that have two different ones left out.
func byDay(balances []Amount) (kept []Amount) {
	all := slices.SortedFunc(slices.Values(balances), func(a, b Amount) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Amount, b.Amount)) })
	for i := 0; i < len(all); {
		n := i + 1
		for n < len(all) && all[n].Day == all[i].Day {
			n++
		}
		if all[i].Day != figure.Unknown && all[i].Amount == all[n-1].Amount {
			kept = append(kept, all[i])
		}
		i = n
	}
	return kept
}

// explained reports whether the operations between two balances, with or without
// those of their days, make the difference; lacks is what they do not explain.
func explained(from, to Amount, operations []Amount) (lacks figure.Milli, ok bool) {
	var before, between, after figure.Milli // on the first day, between, on the last day
	start, _ := slices.BinarySearchFunc(operations, from.Day, func(a Amount, day figure.Day) int { return cmp.Compare(a.Day, day) })
	for _, o := range operations[start:] {
		if o.Day > to.Day {
			break
		}
		switch o.Day {
		case from.Day:
			before += o.Amount
		case to.Day:
			after += o.Amount
		default:
			between += o.Amount
		}
	}
	change := to.Amount - from.Amount
	for _, sum := range [...]figure.Milli{between + after, between, before + between + after, before + between} {
		if sum == change {
			return 0, true
		}
	}
	return change - between - after, false
}

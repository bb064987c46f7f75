package link

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"penates/internal/figure"
)

// Limits on payment in parts.
const (
	maxParts      = 4
	maxPartsFrom  = 12  // operations weighed for one bill
	daysAfterPart = 100 // the last of four monthly parts
)

// takeParts finds for each bill left two to four debits naming its vendor that
// add up to it.
func (m *matching) takeParts(ctx context.Context) error {
	debits := make([]int, 0, len(m.ops))
	for i := range m.ops {
		if m.ops[i].Amount < 0 && !m.spent[i] {
			debits = append(debits, i)
		}
	}
	slices.SortStableFunc(debits, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.ops[a].Day, m.ops[b].Day), cmp.Compare(m.ops[a].ID, m.ops[b].ID))
	})
	bills := make([]int, 0, len(m.bills))
	for j := range m.bills {
		if b := &m.bills[j]; !m.paid[j] && !b.incoming() && b.Vendor != "" && b.Total > 0 && b.Day != figure.Unknown {
			bills = append(bills, j)
		}
	}
	slices.SortStableFunc(bills, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.bills[a].Day, m.bills[b].Day), cmp.Compare(m.bills[a].ID, m.bills[b].ID))
	})
	for _, j := range bills {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, i := range m.partsOf(j, debits) {
			m.take(i, j, 0.75, paysParts)
		}
	}
	return nil
}

// partsOf returns the operations that together pay bill j, or nothing.
func (m *matching) partsOf(j int, debits []int) []int {
	b := &m.bills[j]
	from := b.Day - daysBefore
	until := max(b.Day, b.Due) + daysAfterPart
	var some []int
	first := sort.Search(len(debits), func(k int) bool { return m.ops[debits[k]].Day >= from })
	for _, i := range debits[first:] {
		o := &m.ops[i]
		if o.Day > until || len(some) == maxPartsFrom {
			break
		}
		if m.spent[i] || -o.Amount >= b.Total || b.Currency != "" && o.Currency != b.Currency || m.judged.Rejected[Pair{o.ID, b.ID}] {
			continue
		}
		if m.payees[j].in(o) >= named {
			some = append(some, i)
		}
	}
	for n := 2; n <= min(maxParts, len(some)); n++ {
		if parts := addUp(m.ops, some, b.Total, n); parts != nil {
			return parts
		}
	}
	return nil
}

// addUp returns the first n of some whose debits sum to total, or nil.
func addUp(ops []Operation, some []int, total figure.Milli, n int) []int {
	if n == 0 {
		if total == 0 {
			return []int{}
		}
		return nil
	}
	for k := 0; k+n <= len(some); k++ {
		if rest := total + ops[some[k]].Amount; rest >= 0 {
			if parts := addUp(ops, some[k+1:], rest, n-1); parts != nil {
				return append(parts, some[k])
			}
		}
	}
	return nil
}

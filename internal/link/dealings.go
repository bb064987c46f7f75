package link

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Why two orders, or two calls, are said to be one.
const (
	sameOrder = "same/order"
	sameCall  = "same/call"
)

// sameOrders finds what was ordered once and is told by several sources: an archive
// of the merchant, another export, another vault. A merchant's document may be one
// item of an order, so the amount counts too.
var sameOrders = Rule{
	Name:  "same/orders",
	Reads: []penates.Type{penates.Orders},
	Makes: []string{sameOrder},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		sources, err := s.Sources(ctx, penates.Orders)
		if err != nil || len(sources) < 2 {
			return nil, err // one source gives an order once
		}
		var all []Keyed
		err = query.Each(ctx, s, query.Select{
			Key: "id", Columns: "source || ' ' || connection, merchant, number, coalesce(start, ''), amount, currency, day, status, items", From: "orders", Where: "day <> ''",
		}, func(row []any) error {
			all = append(all, Keyed{penates.DocumentID(figure.Text(row[0])), orderKey(row), figure.Text(row[1]), told(row[2:])})
			return nil
		})
		if err != nil || len(all) < 2 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		return SameKeys(all, sameOrder, true, judged), nil
	},
}

// orderKey is what two tellings of one order have in common: the merchant, the
// amount, and the order's number or else its instant. "" when there is too little.
func orderKey(row []any) string {
	merchant := company.Words(figure.Text(row[2]))
	which := company.Number(figure.Text(row[3]))
	if !hasDigit(which) {
		which = figure.Text(row[4])
	}
	amount, ok := figure.Amount(row[5])
	if len(merchant) == 0 || which == "" || !ok {
		return ""
	}
	return strings.Join([]string{merchant[0], which, strconv.FormatInt(int64(amount), 10), figure.Text(row[6])}, "\x00")
}

// sameCalls finds calls and short messages that both the telephone and the operator
// tell of.
var sameCalls = Rule{
	Name:  "same/calls",
	Reads: []penates.Type{penates.Calls},
	Makes: []string{sameCall},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		sources, err := s.Sources(ctx, penates.Calls)
		if err != nil || len(sources) < 2 {
			return nil, err
		}
		var calls []Dialled
		err = query.Each(ctx, s, query.Select{
			Key: "id", Columns: "source || ' ' || connection, number, kind, start, seconds, direction, text", From: "calls", Where: "number <> '' AND start <> ''",
		}, func(row []any) error {
			at, err := time.Parse(time.RFC3339Nano, figure.Text(row[4]))
			if err != nil {
				return nil // it has a day and no time
			}
			seconds, _ := figure.Number(row[5])
			calls = append(calls, Dialled{
				ID: penates.DocumentID(figure.Text(row[0])), Source: figure.Text(row[1]), Number: figure.Text(row[2]), Kind: figure.Text(row[3]),
				At: at, Seconds: int(seconds), Told: told(row[5:]),
			})
			return nil
		})
		if err != nil || len(calls) < 2 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		return SameCalls(calls, judged), nil
	},
}

// Dialled is what is compared of a call.
type Dialled struct {
	ID                   penates.DocumentID
	Source, Number, Kind string
	At                   time.Time
	Seconds, Told        int
}

const (
	clocksApart  = time.Minute // between a telephone's clock and the operator's
	secondsApart = 2           // between how long they say a call took
)

// SameCalls returns the links between calls of several sources with one number,
// each with the nearest of another source only. Within a second it is one call;
// within a minute it is when it took as long, and else it is asked.
func SameCalls(calls []Dialled, judged Judged) (links []penates.Link) {
	type line struct{ number, kind string }
	groups := map[line][]*Dialled{}
	for i := range calls {
		k := line{subscriber(calls[i].Number), calls[i].Kind}
		groups[k] = append(groups[k], &calls[i])
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b *Dialled) int {
			return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.ID), string(b.ID)))
		})
		taken := map[*Dialled]bool{}
		for i, a := range g {
			if taken[a] {
				continue
			}
			for _, b := range g[i+1:] {
				if b.At.Sub(a.At) > clocksApart {
					break
				}
				if taken[b] || a.Source == b.Source {
					continue
				}
				if confidence := a.alike(b); confidence > 0 {
					taken[a], taken[b] = true, true
					links = append(links, oneCall(a, b, confidence, judged)...)
					break
				}
			}
		}
	}
	return sorted(links)
}

func (d *Dialled) alike(o *Dialled) float64 {
	apart := d.Seconds - o.Seconds
	asLong := apart >= -secondsApart && apart <= secondsApart
	switch near := o.At.Sub(d.At) <= time.Second; {
	case near && asLong:
		return 1
	case asLong && d.Seconds > secondsApart:
		return 0.9
	case asLong:
		return 0.6
	}
	return 0
}

func oneCall(a, b *Dialled, confidence float64, judged Judged) []penates.Link {
	ids := []penates.DocumentID{a.ID, b.ID}
	if b.Told > a.Told {
		ids[0], ids[1] = ids[1], ids[0]
	}
	return star(ids, judged, func(int, int) (float64, string) { return confidence, sameCall })
}

// subscriber is the end of a number, which is the same in every way to write it.
func subscriber(number string) string {
	const length = 9
	digits := digitsOf(number)
	if len(digits) <= length {
		return strconv.Itoa(len(digits)) + digits
	}
	return digits[len(digits)-length:]
}

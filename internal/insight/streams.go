package insight

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// A Movement is what Recurring needs of a bank operation.
type Movement struct {
	ID           penates.DocumentID
	Day          figure.Day
	Amount       figure.Milli // signed
	Currency     string
	Account      string
	Label        string
	Counterparty string
	Kind         string
	Vendor       string // of the bill it pays, when it is linked to one
}

// A stream is movements that belong together: one party, one currency, one
// direction; in order of day.
type stream struct {
	key     streamKey
	moves   []*Movement
	cadence Cadence
	varies  bool
}

type streamKey struct {
	party    string
	currency string
	income   bool
}

// tolerance is how many days early or late a payment of a cadence may be:
// weekends, holidays, and people.
var tolerance = map[Cadence]int{Monthly: 6, Bimonthly: 9, Quarterly: 12, HalfYearly: 20, Yearly: 25}

var cadences = [...]Cadence{Monthly, Bimonthly, Quarterly, HalfYearly, Yearly}

// samePrice is how far apart, as a share, two amounts of one price may be: a
// rounding, a rate of exchange.
const samePrice = 0.005

// streams groups movements by party and returns the groups, or parts of them,
// that come again, in a stable order.
func streams(moves []Movement) (found []stream) {
	groups := map[streamKey][]*Movement{}
	own := ownTransfers(moves)
	for i := range moves {
		if k := keyOf(&moves[i]); k.party != "" && !own[i] {
			groups[k] = append(groups[k], &moves[i])
		}
	}
	for k, group := range groups {
		slices.SortFunc(group, byDay)
		if s := (stream{key: k, moves: group}); s.regular(false) {
			found = append(found, s)
			continue
		}
		for _, part := range byAmounts(group) {
			if s := (stream{key: k, moves: part}); s.regular(true) {
				found = append(found, s)
			}
		}
	}
	slices.SortFunc(found, func(a, b stream) int { return strings.Compare(string(a.moves[0].ID), string(b.moves[0].ID)) })
	return found
}

// ownTransfers tells which movements are between two accounts of the person's:
// what leaves one comes to another, within some days.
func ownTransfers(moves []Movement) (own []bool) {
	const longest = 4 // days, over a weekend
	type key struct {
		currency string
		amount   figure.Milli
	}
	own = make([]bool, len(moves))
	arrived := map[key][]int{}
	for i, m := range moves {
		if m.Amount > 0 && m.Account != "" {
			k := key{m.Currency, m.Amount}
			arrived[k] = append(arrived[k], i)
		}
	}
	for _, of := range arrived {
		slices.SortFunc(of, func(a, b int) int { return byDay(&moves[a], &moves[b]) })
	}
	for i, m := range moves {
		if m.Amount >= 0 || m.Account == "" {
			continue
		}
		of := arrived[key{m.Currency, -m.Amount}]
		first := sort.Search(len(of), func(k int) bool { return moves[of[k]].Day >= m.Day-1 })
		for _, j := range of[first:] {
			if moves[j].Day > m.Day+longest {
				break
			}
			if !own[j] && moves[j].Account != m.Account {
				own[i], own[j] = true, true
				break
			}
		}
	}
	return own
}

func byDay(a, b *Movement) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(string(a.ID), string(b.ID)))
}

// keyOf returns the group of m, without a party when it has none that could come
// again: cash goes to nobody.
func keyOf(m *Movement) streamKey {
	k := streamKey{currency: m.Currency, income: m.Amount > 0}
	label := company.Words(m.Label)
	if m.Kind == "cash" || m.Amount == 0 || slices.Contains(label, "retrait") || slices.Contains(label, "dab") {
		return k
	}
	who := company.Words(m.Counterparty)
	switch v := company.In(slices.Concat(who, label)); {
	case v != nil:
		k.party = v.Name
	case len(who) > 0 && company.Key(who) != "":
		k.party = company.Key(who)
	default:
		k.party = company.Key(label)
	}
	return k
}

// regular finds the cadence of s and reports whether s is a recurring payment.
// Of a part of a party's movements, chosen by amount, steady amounts are asked for.
func (s *stream) regular(part bool) bool {
	for _, c := range cadences {
		direct := s.fits(c)
		if direct < 0 {
			continue
		}
		same, near := s.steadiness()
		s.cadence, s.varies = c, s.unsteady()
		switch {
		case len(s.moves) == 2:
			return c == Yearly && near == 1 && (s.debited() || company.In(company.Words(s.key.party)) != nil)
		case part:
			return same >= 0.6
		case near >= 0.7:
			return true
		}
		return s.mayVary(direct)
	}
	return false
}

// fits returns the share of steps between movements that are one period of c, or
// -1 when too few are. One period left out now and then is forgiven.
func (s *stream) fits(c Cadence) float64 {
	if len(s.moves) < 2 || len(s.moves) < 3 && c != Yearly {
		return -1
	}
	direct, skipped := 0, 0
	for i, m := range s.moves[1:] {
		switch before := s.moves[i].Day; {
		case near(m.Day, before.AddMonths(int(c)), tolerance[c]):
			direct++
		case near(m.Day, before.AddMonths(2*int(c)), tolerance[c]):
			skipped++
		}
	}
	steps := float64(len(s.moves) - 1)
	if float64(direct) < 0.6*steps || float64(direct+skipped) < 0.8*steps {
		return -1
	}
	return float64(direct) / steps
}

func near(day, expected figure.Day, tolerance int) bool {
	return day >= expected-figure.Day(tolerance) && day <= expected+figure.Day(tolerance)
}

// steadiness returns which share of amounts is that of the movement before, give
// or take 2 %, and which is near it.
func (s *stream) steadiness() (same, near float64) {
	for i, m := range s.moves[1:] {
		switch d := apart(s.moves[i].Amount, m.Amount); {
		case d <= 0.02:
			same++
			near++
		case d <= 0.15:
			near++
		}
	}
	steps := float64(len(s.moves) - 1)
	return same / steps, near / steps
}

// unsteady reports whether the amount is another one more often than not. What
// came only two or three times may just have become dearer.
func (s *stream) unsteady() bool {
	const few, slight = 3, 0.15
	changed, much := 0, 0
	for i, m := range s.moves[1:] {
		d := apart(s.moves[i].Amount, m.Amount)
		if d > samePrice {
			changed++
		}
		if d > slight {
			much++
		}
	}
	if len(s.moves) <= few {
		return much > 0
	}
	return 2*changed > len(s.moves)-1
}

// apart returns how far two amounts are apart, as a share of the larger.
func apart(a, b figure.Milli) float64 {
	a, b = a.Abs(), b.Abs()
	return float64(max(a, b)-min(a, b)) / float64(max(a, b, 1))
}

// mayVary reports whether a stream whose amounts differ is recurring all the
// same: debited by the other side, or earned, time after time.
func (s *stream) mayVary(direct float64) bool {
	const often, spread = 4, 10
	low, high := s.moves[0].Amount.Abs(), s.moves[0].Amount.Abs()
	for _, m := range s.moves {
		low, high = min(low, m.Amount.Abs()), max(high, m.Amount.Abs())
	}
	if len(s.moves) < often || direct < 0.9 || high > spread*low {
		return false
	}
	return s.debited() || s.key.income && high <= 2*low
}

// debited reports whether most movements were taken by the other side, as direct
// debits are.
func (s *stream) debited() bool {
	n := 0
	for _, m := range s.moves {
		words := company.Words(m.Label)
		if m.Kind == "debit" || len(words) > 0 && (strings.HasPrefix(words[0], "prlv") || strings.HasPrefix(words[0], "prelev")) {
			n++
		}
	}
	return 2*n > len(s.moves)
}

// byAmounts splits the movements of one party into those of like amounts, and
// puts those together again where a price changed: one ends as the other begins.
func byAmounts(group []*Movement) (parts [][]*Movement) {
	sorted := slices.SortedStableFunc(slices.Values(group), func(a, b *Movement) int { return cmp.Compare(a.Amount.Abs(), b.Amount.Abs()) })
	const apartAmounts = 0.08
	for _, m := range sorted {
		if n := len(parts); n > 0 && apart(parts[n-1][len(parts[n-1])-1].Amount, m.Amount) <= apartAmounts {
			parts[n-1] = append(parts[n-1], m)
		} else {
			parts = append(parts, []*Movement{m})
		}
	}
	for _, p := range parts {
		slices.SortFunc(p, byDay)
	}
	slices.SortFunc(parts, func(a, b []*Movement) int { return byDay(a[0], b[0]) })
	return rejoin(parts)
}

func rejoin(parts [][]*Movement) (joined [][]*Movement) {
	for _, p := range parts {
		at := slices.IndexFunc(joined, func(before []*Movement) bool { return continues(before, p) })
		if at < 0 {
			joined = append(joined, p)
		} else {
			joined[at] = append(joined[at], p...)
		}
	}
	return joined
}

// continues reports whether after goes on where before ends, at another price.
func continues(before, after []*Movement) bool {
	const change = 0.5
	last := before[len(before)-1]
	if len(before) < 2 || apart(last.Amount, after[0].Amount) > change {
		return false
	}
	s := stream{moves: before}
	for _, c := range cadences {
		period := near(after[0].Day, last.Day.AddMonths(int(c)), tolerance[c])
		if period && (s.fits(c) >= 0 || len(before) == 2 && near(last.Day, before[0].Day.AddMonths(int(c)), tolerance[c])) {
			return true
		}
	}
	return false
}

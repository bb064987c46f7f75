package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// A dice is a source of chance of its own for one domain, so that a change in
// one domain does not change the others.
type dice struct{ *rand.Rand }

func newDice(seed uint64, domain string) dice {
	h := fnv.New64a()
	h.Write([]byte(domain))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// between returns a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// chance reports true in percent of 100 cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// price returns an amount near the middle, within percent of it.
func (d dice) price(middle cents, percent int) cents {
	spread := max(int(middle)*percent/100, 1)
	return middle + cents(d.between(-spread, spread))
}

// code returns n decimal digits.
func (d dice) code(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + d.IntN(10)))
	}
	return b.String()
}

func pick[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

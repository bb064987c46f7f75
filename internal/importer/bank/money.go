package bank

import (
	"fmt"
	"math/big"
	"strings"

	"penates"
)

// Add returns a + b exactly, at the larger scale of the two.
func Add(a, b penates.Decimal) (penates.Decimal, error) {
	x, xs, okx := digitsOf(a)
	y, ys, oky := digitsOf(b)
	if !okx || !oky {
		return "", fmt.Errorf("sum of %q and %q: %w", clip(string(a), 60), clip(string(b), 60), penates.Invalid)
	}
	scale := max(xs, ys)
	raise(x, scale-xs)
	raise(y, scale-ys)
	x.Add(x, y)
	s := x.String()
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	}
	if len(s) <= scale {
		s = strings.Repeat("0", scale+1-len(s)) + s
	}
	if scale > 0 {
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	return penates.ParseDecimal(sign + s)
}

// Subtract returns a - b exactly.
func Subtract(a, b penates.Decimal) (penates.Decimal, error) { return Add(a, b.Neg()) }

// Equal reports whether a and b are the same number, whatever their scales.
func Equal(a, b penates.Decimal) bool {
	d, err := Subtract(a, b)
	return err == nil && strings.Trim(string(d), "0.") == ""
}

// digitsOf returns d as an integer and its scale.
func digitsOf(d penates.Decimal) (*big.Int, int, bool) {
	whole, fraction, _ := strings.Cut(string(d), ".")
	if len(d) > 60 {
		return nil, 0, false
	}
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	return n, len(fraction), ok
}

func raise(n *big.Int, tens int) {
	if tens > 0 {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(tens)), nil))
	}
}

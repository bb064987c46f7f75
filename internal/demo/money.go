package demo

import (
	"fmt"
	"strings"

	"penates"
)

// cents is an amount of euros, exact.
type cents int64

// String returns the amount with a point and two decimals: "-12.50".
func (c cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// decimal returns the amount as the rest of Penates writes it.
func (c cents) decimal() penates.Decimal { return penates.Decimal(c.String()) }

// comma returns the amount with a decimal comma and no grouping: "-1234,50".
func (c cents) comma() string { return strings.Replace(c.String(), ".", ",", 1) }

// euros returns the amount as French people read it: "1 234,50 €".
func (c cents) euros() string {
	whole, fraction, _ := strings.Cut(c.String(), ".")
	return grouped(whole) + "," + fraction + noBreak + "€"
}

const noBreak = "\u00a0"

// grouped puts a no-break space between thousands.
func grouped(digits string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + noBreak + digits[i:]
	}
	return sign + digits
}

// micros is a unit price in millionths of a euro.
type micros int64

// String returns the price with a point and four to six decimals.
func (m micros) String() string {
	s := fmt.Sprintf("%d.%06d", m/1e6, m%1e6)
	for range 2 {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}

// times returns quantity × price, rounded half up to the cent.
func (m micros) times(quantity int64) cents {
	return cents((int64(m)*quantity + 5000) / 10000)
}

// permille returns rate/1000 of the amount, rounded half up: 200 for 20 %, 55 for 5.5 %.
func (c cents) permille(rate int64) cents {
	return cents((int64(c)*rate + 500) / 1000)
}

package penates

import (
	"fmt"
	"strconv"
	"strings"
)

// A Decimal is an exact decimal number as text: an optional minus sign, digits,
// and an optional point followed by digits ("-12.50"). The scale is kept as it
// was written; there is no exponent.
type Decimal string

// maxDecimal bounds the digits of a Decimal; no amount or reading needs more.
const maxDecimal = 40

// ParseDecimal reads a plain decimal number with a point, an optional sign and
// no grouping. Numbers as people and banks write them are read by package locale.
func ParseDecimal(s string) (Decimal, error) {
	sign, digits := "", strings.TrimPrefix(s, "+")
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, digits = "-", rest
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if len(digits) > maxDecimal || whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return "", fmt.Errorf("number %q: %w", clip(s), Invalid)
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if whole == "0" && strings.Trim(fraction, "0") == "" {
		sign = ""
	}
	if point && fraction != "" {
		fraction = "." + fraction
	}
	return Decimal(sign + whole + fraction), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Float returns the nearest float64, for columns that are summed or compared.
func (d Decimal) Float() float64 {
	f, _ := strconv.ParseFloat(string(d), 64)
	return f
}

// Negative reports whether the number is below zero.
func (d Decimal) Negative() bool { return strings.HasPrefix(string(d), "-") }

// Neg returns the number with the other sign.
func (d Decimal) Neg() Decimal {
	if rest, ok := strings.CutPrefix(string(d), "-"); ok {
		return Decimal(rest)
	}
	if strings.Trim(string(d), "0.") == "" {
		return d
	}
	return "-" + d
}

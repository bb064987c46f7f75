// Package locale reads numbers, dates and text as banks, shops and people of
// different countries write them.
package locale

import (
	"fmt"
	"strings"
	"unicode"

	"penates"
)

// Amount reads a number with decimal comma or point, digit groups (blank,
// no-break space, apostrophe, point or comma), a sign before or after,
// parentheses for negative, and an optional currency symbol: "1 234,56 €",
// "-1,234.56", "(45.90)", "12,50-". A single separator followed by exactly three
// digits ("1,234") is read as a decimal comma or point only if decimalComma
// semantics are certain; see AmountComma.
func Amount(s string) (penates.Decimal, error) { return amount(s, 0) }

// AmountComma reads as Amount where the decimal mark is known: ',' or '.'.
func AmountComma(s string, mark byte) (penates.Decimal, error) { return amount(s, mark) }

func amount(in string, mark byte) (penates.Decimal, error) {
	bad := func() (penates.Decimal, error) {
		return "", fmt.Errorf("amount %q: %w", clip(in), penates.Invalid)
	}
	if len(in) > 100 {
		return bad()
	}
	negative, closed := false, false
	var digits []byte // digits, '.' and ','
	for _, r := range in {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',':
			if closed {
				return bad()
			}
			digits = append(digits, byte(r))
		case r == '-', r == '−', r == '(':
			if negative {
				return bad()
			}
			negative, closed = true, len(digits) > 0
		case r == '+':
			if negative {
				return bad()
			}
		case r == ')', r == '\'', r == '’', unicode.IsSpace(r), unicode.Is(unicode.Sc, r):
		case unicode.IsLetter(r) && (len(digits) == 0 || endsInCode(in)): // "EUR 12", "12 EUR"
		default:
			return bad()
		}
	}
	number, ok := plain(string(digits), mark)
	if !ok {
		return bad()
	}
	d, err := penates.ParseDecimal(number)
	if err != nil {
		return bad()
	}
	if negative {
		d = d.Neg()
	}
	return d, nil
}

// endsInCode reports whether the letters of s are one currency code at its end.
func endsInCode(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 4 {
		return false
	}
	for _, r := range s[len(s)-3:] {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return !strings.ContainsFunc(s[:len(s)-3], unicode.IsLetter)
}

// plain drops the grouping of digits and makes the decimal mark a point.
func plain(s string, mark byte) (string, bool) {
	if !strings.ContainsAny(s, "0123456789") {
		return "", false
	}
	if mark == 0 {
		mark = guessMark(s)
	}
	group := byte(',')
	if mark == ',' {
		group = '.'
	}
	whole, fraction, _ := strings.Cut(s, string(mark))
	if strings.IndexByte(fraction, group) >= 0 || strings.IndexByte(fraction, mark) >= 0 {
		return "", false
	}
	parts := strings.Split(whole, string(group))
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && len(parts) > 1 && (p == "" || len(p) > 3) {
			return "", false
		}
	}
	whole = strings.Join(parts, "")
	if fraction == "" {
		return whole, true
	}
	return whole + "." + fraction, true
}

// guessMark returns the decimal mark of s: the separator that comes last when
// both are there, a repeated one is grouping, a single one is the mark.
func guessMark(s string) byte {
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma > point && point >= 0:
		return ','
	case point > comma && comma >= 0:
		return '.'
	case comma >= 0 && strings.Count(s, ",") == 1:
		return ','
	case point >= 0 && strings.Count(s, ".") > 1:
		return ','
	}
	return '.'
}

func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}

package locale

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"penates"
)

// maxAmount bounds the bytes of an amount, currency and blanks included.
const maxAmount = 100

// Amount reads a number with decimal comma or point, digits in groups of three
// (by blank, no-break space, apostrophe, point or comma), a sign before or
// after, parentheses for negative, and an optional currency sign or code:
// "1 234,56 €", "-1,234.56", "(45.90)", "12,50-", "EUR 12".
//
// When both marks occur the last one is the decimal mark, and one that occurs
// more than once is grouping. A single separator is always the decimal mark:
// "1,234" is a little more than one. Callers who know the mark of the source
// use AmountComma, where such a number is certain.
func Amount(s string) (penates.Decimal, error) { return amount(s, 0) }

// AmountComma reads as Amount where the decimal mark is known: ',' or '.'. The
// other one then only groups digits.
func AmountComma(s string, mark byte) (penates.Decimal, error) { return amount(s, mark) }

func amount(in string, mark byte) (penates.Decimal, error) {
	if len(in) > maxAmount {
		return "", badAmount(in)
	}
	number, negative, ok := unsigned(in)
	if !ok {
		return "", badAmount(in)
	}
	if !isPlain(number) || mark == ',' {
		if number, ok = plain(number, mark); !ok {
			return "", badAmount(in)
		}
	}
	d, err := penates.ParseDecimal(number)
	if err != nil {
		return "", badAmount(in)
	}
	if negative {
		d = d.Neg()
	}
	return d, nil
}

func badAmount(s string) error { return fmt.Errorf("amount %q: %w", clip(s), penates.Invalid) }

// unsigned takes blanks, currency, sign and parentheses off both ends of s, each
// at most once.
func unsigned(s string) (number string, negative, ok bool) {
	var sign, currency, open, closed bool
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		code := 0
		if !currency {
			code = leadingCode(s)
		}
		switch {
		case unicode.IsSpace(r):
		case !sign && isSign(r):
			sign, negative = true, r != '+'
		case !open && r == '(':
			open = true
		case !currency && unicode.Is(unicode.Sc, r):
			currency = true
		case code > 0:
			currency, size = true, code
		default:
			return unsignedEnd(s, sign, currency, open, closed, negative)
		}
		s = s[size:]
	}
	return "", false, false
}

func unsignedEnd(s string, sign, currency, open, closed, negative bool) (string, bool, bool) {
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		code := 0
		if !currency {
			code = trailingCode(s)
		}
		switch {
		case unicode.IsSpace(r):
		case !sign && isSign(r):
			sign, negative = true, r != '+'
		case open && !closed && r == ')':
			closed = true
		case !currency && unicode.Is(unicode.Sc, r):
			currency = true
		case code > 0:
			currency, size = true, code
		default:
			return s, negative || open, open == closed && (!open || !sign)
		}
		s = s[:len(s)-size]
	}
	return "", false, false
}

func isSign(r rune) bool { return r == '-' || r == '+' || r == '−' || r == '–' }

// leadingCode returns the length of a currency code that s begins with, or 0.
func leadingCode(s string) int {
	if len(s) > 3 && isCode(s[:3]) && !isLetter(s[3]) {
		return 3
	}
	return 0
}

func trailingCode(s string) int {
	if n := len(s); n > 3 && isCode(s[n-3:]) && !isLetter(s[n-4]) {
		return 3
	}
	return 0
}

func isCode(s string) bool {
	for i := range 3 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isPlain reports whether s is digits with at most one point, the form nearly
// all machine-written amounts have.
func isPlain(s string) bool {
	points := 0
	for i := range len(s) {
		switch {
		case s[i] == '.':
			points++
		case s[i] < '0' || s[i] > '9':
			return false
		}
	}
	return points <= 1 && len(s) > points
}

// plain drops the grouping of s and makes the decimal mark a point.
func plain(s string, mark byte) (string, bool) {
	if mark == 0 {
		mark = guessMark(s)
	}
	whole, fraction, marked := strings.Cut(s, string(mark))
	if !allDigits(fraction) || whole == "" && fraction == "" {
		return "", false
	}
	whole, ok := ungroup(whole, mark)
	if !ok {
		return "", false
	}
	if !marked || fraction == "" {
		return whole, true
	}
	return whole + "." + fraction, true
}

// ungroup joins the groups of whole: after the first, each has three digits.
func ungroup(whole string, mark byte) (string, bool) {
	b := make([]byte, 0, len(whole))
	run, groups := 0, 0
	for _, r := range whole {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
			run++
		case r != rune(mark) && (r == '.' || r == ',' || r == '\'' || r == '’' || unicode.IsSpace(r)):
			if run == 0 || run > 3 || groups > 0 && run != 3 {
				return "", false
			}
			run = 0
			groups++
		default:
			return "", false
		}
	}
	return string(b), groups == 0 || run == 3
}

// guessMark returns the decimal mark of s by the rules of Amount.
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

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Currency returns the ISO 4217 code of a currency as statements write it ("€",
// "euros", "eur", "CHF"), or "" when it is none that is certain.
func Currency(s string) string {
	if len(s) > maxAmount {
		return ""
	}
	s = strings.TrimSpace(s)
	if up := strings.ToUpper(s); len(up) == 3 && isCode(up) && isASCII(s) {
		return up
	}
	return currencyNames[Fold(s)]
}

// Signs several countries share ($, kr) stay out.
var currencyNames = map[string]string{
	"€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "livre sterling": "GBP",
	"franc suisse": "CHF", "francs suisses": "CHF", "fr.": "CHF", "us$": "USD", "$us": "USD",
	"franc": "FRF", "francs": "FRF", "zl": "PLN", "kc": "CZK", "₽": "RUB", "₹": "INR", "₪": "ILS", "₺": "TRY",
}

func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}

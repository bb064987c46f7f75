package company

import (
	"strings"
	"unicode"
)

// Number returns what two writings of one contract, meter or bill number have in
// common: its letters and digits, in upper case, without the zeros some put
// before it. It is "" when too short to tell anything.
func Number(s string) string {
	const shortest = 4
	n := strings.TrimLeft(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s), "0")
	if len(n) < shortest {
		return ""
	}
	return n
}

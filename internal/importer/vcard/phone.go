package vcard

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"penates/internal/locale"
)

// cleanPhone returns a telephone number in E.164 ("+33123456789"), national ones
// by the rules of country; what is no number that can be dialled there stays as
// it was written.
func cleanPhone(s, country string) (number string) {
	s = clip(locale.Line(s), 100)
	number = s
	defer func() {
		if recover() != nil { // the number plans are a table of somebody else's
			number = s
		}
	}()
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s, _, _ = strings.Cut(s[4:], ";")
		number = s
	}
	n, err := phonenumbers.Parse(s, strings.ToUpper(country))
	if err != nil {
		return number
	}
	international := strings.HasPrefix(strings.TrimLeft(s, "( "), "+")
	if phonenumbers.IsValidNumber(n) || international && phonenumbers.IsPossibleNumber(n) {
		return phonenumbers.Format(n, phonenumbers.E164)
	}
	return number
}

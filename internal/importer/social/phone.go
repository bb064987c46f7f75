package social

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"penates/internal/locale"
)

// Phone returns a telephone number in E.164 ("+33123456789"), national ones by
// the rules of country, and "" for what is no number that can be dialled there.
func Phone(s, country string) (number string) {
	defer func() {
		if recover() != nil { // the number plans are a table of somebody else's
			number = ""
		}
	}()
	s = locale.Line(s)
	if len(s) < 4 || len(s) > 40 || strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'z' }) {
		return ""
	}
	n, err := phonenumbers.Parse(s, strings.ToUpper(country))
	if err != nil {
		return ""
	}
	if phonenumbers.IsValidNumber(n) || strings.HasPrefix(s, "+") && phonenumbers.IsPossibleNumber(n) {
		return phonenumbers.Format(n, phonenumbers.E164)
	}
	return ""
}

// Named returns somebody known by a name that may be a telephone number or an
// e-mail address.
func Named(name, country string) Person {
	p := Person{Name: locale.Line(Clip(name, maxText))}
	if strings.Count(p.Name, "@") == 1 && strings.Contains(p.Name[strings.Index(p.Name, "@"):], ".") && !strings.Contains(p.Name, " ") && p.Name[0] != '@' {
		p.Address = strings.ToLower(p.Name)
	} else {
		p.Address = Phone(p.Name, country)
	}
	return p
}

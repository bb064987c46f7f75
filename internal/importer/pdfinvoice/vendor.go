package pdfinvoice

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"penates/internal/company"
	"penates/internal/locale"
)

// A seller is who sends a bill.
type seller struct {
	name string
	id   string // VAT number as written, else SIREN
	key  string // tells sellers apart: VAT number, else the folded name
	// known says that the name is sure: of the list of companies, or from the legal
	// mentions of the document.
	known bool
}

var (
	legalWords = regexp.MustCompile(`\br\.?c\.?s\b|\brsc\b|\bsiren\b|\bsiret\b|\btva\b|intracom|au capital|\bvat\b|\bbtw\b|\bust\b`)
	yours      = regexp.MustCompile(`\b(?:votre|uw|your|ihre|client)\b.{0,12}(?:tva|btw|vat|ust|siret|siren)|(?:tva|btw|vat|ust)\S* (?:du )?(?:client|acheteur|customer|klant|buyer)`)
	siren      = regexp.MustCompile(`(?:^|\D)(\d{3}[ .]?\d{3}[ .]?\d{3})(?:\D|$|[ .]?\d{5}(?:\D|$))`)
	vatNumbers = regexp.MustCompile(`(?:^|[^A-Z0-9])(FR[0-9A-HJ-NP-Z]{2}\d{9}|NL\d{9}B\d{2}|BE[01]\d{9}|DE\d{9}|LU\d{8}|IT\d{11}|GB\d{9}|IE\d[0-9A-Z]\d{5}[A-Z]{1,2}|ATU\d{8}|ES[A-Z0-9]\d{7}[A-Z0-9]|PT\d{9}|CHE\d{9})(?:[^0-9]|$)`)
	spacedVAT  = regexp.MustCompile(`\b(FR|NL|BE|DE|LU|IT|GB|IE|AT|ES|PT)((?: ?[0-9A-Z]){8,13})`)
)

// seller finds who sends the bill.
func (t *text) seller() seller {
	s := seller{}
	number := t.vatNumber()
	digits := t.siren()
	if digits == "" && strings.HasPrefix(number, "FR") {
		digits = number[4:]
	}
	s.id = number
	switch {
	case digits != "":
		s.key = frenchVAT(digits)
		if s.id == "" {
			s.id = digits
		}
		s.name, s.known = suppliers[digits], suppliers[digits] != ""
	case number != "":
		s.key = number
	}
	if s.name == "" {
		s.name, s.known = t.name()
	}
	if s.key == "" {
		s.key = locale.Fold(s.name)
	}
	return s
}

// legal calls yield with the cells that have legal mentions of the sender.
func (t *text) legal(yield func(n, i int, c *cell) bool) {
	for n := range t.lines {
		for i := range t.lines[n].cells {
			c := &t.lines[n].cells[i]
			if legalWords.MatchString(c.fold) && !yours.MatchString(c.fold) && !yield(n, i, c) {
				return
			}
		}
	}
}

func (t *text) vatNumber() (number string) {
	t.legal(func(n, i int, c *cell) bool {
		raw := strings.NewReplacer(".", "", "-", " ").Replace(c.raw)
		if next := t.lines[n].cells[i+1:]; len(next) > 0 && !strings.ContainsAny(c.raw, "0123456789") {
			raw += " " + strings.NewReplacer(".", "", "-", " ").Replace(next[0].raw)
		}
		for _, m := range spacedVAT.FindAllString(raw, 4) {
			// What follows may be swallowed with the blanks: the longest that is one counts.
			compact := strings.ReplaceAll(m, " ", "")
			for end := len(compact); end >= 10 && number == ""; end-- {
				if v := vatNumbers.FindStringSubmatch(compact[:end]); v != nil && validVAT(v[1]) {
					number = v[1]
				}
			}
		}
		return number == ""
	})
	return number
}

// validVAT holds a French number against the check digit of its SIREN; so an IBAN
// is no VAT number.
func validVAT(number string) bool { return !strings.HasPrefix(number, "FR") || luhn(number[4:]) }

// siren returns the number of the French company whose mentions the bill has, the
// first that is well-known or else the first of all.
func (t *text) siren() (first string) {
	known := ""
	t.legal(func(_, _ int, c *cell) bool {
		for _, m := range siren.FindAllStringSubmatch(c.raw, 4) {
			n := strings.NewReplacer(" ", "", ".", "").Replace(m[1])
			switch {
			case !luhn(n):
			case suppliers[n] != "":
				known = n
				return false
			case first == "":
				first = n
			}
		}
		return true
	})
	if known != "" {
		return known
	}
	return first
}

// luhn reports whether the last digit checks the others (ISO/IEC 7812-1, annex B).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if n < 0 || n > 9 {
			return false
		}
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0 && sum > 0
}

// frenchVAT returns the VAT number of a French company.
func frenchVAT(siren string) string {
	n, err := strconv.Atoi(siren)
	if err != nil {
		return siren
	}
	return fmt.Sprintf("FR%02d%s", (12+3*(n%97))%97, siren)
}

const legalForm = `(?:s\.?a\.?s\.?u?|s\.?a\.?r\.?l|s\.a|sa|eurl|societe anonyme|societe par actions simplifiee|gmbh(?: & co\. kg)?|ag|b\.?v|n\.?v|ltd|limited|llc|inc|plc|s\.?p\.?r\.?l|srl|s\.?p\.?a|s\.?a\.? d'economie mixte|societe cooperative|association)`

var (
	beforeCapital = regexp.MustCompile(`^(.{2,60}?)[ ,:-]*` + legalForm + `\.?,? (?:a (?:associe unique|conseil d'administration|directoire.{0,30}) )?(?:au|a) capital`)
	bareCapital   = regexp.MustCompile(`^(?:` + legalForm + `\.?,? )?(?:a conseil d'administration )?au capital`)
	withForm      = regexp.MustCompile(`^(.{2,50}?[ ,]` + legalForm + `\.?)(?:$| [-–|] |,)`)
	holder        = regexp.MustCompile(`(?:titulaire(?: du compte)?|account (?:name|holder)|beneficiaire|a l'ordre de|ten name van|kontoinhaber) ?:? ?(.{3,50})$`)
	site          = regexp.MustCompile(`(?:\bwww\.|@)([a-z0-9-]{2,40})\.(?:fr|com|nl|de|be|eu|net|org|co\.uk|io|es|it|ch|lu|shop)\b`)
	mailers       = regexp.MustCompile(`^(?:gmail|orange|free|wanadoo|yahoo|hotmail|outlook|laposte|sfr|icloud|gmx|live|bbox|neuf|aol|protonmail|tcpdf)$`)
)

// name returns the name of the sender from what the text says of it, and whether
// that is sure.
func (t *text) name() (name string, sure bool) {
	for _, find := range []func() string{t.legalName, t.knownAtTop, t.formAtTop, t.accountHolder} {
		if name := find(); name != "" {
			if known := company.Of(name); known != nil {
				name = known.Name
			}
			return name, true
		}
	}
	return t.siteName(), false
}

// legalName returns the name that stands in the legal mentions: "… SAS au capital
// de …", or by itself above them.
func (t *text) legalName() (name string) {
	t.legal(func(n, i int, c *cell) bool {
		if m := beforeCapital.FindStringSubmatchIndex(c.fold); m != nil {
			parts := strings.FieldsFunc(c.rawOf(m[2], m[3]), func(r rune) bool { return r == '-' || r == '–' || r == '|' || r == ':' })
			if n := len(parts); n > 0 && isName(parts[n-1]) {
				name = tidy(parts[n-1])
			}
		}
		if name != "" || !bareCapital.MatchString(c.fold) {
			return name == ""
		}
		for above := n - 1; above >= max(n-3, 0) && name == ""; above-- {
			for _, other := range t.lines[above].cells {
				if other.x0 < c.x1 && other.x1 > c.x0 && isName(other.raw) {
					name = tidy(other.raw)
				}
			}
		}
		return name == ""
	})
	return name
}

// isName reports whether a piece may be a company's name by itself: a few words
// without digits.
func isName(s string) bool {
	return len(s) >= 2 && len(strings.Fields(s)) <= 5 && !strings.ContainsAny(s, "0123456789:@€") && strings.ContainsFunc(s, unicode.IsUpper)
}

func tidy(s string) string { return strings.Trim(locale.Line(s), " -–,:;") }

// knownAtTop returns the well-known company that is named in the first lines, or
// by a site or address anywhere.
func (t *text) knownAtTop() string {
	const top = 14
	for _, l := range t.lines[:min(t.first, top)] {
		for _, c := range l.cells {
			if v := company.In(company.Words(c.raw)); v != nil && len(strings.Fields(c.raw)) <= 8 {
				return v.Name
			}
		}
	}
	for _, l := range t.lines {
		for _, c := range l.cells {
			for _, m := range site.FindAllStringSubmatch(c.fold, 4) {
				if v := company.Of(strings.ReplaceAll(m[1], "-", " ")); v != nil && !mailers.MatchString(m[1]) {
					return v.Name
				}
			}
		}
	}
	return ""
}

// toBuyer heads the part of a bill about who is billed.
var toBuyer = regexp.MustCompile(`^(?:kaufer|kunde|client|customer|acheteur|facture a|adresse de (?:facturation|livraison)|bill(?:ed)? to|ship to|sold to|factuuradres|afleveradres|rechnungsadresse|destinataire|leistungsempfanger)`)

// formAtTop returns a name with a legal form, as "Coolblue B.V.", of the first page,
// which does not stand where the buyer does.
func (t *text) formAtTop() string {
	const part = 6 // lines that an address has
	buyer := -part
	for n, l := range t.lines[:t.first] {
		for _, c := range l.cells {
			if toBuyer.MatchString(c.fold) {
				buyer = n
			}
			if n-buyer < part {
				continue
			}
			m := withForm.FindStringSubmatchIndex(c.fold)
			if m != nil && isName(c.rawOf(m[2], m[3])) && !legalWords.MatchString(c.fold) {
				return tidy(c.rawOf(m[2], m[3]))
			}
		}
	}
	return ""
}

func (t *text) accountHolder() string {
	for _, l := range t.lines {
		for i := range l.cells {
			c := &l.cells[i]
			if m := holder.FindStringSubmatchIndex(c.fold); m != nil && isName(c.rawOf(m[2], m[3])) {
				return tidy(c.rawOf(m[2], m[3]))
			}
		}
	}
	return ""
}

// siteName returns the name of a site or of the domain of an address.
func (t *text) siteName() string {
	for _, l := range t.lines {
		for _, c := range l.cells {
			for _, m := range site.FindAllStringSubmatch(c.fold, 4) {
				if !mailers.MatchString(m[1]) {
					return m[1]
				}
			}
		}
	}
	return ""
}

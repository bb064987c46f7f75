package mt940

import (
	"cmp"
	"regexp"
	"strings"
	"unicode/utf8"

	"penates/internal/locale"
)

// information is what field 86 tells.
type information struct {
	code     string // German transaction code
	booking  string // the bank's word for it, as in "GUTSCHRIFT"
	purpose  string
	more     string // further wording
	name     string // of the other side
	iban     string // of the other side
	endToEnd string
	mandate  string
	customer string
}

// information reads the structures that field 86 may have.
func (e *entry) information() information {
	if len(e.details) == 0 {
		return information{}
	}
	head := strings.TrimLeft(e.details[0], " ")
	if m := subfieldsPattern.FindStringSubmatch(head); m != nil {
		return readSubfields(m[1], m[2], joinTight(e.details))
	}
	text := e.text()
	if keywordPattern.MatchString(text[:min(len(text), 20)]) {
		return readKeywords(text)
	}
	i := information{purpose: text}
	if code := text[:min(len(text), 3)]; code == "999" {
		i.code, i.purpose = code, strings.TrimSpace(text[3:])
	}
	if m := dutchParty.FindStringSubmatch(text); m != nil {
		i.iban, _ = locale.IBAN(m[1])
		i.name = strings.TrimSpace(m[2])
	}
	return i
}

// dutchParty names the other side at the end of free text.
var dutchParty = regexp.MustCompile(`\bREK: ?([A-Z]{2}\d{2}[A-Z0-9]{4,30})/NAAM: ?(.{1,70})$`)

// Subfields: a transaction code, then a separator and two digits before each value.
var subfieldsPattern = regexp.MustCompile(`^(\d{3})?([?>|<^~@#$%&*!;+])(?:00|10|2\d|3[0-4]|38)`)

// joinTight joins lines that are cut anywhere, even within a word. Blanks beyond
// the width of a line are none of the text.
func joinTight(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		within, beyond := cutRunes(line, 65)
		b.WriteString(within)
		b.WriteString(strings.TrimRight(beyond, " "))
	}
	return b.String()
}

// subfieldWidth is how long subfields are at least when the next goes on without a blank.
const subfieldWidth = 27

// A subfield is a number from 0 to 99 and its value.
type subfield struct {
	number int
	text   string
}

// cutSubfields splits text at the separator with two digits behind it.
func cutSubfields(text, separator string) (list []subfield) {
	parts := strings.Split(text, separator)
	for _, p := range parts[1:] {
		if n, ok := subfieldNumber(p); ok {
			list = append(list, subfield{n, p[2:]})
		} else if len(list) > 0 { // the separator is part of the value
			list[len(list)-1].text += separator + p
		}
	}
	return list
}

// subfieldNumber reads the number of a subfield that there is.
func subfieldNumber(s string) (n int, ok bool) {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	n = int(s[0]-'0')*10 + int(s[1]-'0')
	return n, n == 0 || n == 10 || n >= 20 && n <= 34 || n == 38 || n >= 60 && n <= 63 || n >= 70 && n <= 79
}

// readSubfields reads the German structure.
func readSubfields(code, separator, text string) information {
	i := information{code: code}
	var name, other flow
	var purpose purposeReader
	for _, s := range cutSubfields(text, separator) {
		switch n := s.number; {
		case n == 0:
			i.booking = locale.Line(s.text)
		case n >= 20 && n <= 29 || n >= 60 && n <= 63:
			purpose.add(s.text)
		case n == 31 || n == 38:
			if iban, ok := locale.IBAN(s.text); ok {
				i.iban = iban
			}
		case n == 32 || n == 33:
			name.add(s.text)
		case n >= 70 && n <= 79:
			other.add(s.text)
		}
	}
	i.name = name.String()
	p := &purpose
	i.endToEnd, i.mandate, i.customer = p.get("EREF"), p.get("MREF"), p.get("KREF")
	free := p.get("")
	i.purpose = cmp.Or(p.get("SVWZ"), free)
	if free == i.purpose {
		free = ""
	}
	i.more = locale.Line(strings.Join([]string{free, p.get("ABWA"), p.get("ABWE"), other.String()}, " "))
	if iban, ok := locale.IBAN(p.get("IBAN")); ok {
		i.iban = cmp.Or(i.iban, iban)
	}
	return i
}

// A flow is text that is cut into pieces of a fixed width.
type flow struct {
	strings.Builder
	full bool // the last piece has the whole width
}

func (f *flow) add(s string) {
	if f.Len() > 0 && !f.full {
		f.WriteByte(' ')
	}
	f.WriteString(s)
	f.full = utf8.RuneCountInString(s) >= subfieldWidth
}

func (f *flow) String() string { return locale.Line(f.Builder.String()) }

// A purposeReader sorts the lines of a purpose by their SEPA keywords: "EREF+"
// before the end-to-end reference, "SVWZ+" before the payer's words.
type purposeReader struct {
	parts map[string]*flow
	key   string
}

var sepaKeyword = regexp.MustCompile(`(?:^|\s)(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|MDAT|ANAM|RREF|RTRN|SQTP|ORCR|ORMR)\+`)

func (p *purposeReader) add(s string) {
	found := sepaKeyword.FindAllStringSubmatchIndex(s, -1)
	lead := s
	if len(found) > 0 {
		lead = s[:found[0][0]]
	}
	if lead != "" {
		if part := p.parts[p.key]; p.key != "SVWZ" && part != nil && !part.full { // a reference is at its end
			p.key = ""
		}
		p.part(lead)
	}
	for n, at := range found {
		end := len(s)
		if n+1 < len(found) {
			end = found[n+1][0]
		}
		p.key = s[at[2]:at[3]]
		p.part(s[at[1]:end])
		p.parts[p.key].full = n+1 == len(found) && utf8.RuneCountInString(s) >= subfieldWidth
	}
}

func (p *purposeReader) part(s string) {
	if p.parts == nil {
		p.parts = map[string]*flow{}
	}
	if p.parts[p.key] == nil {
		p.parts[p.key] = &flow{}
	}
	p.parts[p.key].add(s)
}

func (p *purposeReader) get(key string) string {
	if f := p.parts[key]; f != nil {
		return f.String()
	}
	return ""
}

// Keywords between slashes, as in "/EREF/1/NAME/Zoé/REMI/rent".
var keywordPattern = regexp.MustCompile(
	`/(TRTP|TRCD|IBAN|BIC|NAME|REMI|EREF|ORDP|BENM|ULTD|ULTB|ULTC|CNTP|MARF|CSID|PREF|PURP|RTRN|SVCL|ISDT|ADDR|ID|BUSP|IREF|OCMT|CHGS|EXCH|RCMT)/`)

// readKeywords reads the Dutch structure.
func readKeywords(text string) information {
	values := map[string]string{}
	found := keywordPattern.FindAllStringSubmatchIndex(text, -1)
	for n := 0; n < len(found); n++ {
		end := len(text)
		if n+1 < len(found) {
			end = found[n+1][0]
		}
		key := text[found[n][2]:found[n][3]]
		if value := strings.Trim(text[min(found[n][1], end):end], "/ "); values[key] == "" {
			values[key] = value
		}
	}
	i := information{booking: values["TRTP"], name: values["NAME"], endToEnd: values["EREF"], mandate: values["MARF"], customer: values["PREF"]}
	i.iban, _ = locale.IBAN(values["IBAN"])
	if parts := strings.Split(values["CNTP"], "/"); values["CNTP"] != "" { // account, BIC, name, place
		i.iban, _ = locale.IBAN(parts[0])
		if len(parts) > 2 {
			i.name = strings.TrimSpace(parts[2])
		}
	}
	words := values["REMI"]
	for _, kind := range [...]string{"USTD//", "USTD/", "STRD/CUR/", "STRD/"} {
		if rest, ok := strings.CutPrefix(words, kind); ok {
			words = rest
			break
		}
	}
	i.purpose = strings.TrimSpace(words)
	if i.purpose == "" && i.name == "" && i.booking == "" {
		i.purpose = text
	}
	return i
}

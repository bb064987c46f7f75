package pdfinvoice

import (
	"regexp"
	"strings"
)

// invoiceWord is what bills call themselves, and creditWord what they do that
// give money back.
const (
	invoiceWord = `(?:facture|factuur|invoice|[a-z]{0,20}rechnung|quittance|avoir|note de credit|credit note|creditnota|gutschrift|receipt|recu)`
	numberMark  = `(?:n\s?[°o]s?|nr|no|numero|number|num|nummer|#|id|ref|reference)`
)

// numberLabels name the number of a bill, the surest first.
var numberLabels = []*regexp.Regexp{
	regexp.MustCompile(`\b` + invoiceWord + `[ -]{0,2}` + numberMark + `(?:\b|[.: ]|$)[.]?`),
	regexp.MustCompile(`(?:^|[^a-z])` + numberMark + `\.?\s*(?:de |d'|of |van |der )?(?:la |l'|votre |cette |your |the )?` + invoiceWord + `\b`),
	regexp.MustCompile(`\b(?:factuur|rechnungs)[ -]?(?:nummer|nr)\b\.?|\b[a-z]{0,20}rechnung(?: des [a-z]+)? ?(?:\(\d{3}\))? ?nr\b\.?`),
	regexp.MustCompile(`\b(?:bill|statement|document|piece) ` + numberMark + `\b\.?`),
	bareWord,
	columnHead,
}

// A bill may be called by its kind and number alone, or have a column for it.
var (
	bareWord   = regexp.MustCompile(`^` + invoiceWord + ` `)
	columnHead = regexp.MustCompile(`^(?:facture|factuur|invoice|rechnung)\s*:?$`)
)

var (
	token  = regexp.MustCompile(`^[ :#.°-]*([A-Za-z0-9][A-Za-z0-9/_.:-]*)`)
	groups = regexp.MustCompile(`^[ :#.°-]*(\d{1,4}(?: \d{2,4}){1,6})(?:$|[^\d/.,-])`)
)

// number returns the number of the bill and where its label is.
func (t *text) number() (string, hit) {
	for i, label := range numberLabels {
		least := 2 // digits
		if i < 2 {
			least = 1 // small shops begin with 1
		}
		var found string
		var where hit
		t.find(label, len(t.lines), func(h hit) bool {
			candidates := t.beside(h)
			switch label {
			case bareWord:
				candidates = []cell{t.lines[h.line].cells[h.cell].tail(h.end)}
			case columnHead:
				candidates = t.below(h)
			}
			for _, c := range candidates {
				found = numberWith(&c, least)
				if label == bareWord && len(found) < 5 { // a year, or a page
					found = ""
				}
				if found != "" {
					where = h
					return false
				}
			}
			return true
		})
		if found != "" {
			return found, where
		}
	}
	return "", hit{}
}

// numberIn returns the number that a cell begins with, "" when it begins with none.
func numberIn(c *cell) string { return numberWith(c, 2) }

// numberWith returns the number with that many digits at least which a cell begins with.
func numberWith(c *cell, least int) string {
	if m := groups.FindStringSubmatch(c.raw); m != nil {
		if n := strings.ReplaceAll(m[1], " ", ""); len(n) >= 6 {
			return n
		}
	}
	m := token.FindStringSubmatch(c.raw)
	if m == nil {
		return ""
	}
	n := strings.TrimRight(m[1], ".:-/_")
	digits := 0
	for i := range len(n) {
		if n[i] >= '0' && n[i] <= '9' {
			digits++
		}
	}
	const longest = 40
	if digits < least || len(n) > longest || dateOnly.MatchString(n) || amountOnly.MatchString(n) {
		return ""
	}
	return n
}

var (
	dateOnly   = regexp.MustCompile(`^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$`)
	amountOnly = regexp.MustCompile(`^\d+[.,]\d{2}$`)
)

// belonging are the labels of what a bill belongs to, with the reference each is.
var belonging = []struct {
	label *regexp.Regexp
	kind  string
}{
	{regexp.MustCompile(`(?:` + numberMark + `\.?\s*(?:de |du |d'|of )?(?:votre |gestion du |gestion de |the |your )?(?:contrat|contract|police)|\b(?:contrat|contract|vertrags?)[ -]?(?:` + numberMark + `))\b\.?`), "contract"},
	{regexp.MustCompile(`(?:` + numberMark + `\.?\s*(?:de |du |d'|of )?(?:votre |the |your )?(?:compte client|client|societaire|adherent|abonne|assure)|identifiant client|\b(?:client|customer|account|klant|kunden)[ -]?(?:` + numberMark + `)|id\.? ?client)\b\.?`), "customer"},
}

// belongs returns the number of the contract and of the customer.
func (t *text) belongs() map[string]string {
	found := map[string]string{}
	for _, b := range belonging {
		t.find(b.label, len(t.lines), func(h hit) bool {
			for _, c := range t.beside(h) {
				if n := numberIn(&c); n != "" {
					found[b.kind] = n
					return false
				}
			}
			return true
		})
	}
	return found
}

var (
	prmLabel = regexp.MustCompile(`\b(?:pdl|prm|point de livraison|point reference mesure|reference acheminement electricite|ref\.? acheminement)\b`)
	pceLabel = regexp.MustCompile(`\b(?:pce|point de comptage et d'estimation|reference acheminement gaz)\b`)
	prmValue = regexp.MustCompile(`^[^0-9]{0,40}((?:\d ?){14})(?:$|\D)`)
	pceValue = regexp.MustCompile(`^[^0-9]{0,40}((?:\d ?){14}|gi\d{6})(?:$|\D)`)
)

// meter returns the number of a delivery point that stands beside its label.
func (t *text) meter(label, value *regexp.Regexp) (number string) {
	t.find(label, len(t.lines), func(h hit) bool {
		for _, c := range t.beside(h) {
			if m := value.FindStringSubmatch(c.fold); m != nil {
				number = strings.ToUpper(strings.ReplaceAll(m[1], " ", ""))
				return false
			}
		}
		return true
	})
	return number
}

var title = regexp.MustCompile(`^(?:M\.|MM\.|Mr\.?|M|Mme\.?|MME\.?|Mlle\.?|MLLE\.?|Monsieur|MONSIEUR|Madame|MADAME|Mrs\.?|Ms\.?|Herr|Frau|De heer|Mevrouw)(?: (?:et|ou|ET|OU|&) (?:Mme|MME|M\.|Madame|Monsieur))? (\p{L}[\p{L}'’. -]{3,60})$`)

// buyer returns the person a bill is addressed to, when a title says it is one.
func (t *text) buyer() string {
	for _, l := range t.lines[:t.first] {
		for _, c := range l.cells {
			if m := title.FindStringSubmatch(c.raw); m != nil && len(strings.Fields(m[1])) <= 5 && strings.Contains(m[1], " ") {
				return m[1]
			}
		}
	}
	return ""
}

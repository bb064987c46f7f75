// Package company knows companies by the many names they go under: a bill says
// "Électricité de France", the bank's label "PRLV SEPA EDF CLIENTS PARTICULIE
// FR46ZZZ". It compares names by their folded words; a table of well-known
// companies adds the names that have no word in common.
package company

import (
	"slices"
	"strings"
	"unicode"

	"penates/internal/locale"
)

// A Sector is what a company sells.
type Sector string

// The sectors that matter to links and insights.
const (
	Energy    Sector = "energy"
	Water     Sector = "water"
	Telecom   Sector = "telecom"
	Insurance Sector = "insurance"
	Health    Sector = "health" // who refunds care
	Media     Sector = "media"
	Transport Sector = "transport"
	Shop      Sector = "shop"
)

// A Vendor is a well-known company.
type Vendor struct {
	Name   string
	Sector Sector
	// Energies are what an energy company sells: "electricity", "gas".
	Energies []string
	aliases  []alias
}

// An alias is a name as its words; a vague one is also an ordinary word, and
// counts only when the vendor is already expected.
type alias struct {
	words []string
	vague bool
}

// Words returns the folded words of s: letters and digits, in lower case without
// accents.
func Words(s string) []string {
	return strings.FieldsFunc(locale.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// find returns where phrase begins in words, or -1. The last word of words may be
// cut short, as banks cut their labels.
func find(words, phrase []string) int {
	for i := 0; i+len(phrase) <= len(words); i++ {
		if matches(words[i:], phrase, i+len(phrase) == len(words)) {
			return i
		}
	}
	return -1
}

func matches(words, phrase []string, atEnd bool) bool {
	const shortest = 4 // letters left of a word that was cut
	for j, p := range phrase {
		w := words[j]
		cut := atEnd && j > 0 && j == len(phrase)-1 && len(w) >= shortest && strings.HasPrefix(p, w)
		if w != p && !cut {
			return false
		}
	}
	return true
}

// Of returns the well-known company that name, as printed on a bill, stands for,
// or nil.
func Of(name string) *Vendor { return ofWords(significant(Words(name))) }

func ofWords(words []string) *Vendor {
	if v := vagueNames[strings.Join(words, " ")]; v != nil {
		return v
	}
	return In(words)
}

// In returns the well-known company that the words of a bank's label name, or
// nil. Names that are ordinary words ("orange", "free") do not count; of several
// names the longest does, then the first.
func In(words []string) (best *Vendor) {
	longest := 0
	for i, w := range words {
		for _, c := range byFirst[w] {
			if n := len(c.words); n > longest && i+n <= len(words) && matches(words[i:], c.words, i+n == len(words)) {
				best, longest = c.vendor, n
			}
		}
	}
	return best
}

// A Name is the name of a vendor, ready to be looked for in many labels.
type Name struct {
	own      []string
	together string
	longest  string
	known    *Vendor
}

// ParseName makes ready a name as printed on a bill.
func ParseName(name string) Name {
	own := significant(Words(name))
	n := Name{own: own, together: strings.Join(own, ""), known: ofWords(own)}
	if len(own) > 1 {
		n.longest = distinctive(own)
	}
	return n
}

// Known returns the well-known company the name stands for, or nil.
func (n Name) Known() *Vendor { return n.known }

// In reports whether the words of a bank's label name the vendor.
func (n Name) In(label []string) bool {
	if len(n.own) == 0 {
		return false
	}
	if n.known != nil {
		for _, a := range n.known.aliases {
			if find(label, a.words) >= 0 {
				return true
			}
		}
	}
	if find(label, n.own) >= 0 || joined(label, n.together) {
		return true
	}
	return n.longest != "" && slices.Contains(label, n.longest)
}

// joined reports whether a word of label begins with the name written as one
// word, or several of its words make it up.
func joined(label []string, name string) bool {
	const shortest = 5 // letters; less would be found by chance
	if len(name) < shortest {
		return false
	}
	for i := range label {
		if strings.HasPrefix(label[i], name) {
			return true
		}
		made := label[i]
		for j := i + 1; j < len(label) && len(made) < len(name) && strings.HasPrefix(name, made); j++ {
			made += label[j]
		}
		if made == name {
			return true
		}
	}
	return false
}

// distinctive returns the longest word that says more than a trade, or "".
func distinctive(words []string) (longest string) {
	const shortest = 5
	for _, w := range words {
		if len(w) >= shortest && len(w) > len(longest) && !generic[w] {
			longest = w
		}
	}
	return longest
}

// significant returns words without legal forms and domain endings.
func significant(words []string) []string {
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if !legal[w] {
			kept = append(kept, w)
		}
	}
	return kept
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	legal   = set("sa sas sasu sarl eurl snc sca scop sci se ste societe ltd limited plc llc inc corp gmbh ag kg bv nv spa srl sl www com fr eu net org the")
	generic = set(`agence assurance assurances banque boulangerie boutique cabinet caisse centre clients clinique commune compagnie
		direct docteur energie energies electricite europe european france groupe group garage hopital hotel international
		internet laboratoire magasin mairie maison market mobile mutuelle online paris particuliers pharmacie restaurant service
		services shop store syndic syndicat telecom telecommunications trading ville`)
)

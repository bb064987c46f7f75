package bank

import (
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
)

// Told is what the wording of an operation tells.
type Told struct {
	Kind         string         // as in schema.BankOperation, "" when unknown
	Counterparty string         // "" when unknown
	Day          penates.Moment // day of a card payment or withdrawal
}

// maxWords bounds how much of a label is looked at.
const maxWords = 24

// ReadLabel reads a label as French and English banks word it: the kind of
// operation by its first words, then, for cards, transfers and direct debits,
// who was on the other side, and the day a card was used ("CARTE 03/03/26 …",
// "FACTURE CARTE DU 030326 …"), which is at most two months before booked.
func ReadLabel(label string, booked penates.Moment) (t Told) {
	if _, wording, ok := strings.Cut(label, " | "); ok { // "EDF | PRLV SEPA EDF", a name the bank made of the wording
		label = wording
	}
	words := strings.Fields(clip(label, 400))
	if len(words) == 0 {
		return t
	}
	words = words[:min(len(words), maxWords)]
	folded := make([]string, len(words))
	for i, w := range words {
		folded[i] = strings.Trim(locale.Fold(w), ".,;:*")
	}
	n := 0
	t.Kind, n = kindOf(folded)
	if t.Kind == "" {
		return t
	}
	for n < len(words) && (noise[folded[n]] || isMark(folded[n])) {
		if usesCard(t.Kind) && t.Day.IsZero() {
			t.Day = cardDay(folded[n], booked)
		}
		n++
	}
	if t.Kind == "card" || t.Kind == "transfer" || t.Kind == "debit" {
		t.Counterparty = name(words[n:], folded[n:])
	}
	return t
}

func usesCard(kind string) bool { return kind == "card" || kind == "cash" }

// kindOf returns the kind that the first words say and how many words said it.
func kindOf(words []string) (kind string, n int) {
	if len(words) > 1 {
		if k := kinds[words[0]+" "+words[1]]; k != "" {
			return k, 2
		}
	}
	if k := kinds[words[0]]; k != "" {
		return k, 1
	}
	return "", 0
}

// name joins the words up to a reference, a card number or the like.
func name(words, folded []string) string {
	end := 0
	for end < len(words) && !ends[folded[end]] && !strings.HasPrefix(folded[end], "cb*") && !isMark(folded[end]) {
		end++
	}
	return strings.Join(words[:end], " ")
}

// isMark reports whether a word is a date, a number or a masked card number
// rather than part of a name.
func isMark(w string) bool {
	digits := 0
	for i := range len(w) {
		switch c := w[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c != '/' && c != '.' && c != '-' && c != 'x' && c != '*':
			return false
		}
	}
	return digits >= 2
}

// cardDay reads the day in a card payment's label: DD/MM/YY, DD/MM, DDMMYY or
// DDMM.
func cardDay(w string, booked penates.Moment) penates.Moment {
	if booked.IsZero() {
		return penates.Moment{}
	}
	switch {
	case len(w) == 4 && strings.Trim(w, "0123456789") == "":
		w = w[:2] + "/" + w[2:]
		fallthrough
	case len(w) == 5 && (w[2] == '/' || w[2] == '.'):
		w += booked.Date()[:4]
		w = w[:5] + "/" + w[5:]
	}
	day, err := locale.Day(strings.ReplaceAll(w, ".", "/"), locale.DMY)
	if err != nil {
		return penates.Moment{}
	}
	if day.Time().After(booked.Time().AddDate(0, 0, 31)) { // December in a statement of January
		day = penates.DayOf(day.Time().AddDate(-1, 0, 0))
	}
	if gap := booked.Time().Sub(day.Time()); gap < -24*time.Hour || gap > 62*24*time.Hour {
		return penates.Moment{}
	}
	return day
}

var kinds = map[string]string{
	"carte": "card", "cb": "card", "card": "card", "card_payment": "card", "achat cb": "card", "paiement cb": "card",
	"paiement carte": "card", "paiement par": "card", "facture carte": "card", "facturette": "card", "facturette cb": "card",
	"paiement psc": "card", "card payment": "card", "pos": "card", "avoir carte": "card", "credit carte": "card",
	"prlv": "debit", "prelevement": "debit", "prelevements": "debit", "prelev": "debit", "prelevmnt": "debit", "prlv sepa": "debit",
	"direct debit": "debit", "avis prelevement": "debit", "lastschrift": "debit", "sepa debit": "debit",
	"vir": "transfer", "virement": "transfer", "virements": "transfer", "virt": "transfer", "vrt": "transfer", "transfer": "transfer",
	"to": "transfer", "from": "transfer", "payment from": "transfer", "payment to": "transfer", "transfer to": "transfer", "transfer from": "transfer",
	"vir sepa": "transfer", "vir inst": "transfer", "vir. instantane": "transfer", "uberweisung": "transfer", "gutschrift": "transfer",
	"cheque": "check", "chq": "check", "cheques": "check", "check": "check", "remise": "check", "rem": "check", "remise cheque": "check",
	"retrait": "cash", "retraits": "cash", "dab": "cash", "gab": "cash", "atm": "cash", "ret dab": "cash", "versement especes": "cash",
	"cotisation": "fee", "cotis": "fee", "frais": "fee", "commission": "fee", "commissions": "fee", "agios": "fee", "fee": "fee", "fees": "fee",
	"interets": "interest", "interet": "interest", "interest": "interest", "int": "interest",
}

// noise stands between the kind and the name.
var noise = map[string]bool{
	"": true, "-": true, "sepa": true, "europeen": true, "recu": true, "recus": true, "emis": true, "inst": true, "instantane": true,
	"permanent": true, "de": true, "du": true, "par": true, "carte": true, "cb": true, "vers": true, "pour": true, "en": true,
	"votre": true, "faveur": true, "le": true, "dab": true, "from": true, "to": true, "by": true, "ref": true, "web": true, "id": true,
}

// ends begins what no longer is the name.
var ends = map[string]bool{
	"ref": true, "reference": true, "motif": true, "mandat": true, "emetteur": true, "facture": true, "rum": true, "ics": true, "id": true, "|": true,
}

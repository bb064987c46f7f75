package company

import "strings"

// Key returns what stays the same in the wordings of payments to or from one
// party: the well-known company's name, else the folded words that are not dates,
// numbers or a bank's own. It is "" when nothing is left.
func Key(words []string) string {
	const most = 4 // words; what follows tends to differ
	if v := In(words); v != nil {
		return v.Name
	}
	kept := make([]string, 0, most)
	for _, w := range words {
		if len(kept) == most {
			break
		}
		if Telling(w) {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// bankWords are what banks add to labels, and the months that name a period.
var bankWords = set(`prlv prelevement prelevements prelevt sepa vir virement virements viremt inst instantane instant recu emis faveur europeen europeenne
	carte cb card achat achats paiement paiements payment payement pay psc facture fact factures cheque chq retrait dab gab ech echeance
	ref reference mandat mandate mdt rum ics id emetteur nnd num numero no nr client du de des la le les en au aux pour par et a vers
	eur euro euros web internet online mensuel mensualite abonnement abo cotisation cotis permanent perm motif libelle
	debit credit direct standing order transfer from to bacs dd lastschrift uberweisung gutschrift bill
	janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
	jan janv fev fevr avr juil sept oct nov dec
	january february march april may june july august september october november december`)

// Telling reports whether a word of a label says something of the payment: it is
// none of those that banks put before the wording, nor a date or a number.
func Telling(word string) bool {
	return len(word) > 1 && !bankWords[word] && !legal[word] && !strings.ContainsAny(word, "0123456789")
}

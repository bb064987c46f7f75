package link

import (
	"encoding/json"
	"slices"
	"strings"

	"penates/internal/company"
	"penates/internal/figure"
)

// mayBeOne reports whether the names of two cards may be one person's: one is the
// other, shortened, or only the family name changed. A name of one word is anything:
// a nickname, a family name, "Mum".
func mayBeOne(a, b *Card) bool {
	x, y := a.words, b.words
	if len(x) < 2 || len(y) < 2 || within(x, y) || within(y, x) {
		return true
	}
	given := company.Words(a.Given)
	return len(given) > 0 && slices.Equal(given, company.Words(b.Given)) || x[0] == y[0] && len(x[0]) > 1
}

// within reports whether each word of a is one of b, or the initial of one.
func within(a, b []string) bool {
	for _, w := range a {
		if !slices.ContainsFunc(b, func(o string) bool {
			return w == o || len(w) == 1 && strings.HasPrefix(o, w) || len(o) == 1 && strings.HasPrefix(w, o)
		}) {
			return false
		}
	}
	return true
}

// nameWords returns the words of a name without titles.
func nameWords(name string) []string {
	return slices.DeleteFunc(company.Words(name), func(w string) bool { return titles[w] })
}

var titles = words("m mr mme mlle mrs ms miss dr docteur me maitre pr prof professeur monsieur madame mademoiselle herr frau")

// role reports whether an address is that of a role, which changes hands.
func role(a string) bool {
	local, _, ok := strings.Cut(a, "@")
	if !ok {
		return false
	}
	parts := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == '+' })
	return len(parts) == 0 || roles[parts[0]] || roles[strings.Join(parts, "")] || slices.Contains(parts, "noreply") || slices.Contains(parts, "reply")
}

var roles = words(`info infos information contact contacts noreply donotreply nepasrepondre pasdereponse support service services serviceclient
	serviceclients servicesclients customerservice customercare relationclient relationclients client clients customer customers hello bonjour hallo
	hola admin administration administrator administrateur office bureau mail email courrier postmaster webmaster hostmaster abuse root security
	securite sales vente ventes commercial compta comptabilite accounting accounts billing facturation facture factures invoice invoices rh hr jobs
	job emploi recrutement careers newsletter news actu actualites notification notifications notify alert alerts alerte alertes accueil reception
	secretariat secretary direction mairie team equipe help helpdesk aide sav assistance reservation reservations booking bookings rdv commande
	commandes order orders shop boutique presse press media marketing communication com privacy dpo rgpd gdpr legal juridique enquiries enquiry
	family famille foyer maison all tous everyone list liste group groupe staff association asso syndic gestion agence mailer daemon mailerdaemon
	bounce bounces unsubscribe feedback no`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// e164 returns a telephone number in E.164 with its plus sign, or "".
func e164(s string) string {
	n := address(s)
	if rest, ok := strings.CutPrefix(n, "00"); ok {
		n = "+" + rest
	}
	const shortest, longest = 8, 15
	if d, ok := strings.CutPrefix(n, "+"); ok && len(d) >= shortest && len(d) <= longest && digitsOf(d) == d {
		return n
	}
	return ""
}

// texts reads a cell that holds a JSON array of text; anything else is empty.
func texts(cell any) (some []string) {
	if json.Unmarshal([]byte(figure.Text(cell)), &some) != nil {
		return nil
	}
	return some
}

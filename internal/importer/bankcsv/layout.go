package bankcsv

import (
	"slices"
	"strings"

	"penates/internal/locale"
)

// A role is what a column holds.
type role int

const (
	unknown     role = iota
	booking          // day of booking
	opDay            // "date opération": the day of booking unless another column has it
	value            // value date
	started          // when the person acted; tells operations apart
	label            // the bank's whole wording
	short            // a shorter wording
	memo             // further wording
	amount           // signed
	debit            // goes out
	credit           // comes in
	fee              // taken beside the amount
	currency         // of the amount
	balance          // of the account afterwards
	account          // the person's own account
	accountName      // its name
	product          // which of the person's accounts, at Revolut
	other            // who is on the other side
	otherIBAN        // their IBAN
	reference        // the bank's or payer's reference
	category         // the bank's category
	subCategory      // and within it
	kind             // the bank's word for the kind of operation
	status           // booked, pending, reverted
	foreign          // amount before conversion
	foreignCode      // its currency
	direction        // a word for out or in, where amounts have no sign
	roles            // how many there are
)

// headings are the folded headings of the columns, as banks word them, in
// French, English and German. A currency at their end is cut before.
var headings = map[role][]string{
	booking: {"date", "date de comptabilisation", "date comptable", "date comptabilisation", "date comptabilisation operation",
		"dateop", "date op", "date d'ecriture", "date ecriture", "completed date", "date de fin", "abschlussdatum", "date completed (utc)",
		"booking date", "datum", "buchungsdatum", "buchung", "posting date", "post date", "posted date"},
	opDay:       {"date operation", "date d'operation", "date de l'operation", "date de l'achat", "transaction date"},
	value:       {"date de valeur", "date valeur", "dateval", "date val", "valeur", "value date", "valutadatum", "wertstellung"},
	started:     {"started date", "date de debut", "startdatum", "date started (utc)"},
	label:       {"libelle operation", "libelle", "detail de l'ecriture", "libelle complet operation", "libelle de l'operation", "label", "description", "beschreibung", "nature de l'operation", "intitule", "designation", "operation"},
	short:       {"libelle court", "libelle simplifie", "libelle abrege"},
	memo:        {"informations complementaires", "informations", "comment", "commentaire", "commentaires", "commentaire operation", "detail", "details", "payment reference", "reference de paiement", "verwendungszweck", "notes", "note", "message", "communication", "libelle complementaire"},
	amount:      {"montant", "montant operation", "montant de l'operation", "amount", "betrag", "montant operation en", "montant net"},
	debit:       {"debit", "debits", "paid out", "money out", "montant debit", "debit operation"},
	credit:      {"credit", "credits", "paid in", "money in", "montant credit", "credit operation"},
	fee:         {"fee", "frais", "gebuhr"},
	currency:    {"devise", "currency", "wahrung", "monnaie", "payment currency"},
	balance:     {"solde", "balance", "accountbalance", "kontostand", "solde apres operation"},
	account:     {"accountnum", "account number", "numero de compte", "numero compte", "compteid", "compte", "iban", "n° de compte", "n° compte"},
	accountName: {"accountlabel", "account name", "nom du compte", "libelle compte", "libelle du compte", "kontoname"},
	product:     {"product", "produit", "produkt"},
	other:       {"supplierfound", "payee", "beneficiaire", "empfanger", "partner name", "nom du partenaire", "tiers", "contrepartie"},
	otherIBAN:   {"partner iban", "iban du partenaire", "iban partenaire"},
	reference:   {"reference", "numero d'operation", "reference operation", "ref", "numero operation", "n° operation"},
	category:    {"categorie", "category", "kategorie", "categorie operation"},
	subCategory: {"sous categorie", "sous categorie operation", "sous-categorie"},
	kind:        {"type operation", "type d'operation", "type de l'operation", "transaction type", "type de transaction", "transaktionstyp", "type", "typ"},
	status:      {"state", "etat", "status", "statut"},
	foreign:     {"amount (foreign currency)", "original amount", "montant (devise etrangere)", "montant d'origine", "betrag (fremdwahrung)"},
	foreignCode: {"type foreign currency", "original currency", "selectionnez la devise etrangere", "devise d'origine", "fremdwahrung"},
}

var roleOf = func() map[string]role {
	m := map[string]role{}
	for r, words := range headings {
		for _, w := range words {
			m[w] = r
		}
	}
	return m
}()

// A layout is the shape of one bank's statements: the headings that tell it, and
// those that mean something else there than usual.
type layout struct {
	name        string // part of the connection when no account number is known
	institution string
	marks       []string // headings which together no other layout has
	special     map[string]role
	feeBeside   bool // the fee is not part of the amount
}

// layouts are tried in this order; the last one takes any table with the headings
// of a bank statement.
var layouts = slices.Concat(french, european, []layout{{name: "bank"}})

var french = []layout{
	{name: "boursobank", institution: "BoursoBank", marks: []string{"dateop", "dateval", "label", "amount"},
		special: map[string]role{"categoryparent": category, "category": subCategory}},
	{name: "bnp-paribas", institution: "BNP Paribas", marks: []string{"date operation", "type operation", "libelle operation", "montant operation"}},
	{name: "bnp-paribas", institution: "BNP Paribas", marks: []string{"date operation", "categorie operation", "libelle operation", "montant operation"}},
	{name: "societe-generale", institution: "Société Générale", marks: []string{"date de l'operation", "libelle", "detail de l'ecriture"},
		special: map[string]role{"libelle": short}},
	{name: "societe-generale", institution: "Société Générale", marks: []string{"date comptabilisation", "libelle complet operation", "montant operation"}},
	{name: "bpce", institution: "BPCE", marks: []string{"date de comptabilisation", "libelle operation", "debit", "credit"}},
	{name: "bpce", institution: "BPCE", marks: []string{"date comptable", "date operation", "libelle"}},
	{name: "banque-populaire", institution: "Banque Populaire", marks: []string{"date comptabilisation", "date operation", "libelle", "montant"}},
	{name: "caisse-epargne", institution: "Caisse d'Épargne", marks: []string{"date", "numero d'operation", "libelle", "debit", "credit"}},
	{name: "revolut", institution: "Revolut", marks: []string{"type", "started date", "completed date", "amount"}, feeBeside: true},
	{name: "revolut", institution: "Revolut", marks: []string{"type", "date de debut", "date de fin", "montant"}, feeBeside: true},
	{name: "revolut", institution: "Revolut", marks: []string{"startdatum", "abschlussdatum", "betrag"}, feeBeside: true},
	{name: "revolut", institution: "Revolut", marks: []string{"completed date", "description", "paid out", "paid in"}},
	{name: "n26", institution: "N26", marks: []string{"date", "payee", "account number", "amount"}, special: n26},
	{name: "n26", institution: "N26", marks: []string{"date", "beneficiaire", "numero de compte", "montant"}, special: n26},
	{name: "n26", institution: "N26", marks: []string{"datum", "empfanger", "kontonummer", "betrag"}, special: n26},
	{name: "n26", institution: "N26", marks: []string{"booking date", "partner name", "payment reference", "amount"}, special: n26},
	{name: "la-banque-postale", institution: "La Banque Postale", marks: []string{"date", "libelle", "montant (euros)"}},
	{name: "credit-mutuel", institution: "Crédit Mutuel", marks: []string{"date de valeur", "libelle", "solde", "date", "debit", "credit"}},
	{name: "credit-mutuel", institution: "Crédit Mutuel", marks: []string{"date de valeur", "libelle", "solde", "date", "montant"}},
	{name: "credit-mutuel", institution: "Crédit Mutuel", marks: []string{"date d'operation", "date de valeur", "libelle", "solde"}},
	{name: "credit-agricole", institution: "Crédit Agricole", marks: []string{"date", "libelle", "debit euros", "credit euros"}},
}

// At N26 "account number" is the other side's.
var n26 = map[string]role{
	"account number": otherIBAN, "numero de compte": otherIBAN, "kontonummer": otherIBAN,
	"category": category, "type": kind,
}

// Columns say where each role is found in a row.
type columns struct {
	*layout
	at       [roles]int // index of the column, -1 when there is none
	width    int        // of the header, without empty headings at its end
	need     int        // fields a row has at least
	sure     bool       // that this is a statement, without looking at its rows
	currency string     // the headings name, or ""

	// What a person said of them (package mapping).
	order    locale.Order
	mark     byte // decimal mark, 0 when each amount tells
	reversed bool // what goes out is positive
	account  string
	said     bool // that it was a person who said so
}

// matchHeader returns the columns of a row of headings, nil when the row is none.
func matchHeader(fields []string) *columns {
	if len(fields) < 3 || len(fields) > maxFields-1 {
		return nil
	}
	folded := make([]string, len(fields))
	bare := make([]string, len(fields))
	codes := make([]string, len(fields))
	for i, f := range fields {
		if len(f) > 80 {
			return nil
		}
		folded[i] = heading(f)
		bare[i], codes[i] = cutCurrency(folded[i])
	}
	for i := range layouts {
		l := &layouts[i]
		if !l.matches(folded, bare) {
			continue
		}
		if c := l.columns(folded, bare, codes); c != nil {
			return c
		}
	}
	return nil
}

func heading(s string) string {
	return locale.Fold(strings.Trim(headingMarks.Replace(s), "\uFEFF \t:"))
}

func (l *layout) matches(folded, bare []string) bool {
	for _, m := range l.marks {
		if !slices.Contains(folded, m) && !slices.Contains(bare, m) {
			return false
		}
	}
	return true
}

// columns finds the roles of the headings; nil when date, amount or wording is
// missing.
func (l *layout) columns(folded, bare, codes []string) *columns {
	c := &columns{layout: l}
	l.find(c, folded, bare, codes)
	return c.complete()
}

// find fills c with the roles of the headings.
func (l *layout) find(c *columns, folded, bare, codes []string) {
	for i := range c.at {
		c.at[i] = -1
	}
	for i := range folded {
		if folded[i] != "" {
			c.width = i + 1
		}
		r := l.roleOf(folded[i])
		if r == unknown {
			r = l.roleOf(bare[i])
		}
		if r == unknown || c.at[r] >= 0 {
			continue
		}
		c.at[r] = i
		if codes[i] != "" && (r == amount || r == debit || r == credit) {
			c.currency = codes[i]
		}
	}
	if c.at[booking] < 0 {
		c.at[booking], c.at[opDay] = c.at[opDay], -1
	}
	if c.at[label] < 0 {
		c.at[label], c.at[short] = c.at[short], -1
	}
}

func (l *layout) roleOf(heading string) role {
	if r, ok := l.special[heading]; ok {
		return r
	}
	return roleOf[heading]
}

// complete reports whether a statement can be read with these columns, by
// returning c or nil.
func (c *columns) complete() *columns {
	worded := max(c.at[label], c.at[other], c.at[memo])
	money := c.at[amount]
	if money < 0 && c.at[debit] >= 0 && c.at[credit] >= 0 {
		money = min(c.at[debit], c.at[credit])
	}
	if c.at[booking] < 0 || money < 0 || worded < 0 {
		return nil
	}
	c.sure = c.name != "bank" || c.plausible()
	c.need = max(c.at[booking], money) + 1
	return c
}

// plausible reports whether an unknown bank's headings are those of a statement
// rather than of some other dated list of amounts.
func (c *columns) plausible() bool {
	return c.at[debit] >= 0 && c.at[credit] >= 0 && c.at[amount] < 0 || c.at[value] >= 0 || c.at[balance] >= 0 && c.at[label] >= 0
}

// home is the currency of amounts that name none: where the month comes first, it
// is that of the United States, unless a person said how the dates are written and
// named no currency.
func (c *columns) home() string {
	if c.order == locale.MDY && !c.said {
		return "USD"
	}
	return "EUR"
}

// cutCurrency takes a currency off the end of a heading: "montant(euros)",
// "debit euros", "montant operation en euro", "amount (eur)".
func cutCurrency(s string) (bare, code string) {
	if head, inner, ok := strings.Cut(strings.TrimSuffix(s, ")"), "("); ok && strings.HasSuffix(s, ")") {
		if code = locale.Currency(inner); code != "" {
			return strings.TrimSpace(head), code
		}
		return s, ""
	}
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, ""
	}
	word := s[i+1:]
	if code = locale.Currency(word); code != "" && (len(word) != 3 || word == "eur" || word == "chf" || word == "usd" || word == "gbp") {
		return strings.TrimSuffix(strings.TrimSuffix(s[:i], " en"), " in"), code
	}
	return s, ""
}

var headingMarks = strings.NewReplacer("_", " ", "(", " (")

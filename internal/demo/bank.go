package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An account is one account of the family at a bank.
type account struct {
	bank    string // company key
	code    string // five digits, a code no bank has
	branch  string
	number  string // eleven digits
	label   string
	kind    string // OFX ACCTTYPE
	opening cents
	floor   cents // the family moves savings before the balance falls below it
}

// The accounts, as indexes into accounts.
const (
	current = iota // at the house bank: salaries, bills, daily life
	card           // at the bank on line: shops on line and holidays
	savings
)

var accounts = [...]account{
	current: {"banque", "99991", "00049", "00412784415", "Compte courant", "CHECKING", 2_418_32, 30000},
	card:    {"carte", "99992", "00001", "00060551283", "Compte Coli", "CHECKING", 1_152_07, 12000},
	savings: {"banque", "99991", "00049", "00412788826", "Livret", "SAVINGS", 11_240_00, 0},
}

// iban returns the account's IBAN, with the French account key and the check
// digits of ISO 13616.
func (a account) iban() string {
	rib := remainder97(a.code)*89 + remainder97(a.branch)*15 + remainder97(a.number)*3
	bban := a.code + a.branch + a.number + fmt.Sprintf("%02d", 97-rib%97)
	return fmt.Sprintf("FR%02d%s", 98-remainder97(bban+"152700"), bban) // F is 15, R is 27
}

func remainder97(digits string) (rest int) {
	for _, r := range digits {
		rest = (rest*10 + int(r-'0')) % 97
	}
	return rest
}

// An operation is one line of a statement.
type operation struct {
	account  int
	acted    day // when somebody paid
	booked   day // when the bank wrote it down
	amount   cents
	kind     kind
	who      string // the other side, as banks write it
	memo     string
	category category
	balance  cents // after it; known once the ledger is balanced
}

type kind int

const (
	cardPayment kind = iota
	directDebit
	transfer
	cash
	cheque
	interest
)

// label returns the operation as a statement words it; banks write the day of a
// card payment with the year or without.
func (o operation) label(dayFormat string) string {
	switch o.kind {
	case cardPayment:
		return fmt.Sprintf("CARTE %s %s", o.acted.time().Format(dayFormat), o.who)
	case directDebit:
		return "PRLV SEPA " + o.who
	case cash:
		return fmt.Sprintf("RETRAIT DAB %s %s", o.acted.time().Format(dayFormat), o.who)
	case cheque:
		return "CHEQUE " + o.who
	case interest:
		return "INTERETS " + o.who
	}
	if o.amount < 0 {
		return "VIR SEPA VERS " + o.who
	}
	return "VIR SEPA " + o.who
}

// A category is how the bank on line sorts operations.
type category struct{ name, parent string }

var (
	food       = category{"Alimentation", "Vie quotidienne"}
	restaurant = category{"Restaurants", "Vie quotidienne"}
	transport  = category{"Carburant et transports", "Auto et transports"}
	housing    = category{"Crédit immobilier", "Logement"}
	energy     = category{"Énergie", "Logement"}
	telecom    = category{"Abonnements et téléphonie", "Logement"}
	insurance  = category{"Assurances", "Logement"}
	health     = category{"Santé", "Santé"}
	leisure    = category{"Loisirs", "Loisirs et sorties"}
	holiday    = category{"Voyages", "Loisirs et sorties"}
	shopping   = category{"Achats en ligne", "Shopping"}
	school     = category{"Enfants et école", "Famille"}
	taxes      = category{"Impôts", "Impôts et taxes"}
	income     = category{"Salaires", "Revenus"}
	benefit    = category{"Remboursements et aides", "Revenus"}
	internal   = category{"Virements internes", "Mouvements internes"}
	pocket     = category{"Retraits d'espèces", "Mouvements internes"}
)

// A ledger collects what the family earns and spends.
type ledger struct {
	plan *plan
	dice dice
	ops  []operation
}

// add books an operation, unless the two years end before it is.
func (l *ledger) add(o operation) {
	if o.booked == 0 {
		o.booked = o.acted.nextWorking()
		if o.kind == cardPayment {
			o.booked = (o.acted + day(1+int(o.acted)%2)).nextWorking()
		}
	}
	if o.acted >= l.plan.first && o.booked <= l.plan.last {
		l.ops = append(l.ops, o)
	}
}

// pay is a card payment from an account.
func (l *ledger) pay(account int, d day, who string, amount cents, c category) {
	l.add(operation{account: account, acted: d, amount: -amount, kind: cardPayment, who: who, category: c})
}

// newLedger makes the statements of both years.
func newLedger(seed uint64, p *plan, bills []invoice) *ledger {
	l := &ledger{plan: p, dice: newDice(seed, "bank")}
	l.earn()
	l.subscribe()
	l.payBills(bills)
	l.keepHouse()
	l.live()
	l.goAway()
	l.care()
	l.balance()
	return l
}

// payBills debits every bill on the day it says.
func (l *ledger) payBills(bills []invoice) {
	for _, b := range bills {
		c := energy
		switch b.vendor.key {
		case "box":
			c = telecom
		case "assur":
			c = insurance
		}
		l.add(operation{account: current, acted: b.due, booked: b.due, amount: -b.total(), kind: directDebit,
			who: b.vendor.label, memo: "FACTURE " + b.number + " MANDAT " + b.mandate(), category: c})
	}
}

// balance orders the operations, moves money between the accounts as a careful
// family does, and works out the running balances.
func (l *ledger) balance() {
	sortBy(l.ops, func(o operation) string { return o.booked.String() })
	planned := l.ops
	l.ops = make([]operation, 0, len(planned)+100)
	var now [len(accounts)]cents
	for n, a := range accounts {
		now[n] = a.opening
	}
	for d := l.plan.first; d <= l.plan.last; d++ {
		n := 0
		for n < len(planned) && planned[n].booked == d {
			n++
		}
		today := slices.Clone(planned[:n])
		planned = planned[n:]
		today = append(today, l.moves(d, today, now)...)
		slices.SortStableFunc(today, func(a, b operation) int { return incomingFirst(a) - incomingFirst(b) })
		for _, o := range today {
			now[o.account] += o.amount
			o.balance = now[o.account]
			l.ops = append(l.ops, o)
		}
	}
}

func incomingFirst(o operation) int {
	if o.amount > 0 {
		return 0
	}
	return 1
}

// moves returns the transfers between the family's own accounts on a day.
func (l *ledger) moves(d day, today []operation, now [len(accounts)]cents) (moves []operation) {
	after := now
	for _, o := range today {
		after[o.account] += o.amount
	}
	move := func(from, to int, amount cents, memo string) {
		moves = append(moves,
			operation{account: from, acted: d, booked: d, amount: -amount, kind: transfer, who: capitals(accounts[to].label) + " VASSEUR", memo: memo, category: internal},
			operation{account: to, acted: d, booked: d, amount: amount, kind: transfer, who: capitals(accounts[from].label) + " VASSEUR", memo: memo, category: internal})
		after[from] -= amount
		after[to] += amount
	}
	for _, n := range []int{current, card} {
		if short := accounts[n].floor - after[n]; short > 0 {
			move(savings, n, (short/10000+3)*10000, "REAPPROVISIONNEMENT")
		}
	}
	if _, _, dom := d.date(); dom == 29 || dom == 28 && d.month() == time.February {
		if spare := after[current] - 190000; spare > 10000 {
			move(current, savings, min(spare/5000*5000, 120000), "EPARGNE "+capitals(d.monthName()))
		}
	}
	if year, month, dom := d.date(); month == time.December && dom == 31 {
		moves = append(moves, operation{account: savings, acted: d, booked: d, amount: max(after[savings].permille(19), 1),
			kind: interest, who: fmt.Sprint(year), memo: "INTERETS CREDITEURS", category: income})
	}
	return moves
}

// capitals writes a word as bank statements do: capitals without accents.
func capitals(s string) string {
	return strings.ToUpper(strings.NewReplacer("é", "e", "è", "e", "ê", "e", "à", "a", "â", "a", "ô", "o", "û", "u", "î", "i",
		"ç", "c", "É", "E", "-", " ", "'", " ", "’", " ").Replace(s))
}

// sortBy sorts stably by a key.
func sortBy[T any](of []T, key func(T) string) {
	slices.SortStableFunc(of, func(a, b T) int { return strings.Compare(key(a), key(b)) })
}

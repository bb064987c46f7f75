// Package bank holds what the formats of bank statements share: how an account
// and an operation become documents, what a label tells, and ids for records
// whose source gives none.
package bank

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// An Account is what a statement says of the account it is about.
type Account struct {
	Institution string // the bank's name, or its number
	Bank        string // the bank's number, which account numbers are unique within
	Number      string
	Part        string // which one, where several share a number, as with one for each currency
	IBAN        string // without blanks
	BIC         string
	Label       string
	Kind        string // as in schema.BankAccount
	Owner       string
	Currency    string // ISO 4217
	Balance     penates.Decimal
	BalanceDay  penates.Moment
	Available   penates.Decimal

	refs []penates.Ref
}

// Connection names the account: its IBAN, else bank, number and part without
// blanks and in upper case.
func (a *Account) Connection() string {
	if a.IBAN != "" {
		return a.IBAN
	}
	name := squeeze(a.Bank)
	for _, s := range [...]string{a.Number, a.Part} {
		if s = squeeze(s); name != "" && s != "" {
			name += ":"
		}
		name += s
	}
	return name
}

func squeeze(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// Refs returns the references by which documents are linked to the account. The
// slice is shared; callers do not change it.
func (a *Account) Refs() []penates.Ref {
	if a.refs == nil {
		if a.IBAN != "" {
			a.refs = append(a.refs, penates.NewRef(penates.RefIBAN, a.IBAN))
		}
		if n := squeeze(a.Number); n != "" && n != a.IBAN {
			a.refs = append(a.refs, penates.NewRef(penates.RefAccount, n))
		}
		a.refs = a.refs[:len(a.refs):len(a.refs)]
	}
	return a.refs
}

// Merge fills what a does not know from b, and takes b's balance when it is
// later.
func (a *Account) Merge(b *Account) {
	for _, f := range [...]struct{ to, from *string }{
		{&a.Institution, &b.Institution}, {&a.Bank, &b.Bank}, {&a.Number, &b.Number}, {&a.Part, &b.Part}, {&a.IBAN, &b.IBAN}, {&a.BIC, &b.BIC},
		{&a.Label, &b.Label}, {&a.Kind, &b.Kind}, {&a.Owner, &b.Owner}, {&a.Currency, &b.Currency},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	switch {
	case b.Balance == "":
		if a.Balance == "" && a.BalanceDay.IsZero() {
			a.BalanceDay = b.BalanceDay
		}
	case b.BalanceDay.IsZero() && a.Balance == "":
		a.Balance, a.Available = b.Balance, b.Available
	case a.Balance == "" || !b.BalanceDay.Time().Before(a.BalanceDay.Time()):
		a.Balance, a.BalanceDay, a.Available = b.Balance, b.BalanceDay, b.Available
	}
	a.refs = nil
}

// Give gives the account out as a document.
func (a *Account) Give(out importer.Sink, locator string) error {
	d := &penates.Document{
		Source: penates.Source{Connection: a.Connection(), NativeID: "account", Locator: locator},
		Text:   a.title(),
		Refs:   a.Refs(),
	}
	if a.Balance != "" && a.Currency != "" {
		d.Money = &penates.Money{Amount: a.Balance, Currency: a.Currency}
		d.Time.Start = a.BalanceDay
	}
	if a.Owner != "" {
		d.Parties = []penates.Party{{Role: "owner", Literal: a.Owner}}
	}
	return out.Document(d, schema.BankAccount{
		Label: a.Label, Number: a.Number, IBAN: a.IBAN, Kind: a.Kind, Institution: a.Institution, BIC: a.BIC,
		BalanceDate: a.BalanceDay.Date(), Available: string(a.Available),
	})
}

func (a *Account) title() string {
	number := cmp.Or(a.IBAN, a.Number)
	switch {
	case a.Label != "" && a.Label != number:
		return locale.Line(a.Label + " " + number)
	case a.Institution != "":
		return locale.Line(a.Institution + " " + number)
	}
	return cmp.Or(number, a.Kind, "account")
}

// An Operation is one movement on an account.
type Operation struct {
	NativeID string
	Locator  string
	Day      penates.Moment  // booking day
	Amount   penates.Decimal // signed from the person's side
	Currency string          // ISO 4217
	Text     string          // the whole wording, one line; Body.Label when ""
	Body     schema.BankOperation
}

// maxText bounds the one-line text of an operation.
const maxText = 1000

// Give gives the operation out as a document of account a. What the label tells
// fills the counterparty, the kind and the day of a card payment where the
// source has not.
func (o *Operation) Give(out importer.Sink, a *Account) error {
	if o.Currency == "" {
		return out.Refuse(LineOf(o.Locator), fmt.Errorf("the operation of %s has no currency: %w", o.Day, penates.Invalid))
	}
	b := &o.Body
	text := clip(cmp.Or(o.Text, b.Label, b.Counterparty, b.Memo, b.Reference), maxText)
	told := ReadLabel(cmp.Or(b.Label, text), o.Day)
	b.Kind = cmp.Or(b.Kind, told.Kind)
	b.Counterparty = cmp.Or(b.Counterparty, told.Counterparty)
	if b.Counterparty == "" && b.Kind == "card" && told.Kind == "" { // the whole wording is the merchant
		b.Counterparty = b.Label
	}
	b.RealisationDate = cmp.Or(b.RealisationDate, told.Day.Date())
	b.Account = cmp.Or(a.IBAN, a.Number)
	b.Status = cmp.Or(b.Status, Booked)
	d := &penates.Document{
		Source: penates.Source{Connection: a.Connection(), NativeID: o.NativeID, Locator: o.Locator},
		Time:   penates.Span{Start: o.Day},
		Money:  &penates.Money{Amount: o.Amount, Currency: o.Currency},
		Text:   text,
		Refs:   a.Refs(),
	}
	if b.Counterparty != "" || b.CounterpartyIBAN != "" {
		d.Parties = []penates.Party{{Role: "counterparty", Literal: b.Counterparty, Address: b.CounterpartyIBAN}}
	}
	return out.Document(d, *b)
}

// The values of BankOperation.Status.
const (
	Booked   = "booked"
	Pending  = "pending"
	Reverted = "reverted"
)

// Locator returns the place of the lines first to last of a file.
func Locator(first, last int) string {
	if last <= first {
		return fmt.Sprintf("line=%d", first)
	}
	return fmt.Sprintf("line=%d-%d", first, last)
}

// LineOf returns the first line of what Locator returned, or 0.
func LineOf(locator string) (line int) {
	fmt.Sscanf(locator, "line=%d", &line)
	return line
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

package camt

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// entry gives the operations of an entry that stands on lines first to last.
func (r *reader) entry(e *entryElement, first, last int) error {
	if r.account == nil {
		return r.out.Refuse(first, fmt.Errorf("an entry without account: %w", penates.Invalid))
	}
	total, err := e.Amount.signed(e.Direction)
	if err != nil {
		return r.out.Refuse(first, err)
	}
	day, err := r.dayOf(e)
	if err != nil {
		return r.out.Refuse(first, err)
	}
	currency := cmp.Or(e.Amount.currency(), r.account.Currency)
	details := append(e.Details, e.Details1...)
	base := bank.Operation{Day: day, Amount: total, Currency: currency, Locator: bank.Locator(first, last)}
	parts := split(details, total, currency, e.Direction)
	if parts == nil {
		var t *transaction // of a batch nothing is known but the whole
		if len(details) == 1 {
			t = &details[0]
		} else if len(details) > 1 {
			t = common(details)
		}
		o := r.operation(base, e, t)
		o.NativeID = r.nativeID(e, &o, details)
		return o.Give(r.out, r.account)
	}
	id := r.nativeID(e, &base, details)
	for i := range details {
		o := r.operation(base, e, &details[i])
		o.Amount = parts[i]
		o.NativeID = id + "/" + strconv.Itoa(i+1)
		if err := o.Give(r.out, r.account); err != nil {
			return err
		}
	}
	return nil
}

// dayOf returns the booking day, else the value day, else the day the statement
// was made.
func (r *reader) dayOf(e *entryElement) (penates.Moment, error) {
	day, err := e.Booked.day()
	if err == nil && day.IsZero() {
		day, err = e.Valued.day()
	}
	if err == nil && day.IsZero() {
		day, err = (&dateElement{Time: r.created}).day()
	}
	if err == nil && day.IsZero() {
		err = fmt.Errorf("no date: %w", penates.Invalid)
	}
	return day, err
}

// split returns the amounts of several transactions, nil unless each has one and
// they add up to total.
func split(details []transaction, total penates.Decimal, currency, direction string) []penates.Decimal {
	if len(details) < 2 {
		return nil
	}
	for _, own := range [...]bool{true, false} { // some banks give each transaction the sign seen from the other side
		var sum penates.Decimal = "0"
		parts := make([]penates.Decimal, 0, len(details))
		for i := range details {
			d, err := details[i].amount(currency, direction, own)
			if err == nil {
				sum, err = bank.Add(sum, d)
			}
			if err != nil {
				return nil
			}
			parts = append(parts, d)
		}
		if bank.Equal(sum, total) {
			return parts
		}
	}
	return nil
}

var errNoAmount = errors.New("no amount in the currency of the entry")

// amount returns the amount of a transaction, with its own direction or that of
// its entry.
func (t *transaction) amount(currency, direction string, own bool) (penates.Decimal, error) {
	a := &t.Amount
	if !a.present() || a.currency() != currency {
		a = &t.Booked
	}
	if !a.present() || a.currency() != currency {
		return "", errNoAmount
	}
	if d := strings.TrimSpace(t.Direction); own && d != "" {
		direction = d
	}
	return a.signed(direction)
}

// common returns a transaction with what all details say alike.
func common(details []transaction) *transaction {
	t := details[0]
	for i := range details[1:] {
		d := &details[i+1]
		if d.Debtor != t.Debtor || d.DebtorAcct != t.DebtorAcct {
			t.Debtor, t.UltDebtor, t.DebtorAcct = partyElement{}, partyElement{}, partyAccount{}
		}
		if d.Creditor != t.Creditor || d.CredAcct != t.CredAcct {
			t.Creditor, t.UltCredit, t.CredAcct = partyElement{}, partyElement{}, partyAccount{}
		}
		if d.wording() != t.wording() {
			t.Remittance, t.RemitRef, t.RemitRef1, t.RemitMore, t.Additional = nil, nil, nil, nil, ""
		}
	}
	t.EndToEnd, t.Mandate, t.Cheque, t.ID, t.Reference = "", "", "", "", ""
	t.Instructed, t.Charges = amountElement{}, amountElement{}
	return &t
}

// operation fills what e and its transaction t, which may be nil, say.
func (r *reader) operation(o bank.Operation, e *entryElement, t *transaction) bank.Operation {
	valued, _ := e.Valued.day()
	o.Body = schema.BankOperation{Status: e.Status.status(), ValueDate: valued.Date(), Kind: e.Code.kind()}
	additional := clean(e.Additional)
	o.Body.Label = additional
	charges := e.Charges
	if t != nil {
		o.Body.Counterparty, o.Body.CounterpartyIBAN = t.other(r.account.IBAN, e)
		o.Body.Label = cmp.Or(t.wording(), additional)
		o.Body.Kind = cmp.Or(t.Code.kind(), o.Body.Kind)
		o.Body.Reference = reference(t.EndToEnd, t.Mandate, t.Cheque, t.ID)
		if t.Charges.present() {
			charges = t.Charges
		}
		if a := &t.Instructed; a.present() && a.currency() != "" && a.currency() != o.Currency {
			if d, err := a.decimal(); err == nil {
				o.Body.OriginalAmount = string(d) + " " + a.currency()
			}
		}
	}
	if d, err := charges.decimal(); err == nil && strings.Trim(string(d), "0.") != "" && charges.currency() == o.Currency {
		o.Body.Fees = string(d)
	}
	if additional != o.Body.Label {
		o.Body.Memo = additional
	}
	o.Text = locale.Line(o.Body.Counterparty + " " + o.Body.Label)
	if o.Text == "" {
		o.Text = cmp.Or(clean(e.Code.Proprietary), clean(e.Code.Family+" "+e.Code.SubFamily), o.Body.Reference, "entry")
	}
	o.Body.Label = cmp.Or(o.Body.Label, o.Text)
	return o
}

// wording returns what the payer wrote.
func (t *transaction) wording() string {
	words := make([]string, 0, 4)
	for _, list := range [...][]string{t.Remittance, t.RemitRef, t.RemitRef1, t.RemitMore} {
		for _, s := range list {
			if s = clean(s); s != "" && len(words) < 20 {
				words = append(words, s)
			}
		}
	}
	return cmp.Or(clean(strings.Join(words, " ")), clean(t.Additional))
}

// other returns name and IBAN of the other side: the party that is not the owner
// of the account own, else the debtor of a credit and the creditor of a debit. The
// parties of a reversal are those of the entry it reverses.
func (t *transaction) other(own string, e *entryElement) (name, iban string) {
	credit := strings.TrimSpace(e.Direction) == "CRDT"
	if r := strings.TrimSpace(e.Reversal); r == "true" || r == "1" {
		credit = !credit
	}
	debtor, creditor := t.DebtorAcct.iban(), t.CredAcct.iban()
	switch {
	case own != "" && debtor == own && creditor != own:
		credit = false
	case own != "" && creditor == own && debtor != own:
		credit = true
	case t.debtor() == "" && debtor == "":
		credit = false
	case t.creditor() == "" && creditor == "":
		credit = true
	}
	name, iban = t.creditor(), creditor
	if credit {
		name, iban = t.debtor(), debtor
	}
	if iban == own {
		iban = ""
	}
	return name, iban
}

// debtor returns the name of who pays, else of whom it is paid for.
func (t *transaction) debtor() string { return cmp.Or(t.Debtor.name(), t.UltDebtor.name()) }

// creditor returns the name of who is paid, else of whom it is received for.
func (t *transaction) creditor() string { return cmp.Or(t.Creditor.name(), t.UltCredit.name()) }

// reference returns the first that is a reference at all.
func reference(candidates ...string) string {
	for _, s := range candidates {
		switch s = clean(s); strings.ToUpper(s) {
		case "", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAILABLE", "UNKNOWN", "NONE", "0":
		default:
			return s
		}
	}
	return ""
}

// nativeID follows the rule of the package comment.
func (r *reader) nativeID(e *entryElement, o *bank.Operation, details []transaction) string {
	if ref := reference(e.Reference); ref != "" && len(ref) < 200 {
		return r.seen.Unique(ref + "@" + o.Day.Date() + "@" + bank.Canonical(o.Amount))
	}
	valued, _ := e.Valued.day()
	parts := []string{o.Day.Date(), valued.Date(), bank.Canonical(o.Amount), o.Currency, clean(e.Additional)}
	for i := range details[:min(len(details), 100)] {
		t := &details[i]
		name, iban := t.other(r.account.IBAN, e)
		parts = append(parts, reference(t.Reference, t.ID, t.EndToEnd), name, iban, t.wording())
	}
	return r.seen.Hash(parts...)
}

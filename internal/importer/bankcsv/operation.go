package bankcsv

import (
	"cmp"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// cell returns the trimmed field of a role, "" when the row has none.
func (c *columns) cell(fields []string, r role) string {
	i := c.at[r]
	if i < 0 || i >= len(fields) {
		return ""
	}
	return strings.TrimSpace(fields[i])
}

// day reads the date of a role; a missing one is the zero Moment.
func (c *columns) day(fields []string, r role) (penates.Moment, error) {
	s := c.cell(fields, r)
	if s == "" {
		return penates.Moment{}, nil
	}
	return locale.Day(s, c.order)
}

// money reads the signed amount of a row.
func (c *columns) money(fields []string) (penates.Decimal, error) {
	d, err := c.signed(fields)
	if err == nil && c.reversed {
		d = d.Neg()
	}
	return d, err
}

func (c *columns) signed(fields []string) (penates.Decimal, error) {
	if s := c.cell(fields, amount); s != "" {
		d, err := locale.AmountComma(s, c.mark)
		if err == nil && !d.Negative() && goesOut(c.cell(fields, direction)) {
			d = d.Neg()
		}
		return d, err
	}
	out, in := c.cell(fields, debit), c.cell(fields, credit)
	switch {
	case out == "" && in == "":
		return "", fmt.Errorf("no amount: %w", penates.Invalid)
	case in == "" || isZero(in) && out != "":
		d, err := locale.AmountComma(out, c.mark)
		if err == nil && !d.Negative() { // some banks write debits with their sign, some without
			d = d.Neg()
		}
		return d, err
	case out == "" || isZero(out):
		return locale.AmountComma(in, c.mark)
	}
	return "", fmt.Errorf("both a debit %q and a credit %q: %w", out, in, penates.Invalid)
}

func isZero(s string) bool {
	d, err := locale.Amount(s)
	return err == nil && strings.Trim(string(d), "0.") == ""
}

// operation reads a row.
func (t *table) operation(r row) (*bank.Operation, *held, error) {
	c, fields := t.columns, r.fields
	day, stamp, err := c.bookingDay(fields)
	if err != nil {
		return nil, nil, because(BadDate, cmp.Or(c.cell(fields, booking), c.cell(fields, started)), err)
	}
	number, err := c.money(fields)
	if err != nil {
		return nil, nil, c.noAmount(fields, err)
	}
	o := &bank.Operation{Day: day, Amount: number, Locator: bank.Locator(r.line, r.last)}
	o.Currency = cmp.Or(locale.Currency(c.cell(fields, currency)), c.currency, t.account.Currency, c.home())
	if err := c.describe(o, fields); err != nil {
		return nil, nil, err
	}
	a, err := t.accountOf(fields, o.Currency)
	if err != nil {
		return nil, nil, err
	}
	o.NativeID = t.seen.Hash(a.Connection(), stamp, bank.Canonical(number), o.Currency, o.Text, o.Body.Reference)
	if err := c.takeFee(o, fields); err != nil {
		return nil, nil, err
	}
	return o, a, nil
}

// bookingDay returns the day an operation counts for, and the stamp it is told
// by: when it was started, where the bank says so, since an operation that is
// pending has no day of booking yet.
func (c *columns) bookingDay(fields []string) (penates.Moment, string, error) {
	day, err := c.day(fields, booking)
	if err != nil {
		return day, "", err
	}
	stamp := c.cell(fields, started)
	if day.IsZero() {
		if day, err = c.day(fields, started); err != nil || day.IsZero() {
			return day, "", cmp.Or(err, fmt.Errorf("no date: %w", penates.Invalid))
		}
	}
	return day, cmp.Or(stamp, day.Date()), nil
}

// describe fills wording, dates and the rest from the other columns.
func (c *columns) describe(o *bank.Operation, fields []string) error {
	line := func(r role) string { return locale.Line(c.cell(fields, r)) }
	o.Body = schema.BankOperation{
		Label: line(label), Memo: line(memo), Counterparty: line(other), Reference: line(reference),
		Status: statusOf(line(status)),
	}
	o.Body.Category = strings.Trim(line(category)+" / "+line(subCategory), " /-")
	o.Text = join(o.Body.Label, o.Body.Memo)
	if o.Body.Label == "" {
		o.Text = join(o.Body.Counterparty, o.Body.Memo)
		o.Body.Label, o.Body.Memo = o.Text, ""
	}
	if o.Text == "" {
		o.Text = cmp.Or(line(short), line(kind))
		o.Body.Label = o.Text
	}
	if o.Text == "" {
		return because(NoWording, "", fmt.Errorf("no label: %w", penates.Invalid))
	}
	if iban, ok := locale.IBAN(c.cell(fields, otherIBAN)); ok {
		o.Body.CounterpartyIBAN = iban
	}
	if s := line(kind); s != "" {
		o.Body.Kind = kindOf(s)
	}
	if s, code := line(foreign), line(foreignCode); s != "" && code != "" && code != o.Currency {
		if d, err := locale.Amount(s); err == nil {
			o.Body.OriginalAmount = string(d) + " " + code
		}
	}
	valued, err := c.day(fields, value)
	if err != nil {
		return because(BadDate, c.cell(fields, value), fmt.Errorf("value date: %w", err))
	}
	acted, err := c.day(fields, opDay)
	if acted.IsZero() && err == nil {
		acted, err = c.day(fields, started)
	}
	if err != nil {
		return because(BadDate, c.cell(fields, opDay), fmt.Errorf("operation date: %w", err))
	}
	o.Body.ValueDate, o.Body.RealisationDate = valued.Date(), acted.Date()
	return nil
}

// join puts b behind a unless a says it already.
func join(a, b string) string {
	switch {
	case b == "" || strings.Contains(a, b):
		return a
	case a == "":
		return b
	}
	return a + " " + b
}

// takeFee takes a fee that the bank lists beside the amount off it.
func (c *columns) takeFee(o *bank.Operation, fields []string) error {
	s := c.cell(fields, fee)
	if s == "" || isZero(s) {
		return nil
	}
	d, err := locale.Amount(s)
	if err != nil {
		return fmt.Errorf("fee: %w", err)
	}
	o.Body.Fees = string(d)
	if c.feeBeside {
		o.Amount, err = bank.Subtract(o.Amount, d)
	}
	return err
}

func statusOf(s string) string {
	switch folded := locale.Fold(s); {
	case strings.HasPrefix(folded, "pend"), strings.HasPrefix(folded, "vorgemerkt"), strings.HasPrefix(folded, "umsatz vorgemerkt"), strings.HasPrefix(folded, "in attesa"), strings.HasPrefix(folded, "in behandeling"), strings.HasPrefix(folded, "en attente"), strings.HasPrefix(folded, "en cours"), strings.HasPrefix(folded, "ausstehend"):
		return bank.Pending
	case strings.HasPrefix(folded, "revert"), strings.HasPrefix(folded, "declined"), strings.HasPrefix(folded, "failed"),
		strings.HasPrefix(folded, "annul"), strings.HasPrefix(folded, "refus"), strings.HasPrefix(folded, "rembours"),
		strings.HasPrefix(folded, "echou"), strings.HasPrefix(folded, "retourn"), strings.HasPrefix(folded, "ruckgangig"), strings.HasPrefix(folded, "abgelehnt"):
		return bank.Reverted
	}
	return bank.Booked
}

// kindOf returns the kind for a bank's word for it, "" when it is not certain.
func kindOf(s string) string {
	folded := locale.Fold(s)
	for _, k := range kinds {
		if strings.Contains(folded, k.word) {
			return k.kind
		}
	}
	return ""
}

// The first word that is found counts.
var kinds = []struct{ word, kind string }{
	{"fee", "fee"}, {"frais", "fee"}, {"commission", "fee"}, {"cotisation", "fee"}, {"gebuhr", "fee"},
	{"retrait", "cash"}, {"atm", "cash"}, {"withdrawal", "cash"}, {"especes", "cash"},
	{"card", "card"}, {"carte", "card"}, {"mastercard", "card"}, {"presentment", "card"}, {"karte", "card"},
	{"cheque", "check"},
	{"prelevement", "debit"}, {"direct debit", "debit"}, {"lastschrift", "debit"},
	{"virement", "transfer"}, {"transfer", "transfer"}, {"topup", "transfer"}, {"top-up", "transfer"}, {"ajout de fonds", "transfer"}, {"income", "transfer"}, {"uberweisung", "transfer"}, {"gutschrift", "transfer"},
	{"betaalautomaat", "card"}, {"geldautomaat", "cash"}, {"incasso", "debit"}, {"overschrijving", "transfer"}, {"overboeking", "transfer"}, {"online bankieren", "transfer"},
	{"tarjeta", "card"}, {"recibo", "debit"}, {"transferencia", "transfer"}, {"bonifico", "transfer"}, {"pagamento pos", "card"}, {"prelievo", "cash"}, {"bargeld", "cash"}, {"dauerauftrag", "transfer"},
	{"interet", "interest"}, {"interest", "interest"}, {"zins", "interest"},
	{"exchange", "other"}, {"change", "other"},
}

// A row's fields are parts of its line; clone keeps a field without its line.
func clone(s string) string { return strings.Clone(s) }

// clip bounds what becomes part of an account's name.
func clip(s string) string {
	return strings.ToValidUTF8(clone(s[:min(len(s), 80)]), "")
}

package mesinfos

import (
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// operation gives out a bank operation, and before the first of an account the
// account.
func (r *reader) operation(rec record) error {
	amount, err := rec.amount("amount")
	day, uncertainty := r.day(rec.text("date"))
	switch {
	case err != nil:
		return r.refuse(err)
	case amount == nil || day.IsZero():
		return r.refuse(fmt.Errorf("bank operation %d without amount or date: %w", r.count, penates.Invalid))
	}
	number := rec.text("bankAccount")
	account := r.accounts[number]
	if account == nil {
		account = &bank.Account{Number: number, Currency: "EUR"}
		if iban, ok := locale.IBAN(number); ok {
			account.IBAN = iban
		}
		r.accounts[number] = account
		if number != "" {
			if err := r.said(account.Give(r.out, r.locator())); err != nil {
				return err
			}
		}
	}
	label := locale.Line(rec.first("raw", "title"))
	memo := locale.Line(rec.text("title"))
	if memo == label {
		memo = ""
	}
	op := bank.Operation{
		NativeID: r.name(rec, "operation"), Locator: r.locator(), Day: day,
		Amount: amount.Amount, Currency: amount.Currency, Text: label,
		Body: schema.BankOperation{Label: label, Memo: memo},
	}
	return r.said(op.Give(dated{r.out, uncertainty}, account))
}

func (r *reader) locator() string { return fmt.Sprintf("path=/%d", r.count-1) }

// bill gives out a bill: of EDF, with its number and account balance, or of
// another company, with no more than an amount and a date.
func (r *reader) bill(rec record) error {
	key := "amount"
	if !rec.has(key) {
		key = "value"
	}
	money, err := rec.amount(key)
	day, uncertainty := r.day(rec.text("date"))
	switch {
	case err != nil:
		return r.refuse(err)
	case money == nil && day.IsZero():
		return r.refuse(fmt.Errorf("bill %d without amount and date: %w", r.count, penates.Invalid))
	}
	vendor, number := rec.vendor(), rec.text("number")
	body := schema.Bill{
		Vendor: vendor, Number: number, Title: rec.text("title"),
		Contract: rec.text("clientId"), Kind: rec.text("type"),
	}
	if due, _ := r.day(rec.first("scheduledPaymentDate", "paymentDueDate")); !due.IsZero() {
		body.Due = due.Date()
	}
	if err := r.balance(rec, &body, money); err != nil {
		return r.refuse(err)
	}
	d := &penates.Document{
		Source:  penates.Source{Connection: vendor, NativeID: r.billName(rec, day, money)},
		Time:    penates.Span{Start: day, Uncertainty: uncertainty},
		Money:   money,
		Parties: []penates.Party{{Role: "vendor", Literal: vendor}},
		Refs:    r.refs(rec),
		Text:    vendor,
	}
	if number != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefInvoice, number))
	}
	for _, more := range []string{readable(body.Title), body.Kind, number} {
		if more != "" {
			d.Text += ", " + more
		}
	}
	return r.document(d, body)
}

// billName names a bill by its number; one without by what it has, so that a
// longer list of bills names it the same.
func (r *reader) billName(rec record, day penates.Moment, money *penates.Money) string {
	if number := rec.text("number"); number != "" {
		return r.name(rec, "bill", number)
	}
	parts := []string{day.Date(), rec.text("type")}
	if money != nil {
		amount := string(money.Amount) // 48.5 and 48.50 are one
		if strings.Contains(amount, ".") {
			amount = strings.TrimRight(strings.TrimRight(amount, "0"), ".")
		}
		parts = append(parts, amount)
	}
	return r.name(rec, "bill", r.namer.Unique(strings.Join(parts, "/")))
}

// balance takes what EDF says of the customer's account: "value" is the amount
// of the bill, "totalPaymentDue" what is due with the balance from before.
func (r *reader) balance(rec record, body *schema.Bill, money *penates.Money) error {
	due, err := rec.amount("totalPaymentDue")
	if err != nil {
		return err
	}
	before, err := rec.amount("balanceBeforeInvoice")
	if err != nil {
		return err
	}
	if due != nil && (money == nil || !bank.Equal(due.Amount, money.Amount)) {
		body.AmountDue = string(due.Amount)
	}
	if before != nil && strings.Trim(string(before.Amount), "0.") != "" {
		body.Lines = append(body.Lines, schema.BillLine{Label: "Balance of the account before the bill", Net: string(before.Amount)})
	}
	return nil
}

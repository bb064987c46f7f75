package cozy

import (
	"cmp"
	"fmt"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/locale"
	"penates/internal/schema"
)

// An account is what operations need to know of theirs.
type account struct {
	name string // as operations carry it: IBAN, else number
	refs []penates.Ref
}

var accountKinds = map[string]string{
	"checkings": "checking", "checking": "checking", "savings": "savings", "creditcard": "card", "card": "card", "loan": "loan", "mortgage": "loan",
	"consumercredit": "loan", "revolvingcredit": "loan", "market": "investment", "pea": "investment", "lifeinsurance": "investment", "retirementplan": "investment",
}

func (r *reader) account(d document) error {
	balance, err := d.amount("balance")
	if err != nil {
		return r.refuse(err)
	}
	iban, ok := locale.IBAN(d.text("iban"))
	if !ok {
		iban = ""
	}
	body := schema.BankAccount{
		Label: locale.Line(d.first("shortLabel", "label")), Number: d.text("number"), IBAN: iban,
		Kind:        cmp.Or(accountKinds[locale.Fold(d.text("type"))], locale.Fold(d.text("type"))),
		Institution: locale.Line(d.text("institutionLabel")),
	}
	known := account{name: cmp.Or(iban, body.Number)}
	if iban != "" {
		known.refs = append(known.refs, penates.NewRef(penates.RefIBAN, iban))
	}
	if body.Number != "" && body.Number != iban {
		known.refs = append(known.refs, penates.NewRef(penates.RefAccount, body.Number))
	}
	if len(r.accounts) < maxGiven {
		r.accounts[d.id()] = known
	}
	doc := &penates.Document{
		Source: r.source("bank/"+cmp.Or(d.id(), known.name), document{"_id": "account"}),
		Text:   locale.Line(cmp.Or(body.Label, body.Institution) + " " + known.name),
		Refs:   known.refs,
	}
	if balance != "" {
		doc.Money = &penates.Money{Amount: balance, Currency: d.currency()}
		day, _ := r.day(d.sub("cozyMetadata").text("updatedAt"))
		doc.Time.Start, body.BalanceDate = day, day.Date()
	}
	if id := d.id(); id != "" {
		// Operations in files of their own know the account by this only.
		doc.Refs = append(doc.Refs, penates.NewRef(penates.RefAccount, id))
	}
	return r.out.Document(doc, body)
}

// operation gives out an operation, and what Cozy linked it to.
func (r *reader) operation(d document) error {
	amount, err := d.amount("amount")
	if err == nil && amount == "" {
		err = fmt.Errorf("an operation without amount: %w", penates.Invalid)
	}
	if err != nil {
		return r.refuse(err)
	}
	day, err := r.day(d.first("date", "dateOperation"))
	if err == nil && day.IsZero() {
		err = fmt.Errorf("an operation without date: %w", penates.Invalid)
	}
	if err != nil {
		return r.refuse(err)
	}
	label := locale.Line(d.first("originalBankLabel", "label"))
	told := bank.ReadLabel(label, day)
	own := d.text("account")
	known := r.accounts[own]
	body := schema.BankOperation{
		Label: label, Account: cmp.Or(known.name, own), Counterparty: told.Counterparty, Kind: told.Kind,
		Category: d.first("manualCategoryId", "automaticCategoryId"), Status: bank.Booked, RealisationDate: told.Day.Date(),
	}
	if memo := locale.Line(d.text("label")); memo != label {
		body.Memo = memo
	}
	if d.text("isComing") == "true" {
		body.Status = bank.Pending
	}
	if value, err := r.day(d.first("valueDate", "rawDate")); err == nil {
		body.ValueDate = value.Date()
	}
	if real, err := r.day(d.text("realisationDate")); err == nil && !real.IsZero() {
		body.RealisationDate = real.Date()
	}
	doc := &penates.Document{
		Source: r.source("bank/"+own, d, day.Date(), string(amount), label),
		Time:   penates.Span{Start: day},
		Money:  &penates.Money{Amount: amount, Currency: d.currency()},
		Text:   cmp.Or(label, "Operation of "+day.Date()), Refs: known.refs,
	}
	if len(doc.Refs) == 0 && own != "" {
		doc.Refs = []penates.Ref{penates.NewRef(penates.RefAccount, own)}
	}
	if body.Counterparty != "" {
		doc.Parties = []penates.Party{{Role: "counterparty", Literal: body.Counterparty}}
	}
	if err := r.out.Document(doc, body); err != nil {
		return err
	}
	return r.links(d, penates.NewDocumentID(connector, doc.Source.Connection, doc.Source.NativeID))
}

// links relates an operation to the bills it pays, and those it gives money back
// for.
func (r *reader) links(d document, operation penates.DocumentID) error {
	for _, ref := range append(d.texts("bills"), d.text("bill")) {
		if id, ok := referred(ref, "io.cozy.bills"); ok {
			if err := r.out.Link(operation, penates.Pays, billID(id)); err != nil {
				return err
			}
		}
	}
	for _, back := range d.list("reimbursements") {
		if id, ok := referred(back.text("billId"), "io.cozy.bills"); ok {
			if err := r.out.Link(billID(id), penates.Reimburses, operation); err != nil {
				return err
			}
		}
	}
	return nil
}

// bill gives out a bill of a connector; one that has neither amount nor date is
// only the name of a file, and kept as it is.
func (r *reader) bill(d document) error {
	amount, err := d.amount("amount")
	if err != nil {
		return r.refuse(err)
	}
	day, err := r.day(d.text("date"))
	if err != nil {
		return r.refuse(err)
	}
	vendor := locale.Line(d.text("vendor"))
	body := schema.Bill{
		Vendor: vendor, Number: d.first("vendorRef", "number", "idFacture"), Title: locale.Line(d.first("title", "subtype", "label")), Kind: d.text("type"),
		Contract: d.first("contractId", "contractNumber"), Buyer: locale.Line(d.text("beneficiary")),
		IsRefund: d.text("isRefund") == "true", ThirdParty: d.text("isThirdPartyPayer") == "true",
	}
	for key, to := range map[string]*string{"originalAmount": &body.OriginalAmount, "groupAmount": &body.GroupAmount} {
		value, err := d.amount(key)
		if err != nil {
			return r.refuse(err)
		}
		*to = string(value)
	}
	if original, err := r.day(d.text("originalDate")); err == nil {
		body.OriginalDate = original.Date()
	}
	text := vendor
	for _, more := range []string{body.Title, body.Number, d.text("filename")} {
		if more != "" {
			text += ", " + more
		}
	}
	doc := &penates.Document{
		Source: r.source("bills", d, vendor, day.Date(), string(amount), body.Title),
		Time:   penates.Span{Start: day},
		Text:   locale.Line(cmp.Or(text, "Bill "+d.id())),
	}
	if vendor != "" {
		doc.Parties = []penates.Party{{Role: "vendor", Literal: vendor}}
	}
	if amount != "" {
		doc.Money = &penates.Money{Amount: amount, Currency: d.currency()}
	}
	if body.Number != "" {
		doc.Refs = []penates.Ref{penates.NewRef(penates.RefInvoice, body.Number)}
	}
	if err := r.out.Document(doc, body); err != nil {
		return err
	}
	if id, ok := referred(d.text("invoice"), "io.cozy.files"); ok {
		return r.out.Link(fileID(id), penates.Documents, penates.NewDocumentID(connector, doc.Source.Connection, doc.Source.NativeID))
	}
	return nil
}

package pdfinvoice

import (
	"regexp"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// called is what a bill calls itself somewhere on its first page.
var called = regexp.MustCompile(`\b(?:factures?|factuur[a-z]{0,10}|invoice|[a-z]{0,20}rechnung[a-z]{0,10}|quittance|avis d'echeance|appel de cotisation|avoir|note de credit|credit note|gutschrift|creditnota|receipt|recu|cotisation)\b`)

// credit is what a bill that gives money back begins with.
var credit = regexp.MustCompile(`^(?:facture d'avoir|avoir|note de credit|credit note|creditnota|gutschrift)\b`)

// The least weight of a total's label that makes a bill where its number is known,
// and where only the company is.
const (
	sureEnough = 60
	verySure   = 80
)

// billIn returns the bill that a text is, if it surely is one.
func billIn(t *text) (b bill, ok bool) {
	if !t.has(called, t.first) {
		return b, false
	}
	from := t.seller()
	s, ok := t.sums(rules[from.name])
	if !ok {
		return b, false
	}
	number, where := t.number()
	date := t.issued(number, where)
	belongs := t.belongs()
	switch {
	case date.IsZero():
		return b, false
	case number != "" && s.weight >= sureEnough:
	case from.known && s.weight >= verySure:
	default:
		return b, false
	}
	kind := "380"
	if t.has(credit, t.first) {
		kind = "381"
	}
	b.body = schema.Bill{
		Vendor: from.name, VendorID: from.id, Number: number, NetTotal: string(s.net), VAT: string(s.vat), AmountDue: string(s.due), Kind: kind,
		Buyer: t.buyer(), IsRefund: kind == "381" || s.total.Negative(), Contract: first(belongs["contract"], belongs["customer"]),
	}
	if due := t.after(dueLabel); !due.IsZero() {
		b.body.Due = due.Date()
	}
	if start, end := t.billed(); !start.IsZero() {
		b.body.PeriodStart, b.body.PeriodEnd = start.Date(), end.Date()
	}
	d := &b.document
	d.Source = penates.Source{Connection: from.key, NativeID: first(number, string(s.total)) + "|" + date.Date() + "|" + kind}
	d.Time.Start = date
	d.Money = &penates.Money{Amount: s.total, Currency: s.currency}
	d.Text = locale.Line(from.name + " " + number)
	if d.Text == "" || number == "" {
		d.Text = locale.Line(from.name + " " + date.Date())
	}
	b.parties(from.name)
	b.refs(t, number, belongs)
	return b, true
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (b *bill) parties(vendor string) {
	if vendor != "" {
		b.document.Parties = append(b.document.Parties, penates.Party{Role: "vendor", Literal: vendor})
	}
	if b.body.Buyer != "" {
		b.document.Parties = append(b.document.Parties, penates.Party{Role: "buyer", Literal: b.body.Buyer})
	}
}

// refs adds what the bill names: itself, the contract, the customer, the meter.
func (b *bill) refs(t *text, number string, belongs map[string]string) {
	for _, r := range []struct{ scheme, value string }{
		{penates.RefInvoice, number}, {penates.RefContract, belongs["contract"]}, {penates.RefCustomer, belongs["customer"]},
		{penates.RefPRM, t.meter(prmLabel, prmValue)}, {penates.RefPCE, strings.ToUpper(t.meter(pceLabel, pceValue))},
	} {
		if r.value != "" {
			b.document.Refs = append(b.document.Refs, penates.NewRef(r.scheme, r.value))
		}
	}
}

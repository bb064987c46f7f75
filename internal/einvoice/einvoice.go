// Package einvoice reads invoices in the structured syntaxes of EN 16931 and of
// its forerunners into bills. It reads what is there rather than checking it
// against a profile: an invoice that a validator would send back has been paid
// all the same.
package einvoice

import (
	"fmt"
	"math/big"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// MaxSize is how many bytes an invoice may have.
const MaxSize = 16 << 20

const (
	maxLines = 20_000
	maxDepth = 64
	maxField = 16 << 10
)

// An Invoice is a bill as its vendor sent it.
type Invoice struct {
	// Document is the envelope: Source.Connection names the vendor and
	// Source.NativeID the invoice, the same in whichever syntax or profile it comes.
	Document penates.Document
	Bill     schema.Bill
	// Problems are what could not be read, with its place; the rest is there.
	Problems []error
	// Attached are the files that came inside it.
	Attached []File
}

// A party is somebody an invoice names (EN 16931, BG-4, BG-7, BG-10).
type party struct {
	name, trade, id, global, legal, vat, fiscal, email string
}

// called returns its legal name (BT-27), else the one it trades under (BT-28).
func (p *party) called() string { return first(p.name, p.trade) }

// identify takes one of its identifiers (BT-29, BT-46), of a scheme or of the
// other side's own. That of a creditor of direct debits (BT-90) stands among them.
func (p *party) identify(scheme, id string) {
	switch {
	case scheme == "SEPA":
	case scheme != "":
		p.global = first(p.global, id)
	default:
		p.id = first(p.id, id)
	}
}

// key tells one vendor from another: its VAT number if it has one, and what is
// less certain otherwise.
func (p *party) key() string {
	for _, id := range []string{p.vat, p.fiscal, p.legal, p.global} {
		if id = strings.ToUpper(strings.Join(strings.Fields(id), "")); id != "" {
			return id
		}
	}
	return locale.Fold(p.called())
}

// values are what any syntax says of an invoice, as text.
type values struct {
	profile, number, title, note, kind, currency string
	date, due, from, to                          penates.Moment
	seller, buyer, payee                         party
	iban, contract                               string
	net, vat, total, payable                     penates.Decimal
	lines                                        []schema.BillLine
	attached                                     []File
	problems                                     []error
}

func (v *values) problem(place string, err error) {
	if len(v.problems) < 100 {
		v.problems = append(v.problems, fmt.Errorf("%s: %w", place, err))
	}
}

// creditNotes are the kinds of document (UNTDID 1001) which give money back.
var creditNotes = map[string]bool{
	"81": true, "83": true, "261": true, "262": true, "296": true, "308": true, "381": true, "396": true,
	"420": true, "458": true, "502": true, "503": true, "532": true,
}

func (v *values) invoice() (*Invoice, error) {
	if v.number == "" {
		return nil, fmt.Errorf("an invoice without a number: %w", penates.Invalid)
	}
	total := v.total
	if total == "" {
		total = v.payable
	}
	i := &Invoice{Problems: v.problems, Attached: v.attached}
	i.Bill = schema.Bill{
		Vendor: v.seller.called(), VendorID: first(v.seller.vat, v.seller.legal, v.seller.fiscal, v.seller.global), Number: v.number,
		Title: first(v.title, v.note), Due: v.due.Date(), NetTotal: string(v.net), VAT: string(v.vat),
		PeriodStart: v.from.Date(), PeriodEnd: v.to.Date(), Contract: first(v.contract, v.buyer.id), Buyer: v.buyer.called(),
		IsRefund: creditNotes[v.kind] || total.Negative(), Kind: v.kind, Profile: v.profile, Lines: v.lines,
	}
	if v.payable != "" && v.payable.Float() != total.Float() {
		i.Bill.AmountDue = string(v.payable)
	}
	d := &i.Document
	d.Source = penates.Source{Connection: v.seller.key(), NativeID: v.number + "|" + v.date.Date() + "|" + v.kind}
	d.Time.Start = v.date
	d.Text = locale.Line(v.seller.called() + " " + v.number)
	if total == "" {
		i.Problems = append(i.Problems, fmt.Errorf("an invoice without a total: %w", penates.Invalid))
	} else {
		d.Money = &penates.Money{Amount: total, Currency: v.currency}
	}
	d.Parties = v.parties()
	d.Refs = []penates.Ref{penates.NewRef(penates.RefInvoice, v.number)}
	if v.contract != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefContract, v.contract))
	}
	if v.buyer.id != "" {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefCustomer, v.buyer.id))
	}
	return i, nil
}

func (v *values) parties() (all []penates.Party) {
	add := func(role, name, address string) {
		if name != "" || address != "" {
			all = append(all, penates.Party{Role: role, Literal: name, Address: address})
		}
	}
	add("vendor", v.seller.called(), v.seller.email)
	add("buyer", v.buyer.called(), v.buyer.email)
	if v.iban != "" || v.payee.called() != "" {
		add("payee", first(v.payee.called(), v.seller.called()), penates.NewRef(penates.RefIBAN, v.iban).Value)
	}
	return all
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// quotient returns what one unit costs where a price is that of several.
func quotient(price, units string) string {
	p, ok := new(big.Rat).SetString(price)
	u, ok2 := new(big.Rat).SetString(units)
	if !ok || !ok2 || u.Sign() == 0 {
		return price
	}
	return strings.TrimSuffix(strings.TrimRight(p.Quo(p, u).FloatString(8), "0"), ".")
}

// decimal reads an xs:decimal; amounts written as people do are understood too.
func decimal(s string) (penates.Decimal, error) {
	if d, err := penates.ParseDecimal(s); err == nil {
		return d, nil
	}
	return locale.Amount(s)
}

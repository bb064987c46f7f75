package pdfinvoice

import (
	"fmt"
	"regexp"

	"penates"
	"penates/internal/company"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A statement of refunded care lists acts, "day, what, paid, base, rate, refund",
// and after those that one transfer refunds the transfer.
var (
	refundTitle = regexp.MustCompile(`releve de (?:prestations|remboursements?)|remboursements? de soins|detail des (?:versements|remboursements)|decompte (?:de|des) (?:prestations|remboursements)|remboursement de la mutuelle`)
	transfer    = regexp.MustCompile(`somme (?:viree|versee)|montant (?:vire|verse)|vire(?:e|ment)? (?:sur|le|du)|verse(?:e|ment)? (?:sur|le|du)|^le \d{1,2}[/.]\d{1,2}[/.]\d{4} ?:`)
	actStart    = regexp.MustCompile(`^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b`)
)

// An act is care with what was paid for it and what is refunded.
type act struct {
	day          penates.Moment
	label        string
	paid, refund amount
}

// maxActs bounds the acts of a statement.
const maxActs = 500

// refundsIn returns the refunds of a statement: a bill for each act.
func refundsIn(t *text) (bills []bill) {
	if !t.has(refundTitle, t.first) {
		return nil
	}
	from := t.insurer()
	if from.name == "" {
		return nil
	}
	var waiting []act
	for n := range t.lines {
		l := &t.lines[n]
		if a, ok := t.act(n); ok {
			if len(waiting) < maxActs {
				waiting = append(waiting, a)
			}
			continue
		}
		for i := range l.cells {
			if !transfer.MatchString(l.cells[i].fold) {
				continue
			}
			days, row := t.dates(&l.cells[i]), t.row(n, 0, 0)
			if len(days) > 0 && len(row) > 0 && len(waiting) > 0 {
				bills = append(bills, refunds(t, from, waiting, days[len(days)-1].day, row[len(row)-1])...)
				waiting = nil
			}
			break
		}
	}
	return bills
}

// act reads line n as an act: it begins with a day, and its last amount is what is
// refunded of the first.
func (t *text) act(n int) (a act, ok bool) {
	l := &t.lines[n]
	if len(l.cells) < 2 || !actStart.MatchString(l.cells[0].fold) {
		return a, false
	}
	days, row := t.dates(&l.cells[0]), t.row(n, 0, 0)
	if len(days) == 0 || len(row) < 2 {
		return a, false
	}
	a = act{day: days[0].day, label: l.cells[1].raw, paid: row[0], refund: row[len(row)-1]}
	return a, a.refund.cents > 0 && a.refund.cents <= a.paid.cents
}

// refunds makes the bills of the acts that one transfer refunds.
func refunds(t *text, from seller, acts []act, paid penates.Moment, sum amount) (bills []bill) {
	currency := first(sum.currency, t.currency())
	if currency == "" {
		return nil
	}
	belongs := t.belongs()
	buyer := t.buyer()
	seen := map[string]int{}
	for _, a := range acts {
		b := bill{body: schema.Bill{
			Vendor: from.name, VendorID: from.id, Title: locale.Line(a.label), IsRefund: true, Kind: "refund", Buyer: buyer,
			OriginalAmount: string(a.paid.value), OriginalDate: a.day.Date(), Contract: first(belongs["contract"], belongs["customer"]),
		}}
		if len(acts) > 1 {
			b.body.GroupAmount = string(sum.value)
		}
		native := fmt.Sprintf("refund|%s|%s|%s", paid.Date(), a.day.Date(), a.refund.value)
		if seen[native]++; seen[native] > 1 { // two acts alike on one day
			native = fmt.Sprintf("%s|%d", native, seen[native])
		}
		d := &b.document
		d.Source = penates.Source{Connection: from.key, NativeID: native}
		d.Time.Start = paid
		d.Money = &penates.Money{Amount: a.refund.value, Currency: currency}
		d.Text = locale.Line(from.name + " " + a.label)
		d.Sensitivity = penates.Sensitive
		b.parties(from.name)
		b.refs(t, "", belongs)
		bills = append(bills, b)
	}
	return bills
}

// insurer returns who refunds: the health insurance that is named first, of all
// companies on the first page.
func (t *text) insurer() seller {
	for _, l := range t.lines[:t.first] {
		for _, c := range l.cells {
			if v := company.In(company.Words(c.raw)); v != nil && v.Sector == company.Health {
				return seller{name: v.Name, key: locale.Fold(v.Name), known: true}
			}
		}
	}
	s := t.seller()
	if !s.known {
		return seller{}
	}
	return s
}

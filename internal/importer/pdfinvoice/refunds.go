package pdfinvoice

import (
	"fmt"
	"regexp"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/importer/bank"
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

// What stands among the acts: who they are for, and what is kept back of the refund.
var (
	forWhom  = regexp.MustCompile(`(?i)^(?:pour|b[ée]n[ée]ficiaires?(?: des soins)?\s*:?)\s+(\p{L}[\p{L} .'’-]{1,60}?)\s*(?:,|\sn[ée](?:e|\(e\))?\s.*|\(.*|\d.*)?$`)
	keptBack = regexp.MustCompile(`participation forfaitaire|franchise|\bpfh\b|retenue`)
	percent  = regexp.MustCompile(`(\d{1,3}(?:[.,]\d{1,2})?) ?%`)
	shares   = regexp.MustCompile(`regime obligatoire|securite sociale|remb(?:oursement|\.)? (?:secu|ro\b|amo)|part (?:secu|obligatoire|ro\b|amo)|assurance maladie obligatoire`)
)

// An act is care with what was paid for it and what is refunded.
type act struct {
	day          penates.Moment
	label        string
	paid, refund amount
	base, rate   string
	whom         string
	// What either insurance refunds, where the statement tells both.
	obligatory, complementary string
	kept                      []schema.BillLine // what is kept back, as negative sums
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
	whom, shared := "", t.has(shares, len(t.lines))
	for n := range t.lines {
		l := &t.lines[n]
		if a, ok := t.act(n, shared); ok {
			if a.whom = whom; len(waiting) < maxActs {
				waiting = append(waiting, a)
			}
			continue
		}
		if name := t.whom(n); name != "" {
			whom = name
			continue
		}
		if t.keeps(n, waiting) {
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
func (t *text) act(n int, shared bool) (a act, ok bool) {
	l := &t.lines[n]
	if len(l.cells) < 2 || !actStart.MatchString(l.cells[0].fold) {
		return a, false
	}
	days, row := t.dates(&l.cells[0]), t.row(n, 0, 0)
	if len(days) == 0 || len(row) < 2 {
		return a, false
	}
	a = act{day: days[0].day, label: l.cells[1].raw, paid: row[0], refund: row[len(row)-1]}
	a.reckon(row, l.rates(), shared)
	return a, a.refund.cents > 0 && a.refund.cents <= a.paid.cents
}

// rates are the percentages of a line.
func (l *line) rates() (all []string) {
	for i := range l.cells {
		for _, m := range percent.FindAllStringSubmatch(l.cells[i].fold, 8) {
			all = append(all, strings.Replace(m[1], ",", ".", 1))
		}
	}
	return all
}

// reckon tells what the sums between what was paid and what is refunded are: the base
// with its rate, and the parts of two insurances. Two rates are those of both, which
// one transfer then refunds; shared says that the statement speaks of the other's part.
func (a *act) reckon(row []amount, rates []string, shared bool) {
	n := len(row)
	if len(rates) > 0 && n >= 3 {
		a.base, a.rate = string(row[1].value), rates[0]
	}
	switch {
	case len(rates) == 2 && n == 4:
		a.obligatory, a.complementary = string(row[2].value), string(row[3].value)
		if sum, err := bank.Add(row[2].value, row[3].value); err == nil {
			a.refund.value, a.refund.cents = sum, row[2].cents+row[3].cents
		}
	case shared && n >= 3 && (len(rates) == 0 || n >= 4):
		a.obligatory, a.complementary = string(row[n-2].value), string(row[n-1].value)
		if n >= 4 {
			a.base = string(row[1].value)
		}
	}
}

// whom returns the person that the acts below line n are for, "" when it says none.
func (t *text) whom(n int) string {
	for i, c := range t.lines[n].cells {
		if m := forWhom.FindStringSubmatch(locale.Line(c.raw)); m != nil && (t.lines[n].cells[i].isPerson(m[1])) {
			return locale.Line(m[1])
		}
	}
	return ""
}

// isPerson tells a name from the rest of a sentence: it says when they were born, is
// introduced as who is cared for, or is in capitals.
func (c *cell) isPerson(name string) bool {
	return strings.HasPrefix(c.fold, "benef") || strings.Contains(c.fold, " ne(e)") || strings.Contains(c.fold, " nee ") || strings.ToUpper(name) == name
}

// keeps takes line n as what is kept back of the last act's refund.
func (t *text) keeps(n int, waiting []act) bool {
	l := &t.lines[n]
	row := t.row(n, 0, 0)
	if len(waiting) == 0 || len(row) == 0 || row[len(row)-1].cents >= 0 {
		return false
	}
	for i := range l.cells {
		if last := &waiting[len(waiting)-1]; keptBack.MatchString(l.cells[i].fold) && len(last.kept) < 8 {
			label := decimals.ReplaceAllString(l.cells[i].raw, "")
			last.kept = append(last.kept, schema.BillLine{Label: locale.Line(strings.Trim(label, " -−€")), Net: string(row[len(row)-1].value)})
			return true
		}
	}
	return false
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
			Beneficiary: a.whom, Base: a.base, Rate: a.rate, ObligatoryPart: a.obligatory, ComplementaryPart: a.complementary, Lines: a.kept,
		}}
		if len(acts) > 1 || sum.cents != a.refund.cents {
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

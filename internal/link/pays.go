package link

import (
	"context"

	"penates"
	"penates/internal/figure"
	"penates/internal/vault"
)

// Why an operation is said to pay a bill.
const (
	paysNumber = "pays/amount+date+number"
	paysVendor = "pays/amount+date+vendor"
	paysAmount = "pays/amount+date"
	paysParts  = "pays/parts+vendor"
)

// pays finds the bank debits that pay bills, and the credits that bring what
// credit notes promise.
var pays = Rule{
	Name:  "pays",
	Reads: []penates.Type{penates.BankOperations, penates.Bills},
	Makes: []string{paysNumber, paysVendor, paysAmount, paysParts},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		bills, err := loadBills(ctx, s)
		if err != nil || len(bills) == 0 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.Pays)
		if err != nil {
			return nil, err
		}
		ops, err := loadOperations(ctx, s)
		if err != nil {
			return nil, err
		}
		return Payments(ctx, ops, bills, judged)
	},
}

// Payments returns the links from operations to the bills they pay. Amounts agree
// to a thousandth with the total or with what is due, and days lie from 15 before
// to 29 after the bill's or the day it is due. An operation pays one bill, and a
// bill is paid by one operation or by up to four that add up to it.
//
// The surest pairs come first: those whose label gives the bill's number, then
// those whose label names the vendor, each nearest in time first. A label that
// names nobody is believed only where nothing else comes near.
func Payments(ctx context.Context, ops []Operation, bills []Bill, judged Judged) ([]penates.Link, error) {
	m := newMatching(ops, bills, judged)
	candidates, err := m.candidates(ctx)
	if err != nil {
		return nil, err
	}
	best(candidates, ops, bills)
	m.takeNamed(candidates)
	m.takeSilent(candidates)
	if err := m.takeParts(ctx); err != nil {
		return nil, err
	}
	return sorted(m.links), nil
}

// A matching is the payments found so far.
type matching struct {
	ops    []Operation
	bills  []Bill
	payees []payee
	judged Judged
	spent  []bool // by operation
	paid   []bool // by bill
	links  []penates.Link
}

func newMatching(ops []Operation, bills []Bill, judged Judged) *matching {
	m := &matching{ops: ops, bills: bills, payees: make([]payee, len(bills)), judged: judged, spent: make([]bool, len(ops)), paid: make([]bool, len(bills))}
	settled := map[penates.DocumentID]bool{}
	for p := range judged.Confirmed {
		settled[p.From], settled[p.To] = true, true
	}
	for i := range ops {
		m.spent[i] = settled[ops[i].ID]
	}
	for i := range bills {
		m.payees[i] = payeeOf(&bills[i])
		m.paid[i] = settled[bills[i].ID] || bills[i].Care()
	}
	return m
}

// incoming reports whether the bill is one that brings money.
func (b *Bill) incoming() bool { return b.Refund || b.Total < 0 }

func (m *matching) candidates(ctx context.Context) (all []candidate, err error) {
	out, in := byAmount{}, byAmount{}
	for i := range m.bills {
		b, x := &m.bills[i], out
		if m.paid[i] {
			continue
		}
		if b.incoming() {
			x = in
		}
		x.add(b.Currency, b.Total.Abs(), i)
		x.add(b.Currency, b.AmountDue.Abs(), i)
	}
	var found []int
	var of []candidate
	for i := range m.ops {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		o, x := &m.ops[i], out
		if o.Amount > 0 {
			x = in
		}
		if m.spent[i] || len(x) == 0 {
			continue
		}
		of = of[:0]
		found = x.findFor(found[:0], o)
		for _, j := range found {
			if c, ok := o.cost(m.bills[j].Day, m.bills[j].Due); ok && !m.judged.Rejected[Pair{o.ID, m.bills[j].ID}] {
				of = append(of, candidate{op: i, bill: j, cost: c})
			}
		}
		for _, c := range keepNearest(of) {
			if c.evidence = m.payees[c.bill].in(o); c.evidence != against {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

func (m *matching) take(op, bill int, confidence float64, rule string) {
	m.spent[op], m.paid[bill] = true, true
	m.links = append(m.links, penates.Link{From: m.ops[op].ID, Rel: penates.Pays, To: m.bills[bill].ID, Confidence: confidence, Rule: rule})
}

func (m *matching) takeNamed(candidates []candidate) {
	for _, c := range candidates {
		if m.spent[c.op] || m.paid[c.bill] {
			continue
		}
		switch c.evidence {
		case numbered:
			m.take(c.op, c.bill, 1, paysNumber)
		case named:
			m.take(c.op, c.bill, 0.95, paysVendor)
		}
	}
}

// takeSilent takes pairs of which only amount and day agree: each must be the
// other's nearest, with no second that is nearly as near.
func (m *matching) takeSilent(candidates []candidate) {
	const clear = 10 // days the second has to be further away
	ofOp, ofBill := map[int][]candidate{}, map[int][]candidate{}
	for _, c := range candidates { // nearest first
		if c.evidence == silent && !m.spent[c.op] && !m.paid[c.bill] {
			ofOp[c.op] = append(ofOp[c.op], c)
			ofBill[c.bill] = append(ofBill[c.bill], c)
		}
	}
	for _, c := range candidates {
		a, b := ofOp[c.op], ofBill[c.bill]
		if len(a) == 0 || len(b) == 0 || a[0] != c || b[0] != c {
			continue
		}
		alone := len(a) == 1 && len(b) == 1
		ahead := (len(a) == 1 || a[1].cost-c.cost >= clear) && (len(b) == 1 || b[1].cost-c.cost >= clear)
		switch {
		case alone && !round(m.ops[c.op].Amount):
			m.take(c.op, c.bill, 0.6, paysAmount)
		case alone:
			m.take(c.op, c.bill, 0.4, paysAmount)
		case ahead && !round(m.ops[c.op].Amount):
			m.take(c.op, c.bill, 0.5, paysAmount)
		}
	}
}

// round reports whether an amount is one that many payments have.
func round(amount figure.Milli) bool { return amount.Abs()%5000 == 0 }

package link

import (
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/vault"
)

// What a care bill is linked to.
const (
	reimbursesCredit  = "reimburses/credit"  // the transfer that brought the money
	reimbursesExpense = "reimburses/expense" // the payment that was refunded
)

// reimburses finds, for each statement of refunded care, the credit it announces
// and the expense it refunds.
var reimburses = Rule{
	Name:  "reimburses",
	Reads: []penates.Type{penates.BankOperations, penates.Bills},
	Makes: []string{reimbursesCredit, reimbursesExpense},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		bills, err := loadBills(ctx, s)
		if err != nil || !slices.ContainsFunc(bills, func(b Bill) bool { return b.Care() }) {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.Reimburses)
		if err != nil {
			return nil, err
		}
		ops, err := loadOperations(ctx, s)
		if err != nil {
			return nil, err
		}
		return Reimbursements(ops, bills, judged), nil
	},
}

// Reimbursements returns the links from bills that refund care to the credit and
// to the expense. One credit may bring several refunds, and one expense be
// refunded by several, as long as they do not sum to more than it.
func Reimbursements(ops []Operation, bills []Bill, judged Judged) []penates.Link {
	credits := refunding{ops: ops, bills: bills, judged: judged, used: make([]figure.Milli, len(ops)), rule: reimbursesCredit}
	expenses := refunding{ops: ops, bills: bills, judged: judged, used: make([]figure.Milli, len(ops)), rule: reimbursesExpense}
	for i := range ops {
		expenses.used[i] = ops[i].Reimbursed
	}
	settle(ops, bills, judged, credits.used, expenses.used)
	return sorted(append(credits.find(), expenses.find()...))
}

// settle takes from the operations what confirmed links already bring.
func settle(ops []Operation, bills []Bill, judged Judged, credits, expenses []figure.Milli) {
	if len(judged.Confirmed) == 0 {
		return
	}
	amounts := make(map[penates.DocumentID]figure.Milli, len(bills))
	for i := range bills {
		amounts[bills[i].ID] = bills[i].Total
	}
	brought := map[penates.DocumentID]figure.Milli{}
	for p := range judged.Confirmed {
		brought[p.To] += amounts[p.From]
	}
	for i := range ops {
		if used := credits; ops[i].Amount < 0 {
			expenses[i] += brought[ops[i].ID]
		} else {
			used[i] += brought[ops[i].ID]
		}
	}
}

// A refunding looks for one end of refunds.
type refunding struct {
	ops    []Operation
	bills  []Bill
	judged Judged
	used   []figure.Milli // how much of each operation is spoken for
	rule   string
}

func (r *refunding) credit() bool { return r.rule == reimbursesCredit }

// amount returns what the operation of bill b must be, and the day it is near.
func (r *refunding) amount(b *Bill) (figure.Milli, figure.Day) {
	switch {
	case !r.credit() && b.OriginalDay != figure.Unknown:
		return b.Original, b.OriginalDay
	case !r.credit():
		return b.Original, b.Day
	case b.Group != 0:
		return b.Group, b.Day
	}
	return b.Total, b.Day
}

func (r *refunding) find() (links []penates.Link) {
	candidates := r.candidates()
	best(candidates, r.ops, r.bills)
	seen := make([]int, len(r.bills)) // how many operations may belong to each
	for _, c := range candidates {
		seen[c.bill]++
	}
	done := make([]bool, len(r.bills))
	for _, c := range candidates {
		b, o := &r.bills[c.bill], &r.ops[c.op]
		full := r.used[c.op] != 0 && r.used[c.op]+b.Total > o.Amount.Abs()
		if done[c.bill] || full || c.evidence == silent && seen[c.bill] > 1 {
			continue
		}
		done[c.bill] = true
		r.used[c.op] += b.Total
		confidence := map[evidence]float64{silent: 0.5, named: 0.8, numbered: 0.95}[c.evidence]
		links = append(links, penates.Link{From: b.ID, Rel: penates.Reimburses, To: o.ID, Confidence: confidence, Rule: r.rule})
	}
	return links
}

func (r *refunding) candidates() (all []candidate) {
	x := byAmount{}
	payees := make([]payee, len(r.bills))
	settled := map[penates.DocumentID]bool{}
	isCredit := r.sides()
	for p := range r.judged.Confirmed {
		if credit, ok := isCredit[p.To]; ok && credit == r.credit() {
			settled[p.From] = true
		}
	}
	for i := range r.bills {
		if b := &r.bills[i]; b.Care() && !b.ThirdParty && !settled[b.ID] {
			amount, _ := r.amount(b)
			x.add(b.Currency, amount, i)
			payees[i] = payeeOf(b)
		}
	}
	var found []int
	var of []candidate
	for i := range r.ops {
		o := &r.ops[i]
		if (o.Amount > 0) != r.credit() {
			continue
		}
		of = of[:0]
		found = x.findFor(found[:0], o)
		for _, j := range found {
			_, day := r.amount(&r.bills[j])
			if c, ok := o.cost(day, figure.Unknown); ok && !r.judged.Rejected[Pair{r.bills[j].ID, o.ID}] {
				of = append(of, candidate{op: i, bill: j, cost: c})
			}
		}
		for _, c := range keepNearest(of) {
			if c.evidence = r.says(o, &payees[c.bill]); c.evidence != against {
				all = append(all, c)
			}
		}
	}
	return all
}

// sides tells of the operations of confirmed links whether they are credits.
func (r *refunding) sides() map[penates.DocumentID]bool {
	if len(r.judged.Confirmed) == 0 {
		return nil
	}
	sides := make(map[penates.DocumentID]bool, len(r.ops))
	for i := range r.ops {
		sides[r.ops[i].ID] = r.ops[i].Amount > 0
	}
	return sides
}

// says tells what the wording of o says about a refund: of a credit, that it
// names who refunds; of an expense, that it is for care.
func (r *refunding) says(o *Operation, p *payee) evidence {
	if r.credit() {
		switch e := p.in(o); {
		case e == named:
			return numbered // as sure as it gets: amount, day and who pays
		case e == silent && forCare(o):
			return named
		default:
			return e
		}
	}
	if other := company.In(o.labelWords()); other != nil && other.Sector != company.Health {
		return against
	}
	if forCare(o) {
		return named
	}
	return silent
}

// forCare reports whether an operation's wording or category is about health.
// Words are compared by their beginning, because banks cut them.
func forCare(o *Operation) bool {
	words := o.labelWords()
	if o.Category != "" {
		words = append(slices.Clip(words), company.Words(o.Category)...)
	}
	return slices.ContainsFunc(words, func(w string) bool {
		if shortCare[w] {
			return true
		}
		return slices.ContainsFunc(careWords, func(c string) bool { return strings.HasPrefix(w, c) })
	})
}

var (
	shortCare = map[string]bool{"dr": true, "doc": true, "irm": true, "chu": true, "chr": true, "chirurgie": true, "sante": true, "health": true}
	careWords = []string{
		"medec", "medic", "docteur", "doctor", "doctolib", "pharma", "dentist", "dentaire", "dental", "ophtal", "optic", "optique", "orthodon",
		"orthoph", "kinesi", "osteo", "clinique", "clinic", "hopital", "hospital", "laboratoire", "radiolog", "imagerie", "dermato", "gyneco",
		"pediatr", "psych", "infirm", "cardio", "mutuelle", "cpam", "apotheke", "arzt", "zahnarzt", "farmacia",
	}
)

package link_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/figure"
	"penates/internal/link"
)

// care is a refund of original by vendor.
func care(t testing.TB, id, line, original string) link.Bill {
	b := bill(t, id, line)
	b.Refund = true
	b.Original, _ = figure.Amount(original)
	b.OriginalDay = b.Day
	return b
}

func TestReimbursements(t *testing.T) {
	ops := lines{
		"visit":     "2025-03-03 -26.50 CB DOCTEUR LENOIR",
		"groceries": "2025-03-03 -26.50 CB EPICERIE DU COIN",
		"state":     "2025-03-10 17.55 VIR CPAM LOIRE ATLANTIQUE",
		"mutual":    "2025-03-14 6.95 VIR HARMONIE MUTUELLE",
	}
	for _, c := range []struct {
		name  string
		bills []link.Bill
		want  []string
	}{
		{"state and mutual insurance refund one visit", []link.Bill{care(t, "b1", "2025-03-08 17.55 Ameli", "26.50"), care(t, "b2", "2025-03-12 6.95 Harmonie", "26.50")},
			[]string{"b1>state reimburses/credit 0.95", "b1>visit reimburses/expense 0.8", "b2>mutual reimburses/credit 0.95", "b2>visit reimburses/expense 0.8"}},
		{"no more is given back than was spent", []link.Bill{care(t, "b1", "2025-03-08 17.55 Ameli", "26.50"), care(t, "b2", "2025-03-12 17.55 MGEN", "26.50")},
			[]string{"b1>state reimburses/credit 0.95", "b1>visit reimburses/expense 0.8"}},
		{"refunded to the doctor", []link.Bill{func() link.Bill { b := care(t, "b1", "2025-03-08 17.55 Ameli", "26.50"); b.ThirdParty = true; return b }()},
			[]string{}},
		{"no such credit", []link.Bill{care(t, "b1", "2025-03-08 18.00 Ameli", "30.00")}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, shown(link.Reimbursements(operations(t, ops), c.bills, link.Judged{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReimbursementsOfOneTransfer(t *testing.T) {
	first, second := care(t, "b1", "2025-03-08 10.00 Ameli", "26.50"), care(t, "b2", "2025-03-09 7.55 Ameli", "26.50")
	first.Group, second.Group = 17550, 17550
	ops := operations(t, lines{"visit": "2025-03-03 -26.50 PHARMACIE", "state": "2025-03-10 17.55 CPAM"})
	want := []string{"b1>state reimburses/credit 0.95", "b1>visit reimburses/expense 0.8", "b2>state reimburses/credit 0.95", "b2>visit reimburses/expense 0.8"}
	if diff := cmp.Diff(want, shown(link.Reimbursements(ops, []link.Bill{second, first}, link.Judged{}))); diff != "" {
		t.Error(diff)
	}
}

func TestReimbursementsLeaveWhatThePersonSaid(t *testing.T) {
	ops := operations(t, lines{"visit": "2025-03-03 -26.50 DOCTEUR LENOIR", "state": "2025-03-10 17.55 CPAM", "other": "2025-03-12 17.55 CPAM"})
	all := []link.Bill{care(t, "b1", "2025-03-08 17.55 Ameli", "26.50"), care(t, "b2", "2025-03-08 17.55 Ameli", "26.50")}
	judged := link.Judged{
		Confirmed: map[link.Pair]bool{{From: "b1", To: "state"}: true},
		Rejected:  map[link.Pair]bool{{From: "b2", To: "visit"}: true, {From: "b1", To: "visit"}: true},
	}
	if diff := cmp.Diff([]string{"b2>other reimburses/credit 0.95"}, shown(link.Reimbursements(ops, all, judged))); diff != "" {
		t.Error(diff)
	}
}

func TestPaymentsLeaveCareAlone(t *testing.T) {
	got, err := link.Payments(t.Context(), operations(t, lines{"state": "2025-03-10 17.55 CPAM"}), []link.Bill{care(t, "b1", "2025-03-08 17.55 Ameli", "26.50")}, link.Judged{})
	if err != nil || len(got) > 0 {
		t.Errorf("Payments = %v, %v, want none", got, err)
	}
}

func TestBelongings(t *testing.T) {
	day := figure.ParseDay
	paper := func(id string, kind penates.Type, from, to, vendor string, refs ...penates.Ref) link.Paper {
		return link.Paper{ID: penates.DocumentID(id), Type: kind, Day: day(from), End: day(to), Vendor: vendor, Refs: refs}
	}
	ref := func(scheme, value string) penates.Ref { return penates.Ref{Scheme: scheme, Value: value} }
	papers := []link.Paper{
		paper("old", penates.Contracts, "2019-01-01", "2022-12-31", "EDF", ref("prm", "01234567890128"), ref("contract", "C 100-1"), ref("customer", "77001122")),
		paper("new", penates.Contracts, "2023-01-01", "", "EDF", ref("prm", "01234567890128"), ref("contract", "C1002"), ref("customer", "77001122")),
		paper("grid", penates.Contracts, "", "", "Enedis", ref("prm", "1234567890128")),
		paper("gas", penates.Contracts, "2020-01-01", "", "Engie", ref("pce", "GI0077"), ref("customer", "55667788")),
		paper("day", penates.Energy, "2024-05-01", "", "", ref("prm", "01234567890128")),
		paper("early", penates.Energy, "2020-05-01", "", "", ref("prm", "01234567890128"), ref("invoice", "F-9-001")),
		paper("statement", penates.Energy, "2018-05-01", "", "", ref("contract", "C1001")),
		paper("bill", penates.Bills, "2020-06-01", "", "Électricité de France", ref("invoice", "F9001"), ref("contract", "c100 2")),
		paper("gasbill", penates.Bills, "2020-06-01", "", "ENGIE", ref("customer", "55667788")),
		paper("twocontracts", penates.Bills, "2020-06-01", "", "EDF", ref("customer", "77001122")),
		paper("stranger", penates.Bills, "2020-06-01", "", "Octopus Energy", ref("contract", "C1001")),
		paper("short", penates.Bills, "2020-06-01", "", "EDF", ref("contract", "12")),
	}
	want := []string{
		"bill>new billed_under/contract 0.75", // the number says so though it began later
		"day>grid measures/meter 1", "day>new measures/meter 1",
		"early>bill measures/invoice 0.95", "early>grid measures/meter 1", "early>old measures/meter 1",
		"gasbill>gas billed_under/customer 0.7",
		"statement>old measures/contract 0.75",
	}
	if diff := cmp.Diff(want, shown(link.Belongings(papers))); diff != "" {
		t.Error(diff)
	}
}

func TestPeople(t *testing.T) {
	p := link.NewPeople([]link.Contact{
		{ID: "copy", Addresses: []string{"lou@example.org"}},
		{ID: "lou", Addresses: []string{"Lou@Example.org", "+33 6 12 34 56 78"}},
		{ID: "max", Addresses: []string{"max@example.org", ""}},
	})
	for _, m := range [][3]string{
		{"m1", "from", "mailto:LOU@example.org"}, {"m1", "to", "max@example.org"}, {"m1", "cc", "max@example.org"}, {"m1", "to", "nobody@example.org"},
		{"c1", "from", "+33612345678"}, {"c1", "from", "tel:+33-6-12-34-56-78"}, {"e1", "organizer", "max@example.org"}, {"e1", "from", ""},
	} {
		p.Meet(penates.DocumentID(m[0]), m[1], m[2])
	}
	want := []string{"c1>lou from/address 1", "e1>max attendee/address 1", "m1>lou from/address 1", "m1>max to/address 1"}
	if diff := cmp.Diff(want, shown(p.Links())); diff != "" {
		t.Error(diff)
	}
}

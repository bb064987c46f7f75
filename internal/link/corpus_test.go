package link_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"penates"
	"penates/internal/figure"
	"penates/internal/importer/importertest"
	"penates/internal/link"
)

// cozyBill and cozyOperation are the fields of Cozy's own matching cases.
type cozyBill struct {
	ID                string `json:"_id"`
	Vendor, Date      string
	Amount            float64
	OriginalAmount    float64
	GroupAmount       float64
	OriginalDate      string
	IsRefund          bool
	IsThirdPartyPayer bool
}

type cozyOperation struct {
	ID               string `json:"_id"`
	Label, Date      string
	Amount           float64
	ManualCategoryID string
	Reimbursements   []struct{ Amount float64 }
}

type cozyCase struct {
	Bills          []cozyBill
	Operations     []cozyOperation
	MoreBills      []cozyBill      `json:"io.cozy.bills"`
	MoreOps        []cozyOperation `json:"io.cozy.bank.operations"`
	ExpectedResult map[string]struct{ CreditOperation, DebitOperation *string }
}

func milli(f float64) figure.Milli {
	m, _ := figure.Amount(f)
	return m
}

func (c *cozyCase) bills() (all []link.Bill) {
	for _, b := range slices.Concat(c.Bills, c.MoreBills) {
		all = append(all, link.Bill{
			ID: penates.DocumentID(b.ID), Day: figure.ParseDay(b.Date), Due: figure.Unknown, Total: milli(b.Amount), Currency: "EUR", Vendor: b.Vendor,
			Refund: b.IsRefund, ThirdParty: b.IsThirdPartyPayer, Original: milli(b.OriginalAmount), OriginalDay: figure.ParseDay(b.OriginalDate), Group: milli(b.GroupAmount),
		})
	}
	return all
}

func (c *cozyCase) operations() (all []link.Operation) {
	for _, o := range slices.Concat(c.Operations, c.MoreOps) {
		op := link.Operation{ID: penates.DocumentID(o.ID), Day: figure.ParseDay(o.Date), Acted: figure.Unknown, Amount: milli(o.Amount), Currency: "EUR", Label: o.Label, Category: o.ManualCategoryID}
		for _, r := range o.Reimbursements {
			op.Reimbursed += milli(r.Amount)
		}
		all = append(all, op)
	}
	return all
}

// TestCozyCases compares with what Cozy's own rules find. The two pairs of files
// that state no result are made to state what their names say.
func TestCozyCases(t *testing.T) {
	const folder = "cozy/matching"
	if os.Getenv("PENATES_CORPUS") == "" {
		return // the corpus is not here; the other tests cover the same rules
	}
	names, err := filepath.Glob(filepath.Join(os.Getenv("PENATES_CORPUS"), folder, "[01]*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	read := func(t *testing.T, c *cozyCase, name string) {
		b, _ := importertest.Corpus(t, folder+"/"+name)
		if err := json.Unmarshal(b, c); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			var c cozyCase
			read(t, &c, filepath.Base(name))
			if len(c.ExpectedResult) == 0 {
				t.Fatal("the case expects nothing")
			}
			compareCozy(t, &c)
		})
	}
	for _, pair := range []struct{ kind, expected string }{
		{"generic", `{"ikea_bill": {"debitOperation": "ikea_operation"}}`},
		{"reimbursement", `{"ameli_bill": {"debitOperation": "visite_medecin", "creditOperation": "remboursement_cpam"}}`},
	} {
		t.Run(pair.kind, func(t *testing.T) {
			var c cozyCase
			read(t, &c, "bill-"+pair.kind+".json")
			read(t, &c, "operation-"+pair.kind+".json")
			if err := json.Unmarshal([]byte(pair.expected), &c.ExpectedResult); err != nil {
				t.Fatal(err)
			}
			compareCozy(t, &c)
		})
	}
}

func compareCozy(t *testing.T, c *cozyCase) {
	paid, err := link.Payments(t.Context(), c.operations(), c.bills(), link.Judged{})
	if err != nil {
		t.Fatal(err)
	}
	refunded := link.Reimbursements(c.operations(), c.bills(), link.Judged{})
	for id, want := range c.ExpectedResult {
		var debit, credit string
		for _, l := range paid {
			if string(l.To) == id {
				debit = string(l.From)
			}
		}
		for _, l := range refunded {
			switch {
			case string(l.From) == id && l.Rule == "reimburses/credit":
				credit = string(l.To)
			case string(l.From) == id:
				debit = string(l.To)
			}
		}
		if debit != text(want.DebitOperation) || credit != text(want.CreditOperation) {
			t.Errorf("%s: debit %q, credit %q; want %q, %q", id, debit, credit, text(want.DebitOperation), text(want.CreditOperation))
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

package link_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

func money(amount string) *penates.Money {
	return &penates.Money{Amount: penates.Decimal(amount), Currency: "EUR"}
}

func on(day string) penates.Span {
	m, err := penates.ParseMoment(day)
	if err != nil {
		panic(err)
	}
	return penates.Span{Start: m}
}

func item(id, day string, body schema.Body, change func(*penates.Document)) vaulttest.Item {
	d := &penates.Document{ID: penates.DocumentID("doc_" + id), Source: penates.Source{NativeID: id}, Time: on(day)}
	if change != nil {
		change(d)
	}
	return vaulttest.Item{Document: d, Body: body}
}

func priced(amount string) func(*penates.Document) {
	return func(d *penates.Document) { d.Money = money(amount) }
}

func household() []vaulttest.Item {
	return []vaulttest.Item{
		item("debit", "2025-03-12", schema.BankOperation{Label: "PRLV SEPA EDF CLIENTS"}, priced("-61.40")),
		item("other", "2025-03-13", schema.BankOperation{Label: "PRLV SEPA EDF CLIENTS"}, priced("-61.40")),
		item("bill", "2025-03-10", schema.Bill{Vendor: "EDF", Number: "F900117", Contract: "6 001 234 567"}, priced("61.40")),
		item("refund", "2025-03-08", schema.Bill{Vendor: "Ameli", IsRefund: true, OriginalAmount: "26.50", OriginalDate: "2025-03-03"}, priced("17.55")),
		item("visit", "2025-03-03", schema.BankOperation{Label: "CB DR LENOIR"}, priced("-26.50")),
		item("credit", "2025-03-10", schema.BankOperation{Label: "VIR CPAM"}, priced("17.55")),
		item("contract", "2020-01-01", schema.Contract{Vendor: "EDF", Number: "6001234567", Meter: "01234567890128"}, nil),
		item("lou", "", schema.Contact{FullName: "Lou", Email: []string{"lou@example.org"}, Phone: []string{"+33612345678"}}, nil),
		item("mail", "2025-03-01T10:00:00Z", schema.Message{Subject: "Hello"}, func(d *penates.Document) {
			d.Parties = []penates.Party{{Role: "from", Literal: "Lou", Address: "lou@example.org"}, {Role: "to", Address: "me@example.org"}}
		}),
		item("call", "2025-03-02T10:00:00Z", schema.Call{Direction: "out", Number: "+33612345678"}, nil),
		item("event", "2025-03-02T12:00:00Z", schema.Event{Title: "Lunch"}, func(d *penates.Document) {
			d.Parties = []penates.Party{{Role: "attendee", Address: "lou@example.org"}}
		}),
		{Series: &penates.Series{
			Type: penates.Energy, Source: penates.Source{Connection: "01234567890128", NativeID: "daily"}, Kind: "electricity", Measure: "daily", Unit: "kW.h", Step: "P1D",
			Refs:   []penates.Ref{penates.NewRef(penates.RefPRM, "01234567890128"), penates.NewRef(penates.RefInvoice, "F900117")},
			Points: []penates.Point{{Start: penates.Day(2025, 3, 1), Value: "12.4"}, {Start: penates.Day(2025, 3, 2), Value: "11.8"}},
		}},
	}
}

// made lists the links of the vault as "from rel to rule".
func made(t *testing.T, s *vault.Session) []string {
	t.Helper()
	table, err := s.Query(t.Context(), `SELECT "from", rel, "to", rule FROM links ORDER BY rel, "from", "to"`, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, row := range table.Rows {
		all = append(all, fmt.Sprint(row[0], " ", row[1], " ", row[2], " ", row[3]))
	}
	return all
}

func TestRun(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s, household()...)
	series, err := s.Query(t.Context(), `SELECT DISTINCT id FROM energy`, 0)
	if err != nil || len(series.Rows) != 1 {
		t.Fatalf("one month of a series: %v, %v", series, err)
	}
	month := fmt.Sprint(series.Rows[0][0])
	report, err := link.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"doc_event attendee doc_lou attendee/address",
		"doc_bill billed_under doc_contract billed_under/contract",
		"doc_mail from doc_lou from/address",
		month + " measures doc_bill measures/invoice",
		month + " measures doc_contract measures/meter",
		"doc_debit pays doc_bill pays/amount+date+vendor",
		"doc_refund reimburses doc_credit reimburses/credit",
		"doc_refund reimburses doc_visit reimburses/expense",
		"doc_call to doc_lou to/address",
	}
	if diff := cmp.Diff(want, made(t, s)); diff != "" {
		t.Error(diff)
	}
	if report.Links != len(want) || len(report.Rules) != len(link.Rules) {
		t.Errorf("report = %+v, want %d links of %d rules", report, len(want), len(link.Rules))
	}
	again, err := link.Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range again.Rules {
		if r.Changed {
			t.Errorf("the second run changed links of %s", r.Rule)
		}
	}
	if only, err := link.Run(t.Context(), s, penates.Contacts); err != nil || len(only.Rules) != 2 || only.Rules[0].Rule != "person" || only.Rules[1].Rule != "people" {
		t.Errorf("a run for contacts = %+v, %v, want the rules person and people alone", only, err)
	}
}

func TestRunAfterTheRejectionOfALink(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s, household()...)
	if _, err := link.Run(t.Context(), s, penates.Bills); err != nil {
		t.Fatal(err)
	}
	links, err := s.Links(t.Context(), "doc_debit")
	if err != nil || len(links) != 1 {
		t.Fatalf("links of the debit = %v, %v, want one", links, err)
	}
	if err := s.JudgeLink(t.Context(), links[0].ID, penates.Rejected); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := link.Run(t.Context(), s, penates.Bills); err != nil {
			t.Fatal(err)
		}
		table, err := s.Query(t.Context(), `SELECT "from" FROM links WHERE rel = 'pays'`, 0)
		if err != nil || len(table.Rows) != 1 || table.Rows[0][0] != "doc_other" {
			t.Errorf("after the rejection %v, %v pays, want doc_other alone", table, err)
		}
	}
}

func TestRunOfAnEmptyVault(t *testing.T) {
	s := vaulttest.New(t)
	if report, err := link.Run(t.Context(), s); err != nil || report.Links != 0 {
		t.Errorf("Run = %+v, %v, want no links", report, err)
	}
}

// BenchmarkRun links 100,000 operations with 1,000 bills and 100,000 messages
// with 2,000 contacts.
func BenchmarkRun(b *testing.B) {
	s := vaulttest.New(b)
	vaulttest.Fill(b, s, crowd(100_000, 1_000, 100_000, 2_000)...)
	for _, types := range [][]penates.Type{{penates.BankOperations}, {penates.Messages}, {penates.Contracts}} {
		b.Run(string(types[0]), func(b *testing.B) {
			for b.Loop() {
				report, err := link.Run(b.Context(), s, types...)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(report.Links), "links")
			}
		})
	}
}

// BenchmarkPayments is the rule without the vault.
func BenchmarkPayments(b *testing.B) {
	ops, all := manyOperations(b, 100_000), manyBills(b, 1_000)
	for b.Loop() {
		if _, err := link.Payments(b.Context(), ops, all, link.Judged{}); err != nil {
			b.Fatal(err)
		}
	}
}

var wordings = []string{"PRLV SEPA EDF CLIENTS PARTICULIERS", "CB CARREFOUR MARKET", "PRLV FREE MOBILE", "CB BOULANGERIE DES HALLES", "VIR SALAIRE", "PRLV MAIF", "CB SNCF INTERNET"}

func amountAt(i, n int) string { return fmt.Sprintf("%d.%02d", 5+i*7919%n, i*31%100) }

func dayAt(i, n int) penates.Moment {
	return penates.DayOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i*3650/n))
}

func crowd(operations, bills, messages, contacts int) (items []vaulttest.Item) {
	add := func(kind string, i int, at penates.Moment, body schema.Body, d penates.Document) {
		d.Source.NativeID, d.Time.Start = fmt.Sprint(kind, i), at
		items = append(items, vaulttest.Item{Document: &d, Body: body})
	}
	for i := range operations {
		add("operation", i, dayAt(i, operations), schema.BankOperation{Label: fmt.Sprint(wordings[i%len(wordings)], " ", i)}, penates.Document{Money: money("-" + amountAt(i, 300))})
	}
	for i := range bills {
		add("bill", i, dayAt(i, bills), schema.Bill{Vendor: []string{"EDF", "Free", "MAIF", "SNCF"}[i%4], Number: fmt.Sprint("F", 100000+i)}, penates.Document{Money: money(amountAt(i, 300))})
	}
	for i := range contacts {
		add("contact", i, penates.Moment{}, schema.Contact{FullName: fmt.Sprint("Contact ", i), Email: []string{fmt.Sprintf("contact%d@example.org", i)}}, penates.Document{})
	}
	for i := range messages {
		add("message", i, dayAt(i, messages), schema.Message{Subject: "About this and that"}, penates.Document{Parties: []penates.Party{
			{Role: "from", Address: fmt.Sprintf("contact%d@example.org", i%contacts)}, {Role: "to", Address: "me@example.org"},
		}})
	}
	return items
}

func manyOperations(b testing.TB, n int) (ops []link.Operation) {
	for i := range n {
		ops = append(ops, op(b, fmt.Sprint("o", i), fmt.Sprint(dayAt(i, n), " -", amountAt(i, 300), " ", wordings[i%len(wordings)], " ", i)))
	}
	return ops
}

func manyBills(b testing.TB, n int) (all []link.Bill) {
	for i := range n {
		all = append(all, bill(b, fmt.Sprint("b", i), fmt.Sprint(dayAt(i, n), " ", amountAt(i, 300), " ", []string{"EDF", "Free", "MAIF", "SNCF"}[i%4])))
	}
	return all
}

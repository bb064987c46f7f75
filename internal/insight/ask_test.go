package insight_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/insight"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

func document(id, at string, body schema.Body, change func(*penates.Document)) vaulttest.Item {
	m, err := penates.ParseMoment(at)
	if err != nil {
		panic(err)
	}
	d := &penates.Document{ID: penates.DocumentID("doc_" + id), Source: penates.Source{NativeID: id}, Time: penates.Span{Start: m}}
	if change != nil {
		change(d)
	}
	return vaulttest.Item{Document: d, Body: body}
}

func euros(amount string) func(*penates.Document) {
	return func(d *penates.Document) { d.Money = &penates.Money{Amount: penates.Decimal(amount), Currency: "EUR"} }
}

func between(role1, a, role2, b string) func(*penates.Document) {
	return func(d *penates.Document) {
		d.Parties = []penates.Party{{Role: role1, Address: a}, {Role: role2, Address: b}}
	}
}

// curve is a day of half hours of 500 W, as a source names it by contract.
func curve(t *testing.T, day string) vaulttest.Item {
	start, err := time.Parse(time.RFC3339, day+"T00:00:00+01:00")
	if err != nil {
		t.Fatal(err)
	}
	s := &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: "6001234567", NativeID: "load-curve"}, Kind: "electricity", Measure: "load-curve", Unit: "W.h", Step: "PT30M"}
	for i := range 48 {
		at := start.Add(time.Duration(i) * 30 * time.Minute)
		s.Points = append(s.Points, penates.Point{Start: penates.At(at), End: penates.At(at.Add(30 * time.Minute)), Value: "250"})
	}
	return vaulttest.Item{Series: s}
}

func energyItems(t *testing.T) []vaulttest.Item {
	const prm = "01234567890128"
	refs := []penates.Ref{penates.NewRef(penates.RefPRM, prm)}
	return []vaulttest.Item{
		document("contract", "2020-01-01", schema.Contract{Vendor: "EDF", Number: "6001234567", Meter: prm, Kind: "Électricité"}, nil),
		document("bill", "2025-03-05", schema.Bill{Vendor: "EDF", Number: "F900117", Contract: "6001234567", PeriodStart: "2025-03-01", PeriodEnd: "2025-03-04"}, euros("12.00")),
		document("debit", "2025-03-12", schema.BankOperation{Label: "PRLV SEPA EDF CLIENTS"}, euros("-12.00")),
		document("later", "2025-04-12", schema.BankOperation{Label: "PRLV SEPA EDF CLIENTS"}, euros("-31.00")),
		document("fuel", "2025-04-12", schema.BankOperation{Label: "CB TOTALENERGIES ACCESS", Kind: "card"}, euros("-70.00")),
		document("phone", "2025-03-05", schema.Bill{Vendor: "Free"}, euros("15.99")),
		curve(t, "2025-03-01"), curve(t, "2025-03-02"),
		{Series: &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: prm, NativeID: "daily"}, Kind: "electricity", Measure: "daily", Unit: "kW.h", Step: "P1D", Refs: refs,
			Points: []penates.Point{{Start: penates.Day(2025, 3, 2), Value: "13"}, {Start: penates.Day(2025, 3, 3), End: penates.Day(2025, 3, 4), Value: "15"}}}},
		{Series: &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: "6001234567", NativeID: "statement"}, Kind: "electricity", Measure: "statement", Unit: "kW.h", Refs: refs,
			Points: []penates.Point{{Start: penates.Day(2025, 3, 1), End: penates.Day(2025, 3, 5), Value: "50", Quality: "ESTIME"}}}},
	}
}

func TestEnergyCostOfAVault(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s, energyItems(t)...)
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	r, err := insight.EnergyCost(t.Context(), s)
	if err != nil || len(r.Kinds) != 1 {
		t.Fatalf("EnergyCost = %+v, %v, want electricity alone", r, err)
	}
	// 12 kWh by the curve, 13 and 15 by the register, 10 left of the statement.
	want := []string{
		"2025-03 50 kWh in 4, 31.63 in 23 of 31 at 0.2400 estimated [doc_later]",
		"2025-04 0 kWh in 0, 11.37 in 11 of 30 [doc_later]",
	}
	if diff := cmp.Diff(want, months(r.Kinds[0])); diff != "" {
		t.Error(diff)
	}
	bills := r.Kinds[0].Bills
	if len(bills) != 1 || bills[0].ID != "doc_bill" || bills[0].KWh != 50 || bills[0].PerKWh != "0.2400" || len(bills[0].Payments) != 1 ||
		bills[0].Payments[0].ID != "doc_debit" || bills[0].Paid != "12.00" || len(bills[0].Series) != 3 {
		t.Errorf("bills = %+v, want the one, 50 kWh, paid by the debit", bills)
	}
}

func TestRecurringOfAVault(t *testing.T) {
	s := vaulttest.New(t)
	var items []vaulttest.Item
	for i := range 6 {
		items = append(items, document(fmt.Sprint("op", i), fmt.Sprintf("2025-%02d-03", i+1), schema.BankOperation{Label: "PRLV NETFLIX", Account: "A"}, euros("-13.49")))
	}
	reverted := document("reverted", "2025-03-04", schema.BankOperation{Label: "PRLV NETFLIX", Account: "A", Status: "reverted"}, euros("-13.49"))
	vaulttest.Fill(t, s, append(items, reverted)...)
	r, err := insight.Recurring(t.Context(), s)
	if err != nil || len(r.Payments) != 1 {
		t.Fatalf("Recurring = %+v, %v, want one payment", r, err)
	}
	if diff := cmp.Diff(`Netflix every 1 at 13.49, 161.88 a year, 2025-01-03 to 2025-06-03, next "2025-07-03"`, recurring(r.Payments[0])); diff != "" {
		t.Error(diff)
	}
}

func TestExchangesOfAVault(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s,
		document("lou", "", schema.Contact{FullName: "Lou Martin", Email: []string{"lou@example.org"}, Phone: []string{"+33612345678"}}, nil),
		document("me", "", schema.Identity{Email: "me@example.org"}, nil),
		document("m1", "2025-01-01T10:00:00+01:00", schema.Message{Folder: "INBOX"}, between("from", "lou@example.org", "to", "me@example.org")),
		document("m2", "2025-01-02T10:00:00+01:00", schema.Message{Folder: "Éléments envoyés"}, between("from", "me@work.example", "to", "lou@example.org")),
		document("m3", "2025-01-02T11:00:00+01:00", schema.Message{Folder: "Brouillons"}, between("from", "me@work.example", "to", "lou@example.org")),
		document("c1", "2025-01-03T10:00:00+01:00", schema.Call{Direction: "in", Number: "+33612345678", Seconds: 61}, nil),
		document("c2", "2025-01-04T10:00:00+01:00", schema.Call{Direction: "out", Number: "+33612345678", Kind: "sms"}, nil),
		document("c3", "2025-01-04T11:00:00+01:00", schema.Call{Direction: "out", Number: "+33612345678", Kind: "data"}, nil),
		document("e1", "2025-02-01", schema.Event{Title: "Lunch"}, between("organizer", "me@example.org", "attendee", "lou@example.org")),
		document("e2", "2025-02-02", schema.Event{Title: "Lunch", Status: "CANCELLED"}, between("organizer", "me@example.org", "attendee", "lou@example.org")),
	)
	r, err := insight.Exchanges(t.Context(), s)
	if err != nil || len(r.People) != 1 {
		t.Fatalf("Exchanges = %+v, %v, want Lou alone", r, err)
	}
	want := "Lou Martin in 1 out 2 calls 1+0-0 61s events 1, 2025-01-01 to 2025-02-01 [doc_lou] [+33612345678 lou@example.org]"
	if diff := cmp.Diff(want, exchanged(r.People[0])); diff != "" {
		t.Error(diff)
	}
}

func TestInsightsOfAnEmptyVault(t *testing.T) {
	s := vaulttest.New(t)
	if r, err := insight.EnergyCost(t.Context(), s); err != nil || len(r.Kinds) != 0 {
		t.Errorf("EnergyCost = %+v, %v", r, err)
	}
	if r, err := insight.Recurring(t.Context(), s); err != nil || len(r.Payments) != 0 {
		t.Errorf("Recurring = %+v, %v", r, err)
	}
	if r, err := insight.Exchanges(t.Context(), s); err != nil || len(r.People) != 0 || len(r.Months) != 0 {
		t.Errorf("Exchanges = %+v, %v", r, err)
	}
}

// BenchmarkInsights asks a vault of 100,000 operations, 100,000 messages and two
// years of half hours.
func BenchmarkInsights(b *testing.B) {
	s := vaulttest.New(b)
	fillLife(b, s)
	for name, ask := range map[string]func() error{
		"EnergyCost": func() error { _, err := insight.EnergyCost(b.Context(), s); return err },
		"Recurring":  func() error { _, err := insight.Recurring(b.Context(), s); return err },
		"Exchanges":  func() error { _, err := insight.Exchanges(b.Context(), s); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func fillLife(b *testing.B, s *vault.Session) {
	const n = 100_000
	first := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	var items []vaulttest.Item
	for i := range n {
		at := penates.At(first.Add(time.Duration(i) * 50 * time.Minute)).String()
		items = append(items,
			document(fmt.Sprint("op", i), at[:10], schema.BankOperation{Label: fmt.Sprint([]string{"CB MARCHE ", "PRLV EDF ", "CB CAFE DU PORT "}[i%3], i)}, euros(fmt.Sprintf("-%d.%02d", 1+i%90, i%100))),
			document(fmt.Sprint("m", i), at, schema.Message{}, between("from", fmt.Sprintf("p%d@example.org", i%2000), "to", "me@example.org")))
	}
	for day := range 730 {
		series := &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: "01234567890128", NativeID: "load-curve"}, Kind: "electricity", Measure: "load-curve", Unit: "W.h", Step: "PT30M"}
		for i := range 48 {
			series.Points = append(series.Points, penates.Point{Start: penates.At(first.AddDate(0, 0, day).Add(time.Duration(i) * 30 * time.Minute)), Value: "250"})
		}
		items = append(items, vaulttest.Item{Series: series})
	}
	vaulttest.Fill(b, s, items...)
}

package gap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/gap"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// shown is findings as "name have/expected missing… rule".
func shown(found []gap.Finding) []string {
	s := []string{}
	for _, f := range found {
		line := fmt.Sprintf("%s %d/%d", f.Name, f.Have, f.Expected)
		for _, m := range f.Missing {
			line += " " + strings.TrimSuffix(m.From+"–"+m.To, "–"+m.From)
		}
		if f.Difference != "" {
			line += fmt.Sprint(" lacks ", f.Difference)
		}
		s = append(s, line+" "+f.Rule)
	}
	return s
}

// billed is bills of a vendor on days.
func billed(vendor string, days ...string) (bills []gap.Bill) {
	for _, d := range days {
		bills = append(bills, gap.Bill{ID: penates.DocumentID(vendor + d), Vendor: vendor, Day: figure.ParseDay(d)})
	}
	return bills
}

// each returns a day of each month of a year, but of those named.
func each(day int, but ...int) (days []string) {
	for m := 1; m <= 12; m++ {
		skip := false
		for _, b := range but {
			skip = skip || b == m
		}
		if !skip {
			days = append(days, fmt.Sprintf("2025-%02d-%02d", m, day))
		}
	}
	return days
}

func TestFindBills(t *testing.T) {
	debit := func(id, day, label string) gap.Debit {
		return gap.Debit{ID: penates.DocumentID(id), Day: figure.ParseDay(day), Words: company.Words(label)}
	}
	contract := func(bills []gap.Bill, number string) []gap.Bill {
		for i := range bills {
			bills[i].Contract = number
		}
		return bills
	}
	for _, tt := range []struct {
		name   string
		bills  []gap.Bill
		debits []gap.Debit
		want   []string
	}{
		{"a year with March missing", billed("EDF", each(10, 3)...), nil, []string{"EDF 11/12 2025-03 cadence"}},
		{"a year", billed("EDF", each(10)...), nil, []string{"EDF 12/12 cadence"}},
		{"a year on the last day of each month", billed("EDF", "2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"), nil, []string{"EDF 6/6 cadence"}},
		{"days that move by a week", billed("EDF", "2025-01-10", "2025-02-17", "2025-03-11", "2025-04-09", "2025-06-12"), nil, []string{"EDF 5/6 2025-05 cadence"}},
		{"two in a row missing", billed("EDF", each(10, 6, 7)...), nil, []string{"EDF 10/12 2025-06 2025-07 cadence"}},
		{"a pause of half a year is an interruption", billed("EDF", each(10, 4, 5, 6, 7, 8, 9)...), nil, []string{}},
		{"three bills are no regularity", billed("EDF", "2025-01-10", "2025-02-10", "2025-04-10"), nil, []string{}},
		{"every other one missing is another cadence", billed("EDF", each(10, 2, 4, 6, 8, 10, 12)...), nil, []string{"EDF 6/6 cadence"}},
		{"whenever something is bought", billed("Fnac", "2025-01-10", "2025-01-28", "2025-04-01", "2025-04-19", "2025-09-30"), nil, []string{}},
		{"each quarter", billed("Water", "2024-01-05", "2024-04-04", "2024-07-05", "2025-01-06", "2025-04-05"), nil, []string{"Water 5/6 2024-10 cadence"}},
		{"two contracts of a vendor", append(contract(billed("EDF", each(10, 3)...), "1000001"), contract(billed("EDF", each(12)...), "2000002")...), nil, []string{"EDF 11/12 2025-03 cadence", "EDF 12/12 cadence"}},
		{"debits go on after the last bill", billed("EDF", each(10, 11, 12)...),
			[]gap.Debit{debit("nov", "2025-11-20", "PRLV EDF CLIENTS"), debit("dec", "2025-12-22", "PRLV EDF CLIENTS"), debit("feb", "2026-02-20", "PRLV EDF")}, []string{"EDF 10/12 2025-11 2025-12 cadence+debit"}},
		{"one debit is one bill", billed("EDF", each(10, 11, 12)...), []gap.Debit{debit("nov", "2025-12-05", "PRLV EDF CLIENTS")}, []string{"EDF 10/11 2025-11 cadence+debit"}},
		{"debits of others", billed("EDF", each(10, 11, 12)...), []gap.Debit{debit("nov", "2025-11-20", "PRLV MAIF")}, []string{"EDF 10/10 cadence"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, shown(gap.FindBills(tt.bills, tt.debits))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// monthly is counts of months from January 2025 on.
func monthly(counts ...int) gap.Monthly {
	m := gap.Monthly{Name: "m", Months: map[figure.Month]int{}}
	for i, n := range counts {
		m.Months[figure.ParseDay("2025-01-01").AddMonths(i).Month()] = n
	}
	return m
}

func TestFindMonths(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   gap.Monthly
		want []string
	}{
		{"nothing in March", monthly(9, 8, 0, 7, 9, 9, 9, 9), []string{"m 7/8 2025-03 usual"}},
		{"nothing for two months", monthly(9, 8, 0, 0, 9, 9, 9, 9), []string{"m 6/8 2025-03–2025-04 usual"}},
		{"always something", monthly(9, 8, 1, 7, 9, 9), []string{"m 6/6 usual"}},
		{"too few to tell", monthly(9, 8, 0, 7, 9), []string{}},
		{"two or three a month", monthly(2, 3, 0, 2, 2, 3, 2, 2), []string{}},
		{"away for most of a year", monthly(9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9), []string{}},
	} {
		if diff := cmp.Diff(tt.want, shown(gap.FindMonths([]gap.Monthly{tt.of}))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestFindDays(t *testing.T) {
	days := func(n int, every int, but ...int) gap.Meter {
		m := gap.Meter{Name: "m"}
		for i := 0; i < n; i += every {
			skip := false
			for _, b := range but {
				skip = skip || b == i
			}
			if !skip {
				m.Days = append(m.Days, figure.ParseDay("2025-01-01")+figure.Day(i))
			}
		}
		return m
	}
	for _, tt := range []struct {
		name string
		of   gap.Meter
		want []string
	}{
		{"a month but two days", days(31, 1, 5, 6, 20), []string{"m 28/31 2025-01-06–2025-01-07 2025-01-21 daily"}},
		{"a whole month", days(31, 1), []string{"m 31/31 daily"}},
		{"a week", days(7, 1, 3), []string{}},
		{"every third day", days(90, 3), []string{}},
	} {
		if diff := cmp.Diff(tt.want, shown(gap.FindDays([]gap.Meter{tt.of}))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestFindBalances(t *testing.T) {
	amounts := func(lines ...string) (all []gap.Amount) {
		for _, l := range lines {
			day, amount, _ := strings.Cut(l, " ")
			m, ok := figure.Amount(amount)
			if !ok {
				t.Fatal(l)
			}
			all = append(all, gap.Amount{Day: figure.ParseDay(day), Amount: m})
		}
		return all
	}
	for _, tt := range []struct {
		name                 string
		balances, operations []gap.Amount
		want                 []string
	}{
		{"they add up", amounts("2025-01-31 100", "2025-02-28 80.50"), amounts("2025-01-15 -5", "2025-02-03 -30", "2025-02-20 10.50"), []string{"a 1/1 balances"}},
		{"one is not here", amounts("2025-01-31 100", "2025-02-28 80.50"), amounts("2025-01-15 -5", "2025-02-20 10.50"), []string{"a 0/1 2025-01-31–2025-02-28 lacks -30.00 balances"}},
		{"those of the last day came after the balance", amounts("2025-01-31 100", "2025-02-28 80.50"), amounts("2025-01-15 -5", "2025-02-03 -30", "2025-02-20 10.50", "2025-02-28 -9"), []string{"a 1/1 balances"}},
		{"those of the first day too", amounts("2025-01-31 100", "2025-02-28 80.50"), amounts("2025-01-31 -30", "2025-02-20 10.50"), []string{"a 1/1 balances"}},
		{"nothing is known before", amounts("2025-01-31 100", "2025-02-28 80.50"), amounts("2025-02-20 10.50"), []string{}},
		{"one balance", amounts("2025-01-31 100"), amounts("2025-01-15 -5"), []string{}},
		{"two balances of a day", amounts("2025-01-31 100", "2025-02-28 80.50", "2025-02-28 90.50", "2025-03-31 70"), amounts("2025-01-15 -5", "2025-02-03 -30"), []string{"a 1/1 balances"}},
	} {
		if diff := cmp.Diff(tt.want, shown(gap.FindBalances([]gap.Account{{Name: "a", Balances: tt.balances, Operations: tt.operations}}))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Ask finds in a vault what the functions find in rows, what is told twice once.
func TestAsk(t *testing.T) {
	s := vaulttest.New(t)
	var items []vaulttest.Item
	add := func(id, day, connector string, body schema.Body, amount string) {
		m, err := penates.ParseMoment(day)
		if err != nil {
			t.Fatal(err)
		}
		d := &penates.Document{ID: penates.DocumentID("doc_" + id), Source: penates.Source{Connector: connector, Connection: "acc", NativeID: id}, Time: penates.Span{Start: m}}
		if amount != "" {
			d.Money = &penates.Money{Amount: penates.Decimal(amount), Currency: "EUR"}
		}
		items = append(items, vaulttest.Item{Document: d, Body: body})
	}
	for i, day := range each(10, 3) {
		add(fmt.Sprint("bill", i), day, "pdfinvoice", schema.Bill{Vendor: "EDF", Number: fmt.Sprint("F", i)}, "60")
	}
	add("account", "2025-12-31", "ofx", schema.BankAccount{Label: "Joint", Number: "1", BalanceDate: "2025-12-31"}, "1000")
	for i, day := range each(5, 8) {
		for k := range 5 {
			add(fmt.Sprint("op", i, "-", k), day, "ofx", schema.BankOperation{Label: fmt.Sprint("CB ", k), Account: "1"}, fmt.Sprint("-", k+1))
		}
	}
	vaulttest.Fill(t, s, items...)
	points := []penates.Point{}
	for i := range 40 {
		if i != 7 {
			points = append(points, penates.Point{Start: penates.Day(2025, 1, 1+i), Value: "1"})
		}
	}
	vaulttest.Fill(t, s, vaulttest.Item{Series: &penates.Series{Type: penates.Energy, Source: penates.Source{Connection: "01234567890128", NativeID: "daily"},
		Kind: "electricity", Measure: "daily", Unit: "kW.h", Step: "P1D", Points: points}})
	found, err := gap.Ask(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"EDF 11/12 2025-03 cadence", "01234567890128 39/40 2025-01-08 daily", "Joint 11/12 2025-08 usual"}
	if diff := cmp.Diff(want, shown(found)); diff != "" {
		t.Error(diff)
	}
	if empty, err := gap.Ask(t.Context(), vaulttest.New(t)); err != nil || empty == nil || len(empty) != 0 {
		t.Errorf("an empty vault: %v, %v", empty, err)
	}
}

package insight_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/insight"
)

func day(s string) figure.Day {
	d := figure.ParseDay(s)
	if d == figure.Unknown {
		panic("day " + s)
	}
	return d
}

// daily returns readings of the days from first on.
func daily(meter, kind, first string, kWh ...float64) (all []insight.Reading) {
	for i, v := range kWh {
		all = append(all, insight.Reading{ID: penates.DocumentID(meter + "/" + first[:7]), Meter: meter, Kind: kind, Measure: "daily", First: day(first) + figure.Day(i), Days: 1, KWh: v, Covered: 1})
	}
	return all
}

// year returns readings of each day of a year.
func year(meter, kind, first string, kWh float64) []insight.Reading {
	values := make([]float64, day(first).AddMonths(12)-day(first))
	for i := range values {
		values[i] = kWh
	}
	return daily(meter, kind, first, values...)
}

func powerBill(id, vendor, date, total string, period ...string) insight.PowerBill {
	m, ok := figure.Amount(total)
	if !ok {
		panic("total " + total)
	}
	b := insight.PowerBill{ID: penates.DocumentID(id), Source: "test", Vendor: vendor, Day: day(date), First: figure.Unknown, Last: figure.Unknown, Total: m, Currency: "EUR"}
	if len(period) == 2 {
		b.First, b.Last = day(period[0]), day(period[1])
	}
	return b
}

func months(k insight.EnergyKind) (all []string) {
	for _, m := range k.Months {
		s := fmt.Sprintf("%s %g kWh in %d, %s in %d of %d", m.Month, m.KWh, m.KnownDays, m.Cost, m.PaidDays, m.Days)
		if m.PerKWh != "" {
			s += " at " + string(m.PerKWh)
		}
		if m.Estimate {
			s += " estimated"
		}
		if len(m.Debits) > 0 {
			s += fmt.Sprint(" ", m.Debits)
		}
		all = append(all, s)
	}
	return all
}

func TestEnergyCostOfABilledMonth(t *testing.T) {
	in := insight.EnergyInput{
		Readings: daily("m1", insight.Electricity, "2025-01-30", 10, 20, 30, 40),
		Bills:    []insight.PowerBill{powerBill("b1", "EDF", "2025-02-05", "25.00", "2025-01-30", "2025-02-02")},
	}
	in.Bills[0].Payments = []insight.PowerPayment{{ID: "o1", Day: day("2025-02-09"), Amount: 25000, Currency: "EUR", Label: "PRLV EDF"}}
	r := insight.ComputeEnergy(in)
	if len(r.Kinds) != 1 || r.Kinds[0].Kind != insight.Electricity || r.Currency != "EUR" {
		t.Fatalf("kinds = %+v", r.Kinds)
	}
	want := []string{"2025-01 30 kWh in 2, 7.50 in 2 of 31 at 0.2500", "2025-02 70 kWh in 2, 17.50 in 2 of 28 at 0.2500"}
	if diff := cmp.Diff(want, months(r.Kinds[0])); diff != "" {
		t.Error(diff)
	}
	bill := []insight.EnergyBill{{ID: "b1", Vendor: "EDF", Day: "2025-02-05", PeriodStart: "2025-01-30", PeriodEnd: "2025-02-02", Total: "25.00", Paid: "25.00",
		Payments: []insight.Payment{{ID: "o1", Day: "2025-02-09", Label: "PRLV EDF", Amount: "25.00"}}, KWh: 100, KnownDays: 4, Days: 4, PerKWh: "0.2500",
		Series: []penates.DocumentID{"m1/2025-01"}}}
	if diff := cmp.Diff(bill, r.Kinds[0].Bills); diff != "" {
		t.Error(diff)
	}
}

func TestEnergyIsNotCountedTwice(t *testing.T) {
	curve := insight.Reading{ID: "curve", Meter: "m1", Kind: insight.Electricity, Measure: "load-curve", First: day("2025-01-02"), Days: 1, KWh: 21, Covered: 1}
	half := curve
	half.First, half.KWh, half.Covered = day("2025-01-04"), 9, 0.5
	nextDay := curve
	nextDay.First, nextDay.KWh = day("2025-01-03"), 12
	statement := insight.Reading{ID: "statement", Meter: "m1", Kind: insight.Electricity, Measure: "statement", First: day("2025-01-01"), Days: 10, KWh: 112, Covered: 1}
	longer := insight.Reading{ID: "longer", Meter: "m1", Kind: insight.Electricity, Measure: "statement", First: day("2025-01-01"), Days: 30, KWh: 500, Covered: 1}
	nameless := insight.Reading{ID: "nameless", Kind: insight.Electricity, Measure: "statement", First: day("2025-01-01"), Days: 10, KWh: 999, Covered: 1}
	readings := append(daily("m1", insight.Electricity, "2025-01-01", 10, 20), curve, half, nextDay, statement, longer, nameless)
	readings = append(readings, daily("m2", insight.Electricity, "2025-01-01", 5)...)
	readings = append(readings, daily("m1", insight.Gas, "2025-01-01", 7)...)
	r := insight.ComputeEnergy(insight.EnergyInput{Readings: readings})
	if len(r.Kinds) != 2 {
		t.Fatalf("kinds = %+v", r.Kinds)
	}
	// 10 + 20 by the register, 12 by the curve, the rest of 112 for seven days, the
	// rest of 500 for twenty; and 5 of the other meter.
	if diff := cmp.Diff([]string{"2025-01 505 kWh in 30, 0.00 in 0 of 31 estimated"}, months(r.Kinds[0])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]penates.DocumentID{"curve", "longer", "m1/2025-01", "m2/2025-01", "statement"}, r.Kinds[0].Months[0].Series); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2025-01 7 kWh in 1, 0.00 in 0 of 31"}, months(r.Kinds[1])); diff != "" {
		t.Error(diff)
	}
}

func TestReadingsThatContradictEachOther(t *testing.T) {
	statement := insight.Reading{ID: "statement", Meter: "m1", Kind: insight.Gas, Measure: "statement", First: day("2025-01-01"), Days: 4, KWh: 20, Covered: 1}
	r := insight.ComputeEnergy(insight.EnergyInput{Readings: append(daily("m1", insight.Gas, "2025-01-01", 30, 1), statement)})
	if diff := cmp.Diff([]string{"2025-01 41 kWh in 4, 0.00 in 0 of 31 estimated"}, months(r.Kinds[0])); diff != "" {
		t.Error(diff)
	}
}

// TestDebitsCountWhereNoBillDoes has a company that bills once a year and debits
// every month.
func TestDebitsCountWhereNoBillDoes(t *testing.T) {
	edf := company.Of("EDF")
	in := insight.EnergyInput{
		Kinds: []string{insight.Electricity},
		Bills: []insight.PowerBill{powerBill("b1", "Électricité de France", "2025-02-03", "59.00", "2024-12-05", "2025-01-31")},
		Debits: []insight.PowerPayment{
			{ID: "o1", Day: day("2025-01-05"), Amount: 31000, Currency: "EUR", Vendor: edf},
			{ID: "o2", Day: day("2025-02-05"), Amount: 31000, Currency: "EUR", Vendor: edf},
			{ID: "o3", Day: day("2025-03-05"), Amount: 28000, Currency: "EUR", Vendor: edf},
			{ID: "foreign", Day: day("2025-03-05"), Amount: 28000, Currency: "CHF", Vendor: edf},
		},
	}
	r := insight.ComputeEnergy(in)
	if len(r.Kinds) != 1 || r.Skipped != 1 {
		t.Fatalf("result = %+v", r)
	}
	want := []string{
		"2024-12 0 kWh in 0, 27.47 in 27 of 31",
		"2025-01 0 kWh in 0, 31.53 in 31 of 31",
		"2025-02 0 kWh in 0, 28.00 in 28 of 28 [o2 o3]",
		"2025-03 0 kWh in 0, 4.00 in 4 of 31 [o3]",
	}
	if diff := cmp.Diff(want, months(r.Kinds[0])); diff != "" {
		t.Error(diff)
	}
}

func TestWhatABillIsAbout(t *testing.T) {
	lines := powerBill("b", "Engie", "2025-03-01", "90.00", "2025-02-01", "2025-02-28")
	lines.Lines = []insight.PowerLine{{Label: "Consommation gaz", Net: 50000}, {Label: "Électricité heures pleines", Net: 25000}, {Label: "Remise", Net: -3000}}
	contract := powerBill("b", "Engie", "2025-03-01", "90.00", "2025-02-01", "2025-02-28")
	contract.Kind = insight.Gas
	title := powerBill("b", "Engie", "2025-03-01", "90.00", "2025-02-01", "2025-02-28")
	title.Title = "Votre facture d'électricité"
	plain := powerBill("b", "Engie", "2025-03-01", "90.00", "2025-02-01", "2025-02-28")
	for _, c := range []struct {
		name  string
		bill  insight.PowerBill
		kinds []string
		want  map[string]penates.Decimal
	}{
		{"lines", lines, nil, map[string]penates.Decimal{insight.Electricity: "30.00", insight.Gas: "60.00"}},
		{"contract", contract, nil, map[string]penates.Decimal{insight.Gas: "90.00"}},
		{"title", title, nil, map[string]penates.Decimal{insight.Electricity: "90.00"}},
		{"the only meter", plain, []string{insight.Gas}, map[string]penates.Decimal{insight.Gas: "90.00"}},
		{"a choice", plain, []string{insight.Gas, insight.Electricity}, map[string]penates.Decimal{insight.OtherEnergy: "90.00"}},
		{"nothing known", plain, nil, map[string]penates.Decimal{insight.OtherEnergy: "90.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := map[string]penates.Decimal{}
			for _, k := range insight.ComputeEnergy(insight.EnergyInput{Bills: []insight.PowerBill{c.bill}, Kinds: c.kinds}).Kinds {
				got[k.Kind] = k.Months[0].Cost
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPeriodsThatBillsDoNotSay(t *testing.T) {
	measured := powerBill("b4", "EDF", "2025-09-10", "10.00")
	measured.Measured = []insight.Stretch{{day("2025-03-01"), day("2025-05-31")}, {day("2025-06-01"), day("2025-08-31")}, {day("2026-01-01"), day("2026-02-01")}}
	copied := powerBill("b3copy", "EDF", "2025-03-10", "12.00", "2025-01-15", "2025-03-02")
	copied.Number, copied.Source = "F 3", "pdf"
	third := powerBill("b3", "Électricité de France", "2025-03-10", "12.00")
	third.Number = "F3"
	in := insight.EnergyInput{Bills: []insight.PowerBill{
		powerBill("b1", "EDF", "2025-01-10", "10.00"), powerBill("b2", "EDF", "2025-02-12", "11.00"), third, copied, measured,
		powerBill("gas", "Gaz de Bordeaux", "2025-03-31", "33.00"),
	}, Kinds: []string{insight.Electricity}}
	var got []string
	for _, k := range insight.ComputeEnergy(in).Kinds {
		for _, b := range k.Bills {
			got = append(got, fmt.Sprintf("%s%s %s to %s, %d days, guessed %v", k.Kind, b.ID, b.PeriodStart, b.PeriodEnd, b.Days, b.Guessed))
		}
	}
	want := []string{
		"electricityb4 2025-06-01 to 2025-08-31, 92 days, guessed false",
		"electricityb3copy 2025-01-15 to 2025-03-02, 47 days, guessed false",
		"electricityb2 2025-01-10 to 2025-02-11, 33 days, guessed true",
		"electricityb1 2024-12-08 to 2025-01-09, 33 days, guessed true",
		"gasgas 2025-03-01 to 2025-03-30, 30 days, guessed true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnergyYearBefore(t *testing.T) {
	readings := append(year("m1", insight.Electricity, "2023-01-01", 10), year("m1", insight.Electricity, "2024-01-01", 12)...)
	in := insight.EnergyInput{Readings: readings, Bills: []insight.PowerBill{
		powerBill("b1", "EDF", "2024-01-05", "730.00", "2023-01-01", "2023-12-31"), powerBill("b2", "EDF", "2025-01-05", "732.00", "2024-01-01", "2024-06-30"),
	}}
	k := insight.ComputeEnergy(in).Kinds[0]
	march := k.Months[14]
	if !march.Complete() || march.Before == nil {
		t.Fatalf("March 2024 = %+v", march)
	}
	if y := march.Before; y.KWh != 310 || y.Cost != "62.00" || y.PerKWh != "0.2000" || *y.KWhChange != 20 {
		t.Errorf("a year before March 2024 = %+v, %v %% more used, want 310 kWh for 62.00 and 20 %%", *y, *y.KWhChange)
	}
	if august := k.Months[19]; august.Complete() || august.Before.CostChange != nil || august.Before.KWhChange == nil {
		t.Errorf("August 2024, not billed yet, is compared by cost: %+v", august.Before)
	}
	if k.Months[0].Before != nil {
		t.Error("the first month has one before it")
	}
}

// TestEnergyHolds checks that no cent of a bill is lost or made, whatever its
// period and the consumption in it, and no kWh either.
func TestEnergyHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		base := day("2024-01-01")
		var in insight.EnergyInput
		want, used := figure.Milli(0), 0.0
		for i := range rapid.IntRange(1, 5).Draw(rt, "bills") {
			b := powerBill(fmt.Sprint("b", i), "Enercoop", "2024-06-01", "0")
			b.Day = base + figure.Day(rapid.IntRange(0, 700).Draw(rt, "day"))
			b.Total = figure.Milli(rapid.IntRange(-20000, 90000).Draw(rt, "total")) * 10
			if rapid.Bool().Draw(rt, "period") {
				b.First = b.Day - figure.Day(rapid.IntRange(0, 380).Draw(rt, "before"))
				b.Last = b.First + figure.Day(rapid.IntRange(0, 380).Draw(rt, "length"))
			}
			b.Number = fmt.Sprint("number", i)
			in.Bills = append(in.Bills, b)
			want += b.Total
		}
		for i := range rapid.IntRange(0, 40).Draw(rt, "days") {
			kWh := float64(rapid.IntRange(0, 40).Draw(rt, "kWh"))
			in.Readings = append(in.Readings, daily("m1", insight.Electricity, (base+figure.Day(3*i)).String(), kWh)...)
			used += kWh
		}
		sum, kWh := figure.Milli(0), 0.0
		for _, k := range insight.ComputeEnergy(in).Kinds {
			for _, m := range k.Months {
				cost, _ := figure.Amount(string(m.Cost))
				sum += cost
				kWh += m.KWh
				if m.KnownDays > m.Days || m.PaidDays > m.Days {
					rt.Fatalf("%+v", m)
				}
			}
		}
		if sum != want || kWh != used {
			rt.Fatalf("months sum to %s and %g kWh, bills to %s, readings to %g", sum.Decimal(), kWh, want.Decimal(), used)
		}
	})
}

package insight_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/figure"
	"penates/internal/insight"
)

// A history is a list of movements being written.
type history []insight.Movement

func (h *history) add(day figure.Day, amount, label string) {
	m, ok := figure.Amount(amount)
	if !ok || day == figure.Unknown {
		panic("movement " + amount)
	}
	*h = append(*h, insight.Movement{ID: penates.DocumentID(fmt.Sprintf("op%03d", len(*h))), Day: day, Amount: m, Currency: "EUR", Account: "main", Label: label})
}

// every adds n movements, months apart, from day on; days shifts each.
func (h *history) every(months, n int, from, amount, label string, days ...int) {
	for i := range n {
		day := figure.ParseDay(from).AddMonths(i * months)
		if len(days) > 0 {
			day += figure.Day(days[i%len(days)])
		}
		h.add(day, amount, label)
	}
}

// shopping adds two years of groceries, at odd days and for odd amounts.
func (h *history) shopping() {
	day := figure.ParseDay("2023-01-02")
	for i := range 200 {
		h.add(day, fmt.Sprintf("-%d.%02d", 8+i*37%90, i*53%100), "CB SUPERMARCHE DES HALLES")
		day += figure.Day(1 + i*7%6)
	}
}

func recurring(p insight.RecurringPayment) string {
	s := fmt.Sprintf("%s every %d at %s, %s a year, %s to %s, next %q", p.Name, p.Cadence, p.Amount, p.Yearly, p.First, p.Last, p.Next)
	for _, flag := range []struct {
		on   bool
		name string
	}{{p.Varies, " varies"}, {p.Income, " income"}, {p.New, " new"}, {p.Stopped, " stopped"}} {
		if flag.on {
			s += flag.name
		}
	}
	for _, c := range p.Prices {
		s += fmt.Sprintf(" %s: %s to %s (%+.0f %%)", c.Day, c.Old, c.New, c.Percent)
	}
	return s
}

func TestFindRecurring(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(h *history)
		want []string
	}{
		{"a subscription that becomes dearer", func(h *history) {
			h.every(1, 6, "2024-01-31", "-13.49", "CARTE NETFLIX.COM 4978", 0, 1, -2)
			h.every(1, 6, "2024-07-31", "-14.99", "CARTE NETFLIX.COM 4978", 1, 0)
		}, []string{`Netflix every 1 at 14.99, 179.88 a year, 2024-01-31 to 2024-12-31, next "2025-01-31" 2024-08-01: 13.49 to 14.99 (+11 %)`}},
		{"two subscriptions of one company", func(h *history) {
			h.every(1, 12, "2024-01-05", "-15.99", "PRLV SEPA FREE MOBILE")
			h.every(1, 12, "2024-01-05", "-39.99", "PRLV SEPA FREE HAUTDEBIT")
		}, []string{
			`Free every 1 at 39.99, 479.88 a year, 2024-01-05 to 2024-12-05, next "2025-01-05"`,
			`Free every 1 at 15.99, 191.88 a year, 2024-01-05 to 2024-12-05, next "2025-01-05"`,
		}},
		{"one of two subscriptions becomes dearer", func(h *history) {
			h.every(1, 6, "2024-01-05", "-15.99", "PRLV SEPA FREE MOBILE")
			h.every(1, 6, "2024-07-05", "-19.99", "PRLV SEPA FREE MOBILE")
			h.every(1, 12, "2024-01-05", "-39.99", "PRLV SEPA FREE HAUTDEBIT")
		}, []string{
			`Free every 1 at 39.99, 479.88 a year, 2024-01-05 to 2024-12-05, next "2025-01-05"`,
			`Free every 1 at 19.99, 239.88 a year, 2024-01-05 to 2024-12-05, next "2025-01-05" 2024-07-05: 15.99 to 19.99 (+25 %)`,
		}},
		{"water, every two months, by consumption", func(h *history) {
			for i, amount := range []string{"-41.20", "-55.00", "-38.70", "-60.15", "-47.47", "-52.52"} {
				h.add(figure.ParseDay("2024-01-10").AddMonths(2*i), amount, "PRLV VEOLIA EAU")
			}
		}, []string{`Veolia every 2 at 52.52, 295.04 a year, 2024-01-10 to 2024-11-10, next "2025-01-10" varies`}},
		{"a yearly insurance", func(h *history) {
			h.every(12, 2, "2023-03-01", "-412.00", "PRLV MAIF")
			h.add(figure.ParseDay("2024-06-01"), "-1.00", "CB X")
		}, []string{`MAIF every 12 at 412.00, 412.00 a year, 2023-03-01 to 2024-03-01, next "2025-03-01"`}},
		{"quarterly, and half a year", func(h *history) {
			h.every(3, 5, "2023-01-15", "-90.00", "VIR SYNDIC DES TILLEULS", 0, 8, -3)
			h.every(6, 3, "2023-02-01", "-250.00", "PRLV ECOLE DE MUSIQUE")
		}, []string{
			`PRLV ECOLE DE MUSIQUE every 6 at 250.00, 500.00 a year, 2023-02-01 to 2024-02-01, next "2024-08-01"`,
			`VIR SYNDIC DES TILLEULS every 3 at 90.00, 360.00 a year, 2023-01-15 to 2024-01-23, next "2024-04-23"`,
		}},
		{"a salary, an unsteady one", func(h *history) {
			for i, amount := range []string{"2100.00", "2100.00", "2850.10", "2100.00", "2210.00", "2380.00", "2100.00"} {
				h.add(figure.ParseDay("2024-01-28").AddMonths(i), amount, fmt.Sprint("VIR SALAIRE ATELIERS RENARD ", i))
			}
		}, []string{`VIR SALAIRE ATELIERS RENARD 6 every 1 at 2100.00, 27154.46 a year, 2024-01-28 to 2024-07-28, next "2024-08-28" varies income`}},
		{"stopped, and new", func(h *history) {
			h.every(1, 8, "2024-01-04", "-29.90", "PRLV SALLE TONIC")
			h.every(1, 4, "2024-09-12", "-9.99", "CB SPOTIFY")
			h.add(figure.ParseDay("2024-12-20"), "-3.00", "CB KIOSQUE")
		}, []string{
			`Spotify every 1 at 9.99, 119.88 a year, 2024-09-12 to 2024-12-12, next "2025-01-12" new`,
			`PRLV SALLE TONIC every 1 at 29.90, 358.80 a year, 2024-01-04 to 2024-08-04, next "" stopped`,
		}},
		{"one month left out", func(h *history) {
			h.every(1, 5, "2024-01-04", "-29.90", "PRLV SALLE TONIC")
			h.every(1, 5, "2024-07-04", "-29.90", "PRLV SALLE TONIC")
		}, []string{`PRLV SALLE TONIC every 1 at 29.90, 358.80 a year, 2024-01-04 to 2024-11-04, next "2024-12-04"`}},
		{"one dearer month is no price", func(h *history) {
			h.every(1, 5, "2024-01-04", "-29.90", "PRLV SALLE TONIC")
			h.add(figure.ParseDay("2024-06-04"), "-33.90", "PRLV SALLE TONIC")
			h.every(1, 5, "2024-07-04", "-29.90", "PRLV SALLE TONIC")
		}, []string{`PRLV SALLE TONIC every 1 at 29.90, 358.80 a year, 2024-01-04 to 2024-11-04, next "2024-12-04"`}},
		{"groceries, cash and two payments are none", func(h *history) {
			h.shopping()
			h.every(1, 12, "2023-01-06", "-50.00", "RETRAIT DAB GARE")
			h.every(1, 2, "2024-02-06", "-20.00", "CB LIBRAIRIE")
			h.every(12, 2, "2023-02-07", "-20.00", "CB FLEURISTE")
		}, []string{}},
		{"nothing", func(*history) {}, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h history
			c.make(&h)
			got := []string{}
			for _, p := range insight.FindRecurring(h).Payments {
				got = append(got, recurring(p))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecurringTotalsAndChanges(t *testing.T) {
	var h history
	h.every(1, 6, "2024-01-31", "-10.00", "PRLV NETFLIX")
	h.every(1, 6, "2024-07-31", "-8.00", "PRLV NETFLIX")
	h.every(1, 8, "2024-01-04", "-29.90", "PRLV SALLE TONIC")
	h.every(1, 12, "2024-01-28", "2000.00", "VIR PAIE")
	r := insight.FindRecurring(h)
	if diff := cmp.Diff([]insight.RecurringTotal{{Currency: "EUR", Out: "96.00", In: "24000.00", MonthOut: "8.00", Count: 1, Incomes: 1}}, r.Totals); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, c := range r.Changes {
		got = append(got, fmt.Sprintf("%s %s %s %s>%s %s", c.Day, c.Kind, r.Payments[c.Payment].Name, c.Old, c.New, c.Operation))
	}
	if diff := cmp.Diff([]string{"2024-08-04 ended PRLV SALLE TONIC 29.90> op019", "2024-07-31 fell Netflix 10.00>8.00 op006"}, got); diff != "" {
		t.Error(diff)
	}
	if r.AsOf != "2024-12-31" {
		t.Errorf("as of %s, want 2024-12-31", r.AsOf)
	}
}

func TestTransfersBetweenOwnAccountsAreNoPayments(t *testing.T) {
	var h history
	h.every(1, 12, "2024-01-05", "-200.00", "VIR LIVRET")
	h.every(1, 12, "2024-01-05", "200.00", "VIR DE COMPTE COURANT", 0, 1, 3)
	for i := range h[12:] {
		h[12+i].Account = "savings"
	}
	h.every(1, 12, "2024-01-05", "-200.00", "PRLV CRECHE")
	r := insight.FindRecurring(h)
	if len(r.Payments) != 1 || r.Payments[0].Name != "PRLV CRECHE" {
		t.Errorf("payments = %+v, want the day nursery alone", r.Payments)
	}
}

// TestAnAccountNotBroughtInAnyMore says that what was paid from it did not stop.
func TestAnAccountNotBroughtInAnyMore(t *testing.T) {
	var h history
	h.every(1, 6, "2023-01-05", "-10.00", "PRLV NETFLIX")
	for i := range h {
		h[i].Account = "closed"
	}
	h.every(1, 6, "2024-01-05", "-3.00", "CB KIOSQUE")
	for _, p := range insight.FindRecurring(h).Payments {
		if p.Stopped {
			t.Errorf("%s is said to have stopped", p.Name)
		}
	}
}

func TestRecurringHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var h history
		for range rapid.IntRange(0, 60).Draw(rt, "n") {
			h.add(figure.Day(rapid.Int32Range(19000, 20000).Draw(rt, "day")), rapid.SampledFrom([]string{"-10.00", "-10.50", "-20.00", "15.00", "-0.01"}).Draw(rt, "amount"),
				rapid.SampledFrom([]string{"PRLV EDF", "CB X", "VIR", "PRLV SALLE TONIC"}).Draw(rt, "label"))
		}
		r := insight.FindRecurring(h)
		seen := map[penates.DocumentID]bool{}
		for _, p := range r.Payments {
			if len(p.Operations) < 2 || len(p.Operations) != len(p.Amounts) || len(p.Days) != len(p.Amounts) || p.Stopped != (p.Next == "") {
				rt.Fatalf("%+v", p)
			}
			for i, id := range p.Operations {
				if seen[id] || i > 0 && p.Days[i] < p.Days[i-1] {
					rt.Fatalf("%s is in twice, or out of order", id)
				}
				seen[id] = true
			}
		}
	})
}

package link_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/figure"
	"penates/internal/link"
)

// op is an operation as "day amount label".
func op(t testing.TB, id, line string) link.Operation {
	t.Helper()
	f := strings.SplitN(line, " ", 3)
	amount, ok := figure.Amount(f[1])
	day := figure.ParseDay(f[0])
	if !ok || day == figure.Unknown {
		t.Fatalf("operation %q", line)
	}
	return link.Operation{ID: penates.DocumentID(id), Day: day, Acted: figure.Unknown, Amount: amount, Currency: "EUR", Label: f[2]}
}

// bill is a bill as "day total vendor", with "due=", "left=" or "number=" before the vendor.
func bill(t testing.TB, id, line string) link.Bill {
	t.Helper()
	f := strings.SplitN(line, " ", 3)
	total, ok := figure.Amount(f[1])
	b := link.Bill{ID: penates.DocumentID(id), Day: figure.ParseDay(f[0]), Due: figure.Unknown, OriginalDay: figure.Unknown, Total: total, Currency: "EUR"}
	if !ok || b.Day == figure.Unknown {
		t.Fatalf("bill %q", line)
	}
	for b.Vendor = f[2]; ; {
		word, rest, _ := strings.Cut(b.Vendor, " ")
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return b
		}
		switch name {
		case "due":
			b.Due = figure.ParseDay(value)
		case "left":
			b.AmountDue, _ = figure.Amount(value)
		case "number":
			b.Number = value
		}
		b.Vendor = rest
	}
}

// shown is links as "from rel to confidence rule", for comparing.
func shown(links []penates.Link) []string {
	s := []string{}
	for _, l := range links {
		s = append(s, fmt.Sprintf("%s>%s %s %g", l.From, l.To, l.Rule, l.Confidence))
	}
	return s
}

type lines map[string]string

func operations(t testing.TB, of lines) (ops []link.Operation) {
	for id, line := range of {
		ops = append(ops, op(t, id, line))
	}
	return ops
}

func bills(t testing.TB, of lines) (all []link.Bill) {
	for id, line := range of {
		all = append(all, bill(t, id, line))
	}
	return all
}

func TestPayments(t *testing.T) {
	for _, c := range []struct {
		name  string
		ops   lines
		bills lines
		want  []string
	}{
		{"label names the vendor",
			lines{"o1": "2025-03-12 -61.40 PRLV SEPA EDF CLIENTS PARTICULIERS", "o2": "2025-03-11 -61.40 CB FLEURISTE"},
			lines{"b1": "2025-03-10 61.40 Électricité de France"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95"}},
		{"label gives the number",
			lines{"o1": "2025-03-12 -61.40 VIR REF F-2025/0042", "o2": "2025-03-10 -61.40 VIR MENUISERIE ROUX"},
			lines{"b1": "2025-03-10 61.40 number=F20250042 Menuiserie Roux"},
			[]string{"o1>b1 pays/amount+date+number 1"}},
		{"nobody named, nothing else near",
			lines{"o1": "2025-03-20 -61.43 CHEQUE 1234567"},
			lines{"b1": "2025-03-10 61.43 Menuiserie Roux"},
			[]string{"o1>b1 pays/amount+date 0.6"}},
		{"nobody named, a round amount",
			lines{"o1": "2025-03-20 -60.00 CHEQUE 1234567"},
			lines{"b1": "2025-03-10 60.00 Menuiserie Roux"},
			[]string{"o1>b1 pays/amount+date 0.4"}},
		{"nobody named, two as near",
			lines{"o1": "2025-03-20 -61.43 CHEQUE 1234567", "o2": "2025-03-19 -61.43 CHEQUE 1234568"},
			lines{"b1": "2025-03-10 61.43 Menuiserie Roux"},
			[]string{}},
		{"another company named",
			lines{"o1": "2025-03-10 -61.40 PRLV NETFLIX"},
			lines{"b1": "2025-03-10 61.40 EDF"},
			[]string{}},
		{"a credit pays nothing",
			lines{"o1": "2025-03-12 61.40 EDF"},
			lines{"b1": "2025-03-10 61.40 EDF"},
			[]string{}},
		{"16 days early, 30 days late",
			lines{"o1": "2025-02-22 -61.40 EDF", "o2": "2025-04-09 -61.40 EDF"},
			lines{"b1": "2025-03-10 61.40 EDF"},
			[]string{}},
		{"29 days late is in time, and so is the day it is due",
			lines{"o1": "2025-04-08 -61.40 EDF", "o2": "2025-05-05 -33.10 EDF"},
			lines{"b1": "2025-03-10 61.40 EDF", "b2": "2025-03-10 33.10 due=2025-05-05 EDF"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95", "o2>b2 pays/amount+date+vendor 0.95"}},
		{"what is left of a yearly bill",
			lines{"o1": "2025-04-01 -30.21 PRLV EDF"},
			lines{"b1": "2025-03-03 720.21 due=2025-04-01 left=30.21 EDF"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95"}},
		{"the same amount each month goes to its own month",
			lines{"o1": "2025-01-08 -15.99 FREE MOBILE", "o2": "2025-02-07 -15.99 FREE MOBILE", "o3": "2025-03-07 -15.99 FREE MOBILE"},
			lines{"b1": "2025-01-02 15.99 Free", "b2": "2025-02-02 15.99 Free", "b3": "2025-03-02 15.99 Free"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95", "o2>b2 pays/amount+date+vendor 0.95", "o3>b3 pays/amount+date+vendor 0.95"}},
		{"paid late, not before the next is asked for",
			lines{"o1": "2025-01-28 -15.99 FREE MOBILE", "o2": "2025-02-27 -15.99 FREE MOBILE"},
			lines{"b1": "2025-01-01 15.99 Free", "b2": "2025-02-01 15.99 Free"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95", "o2>b2 pays/amount+date+vendor 0.95"}},
		{"three parts",
			lines{"o1": "2025-03-12 -100.00 CB IKEA", "o2": "2025-04-12 -100.00 CB IKEA", "o3": "2025-05-12 -100.01 CB IKEA", "o4": "2025-04-20 -12.00 CB IKEA"},
			lines{"b1": "2025-03-10 300.01 IKEA"},
			[]string{"o1>b1 pays/parts+vendor 0.75", "o2>b1 pays/parts+vendor 0.75", "o3>b1 pays/parts+vendor 0.75"}},
		{"parts that do not add up",
			lines{"o1": "2025-03-12 -100.00 CB IKEA", "o2": "2025-04-12 -100.00 CB IKEA"},
			lines{"b1": "2025-03-10 300.00 IKEA"},
			[]string{}},
		{"a credit note is paid by a credit",
			lines{"o1": "2025-03-12 20.50 VIR EDF", "o2": "2025-03-12 -20.50 PRLV EDF"},
			lines{"b1": "2025-03-10 -20.50 EDF"},
			[]string{"o1>b1 pays/amount+date+vendor 0.95"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := link.Payments(t.Context(), operations(t, c.ops), bills(t, c.bills), link.Judged{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shown(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPaymentsInAnotherCurrency(t *testing.T) {
	o := op(t, "o1", "2025-03-12 -18.41 CB HETZNER")
	o.Foreign, o.ForeignCurrency = 20000, "USD"
	b := bill(t, "b1", "2025-03-10 20.00 Hetzner")
	b.Currency = "USD"
	euros := bill(t, "b2", "2025-03-10 18.41 Hetzner")
	euros.Currency = "CHF"
	got, err := link.Payments(t.Context(), []link.Operation{o}, []link.Bill{euros, b}, link.Judged{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"o1>b1 pays/amount+date+vendor 0.95"}, shown(got)); diff != "" {
		t.Error(diff)
	}
}

func TestPaymentsLeaveWhatThePersonSaid(t *testing.T) {
	ops := operations(t, lines{"o1": "2025-03-12 -61.40 EDF", "o2": "2025-03-15 -61.40 EDF", "o3": "2025-03-16 -61.40 EDF"})
	all := bills(t, lines{"b1": "2025-03-12 61.40 EDF", "b2": "2025-03-15 61.40 EDF"})
	judged := link.Judged{
		Confirmed: map[link.Pair]bool{{From: "o2", To: "b1"}: true},
		Rejected:  map[link.Pair]bool{{From: "o1", To: "b2"}: true},
	}
	got, err := link.Payments(t.Context(), ops, all, judged)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"o3>b2 pays/amount+date+vendor 0.95"}, shown(got)); diff != "" {
		t.Error(diff)
	}
}

// TestPaymentsHold checks what holds for any operations and bills: nothing is
// spent twice, what is paid is paid exactly, and the order they come in does not
// matter.
func TestPaymentsHold(t *testing.T) {
	labels := []string{"PRLV EDF", "CB IKEA", "CHEQUE", "VIR", "FREE MOBILE"}
	vendors := []string{"EDF", "IKEA", "", "Free", "Menuiserie Roux"}
	rapid.Check(t, func(rt *rapid.T) {
		day := rapid.Int32Range(20000, 20120)
		amount := rapid.SampledFrom([]figure.Milli{10000, 15990, 20000, 25990, 30000, 45000})
		var ops []link.Operation
		for i := range rapid.IntRange(0, 30).Draw(rt, "ops") {
			ops = append(ops, link.Operation{ID: penates.DocumentID(fmt.Sprintf("o%02d", i)), Day: figure.Day(day.Draw(rt, "day")), Acted: figure.Unknown,
				Amount: amount.Draw(rt, "amount") * figure.Milli(rapid.SampledFrom([]int{-1, 1}).Draw(rt, "sign")), Currency: "EUR", Label: rapid.SampledFrom(labels).Draw(rt, "label")})
		}
		var all []link.Bill
		for i := range rapid.IntRange(0, 15).Draw(rt, "bills") {
			all = append(all, link.Bill{ID: penates.DocumentID(fmt.Sprintf("b%02d", i)), Day: figure.Day(day.Draw(rt, "day")), Due: figure.Unknown, OriginalDay: figure.Unknown,
				Total: amount.Draw(rt, "total"), Currency: "EUR", Vendor: rapid.SampledFrom(vendors).Draw(rt, "vendor"), Refund: rapid.Bool().Draw(rt, "refund")})
		}
		got, err := link.Payments(context.Background(), ops, all, link.Judged{})
		if err != nil {
			rt.Fatal(err)
		}
		spent, paid := map[penates.DocumentID]bool{}, map[penates.DocumentID]figure.Milli{}
		for _, l := range got {
			if spent[l.From] {
				rt.Fatalf("%s pays twice", l.From)
			}
			spent[l.From] = true
			for i := range ops {
				if ops[i].ID == l.From {
					paid[l.To] += ops[i].Amount.Abs()
				}
			}
		}
		for i := range all {
			if sum := paid[all[i].ID]; sum != 0 && sum != all[i].Total {
				rt.Fatalf("%s of %s is paid %s", all[i].ID, all[i].Total.Decimal(), sum.Decimal())
			}
		}
		slices.Reverse(ops)
		slices.Reverse(all)
		again, err := link.Payments(context.Background(), ops, all, link.Judged{})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(shown(got), shown(again)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

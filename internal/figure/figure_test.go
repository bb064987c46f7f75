package figure_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penates"
	"penates/internal/figure"
)

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		cell any
		want penates.Decimal
		ok   bool
	}{
		{30.21, "30.21", true}, {-0.1, "-0.10", true}, {1.005, "1.005", true}, {int64(7), "7.00", true},
		{"12.50", "12.50", true}, {"12,50", "", false}, {nil, "", false}, {math.NaN(), "", false}, {1e30, "", false},
	} {
		m, ok := figure.Amount(c.cell)
		if ok != c.ok || ok && m.Decimal() != c.want {
			t.Errorf("Amount(%v) = %s, %v, want %s, %v", c.cell, m.Decimal(), ok, c.want, c.ok)
		}
	}
}

func TestCentsRoundHalvesAwayFromZero(t *testing.T) {
	for m, want := range map[figure.Milli]figure.Milli{1004: 1000, 1005: 1010, -1005: -1010, -1004: -1000} {
		if got := m.Cents(); got != want {
			t.Errorf("%d in cents = %d, want %d", m, got, want)
		}
	}
}

func TestDays(t *testing.T) {
	for _, bad := range []string{"", "2025-02-30", "2025-13-01", "2025/01/01", "20250101xx", "hello world"} {
		if d := figure.ParseDay(bad); d != figure.Unknown {
			t.Errorf("ParseDay(%q) = %s, want unknown", bad, d)
		}
	}
	d := figure.ParseDay("2024-01-31T23:30:00Z")
	if got := d.AddMonths(1).String(); got != "2024-02-29" {
		t.Errorf("a month after %s = %s, want 2024-02-29", d, got)
	}
	if got := d.AddMonths(-2).String(); got != "2023-11-30" {
		t.Errorf("two months before %s = %s, want 2023-11-30", d, got)
	}
	if m := d.AddMonths(1).Month(); m.Days() != 29 || m.String() != "2024-02" || m.First().String() != "2024-02-01" {
		t.Errorf("month of 2024-02-29 = %s, %d days from %s", m, m.Days(), m.First())
	}
}

func TestDaysRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-60e9, 200e9).Draw(t, "unix"), 0).UTC()
		s := at.Format(time.DateOnly)
		d := figure.ParseDay(s)
		if d.String() != s || d.Month().String() != s[:7] || d < d.Month().First() || d >= (d.Month()+1).First() {
			t.Fatalf("%s became %s of %s", s, d, d.Month())
		}
	})
}

func FuzzParseDay(f *testing.F) {
	f.Add("2025-03-14")
	f.Add("0000-01-01")
	f.Add("-001-01--1")
	f.Add("+000-01-01")
	f.Fuzz(func(t *testing.T, s string) {
		if d := figure.ParseDay(s); d != figure.Unknown && d.String() != s[:10] {
			t.Fatalf("%q became %s", s, d)
		}
	})
}

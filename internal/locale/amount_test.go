package locale_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/locale"

	"pgregory.net/rapid"
)

func TestAmount(t *testing.T) {
	for in, want := range map[string]penates.Decimal{
		"0":                     "0",
		"12":                    "12",
		"-0,00":                 "0.00",
		"1 234,56 €":            "1234.56",
		"1\u00a0234,56":         "1234.56",
		"1\u202f234\u202f567,8": "1234567.8",
		"-1.234,56":             "-1234.56",
		"-1,234.56":             "-1234.56",
		"1'234.56":              "1234.56",
		"1’234.56 CHF":          "1234.56",
		"+2500.00":              "2500.00",
		"(45.90)":               "-45.90",
		"(45,90 €)":             "-45.90",
		"€(45.90)":              "-45.90",
		"12,50-":                "-12.50",
		"- 12,50":               "-12.50",
		"−12,50":                "-12.50",
		"EUR 12":                "12",
		"12 EUR":                "12",
		"-EUR 12.5":             "-12.5",
		"$-12.50":               "-12.50",
		"-$12.50":               "-12.50",
		",5":                    "0.5",
		".5":                    "0.5",
		"5,":                    "5",
		"5.":                    "5",
		"1,234":                 "1.234",
		"1,234,567":             "1234567",
		"1.234.567":             "1234567",
		"8.85000":               "8.85000",
		"007":                   "7",
	} {
		if got, err := locale.Amount(in); err != nil || got != want {
			t.Errorf("Amount(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "-", "€", "()", "EUR", "abc", "12abc", "12-50", "--5", "-5-", "(5", "5)", "(-5)", "1,2,3", "1.23.456",
		"1,234.56,7", "12 34,5", "1e5", "0x10", "12/03", "12:30", "1 234 56", " ,", "1 EUR 2", "NaN", "١٢",
		strings.Repeat("9", 41), strings.Repeat(" ", 200) + "1",
	} {
		if got, err := locale.Amount(in); !errors.Is(err, penates.Invalid) {
			t.Errorf("Amount(%q) = %q, %v, want an Invalid error", in, got, err)
		}
	}
}

func TestAmountComma(t *testing.T) {
	for _, c := range []struct {
		in   string
		mark byte
		want penates.Decimal
	}{
		{"1,234", '.', "1234"}, {"1.234", ',', "1234"}, {"1.234", '.', "1.234"}, {"-1.234,5", ',', "-1234.5"}, {"12,5", ',', "12.5"},
	} {
		if got, err := locale.AmountComma(c.in, c.mark); err != nil || got != c.want {
			t.Errorf("AmountComma(%q, %q) = %q, %v, want %q", c.in, c.mark, got, err, c.want)
		}
	}
	if got, err := locale.AmountComma("12.50", ','); err == nil {
		t.Errorf("12.50 is no number with decimal comma, got %q", got)
	}
}

// Every amount reads the same in each way of writing it.
func TestAmountWritings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-1e12, 1e12).Draw(t, "cents")
		negative := cents < 0
		if negative {
			cents = -cents
		}
		whole, fraction := cents/100, cents%100
		digits := itoa(whole)
		two := string([]byte{byte('0' + fraction/10), byte('0' + fraction%10)})
		want := penates.Decimal(digits + "." + two)
		if negative && cents != 0 {
			want = "-" + want
		}
		group := rapid.SampledFrom([]string{"", " ", "\u00a0", "'"}).Draw(t, "group")
		s := grouped(digits, group) + rapid.SampledFrom([]string{",", "."}).Draw(t, "mark") + two
		if negative {
			s = rapid.SampledFrom([]string{"-" + s, s + "-", "(" + s + ")", "- " + s}).Draw(t, "sign")
		}
		s += rapid.SampledFrom([]string{"", " €", " EUR"}).Draw(t, "currency")
		if got, err := locale.Amount(s); err != nil || got != want {
			t.Fatalf("Amount(%q) = %q, %v, want %q", s, got, err, want)
		}
	})
}

func itoa(n int64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func grouped(digits, sep string) string {
	if len(digits) <= 3 {
		return digits
	}
	return grouped(digits[:len(digits)-3], sep) + sep + digits[len(digits)-3:]
}

func TestCurrency(t *testing.T) {
	for in, want := range map[string]string{
		"€": "EUR", "Euros": "EUR", " eur ": "EUR", "chf": "CHF", "$": "", "kr": "", "": "", "12€": "", "£": "GBP", "Zł": "PLN", "ıx": "", "ﬆa": "", "ſek": "",
	} {
		if got := locale.Currency(in); got != want {
			t.Errorf("Currency(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1 234,56 €", "(45.90)", "EUR-1", "12,50-", "\xff1", "1’234"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := locale.Amount(s)
		if err != nil {
			return
		}
		if again, err := locale.Amount(string(d)); err != nil || again != d {
			t.Fatalf("%q is read as %q, which is read as %q, %v", s, d, again, err)
		}
	})
}

package health_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/health"
)

func TestNumber(t *testing.T) {
	for in, want := range map[string]penates.Decimal{
		"22.5312": "22.5312", "-0.40": "-0.40", "1e3": "1000", "1.5E-3": "0.0015", "12.25e1": "122.5", "+7": "7",
		" 3 ": "3", "-2.5e+2": "-250", "0e5": "0", "164.28633591091844": "164.28633591091844",
	} {
		if got, err := health.Number(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "e3", "1e", "1e99", "1e-99", "1e2x", "NaN", "1,5", "1e1e1", "Infinity"} {
		if got, err := health.Number(in); !errors.Is(err, penates.Invalid) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[penates.Decimal]string{
		"164.28633591091844": "164.286", "72": "72", "1.50": "1.5", "-0.0001": "0", "100": "100", "0.98": "0.98", "99.9996": "100",
	} {
		if got := health.Short(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for _, c := range [][3]string{
		{"http://loinc.org", "8302-2", "loinc|8302-2"},
		{"urn:oid:2.16.840.1.113883.6.1", " 8302-2", "loinc|8302-2"},
		{"2.16.840.1.113883.6.96", "38341003", "snomed|38341003"},
		{"https://example.org/codes", "x", "https://example.org/codes|x"},
		{"", "x", "x"},
		{"http://loinc.org", "", ""},
	} {
		if got := health.Code(c[0], c[1]); got != c[2] {
			t.Errorf("%q: %q", c, got)
		}
	}
}

func TestPhrase(t *testing.T) {
	for _, c := range [][3]string{{"a", "b", "a: b"}, {"", "b", "b"}, {"a", "", "a"}, {"a", "a", "a"}} {
		if got := health.Phrase(c[0], c[1]); got != c[2] {
			t.Errorf("%q: %q", c, got)
		}
	}
}

func TestMonth(t *testing.T) {
	if m, u := health.Month(2019, 0); m.String() != "2019-01-01" || u != "P1Y" {
		t.Error(m, u)
	}
	if m, u := health.Month(2019, 7); m.String() != "2019-07-01" || u != "P1M" {
		t.Error(m, u)
	}
}

func TestCleanIsBounded(t *testing.T) {
	if s := health.Clean(strings.Repeat("é", 5000)); len(s) > 2000 || strings.Contains(s, "\uFFFD") {
		t.Error(len(s))
	}
	if s := health.Prose(strings.Repeat("é ", 100_000)); len(s) > 100_000 {
		t.Error(len(s))
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1e3", "-2.5e+2", "1e-30", "0.000e-30", "9e30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := health.Number(s)
		if err != nil {
			return
		}
		if again, err := penates.ParseDecimal(string(d)); err != nil || again != d {
			t.Errorf("%q: %q is read as %q, %v", s, d, again, err)
		}
		health.Short(d)
	})
}

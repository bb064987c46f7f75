package locale_test

import (
	"testing"

	"penates/internal/locale"
)

func TestIBAN(t *testing.T) {
	for _, in := range []string{"FR14 2004 1010 0505 0001 3M02 606", "de89370400440532013000", "GB82WEST12345698765432"} {
		if got, ok := locale.IBAN(in); !ok || got == in && in[0] == 'd' {
			t.Errorf("IBAN(%q) = %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "FR14 2004 1010 0505 0001 3M02 607", "12345678901234567", "FR", "DE8937040044053201300é"} {
		if got, ok := locale.IBAN(in); ok {
			t.Errorf("IBAN(%q) = %q", in, got)
		}
	}
}

func TestFrenchIBAN(t *testing.T) {
	got, ok := locale.FrenchIBAN("20041", "01005", "0500013m026")
	if !ok || got != "FR1420041010050500013M02606" {
		t.Errorf("got %q, %v", got, ok)
	}
	if _, ok := locale.IBAN(got); !ok {
		t.Errorf("%q is no IBAN", got)
	}
	for _, bad := range [][3]string{{"2004", "01005", "0500013M026"}, {"20041", "0100x", "0500013M026"}, {"20041", "01005", "0500013-026"}, {"20041", "01005", "0500013ı26"}} {
		if got, ok := locale.FrenchIBAN(bad[0], bad[1], bad[2]); ok {
			t.Errorf("%v gives %q", bad, got)
		}
	}
}

func FuzzCodes(f *testing.F) {
	for _, s := range []string{"€", "eur", "ıı", "FR14 2004 1010 0505 0001 3M02 606", "0500013M026", "DE89ı70400440532013000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if code := locale.Currency(s); code != "" && len(code) != 3 {
			t.Fatalf("currency %q of %q", code, s)
		}
		if iban, ok := locale.IBAN(s); ok {
			if again, ok := locale.IBAN(iban); !ok || again != iban {
				t.Fatalf("%q is read as %q, which is none", s, iban)
			}
		}
		if iban, ok := locale.FrenchIBAN("20041", "01005", s); ok {
			if _, ok := locale.IBAN(iban); !ok || len(iban) != 27 {
				t.Fatalf("%q gives %q, which is none", s, iban)
			}
		}
	})
}

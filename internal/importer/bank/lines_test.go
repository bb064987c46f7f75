package bank_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"penates/internal/importer/bank"
)

func lines(r io.Reader, most int) (got []string, err error) {
	l := bank.NewLines(r, most)
	for {
		s, err := l.Next()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, fmt.Sprintf("%d:%s:%t", l.Number(), s, l.Cut()))
	}
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a", []string{"1:a:false"}},
		{"a\nb\n", []string{"1:a:false", "2:b:false"}},
		{"a\r\n\r\nb\rc", []string{"1:a:false", "2::false", "3:b:false", "4:c:false"}},
		{"1234\n12345\n1", []string{"1:1234:false", "2:1234:true", "3:1:false"}},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
			if got, err := lines(r, 4); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
			}
		}
	}
	broken := errors.New("broken")
	if got, err := lines(io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(broken)), 4); !errors.Is(err, broken) || len(got) != 1 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestCodes(t *testing.T) {
	for _, tt := range [][2]string{
		{bank.FamilyKind("RDDT", "ESDD"), "debit"}, {bank.FamilyKind("CCRD", "POSD"), "card"}, {bank.FamilyKind("CCRD", "CWDL"), "cash"},
		{bank.FamilyKind("ICDT", "CHRG"), "fee"}, {bank.FamilyKind("", "INTR"), "interest"}, {bank.FamilyKind("XXXX", ""), ""},
		{bank.FamilyKind("RCDT", ""), "transfer"}, {bank.FamilyKind("RCHQ", ""), "check"}, {bank.FamilyKind("CNTR", ""), "cash"},
		{bank.SwiftKind("NTRF"), "transfer"}, {bank.SwiftKind("FDDT"), "debit"}, {bank.SwiftKind("NCHK"), "check"}, {bank.SwiftKind("SCHG"), "fee"},
		{bank.SwiftKind("NINT"), "interest"}, {bank.SwiftKind("NMSC"), ""}, {bank.SwiftKind("N"), ""},
		{bank.GermanKind("105"), "debit"}, {bank.GermanKind("166"), "transfer"}, {bank.GermanKind("106"), "card"}, {bank.GermanKind("083"), "cash"},
		{bank.GermanKind("001"), "check"}, {bank.GermanKind("805"), "interest"}, {bank.GermanKind("808"), "fee"}, {bank.GermanKind("999"), ""}, {bank.GermanKind("x"), ""},
	} {
		if tt[0] != tt[1] {
			t.Errorf("got %q, want %q", tt[0], tt[1])
		}
	}
}

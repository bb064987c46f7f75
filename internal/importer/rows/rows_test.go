package rows_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/rows"
)

func TestNext(t *testing.T) {
	r := rows.New(strings.NewReader("a;\"b\nc\"; d \r\n\n\"\"\"q\"\"\";x\n\"open;x\nnext;y\nlast"), ';')
	var got []string
	for {
		fields, line, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, penates.Invalid) {
			t.Fatal(err)
		}
		got = append(got, strings.Join(fields, "|")+map[bool]string{true: " bad"}[err != nil]+" "+string(rune('0'+line)))
	}
	if diff := cmp.Diff([]string{"a|b\nc|d 1", `"q"|x 4`, " bad 5", "next|y 6", "last 7"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHeader(t *testing.T) {
	for head, want := range map[string]byte{"Order ID,Order-Date\n": ',', "\uFEFFordre id\tOrderDate": '\t', "a|b|c;d": '|', "one": 0} {
		names, delim := rows.Header([]byte(head))
		if want == 0 {
			delim = 0
		}
		if delim != want || want == ',' && !cmp.Equal(names, []string{"orderid", "orderdate"}) {
			t.Errorf("%q: %q %q", head, names, delim)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add("a,b\n\"c\n", byte(','))
	f.Fuzz(func(t *testing.T, s string, delim byte) {
		r := rows.New(strings.NewReader(s), delim)
		last := 0
		for {
			_, line, err := r.Next()
			if err == io.EOF {
				return
			}
			if line < last || err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
				t.Fatal(line, last, err)
			}
			last = line
		}
	})
}

package ocr

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"

func TestWords(t *testing.T) {
	word := func(line, confidence, text string) string {
		return "5\t1\t1\t1\t" + line + "\t1\t0\t0\t9\t9\t" + confidence + "\t" + text + "\n"
	}
	for name, tt := range map[string]struct{ table, want string }{
		"lines":           {head + "1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t\n" + word("1", "96.1", "Total") + word("1", "95", "148,20") + word("2", "90", "réglé"), "Total 148,20\nréglé"},
		"unsure":          {head + word("1", "96", "Total") + word("1", "31", "blrb") + word("2", "NaN", "wall"), "Total"},
		"signs":           {head + word("1", "96", "Total") + word("1", "95", "|") + word("1", "95", "—"), "Total"},
		"a letter or two": {head + word("1", "96", "I") + word("2", "96", "l"), ""},
		"nothing":         {head, ""},
		"cut":             {head + word("1", "96", "Total") + "5\t1\t1", "Total"},
		"control":         {head + word("1", "96", "To\x1b[31mtal"), "To [31mtal"},
	} {
		if got := words([]byte(tt.table)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add([]byte(head + "5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.5\tTotal\n5\t1\t1\t1\t2\t1\t0\t0\t9\t9\t88\tréglé\n"))
	f.Add([]byte("5\t\t\t\t\t\t\t\t\t\t1e999\t\xff\xfe\n5\t\t\t\t\t\t\t\t\t\t99\tabc\tdef\r\n"))
	f.Fuzz(func(t *testing.T, table []byte) {
		got := words(table)
		if !utf8.ValidString(got) || len(got) > 2*maxText || strings.ContainsAny(got, "\x00\x1b\r\t") {
			t.Errorf("%q", got)
		}
	})
}

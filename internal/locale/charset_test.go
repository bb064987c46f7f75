package locale_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"penates/internal/locale"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

const french = "Téléchargement du 05/03/2026 ; numéro de compte nº 12 ; « crédit différé », où l'été ça coûte 12 000,50 € à Noël\r\n"

func encode(t testing.TB, enc encoding.Encoding, s string) string {
	t.Helper()
	out, err := encoding.ReplaceUnsupported(enc.NewEncoder()).String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUTF8(t *testing.T) {
	le, be := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	withoutEuro := strings.ReplaceAll(french, "€", "E")
	russian := strings.Repeat("Выписка по счёту за март, поступление зарплаты и оплата услуг связи. ", 4)
	japaneseText := strings.Repeat("口座番号のお取引明細書、振込手数料と残高。", 6)
	for _, c := range []struct {
		name, in, declared, text, charset string
	}{
		{"utf-8", french, "", french, "utf-8"},
		{"utf-8 with mark", "\uFEFF" + french, "windows-1252", french, "utf-8"},
		{"utf-8 declared as another", french, "iso-8859-1", french, "utf-8"},
		{"utf-8 with a stray byte", french + "caf\xe9" + french, "", french + "café" + french, "utf-8"},
		{"windows-1252", encode(t, charmap.Windows1252, french), "", french, "windows-1252"},
		{"windows-1252 declared as UTF-8", encode(t, charmap.Windows1252, french), "utf-8", french, "windows-1252"},
		{"windows-1252 declared as ISO 8859-1", encode(t, charmap.Windows1252, french), "ISO-8859-1", french, "windows-1252"},
		{"ISO 8859-15", encode(t, charmap.ISO8859_15, "cœur "+french), "", "cœur " + french, "iso-8859-15"},
		{"ISO 8859-15 declared", encode(t, charmap.ISO8859_15, french), "ISO-8859-15", french, "iso-8859-15"},
		{"code page 850", encode(t, charmap.CodePage850, strings.ReplaceAll(withoutEuro, "’", "'")), "", withoutEuro, "ibm850"},
		{"Macintosh", encode(t, charmap.Macintosh, french), "", french, "macintosh"},
		{"windows-1251", encode(t, charmap.Windows1251, russian), "", russian, "windows-1251"},
		{"windows-1251 declared as 1251", encode(t, charmap.Windows1251, "счёт"), "1251", "счёт", "windows-1251"},
		{"Shift JIS", encode(t, japanese.ShiftJIS, japaneseText), "", japaneseText, "shift_jis"},
		{"ISO 2022-JP declared", encode(t, japanese.ISO2022JP, japaneseText), "iso-2022-jp", japaneseText, "iso-2022-jp"},
		{"UTF-16 with mark", "\xFF\xFE" + encode(t, le, french), "", french, "utf-16le"},
		{"UTF-16 big-endian with mark", "\xFE\xFF" + encode(t, be, french), "", french, "utf-16be"},
		{"UTF-16 without mark", encode(t, le, french), "utf-8", french, "utf-16le"},
		{"UTF-16 big-endian without mark", encode(t, be, french), "", french, "utf-16be"},
		{"ASCII", "plain\n", "iso-8859-15", "plain\n", "us-ascii"},
		{"ASCII, then UTF-8", strings.Repeat("plain\n", 9000) + french, "", strings.Repeat("plain\n", 9000) + french, "us-ascii"},
		{"ASCII, then windows-1252", strings.Repeat("plain\n", 9000) + encode(t, charmap.Windows1252, french), "", strings.Repeat("plain\n", 9000) + french, "us-ascii"},
		{"unknown declaration", encode(t, charmap.Windows1252, french), "klingon", french, "windows-1252"},
		{"empty", "", "", "", "us-ascii"},
		{"only a mark", "\uFEFF", "", "", "utf-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
				r, charset := locale.UTF8(wrap(strings.NewReader(c.in)), c.declared)
				got, err := io.ReadAll(r)
				if err != nil || string(got) != c.text || charset != c.charset {
					t.Fatalf("got %.80q in %s, %v, want %.80q in %s", got, charset, err, c.text, c.charset)
				}
			}
			if got := locale.Decode([]byte(c.in), c.declared); got != c.text {
				t.Errorf("Decode gives %.80q", got)
			}
		})
	}
}

func TestXMLCharset(t *testing.T) {
	for in, want := range map[string]string{
		`<?xml version="1.0" encoding="ISO-8859-1"?><a/>`:   "ISO-8859-1",
		"\uFEFF\n<?xml version='1.0' encoding = 'utf-8' ?>": "utf-8",
		`<?xml version="1.0"?><a encoding="no"/>`:           "",
		`<a/>`:                             "",
		`<?xml version="1.0" encoding="x`:  "",
		`<?xml version="1.0" encoding=?>`:  "",
		`<?xml version="1.0" encoding="?>`: "",
	} {
		if got := locale.XMLCharset([]byte(in)); got != want {
			t.Errorf("XMLCharset(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLineAndFold(t *testing.T) {
	for in, want := range map[string][2]string{
		"":                              {"", ""},
		" a \t\r\n b\u00a0c\x00d ":      {"a b c d", "a b c d"},
		"Libellé  OPÉRATION":            {"Libellé OPÉRATION", "libelle operation"},
		"Cœur d’été\u0301":              {"Cœur d’été\u0301", "coeur d'ete"},
		"N\u00b0 \xff\xfeStraße \u2028": {"N° Straße", "n° strasse"},
		"\ufffdx":                       {"\ufffdx", "\ufffdx"},
	} {
		if got := locale.Line(in); got != want[0] {
			t.Errorf("Line(%q) = %q, want %q", in, got, want[0])
		}
		if got := locale.Fold(in); got != want[1] {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want[1])
		}
	}
}

func FuzzUTF8(f *testing.F) {
	for _, s := range []string{french, "\xff\xfea\x00", "caf\xe9", "\xe9\xe8", "a\x00b\x00c\x00", "\x00\x00\xfe\xff", "\xef\xbb\xbfé\xff"} {
		f.Add([]byte(s), "")
		f.Add([]byte(s), "iso-8859-15")
	}
	f.Add([]byte("\x1b$B8}"), "iso-2022-jp")
	f.Fuzz(func(t *testing.T, b []byte, declared string) {
		r, _ := locale.UTF8(bytes.NewReader(b), declared)
		out, err := io.ReadAll(r)
		if err != nil || !utf8.Valid(out) {
			t.Fatalf("%q, %v", out, err)
		}
		if len(out) > 4*len(b)+8 {
			t.Fatalf("%d bytes became %d", len(b), len(out))
		}
		line := locale.Line(string(out))
		if strings.ContainsAny(line, "\n\r\t") || locale.Line(line) != line {
			t.Fatalf("no line: %q", line)
		}
	})
}

func BenchmarkUTF8(b *testing.B) {
	text := []byte(strings.Repeat(french, 5000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r, _ := locale.UTF8(bytes.NewReader(text), "")
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

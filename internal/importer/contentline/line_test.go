package contentline_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates/internal/importer/contentline"
)

func readAll(t *testing.T, text string) (lines []contentline.Line) {
	t.Helper()
	r := contentline.NewReader(strings.NewReader(text), []byte(text[:min(len(text), 4096)]))
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
}

func TestReader(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // NAME=text
	}{
		{"folds", "NOTE:one\r\n  two\r\n\tthree\r\nFN:x\r\n", []string{"NOTE=one twothree", "FN=x"}},
		{"line ends", "A:1\nB:2\rC:3\r\r\nD:4", []string{"A=1", "B=2", "C=3", "D=4"}},
		{"fold within a character", "NOTE:caf\xc3\r\n \xa9\r\n", []string{"NOTE=café"}},
		{"blank lines and junk before", "\n\nhello\nA:1\n\nB:2\n", []string{"A=1", "B=2"}},
		{"folded colon", "METHOD\n\n :PUBLISH\nDTSTART\n ;VALUE=DATE\n :20240102\nABC\n", []string{"METHOD=PUBLISH", "DTSTART=20240102\nABC"}},
		{"text not folded", "DESCRIPTION:one\nand two\nTwo: three\nhttps://example.org\nSUMMARY:x\n", []string{"DESCRIPTION=one\nand two\nTwo: three\nhttps://example.org", "SUMMARY=x"}},
		{"escapes", `A:a\, b\; c\\d\ne\xf`, []string{"A=a, b; c\\d\ne\\xf"}},
		{"quoted-printable", "NOTE;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:caf=E9 =\nau=20lait=\n\nFN:x", []string{"NOTE=café au lait", "FN=x"}},
		{"latin-1 not declared", "FN:Caf\xe9 de la cr\xe8me\n", []string{"FN=Café de la crème"}},
		{"latin-1 declared", "FN;CHARSET=iso-8859-1:Andr\xe9\n", []string{"FN=André"}},
		{"base64 not folded", "PHOTO;BASE64:\nAAAA\nBBBB\n\nFN:x", []string{"PHOTO=AAAABBBB", "FN=x"}},
		{"utf-16", "\xff\xfeF\x00N\x00:\x00\xe9\x00\n\x00", []string{"FN=é"}},
		{"byte order mark", "\xef\xbb\xbfBEGIN:VCARD\n", []string{"BEGIN=VCARD"}},
		{"lower case", "fn:x\nitem1.tel;type=home:1\n", []string{"FN=x", "TEL=1"}},
		{"empty", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, l := range readAll(t, test.text) {
				value := l.Text()
				if l.Name == "PHOTO" {
					value = l.Value
				}
				got = append(got, l.Name+"="+value)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParams(t *testing.T) {
	tests := []struct {
		line, value string
		want        []contentline.Param
	}{
		{"TEL;HOME;VOICE:1", "1", []contentline.Param{{Name: "TYPE", Values: []string{"HOME"}}, {Name: "TYPE", Values: []string{"VOICE"}}}},
		{`ATTENDEE;CN="Doe; John:x";ROLE=CHAIR:mailto:j@x.org`, "mailto:j@x.org", []contentline.Param{{Name: "CN", Values: []string{"Doe; John:x"}}, {Name: "ROLE", Values: []string{"CHAIR"}}}},
		{`X;A=b,"c,d",e:v`, "v", []contentline.Param{{Name: "A", Values: []string{"b", "c,d", "e"}}}},
		{`TEL;TYPE="home,cell":1`, "1", []contentline.Param{{Name: "TYPE", Values: []string{"home", "cell"}}}},
		{`X;CN=a^nb^'c^^:v`, "v", []contentline.Param{{Name: "CN", Values: []string{"a\nb\"c^"}}}},
		{`X;CN="never closed:v`, "v", []contentline.Param{{Name: "CN", Values: []string{`"never closed`}}}},
		{"X;;A=:v", "v", []contentline.Param{{Name: "A", Values: []string{""}}}},
	}
	for _, test := range tests {
		lines := readAll(t, test.line)
		if len(lines) != 1 {
			t.Errorf("%s: %d lines", test.line, len(lines))
			continue
		}
		if diff := cmp.Diff(test.want, lines[0].Params); diff != "" || lines[0].Value != test.value {
			t.Errorf("%s: value %q, %s", test.line, lines[0].Value, diff)
		}
	}
}

func TestSplit(t *testing.T) {
	l := readAll(t, `N:Le\;fevre;Zoé,Anne;;Dr\, med.;`)[0]
	if diff := cmp.Diff([]string{"Le;fevre", "Zoé,Anne", "", "Dr, med.", ""}, l.Fields()); diff != "" {
		t.Error(diff)
	}
}

// A line without end does not fill the memory.
func TestLongLine(t *testing.T) {
	line := io.MultiReader(strings.NewReader("NOTE:"), io.LimitReader(endless{}, 2*contentline.MaxLine), strings.NewReader("\nFN:x\n"))
	r := contentline.NewReader(line, []byte("NOTE:"))
	l, err := r.Next()
	if err != nil || !l.Cut || len(l.Value) > contentline.MaxLine+(64<<10) {
		t.Errorf("%d bytes, %v", len(l.Value), err)
	}
	if l, err = r.Next(); err != nil || l.Name != "FN" {
		t.Errorf("%q, %v", l.Name, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\r\nitem1.TEL;TYPE=\"a,b\";X=^n:1\\,2\r\n 3\r\nNOTE;QUOTED-PRINTABLE:=C3=\n=A9\n"))
	f.Add([]byte("\xff\xfeF\x00N\x00:\x00"))
	f.Add([]byte("PHOTO;ENCODING=b:\nAA\n\nX;=:\rA\\"))
	f.Add([]byte("BEGINa,b\";X=\nitem1.:"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := contentline.NewReader(bytes.NewReader(text), text)
		for {
			l, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if l.Name == "" || l.Number < 1 {
				t.Fatalf("%+v", l)
			}
			l.Text()
			l.Fields()
			l.List()
			l.Bytes()
		}
	})
}

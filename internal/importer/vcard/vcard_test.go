package vcard_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/vcard"
	"penates/internal/schema"
)

func readBook(t *testing.T, text string) (*importertest.Collector, []schema.Contact) {
	t.Helper()
	c, err := importertest.Read(vcard.Format, "book.vcf", []byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var contacts []schema.Contact
	for _, d := range c.OfType(penates.Contacts) {
		var body schema.Contact
		if err := json.Unmarshal(d.Body, &body); err != nil {
			t.Fatal(err)
		}
		contacts = append(contacts, body)
	}
	return c, contacts
}

func card(lines ...string) string {
	return "BEGIN:VCARD\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n"
}

func TestContact(t *testing.T) {
	text := card("VERSION:3.0", "UID:u-1", "N:Lefèvre;Zoé;Marie;;", "FN:Zoé Lefèvre", "NICKNAME:Zo,Zozo",
		"ORG:Atelier Nord;Bois", "TITLE:Menuisière", "EMAIL;TYPE=home:Zoe@Example.org", "EMAIL;TYPE=work,pref:z.lefevre@atelier.example",
		"item1.TEL;TYPE=cell:06 12 34 56 78", "item1.X-ABLabel:_$!<Mobile>!$_", "TEL;TYPE=work:+33 (0)1 42 68 53 00", "TEL:1234",
		`ADR;TYPE=home:;Bât. C;12\, rue des Lilas;Lyon;;69003;France`, "URL:https://example.org/zoe", "BDAY:1990-03-09T00:00:00Z",
		`NOTE:connue à Lyon\, en 2010\nvoir Paul`, "CATEGORIES:Amis,Travail", "KIND:individual", "X-OTHER:kept")
	c, contacts := readBook(t, text)
	native := contacts[0].Native
	contacts[0].Native = ""
	want := schema.Contact{
		FullName: "Zoé Lefèvre", Family: "Lefèvre", Given: "Zoé Marie", Nickname: "Zo, Zozo", Company: "Atelier Nord, Bois", JobTitle: "Menuisière",
		Email: []string{"z.lefevre@atelier.example", "zoe@example.org"}, Phone: []string{"+33612345678", "+33142685300", "1234"},
		Address: []string{"12, rue des Lilas, Bât. C, 69003 Lyon, France"}, URL: []string{"https://example.org/zoe"}, Birthday: "1990-03-09",
		Note: "connue à Lyon, en 2010\nvoir Paul", Groups: []string{"Amis", "Travail"}, Kind: "individual",
	}
	if diff := cmp.Diff([]schema.Contact{want}, contacts); diff != "" {
		t.Error(diff)
	}
	if native+"\r\n" != text {
		t.Errorf("native %q", native)
	}
	d := c.Documents[0]
	refs := []penates.Ref{{Scheme: "uid", Value: "u-1"}, {Scheme: "email", Value: "z.lefevre@atelier.example"}, {Scheme: "email", Value: "zoe@example.org"},
		{Scheme: "tel", Value: "+33612345678"}, {Scheme: "tel", Value: "+33142685300"}, {Scheme: "tel", Value: "1234"}}
	if diff := cmp.Diff(refs, d.Refs); diff != "" {
		t.Error(diff)
	}
	if d.Source.NativeID != "u-1" || d.Text != "Zoé Lefèvre" || d.Source.Locator != "line=1-22" {
		t.Errorf("id %q, text %q, locator %q", d.Source.NativeID, d.Text, d.Source.Locator)
	}
}

func TestCards(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // names
	}{
		{"2.1", "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Ren=E9;L=\n=E9a;;;\nEND:VCARD\n", []string{"Léa René"}},
		{"8 bit", "begin:vcard\nversion:2.1\nfn;charset=ISO-8859-1:Ren\xe9\nend:vcard\n", []string{"René"}},
		{"no end", "BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\n", []string{"a", "b"}},
		{"agent", "BEGIN:VCARD\nFN:a\nAGENT:\nBEGIN:VCARD\nFN:b\nEND:VCARD\nNOTE:c\nEND:VCARD\nBEGIN:VCARD\nFN:d\nEND:VCARD\n", []string{"a", "d"}},
		{"only a company", card("ORG:Plomberie Petit;"), []string{"Plomberie Petit"}},
		{"only a number", card("N:;;;;", "FN:", "TEL:3949"), []string{"3949"}},
		{"only an address", card("EMAIL:A@x.org"), []string{"a@x.org"}},
		{"text around", "hello\n" + card("FN:a") + "\nand\n" + card("FN:b"), []string{"a", "b"}},
		{"utf-16", "\xff\xfe" + strings.Join(strings.Split(card("FN:a"), ""), "\x00") + "\x00", []string{"a"}},
		{"carriage returns", strings.ReplaceAll(card("FN:a")+card("FN:b"), "\r\n", "\r"), []string{"a", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if vcard.Format.Recognise(importertest.File("x", []byte(test.text)).Head) == 0 && test.name != "text around" {
				t.Error("not recognised")
			}
			c, _ := readBook(t, test.text)
			var got []string
			for _, d := range c.OfType(penates.Contacts) {
				got = append(got, d.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(c.Refusals) > 0 {
				t.Error(diff, c.Refusals)
			}
		})
	}
}

func TestBirthday(t *testing.T) {
	for text, want := range map[string]string{
		"19900309": "1990-03-09", "1990-03-09": "1990-03-09", "--0309": "--03-09", "--02-29": "--02-29", "1604-03-09": "--03-09",
		"1990": "", "19901399": "", "circa 1800": "", "": "", "09/03/1990": "1990-03-09", "19900309T120000Z": "1990-03-09",
	} {
		if _, contacts := readBook(t, card("FN:a", "BDAY:"+text)); contacts[0].Birthday != want {
			t.Errorf("%q: %q, want %q", text, contacts[0].Birthday, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for text, want := range map[string]string{
		"01.42.68.53.00": "+33142685300", "0033 1 42 68 53 00": "+33142685300", "tel:+33-1-42-68-53-00;ext=2": "+33142685300",
		"+1 650 253 0000": "+16502530000", "555-1234": "555-1234", "poste 12": "poste 12", "": "",
	} {
		_, contacts := readBook(t, card("FN:a", "TEL:"+text))
		if got := strings.Join(contacts[0].Phone, " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPhoto(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	coded := base64.StdEncoding.EncodeToString([]byte(png))
	for _, line := range []string{"PHOTO;ENCODING=b;TYPE=PNG:" + coded, "PHOTO;BASE64;PNG:\r\n " + coded + "\r\n", "PHOTO:data:image/png;base64," + coded, `PHOTO:data:image/png\;base64\,` + coded} {
		c, contacts := readBook(t, card("FN:a", line))
		if len(contacts) != 1 || len(c.Files) != 1 || len(c.Links) != 1 || c.Links[0].To != c.Documents[0].ID {
			t.Errorf("%.40s: %d contacts, %d files, links %v", line, len(contacts), len(c.Files), c.Links)
		}
		for _, content := range c.Files {
			if string(content) != png {
				t.Errorf("%.40s: %q", line, content)
			}
		}
	}
	for _, line := range []string{"PHOTO;VALUE=uri:https://example.org/a.png", "PHOTO;ENCODING=b:!!!!", "PHOTO;ENCODING=b:AAAA"} {
		if c, _ := readBook(t, card("FN:a", line)); len(c.Files) != 0 {
			t.Errorf("%s: %d files", line, len(c.Files))
		}
	}
}

func TestIDs(t *testing.T) {
	c, _ := readBook(t, card("UID:1", "FN:a")+card("UID:1", "FN:a", "NOTE:again")+card("UID:1", "FN:b")+card("FN:c")+card("FN:c", "NOTE:again"))
	id := func(i int) penates.DocumentID { return c.Documents[i].ID }
	if id(0) != id(1) || id(0) == id(2) || id(3) != id(4) {
		t.Error("ids", id(0), id(1), id(2), id(3), id(4))
	}
}

func TestRefused(t *testing.T) {
	c, contacts := readBook(t, card("VERSION:3.0")+card("FN:a")+card())
	if len(contacts) != 1 || len(c.Refusals) != 2 || c.Refusals[1].Line != 7 || !errors.Is(c.Refusals[0].Err, penates.Invalid) {
		t.Errorf("%d contacts, refusals %v", len(contacts), c.Refusals)
	}
}

func TestLimits(t *testing.T) {
	var many strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&many, "EMAIL:%d@x.org\r\n", i)
	}
	c, contacts := readBook(t, card("FN:a", many.String(), "NOTE:"+strings.Repeat("é", 1<<20)))
	if len(contacts) != 1 || len(contacts[0].Email) > 200 || len(contacts[0].Native) > 64<<10 || len(c.Documents[0].Refs) > 500 {
		t.Errorf("%d contacts, %d addresses, native of %d bytes", len(contacts), len(contacts[0].Email), len(contacts[0].Native))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(card("UID:1", "N:a;b", "TEL;PREF=1:+1 650 253 0000", "ADR:;;a;b", "BDAY:--0309", "PHOTO:data:,x")))
	f.Add([]byte("BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEND:VCARD\nN;QUOTED-PRINTABLE:=C3=\n=A9\nEND:VCARD"))
	f.Add([]byte("\xff\xfeB\x00E\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		vcard.Format.Recognise(importertest.File("x", text).Head)
		if _, err := importertest.Read(vcard.Format, "x", text); err != nil {
			t.Fatal(err)
		}
	})
}

package vcard_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/vcard"
	"penates/internal/schema"
)

// The same two people in the three syntaxes.
const (
	asLines = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:11\r\nFN:Zoé\\, dite Zo\r\nN:Leroy;Zoé;Anne,Lou;;\r\n" +
		"g1.TEL;TYPE=cell,voice:tel:+33-6-12-34-56-78\r\nEMAIL;PREF=1:zoe@example.fr\r\nADR:;;1 rue du Port;Brest;;29200;France\r\n" +
		"ORG:Les Lilas;Achats\r\nBDAY:19790328\r\nCATEGORIES:amis,chorale\r\nNOTE:un\\ndeux\r\nEND:VCARD\r\n" +
		"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:22\r\nFN:Paul\r\nEND:VCARD\r\n"
	asXML = `<?xml version="1.0" encoding="UTF-8"?>
<vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0"><vcard>
 <uid><uri>urn:uuid:11</uri></uid><fn><text>Zoé, dite Zo</text></fn>
 <n><surname>Leroy</surname><given>Zoé</given><additional>Anne</additional><additional>Lou</additional><prefix/><suffix/></n>
 <group name="g1"><tel><parameters><type><text>cell</text><text>voice</text></type></parameters><uri>tel:+33-6-12-34-56-78</uri></tel></group>
 <email><parameters><pref><integer>1</integer></pref></parameters><text>zoe@example.fr</text></email>
 <adr><pobox/><ext/><street>1 rue du Port</street><locality>Brest</locality><region/><code>29200</code><country>France</country></adr>
 <org><text>Les Lilas</text><text>Achats</text></org><bday><date>1979-03-28</date></bday>
 <categories><text>amis</text><text>chorale</text></categories><note><text>un
deux</text></note>
</vcard><vcard><uid><text>22</text></uid><fn><text>Paul</text></fn></vcard></vcards>`
	asJSON = `[["vcard",[["version",{},"text","4.0"],["uid",{},"uri","urn:uuid:11"],["fn",{},"text","Zoé, dite Zo"],
 ["n",{},"text",["Leroy","Zoé",["Anne","Lou"],"",""]],["tel",{"group":"g1","type":["cell","voice"]},"uri","tel:+33-6-12-34-56-78"],
 ["email",{"pref":"1"},"text","zoe@example.fr"],["adr",{},"text",["","","1 rue du Port","Brest","","29200","France"]],
 ["org",{},"text",["Les Lilas","Achats"]],["bday",{},"date","1979-03-28"],["categories",{},"text","amis","chorale"],["note",{},"text","un\ndeux"], 5, ["bad"]]],
 ["vcard",[["uid",{},"text","22"],["fn",{},"text","Paul"]]]]`
)

func contacts(t *testing.T, format importer.Format, content string) (list []schema.Contact, ids []penates.DocumentID) {
	t.Helper()
	if got := format.Recognise(importertest.File("x", []byte(content)).Head); got < 90 {
		t.Errorf("%s: recognised at %d", format.Title, got)
	}
	c, err := importertest.Read(format, "x", []byte(content))
	if err != nil || len(c.Refusals) > 0 {
		t.Fatal(format.Title, err, c.Refusals)
	}
	for i, d := range c.Documents {
		body := c.Bodies[i].(schema.Contact)
		body.Native = ""
		list, ids = append(list, body), append(ids, d.ID)
	}
	return list, ids
}

func TestSyntaxes(t *testing.T) {
	want, wantIDs := contacts(t, vcard.Format, asLines)
	if len(want) != 2 || want[0].FullName != "Zoé, dite Zo" || want[0].Phone[0] != "+33612345678" || want[0].Company != "Les Lilas, Achats" || want[0].Note != "un\ndeux" {
		t.Fatalf("%+v", want)
	}
	for _, other := range []struct {
		format  importer.Format
		content string
	}{
		{vcard.XML, asXML}, {vcard.JSON, asJSON}, {vcard.XML, strings.NewReplacer("</", "</c:", "<?", "<?", "<", "<c:", `xmlns=`, `xmlns:c=`).Replace(asXML[strings.Index(asXML, "<vcards"):])},
		{vcard.JSON, "\uFEFF" + strings.ReplaceAll(asJSON, "\n", "\r\n")},
	} {
		got, ids := contacts(t, other.format, other.content)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", other.format.Title, diff)
		}
		if diff := cmp.Diff(wantIDs, ids); diff != "" {
			t.Errorf("%s: %s", other.format.Title, diff)
		}
	}
}

// A file that ends early gives what came before.
func TestSyntaxesCut(t *testing.T) {
	c, err := importertest.Read(vcard.XML, "x", []byte(asXML[:len(asXML)-40]))
	if !errors.Is(err, penates.Damaged) || len(c.Documents) != 1 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
	if c, err = importertest.Read(vcard.JSON, "x", []byte(asJSON[:len(asJSON)-4])); !errors.Is(err, penates.Invalid) {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
}

func TestRecogniseSyntaxes(t *testing.T) {
	for _, content := range []string{`<html><vcardish>`, `["vcalendar",[]]`, `{"vcard":[]}`, ``} {
		head := importertest.File("x", []byte(content)).Head
		if vcard.XML.Recognise(head) > 0 || vcard.JSON.Recognise(head) > 0 {
			t.Errorf("%q", content)
		}
	}
}

func FuzzSyntaxes(f *testing.F) {
	f.Add([]byte(asXML))
	f.Add([]byte(asJSON))
	f.Add([]byte(`["vcard",[["n",{"a":[1,[2]]},"period",["a","b"]],["rrule",{},"recur",{"freq":["A"],"until":1}]],[["vcard",[]]]]`))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range []importer.Format{vcard.XML, vcard.JSON} {
			c, _ := importertest.Read(format, "x", content)
			for _, d := range c.Documents {
				if d.Source.NativeID == "" {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}

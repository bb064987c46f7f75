package solid_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/solid"
	"penates/internal/schema"
)

const card = `# the card of a friend
@prefix : <#>.
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#>.
@prefix dct: <http://purl.org/dc/terms/>.

:this a vcard:Individual;
    vcard:fn "Zo\u00e9 \"Zed\" Lac"@fr;
    vcard:bday "1990-02-03"^^xsd:date;
    vcard:hasEmail :id1, <mailto:work@x.example>;
    vcard:hasTelephone [ a vcard:Cell; vcard:value <tel:+33-6-12-34-56-78> ];
    vcard:hasAddress [ vcard:street-address "1 quai"; vcard:postal-code "74000"; vcard:locality 'Annecy' ] ;
    vcard:note """two
lines with ""quotes"""" ; .
:id1 a vcard:Home; vcard:value <mailto:Zoe@X.example>.
`

const things = `PREFIX bm: <http://www.w3.org/2002/01/bookmark#>
prefix dct: <http://purl.org/dc/terms/>
BASE <https://pod.example/things/>
@prefix sioc: <http://rdfs.org/sioc/ns#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>. @prefix flow: <http://www.w3.org/2005/01/wf/flow#>.
@prefix meeting: <http://www.w3.org/ns/pim/meeting#>. @prefix cal: <http://www.w3.org/2002/12/cal/ical#>. @prefix geo: <http://www.w3.org/2003/01/geo/wgs84_pos#>.
<b1> a bm:Bookmark ; dct:title "A page" ; bm:recalls <https://example.org/a?b=1#c> ; dct:created "2025-03-04T10:00:00Z" ; bm:hasTopic <topics#Food>.
<b2> a bm:Bookmark ; dct:title "no address" .
<chat#this> a meeting:LongChat ; dct:title "Family" ; flow:message <chat#m1>, <chat#m2> .
<chat#m1> dct:created "2025-03-04T10:00:00Z" ; sioc:content "Hello\nall" ; foaf:maker <https://zoe.example/card#me> .
<chat#m2> dct:created "2025-03-04T10:01:00Z" ; sioc:content "Hi" ; foaf:maker <https://zoe.example/card#me> .
<e1> a cal:Vevent ; cal:summary "Dinner" ; cal:dtstart "2025-03-05" ; cal:location "Home" .
<broken> a bm:Bookmark ; dct:title "never ends
 and on .
<t1> a flow:Task ; dct:title "Water plants" .
<p1> geo:lat 45.9 ; geo:long "6.1" ; <http://www.w3.org/2000/01/rdf-schema#label> "Pier" .
<acl#owner> a <http://www.w3.org/ns/auth/acl#Authorization> ; <http://www.w3.org/ns/auth/acl#mode> ( <x:Read> <x:Write> ) .
`

func TestCard(t *testing.T) {
	c, err := importertest.Read(solid.Format, "pod/contacts/zoe/index.ttl", []byte(card))
	if err != nil || len(c.Refusals) > 0 || len(c.Documents) != 1 {
		t.Fatalf("%d documents, refused %v, %v", len(c.Documents), c.Refusals, err)
	}
	got := c.Bodies[0].(schema.Contact)
	if got.FullName != `Zoé "Zed" Lac` || got.Birthday != "1990-02-03" || strings.Join(got.Email, " ") != "work@x.example zoe@x.example" ||
		strings.Join(got.Phone, " ") != "+33612345678" || got.Address[0] != "1 quai 74000 Annecy" || got.Note != "two\nlines with \"\"quotes\"" {
		t.Errorf("%+v", got)
	}
	if d := c.Documents[0]; d.Source.NativeID != "contacts/zoe/index.ttl#this" || d.Ref(penates.RefPhone) != "+33612345678" {
		t.Errorf("%+v", d)
	}
}

func TestThings(t *testing.T) {
	c, err := importertest.Read(solid.Format, "things.ttl", []byte(things))
	if err != nil || len(c.Refusals) != 2 || c.Refusals[0].Line != 12 {
		t.Fatalf("refused %v, %v", c.Refusals, err)
	}
	var got []string
	for _, d := range c.Documents {
		got = append(got, fmt.Sprintf("%s %s %s", d.Type, d.Time.Start, d.Text))
	}
	want := []string{
		"penates.bookmarks 2025-03-04T10:00:00Z A page", "penates.messages 2025-03-04T10:00:00Z Hello", "penates.messages 2025-03-04T10:01:00Z Hi",
		"io.cozy.calendar.events 2025-03-05 Dinner", "io.cozy.calendar.todos  Water plants", "penates.places  Pier",
		"penates.records  LongChat Family", "penates.records  Authorization",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	bookmark, message := c.Bodies[0].(schema.Bookmark), c.Bodies[1].(schema.Message)
	if bookmark.URL != "https://example.org/a?b=1#c" || bookmark.Tags[0] != "Food" || message.Thread != "Family" || message.Content != "Hello\nall" {
		t.Errorf("%+v, %+v", bookmark, message)
	}
	fields := c.Bodies[7].(schema.Record).Fields
	if s := fmt.Sprint(fields["http://www.w3.org/ns/auth/acl#mode"]); !strings.Contains(s, "x:Read x:Write") {
		t.Error(s)
	}
}

const ld = `{"@context": {"vcard": "http://www.w3.org/2006/vcard/ns#", "name": "vcard:fn", "mail": {"@id": "vcard:hasEmail", "@type": "@id"}},
 "@graph": [{"@id": "#zoe", "@type": "vcard:Individual", "name": "Zoé", "mail": "mailto:zoe@x.example"},
  {"@id": "#bob", "@type": ["vcard:Individual"], "name": {"@value": "Bob", "@language": "en"}, "vcard:hasAddress": {"vcard:locality": "Lyon"}}]}`

func TestJSONLD(t *testing.T) {
	c, err := importertest.Read(solid.Format, "pod/book.jsonld", []byte(ld))
	if err != nil || len(c.Documents) != 2 {
		t.Fatalf("%d documents, %v", len(c.Documents), err)
	}
	zoe, bob := c.Bodies[0].(schema.Contact), c.Bodies[1].(schema.Contact)
	if zoe.FullName != "Zoé" || zoe.Email[0] != "zoe@x.example" || bob.FullName != "Bob" || bob.Address[0] != "Lyon" || c.Documents[0].Source.NativeID != "book.jsonld#zoe" {
		t.Errorf("%+v, %+v, %+v", zoe, bob, c.Documents[0].Source)
	}
}

func TestRecognise(t *testing.T) {
	for content, want := range map[string]bool{
		card: true, things: true, ld: true,
		"<http://a.example/x> <http://b.example/y> \"z\" .\n":                     true,
		`[{"@id": "http://a/#b", "@type": ["http://xmlns.com/foaf/0.1/Person"]}]`: true,
		"<html> <body> text": false, "<a> <b> x": false, `{"@context": "https://schema.org", "a": 1}`: false, "": false, "prefix of something: <": false,
		`{"@context": "https://www.w3.org/ns/activitystreams", "type": "OrderedCollection"}`: false,
	} {
		if got := solid.Format.Recognise(importertest.File("x", []byte(content)).Head) > 0; got != want {
			t.Errorf("%.40q: %t", content, got)
		}
	}
}

// What is nested or endless ends in an error, not in a stack overflow.
func TestHostile(t *testing.T) {
	for _, content := range []string{
		"@prefix : <#>.\n:a :b " + strings.Repeat("[ :c ", 5000), "@prefix : <#>.\n:a :b " + strings.Repeat("(", 5000), "@prefix : <#>.\n:a :b \"\"\"x",
		"@prefix : <#>.\n:a :b \"\\uD800\".", "@prefix : <#>.\n:a :b \"\\", "@base <::bad>. <a> <b> <c>.", "@prefix x", "@prefix : <#>. :a :b :c, :d; .", "@prefix : <#>.\n:a :b \"x\\\n",
		`{"@context": {"a": "b:", "b": "a:"}, "@id": "a:a", "@type": "foaf:Person", "x": "http://xmlns.com/foaf/0.1/"}`,
		`{"@id": "x", "vcard/ns#": ` + strings.Repeat(`{"a:b":`, 3000) + "1" + strings.Repeat("}", 3001),
	} {
		c, err := importertest.Read(solid.Format, "x", []byte(content))
		t.Logf("%.30q: %d documents, %d refusals, %v", content, len(c.Documents), len(c.Refusals), err)
		if len(c.Documents) > 1 {
			t.Errorf("%.30q: %d documents", content, len(c.Documents))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{card, things, ld, "<a> <b> \"c\"@en, 1.5e3, true, _:x . _:x a <d> .\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(solid.Format, "pod/x", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var big strings.Builder
	big.WriteString("@prefix bm: <http://www.w3.org/2002/01/bookmark#>. @prefix dct: <http://purl.org/dc/terms/>.\n")
	for i := range 20_000 {
		fmt.Fprintf(&big, "<#b%d> a bm:Bookmark ; dct:title \"Page %d\" ; bm:recalls <https://example.org/%d> .\n", i, i, i)
	}
	content := []byte(big.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(solid.Format, "x", content); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(len(c.Documents), err)
		}
	}
}

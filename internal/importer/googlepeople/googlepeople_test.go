package googlepeople_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/googlepeople"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const zoe = `{"resourceName":"people/c1","etag":"x","names":[{"metadata":{"primary":true},"displayName":"Zoé Leroy","familyName":"Leroy","givenName":"Zoé"}],
"nicknames":[{"value":"Zo"}],"birthdays":[{"date":{"month":3,"day":28},"text":"28/03"}],"emailAddresses":[{"value":"Z@Example.fr"},{"metadata":{"primary":true},"value":"zoe@example.fr"}],
"phoneNumbers":[{"value":"06 12 34 56 78"}],"addresses":[{"formattedValue":"1 rue du Port\n29200 Brest\nFR"}],"organizations":[{"name":"Les Lilas","title":"Achats"}],
"biographies":[{"value":"un"},{"value":"deux"}],"urls":[{"value":"https://zoe.example/"}],"memberships":[{"contactGroupMembership":{"contactGroupId":"myContacts"}},{"contactGroupMembership":{"contactGroupId":"chorale"}}]}`

const nobody = `{"resourceName":"people/c2","photos":[{"url":"https://x/"}]}`

func TestShapes(t *testing.T) {
	want := schema.Contact{
		FullName: "Zoé Leroy", Family: "Leroy", Given: "Zoé", Nickname: "Zo", Company: "Les Lilas", JobTitle: "Achats", Email: []string{"zoe@example.fr", "z@example.fr"},
		Phone: []string{"+33612345678"}, Address: []string{"1 rue du Port, 29200 Brest, FR"}, URL: []string{"https://zoe.example/"}, Birthday: "--03-28", Note: "un\n\ndeux",
		Groups: []string{"chorale"}, Kind: "individual",
	}
	for name, content := range map[string]string{
		"person": zoe, "array": "[" + zoe + "," + nobody + "]", "connections": `{"connections":[` + zoe + `],"totalPeople":1,"nextPageToken":"a"}`,
		"results": `{"results":[{"person":` + zoe + `}]}`, "lines": strings.ReplaceAll(zoe, "\n", "") + "\n" + nobody, "BOM": "\uFEFF" + zoe,
	} {
		if got := googlepeople.Format.Recognise(importertest.File("x", []byte(content)).Head); got < 90 {
			t.Errorf("%s: recognised at %d", name, got)
		}
		c, err := importertest.Read(googlepeople.Format, "x", []byte(content))
		if err != nil || len(c.Documents) != 1 {
			t.Fatal(name, err, len(c.Documents))
		}
		body := c.Bodies[0].(schema.Contact)
		body.Native = ""
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if refused := len(c.Refusals); refused != strings.Count(content, "c2") || c.Documents[0].Source.NativeID != "people/c1" {
			t.Errorf("%s: %v", name, c.Refusals)
		}
	}
}

func TestBroken(t *testing.T) {
	c, err := importertest.Read(googlepeople.Format, "x", []byte("["+zoe+`,{"resourceName":"people/`))
	if !errors.Is(err, penates.Invalid) || len(c.Documents) != 1 {
		t.Error(err, len(c.Documents))
	}
	// A member of another shape does not keep the person out.
	c, err = importertest.Read(googlepeople.Format, "x", []byte(`[{"resourceName":"people/c3","names":[{"displayName":"A"}],"urls":"none"}]`))
	if err != nil || len(c.Documents) != 1 {
		t.Error(err, len(c.Documents), c.Refusals)
	}
	if googlepeople.Format.Recognise(importertest.File("x", []byte(`{"resourceName":"places/1"}`)).Head) > 0 {
		t.Error("recognised places")
	}
}

// Each person of the corpus is a contact, as the konnector of Cozy made them.
func TestCorpus(t *testing.T) {
	content, ok := importertest.Corpus(t, "contacts/google_people/google-contacts.json")
	if !ok {
		return
	}
	var list []json.RawMessage
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	c, err := importertest.Read(googlepeople.Format, "x", content)
	if err != nil || len(c.Documents) != len(list) || len(c.Refusals) != 0 || c.Repeated != 0 {
		t.Error(err, len(c.Documents), len(list), c.Refusals)
	}
	one, _ := importertest.Corpus(t, "contacts/google_people/alanturing.json")
	if c, err = importertest.Read(googlepeople.Format, "x", one); err != nil || len(c.Documents) != 1 || c.Bodies[0].(schema.Contact).Birthday != "1912-06-23" {
		t.Error(err, len(c.Documents))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("[" + zoe + "," + nobody + "]"))
	f.Add([]byte(`{"connections":[{"resourceName":"people/1","names":[{}],"phoneNumbers":[{"canonicalForm":"+1"}]}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(googlepeople.Format, "x.json", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

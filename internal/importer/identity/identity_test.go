package identity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/importer/identity"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const table = "login,password,family_name,preferred_username,given_name,gender,email,phone_number,birthdate,birthplace,birthcountry,country,locality,postal_code,street_address\n" +
	"zoe,hunter2,MARTIN,LEROY,Zoé Anne,female,Zoe@Example.fr,0612345678,1979-03-28,29019,99100,France,Brest,29200,1 rue du Port\n" +
	"\nnobody,x,,,,,,,,,,,,,\n"

const object = `{"sub":"f00","family_name":"MARTIN","preferred_username":"LEROY","given_name":"Zoé Anne","gender":"female","email":"zoe@example.fr","phone_number":"+33612345678",
"birthdate":"1979-03-28","birthplace":"29019","birthcountry":"99100","address":{"street_address":"1 rue du Port","postal_code":"29200","locality":"Brest","country":"France"}}`

func TestShapes(t *testing.T) {
	want := schema.Identity{
		Family: "MARTIN", Preferred: "LEROY", Given: "Zoé Anne", Gender: "female", BirthDate: "1979-03-28", BirthPlace: "29019",
		Email: "zoe@example.fr", Phone: "+33612345678", Address: "1 rue du Port, 29200 Brest, France", Issuer: "FranceConnect",
	}
	for name, content := range map[string]string{
		"table": table, "semicolons": strings.ReplaceAll(table, ",", ";"), "BOM CRLF": "\uFEFF" + strings.ReplaceAll(table, "\n", "\r\n"),
		"object": object, "array": "[" + object + "]",
	} {
		if got := identity.Format.Recognise(importertest.File("x", []byte(content)).Head); got < 80 {
			t.Errorf("%s: recognised at %d", name, got)
		}
		c, err := importertest.Read(identity.Format, "x", []byte(content))
		if err != nil || len(c.Documents) != 1 || len(c.Refusals) != strings.Count(content, "nobody") {
			t.Fatal(name, err, len(c.Documents), c.Refusals)
		}
		if diff := cmp.Diff(want, c.Bodies[0]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if d := c.Documents[0]; d.Sensitivity != penates.Secret || strings.Contains(string(d.Body), "hunter2") {
			t.Errorf("%+v", d)
		}
	}
	for _, content := range []string{"", "family_name,given_name\n", `{"family_name":"x"}`} {
		if identity.Format.Recognise(importertest.File("x", []byte(content)).Head) > 0 {
			t.Errorf("%q", content)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte(object))
	f.Fuzz(func(t *testing.T, content []byte) {
		if identity.Format.Recognise(importertest.File("x", content).Head) == 0 {
			return
		}
		c, _ := importertest.Read(identity.Format, "x", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

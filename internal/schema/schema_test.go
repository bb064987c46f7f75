package schema_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"penates"
	"penates/internal/schema"
)

var envelope = []string{"id", "type", "start", "end", "day", "amount", "currency", "value", "unit", "lat", "lon", "text", "source"}

func TestKinds(t *testing.T) {
	codes, views := map[int]bool{}, map[string]bool{}
	for _, k := range schema.Kinds() {
		if codes[k.Code] || views[k.View] {
			t.Errorf("%s: code %d or view %s is used twice", k.Type, k.Code, k.View)
		}
		codes[k.Code], views[k.View] = true, true
		body, err := k.Decode(nil)
		if err != nil || body.DocType() != k.Type {
			t.Errorf("%s: its body says %s, %v", k.Type, body.DocType(), err)
		}
		for _, f := range k.Fields {
			if f.Doc == "" || !regexp.MustCompile(`^[a-z][A-Za-z]*$`).MatchString(f.Name) {
				t.Errorf("%s.%s: a field needs a camelCase name and a sentence", k.Type, f.Name)
			}
			for _, e := range envelope {
				if strings.EqualFold(e, f.Name) {
					t.Errorf("%s.%s hides the envelope's column", k.Type, f.Name)
				}
			}
		}
	}
	if _, err := schema.Of("io.example"); err == nil || !strings.Contains(err.Error(), "io.example") {
		t.Errorf("unknown type: %v", err)
	}
}

func TestJSONSchema(t *testing.T) {
	for _, test := range []struct {
		typ  penates.Type
		body string
		ok   bool
	}{
		{penates.Bills, `{"vendor":"EDF","due":"2025-01-31","lines":[{"label":"kWh","net":"12.5"}]}`, true},
		{penates.Bills, `{"vendor":"EDF","due":"31/01/2025"}`, false},
		{penates.Bills, `{"vendor":1}`, false},
		{penates.Bills, `{"nothing":"such"}`, false},
		{penates.Contacts, `{"email":["a@example.org"]}`, true},
		{penates.Contacts, `{"email":"a@example.org"}`, false},
		{penates.Records, `{"kind":"x","fields":{"a":{"b":[1]}}}`, true},
	} {
		k, err := schema.Of(test.typ)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(k.JSONSchema()))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("s.json", doc); err != nil {
			t.Fatal(err)
		}
		compiled, err := c.Compile("s.json")
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(v); (err == nil) != test.ok {
			t.Errorf("%s %s: %v", test.typ, test.body, err)
		}
	}
}

func TestWords(t *testing.T) {
	got := schema.Words(schema.Bill{Vendor: "Lumière", Due: "2025-01-01", Lines: []schema.BillLine{{Label: "Abonnement", Net: "9.00"}}})
	if got != " Lumière Abonnement" {
		t.Errorf("got %q", got)
	}
	var ctx map[string]any
	k, _ := schema.Of(penates.Bills)
	if err := json.Unmarshal(k.JSONLDContext(), &ctx); err != nil || ctx["@context"] == nil {
		t.Error(err, ctx)
	}
}

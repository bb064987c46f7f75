package fhir_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/fhir"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// Each entry of a bundle of the corpus gives one health document, and each
// statement that an insurance pays something one bill more.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "health/fhir") {
			continue
		}
		files++
		var entries int
		var kinds string
		if n, err := fmt.Sscanf(strings.NewReplacer(" ", "", ":", " ").Replace(columns[2]), "Bundletransaction %dentries", &entries); n != 1 {
			t.Fatalf("%q: %v", columns[2], err)
		}
		_, kinds, _ = strings.Cut(columns[2], "entries ")
		want := map[string]int{}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(kinds, "'", `"`)), &want); err != nil {
			t.Fatal(err)
		}
		content, _ := importertest.Corpus(t, columns[0])
		if got := fhir.Format.Recognise(importertest.File(columns[0], content).Head); got < 90 {
			t.Errorf("%s: recognised at %d", columns[0], got)
		}
		c, err := importertest.Read(fhir.Format, columns[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Fatalf("%v, refusals %v, %d repeated", err, c.Refusals, c.Repeated)
		}
		got, paid := map[string]int{}, 0
		for i, d := range c.Documents {
			if h, ok := c.Bodies[i].(schema.HealthRecord); ok {
				got[h.Resource]++
				if h.Resource == "ExplanationOfBenefit" && d.Money.Amount.Float() != 0 {
					paid++
				}
				if h.Code == "" || h.Native == "" || d.Source.Connection == "" && d.Time.Start.IsZero() != (h.Resource == "Organization" || h.Resource == "Practitioner") {
					t.Errorf("%s: code %q, connection %q, time %s", d.Source.NativeID, h.Code, d.Source.Connection, d.Time.Start)
				}
			}
			t.Logf("%s %s | %s | %v %v | %.300s", d.Source.NativeID, d.Time.Start, d.Text, d.Quantity, d.Money, d.Body)
		}
		if n := len(c.OfType(penates.Health)); n != entries {
			t.Errorf("%s: %d health documents, want %d", columns[0], n, entries)
		}
		for kind, n := range want {
			if got[kind] != n {
				t.Errorf("%s: %d of %s, want %d", columns[0], got[kind], kind, n)
			}
		}
		if n := len(c.OfType(penates.Bills)); n != paid || n == 0 {
			t.Errorf("%s: %d bills, want %d", columns[0], n, paid)
		}
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

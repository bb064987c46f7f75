package mt940_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mt940"
	"penates/internal/schema"
)

// Files for which the origin expects something else in some entries.
var differences = map[string]map[string]string{
	"bank/mt940/wolph/betterplace/sepa_mt9401.sta": {
		"amount": "the origin gives reversals (RC) the sign of what they reverse; the balances of the file need the other one",
		"e2e":    "the origin takes the text after the reference, and that of further subfields, for the reference",
	},
	"bank/mt940/wolph/betterplace/sepa_snippet.sta": {"e2e": "as in sepa_mt9401.sta"},
	"bank/mt940/wolph/cmxl/mt940.sta":               {"iban": "the origin takes the account's number (?31) where the IBAN follows (?38)"},
	"bank/mt940/wolph/jejik/ing.sta":                {"details": "the origin adds what is said of the whole statement to its last entry"},
}

// A want is what the origin expects of a transaction; fields it does not tell are empty.
type want struct{ amount, date, entryDate, purpose, details, name, iban, endToEnd, posting string }

// The files of the corpus give the transactions that its manifest counts, with
// the amounts, days, names, purposes and balances that their origin expects.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "bank/mt940/") || !strings.HasSuffix(columns[0], ".sta") {
			continue
		}
		files++
		t.Run(columns[0], func(t *testing.T) {
			var entries int
			if _, err := fmt.Sscanf(columns[2], "%d :61: lines", &entries); err != nil {
				t.Fatalf("%q: %v", columns[2], err)
			}
			content, _ := importertest.Corpus(t, columns[0])
			if got := mt940.Format.Recognise(importertest.File(columns[0], content).Head); got != 95 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(mt940.Format, columns[0], content)
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, refusals %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			if got := len(c.OfType(penates.BankOperations)); got != entries {
				t.Fatalf("%d operations, want %d", got, entries)
			}
			oracle, _ := importertest.Corpus(t, strings.TrimSuffix(columns[0], "sta")+"yml")
			compare(t, c, oracle, differences[columns[0]])
		})
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

func compare(t *testing.T, c *importertest.Collector, oracle []byte, known map[string]string) {
	var root yaml.Node
	if err := yaml.Unmarshal(oracle, &root); err != nil {
		t.Fatal(err)
	}
	var wants []want
	for _, n := range at(&root, "transactions").Content {
		data := at(n, "data")
		w := want{
			amount: last(at(at(data, "amount"), "amount")), date: day(at(data, "date")), entryDate: day(at(data, "guessed_entry_date")),
			purpose: text(data, "purpose"), details: text(data, "transaction_details"), endToEnd: text(data, "end_to_end_reference"),
			name: text(data, "applicant_name"), iban: text(data, "applicant_iban"), posting: text(data, "posting_text"),
		}
		wants = append(wants, w)
	}
	differ := map[string]int{}
	n := 0
	for i, d := range c.Documents {
		body, ok := c.Bodies[i].(schema.BankOperation)
		if !ok {
			t.Logf("account %s %s %v %s", d.Source.Connection, d.Text, d.Money, d.Body)
			continue
		}
		if n >= len(wants) {
			t.Fatalf("the origin expects %d transactions only", len(wants))
		}
		w := wants[n]
		n++
		t.Logf("%s %s %v | %s | %s | %s", d.Source.Locator, d.Time.Start, d.Money, d.Text, d.Source.NativeID, d.Body)
		all := squeeze(body.Label + body.Memo + body.Counterparty)
		check := func(what string, ok bool, got, want string) {
			if ok {
				return
			}
			differ[what]++
			if known[what] == "" {
				t.Errorf("%s: %s %q, want %q", d.Source.Locator, what, got, want)
			}
		}
		check("amount", bank.Equal(d.Money.Amount, penates.Decimal(w.amount)), string(d.Money.Amount), w.amount)
		check("value", body.ValueDate == w.date, body.ValueDate, w.date)
		check("day", w.entryDate == "" || d.Time.Start.Date() == w.entryDate, d.Time.Start.Date(), w.entryDate)
		check("purpose", strings.Contains(all, squeeze(w.purpose)), all, squeeze(w.purpose))
		check("name", squeeze(body.Counterparty) == squeeze(w.name) || w.name == "", body.Counterparty, w.name)
		check("iban", len(w.iban) < 15 || body.CounterpartyIBAN == squeeze(w.iban), body.CounterpartyIBAN, w.iban)
		check("posting", strings.Contains(all, squeeze(w.posting)), all, w.posting)
		check("e2e", w.endToEnd == "" || squeeze(body.Reference) == squeeze(w.endToEnd), body.Reference, w.endToEnd)
		if !structured(w.details) {
			check("details", strings.Contains(all, squeeze(strings.TrimPrefix(w.details, "999"))), all, squeeze(w.details))
		}
	}
	for what := range known {
		if differ[what] == 0 {
			t.Errorf("the known difference in %s is none", what)
		}
	}
	closing := at(at(&root, "data"), "final_closing_balance")
	accounts := c.OfType(penates.BankAccounts)
	if a := accounts[len(accounts)-1]; closing != nil && (a.Time.Start.Date() == day(at(closing, "date")) || len(accounts) > 1) {
		if amount := last(at(at(closing, "amount"), "amount")); strings.TrimPrefix(string(a.Money.Amount), "-") != strings.TrimPrefix(amount, "-") {
			t.Errorf("balance %s, want %s", a.Money.Amount, amount)
		}
	}
}

// structured reports whether the details have keywords, of which only values are kept.
func structured(details string) bool {
	return strings.HasPrefix(details, "/") || strings.HasPrefix(details, "000>") || strings.Contains(details, "/NAAM:")
}

func squeeze(s string) string { return strings.Join(strings.FieldsFunc(s, blank), "") }

func blank(r rune) bool { return r <= ' ' || r == 0xAD || r == 0xA0 }

// at returns the value of a key, or nil.
func at(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func last(n *yaml.Node) string {
	if n == nil || len(n.Content) == 0 {
		return ""
	}
	return n.Content[len(n.Content)-1].Value
}

func text(n *yaml.Node, key string) string {
	v := at(n, key)
	if v == nil || v.Tag == "!!null" {
		return ""
	}
	return v.Value
}

// day reads a day of the origin: year in two bytes, month, day.
func day(n *yaml.Node) string {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(last(n)))
	if err != nil || len(b) != 4 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", int(b[0])<<8|int(b[1]), b[2], b[3])
}

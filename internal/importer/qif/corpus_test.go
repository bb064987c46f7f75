package qif_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/importertest"
	"penates/internal/importer/qif"
	"penates/internal/schema"
)

// withoutOperations are files that hold none, and what they hold.
var withoutOperations = map[string]string{
	"bank/qif/quiffen/test_nosymbol.qif": "a list of securities",
}

// The files of the corpus give the transactions and splits that its manifest counts.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "bank/qif/") {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, columns[0])
		var transactions int
		if _, err := fmt.Sscanf(columns[2], "%d transactions", &transactions); err != nil {
			t.Fatalf("%q: %v", columns[2], err)
		}
		if got := qif.Format.Recognise(importertest.File(columns[0], content).Head); got < 80 {
			t.Errorf("%s: recognised at %d", columns[0], got)
		}
		c, err := importertest.Read(qif.Format, columns[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, %v, %d repeated", columns[0], err, c.Refusals, c.Repeated)
		}
		operations := c.OfType(penates.BankOperations)
		if len(operations) != transactions || (transactions == 0) != (withoutOperations[columns[0]] != "") {
			t.Errorf("%s: %d operations, want %d", columns[0], len(operations), transactions)
		}
		for i, d := range c.Documents {
			t.Logf("%s %s %v %s", d.Source.Connection, d.Time.Start, d.Money, d.Body)
			body, ok := c.Bodies[i].(schema.BankOperation)
			if !ok || len(body.Splits) == 0 {
				continue
			}
			var sum penates.Decimal = "0"
			for _, s := range body.Splits {
				if sum, err = bank.Add(sum, penates.Decimal(s.Amount)); err != nil {
					t.Errorf("%s: %v", columns[0], err)
				}
			}
			if !bank.Equal(sum, d.Money.Amount) {
				t.Errorf("%s: the splits of %s add up to %s, want %s", columns[0], d.Text, sum, d.Money.Amount)
			}
		}
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

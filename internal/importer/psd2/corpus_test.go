package psd2_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/importertest"
	"penates/internal/importer/psd2"
	"penates/internal/schema"
)

// The files of the corpus give the booked and pending transactions and the sum
// that its manifest counts.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "bank/psd2/") {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, columns[0])
		var booked, pending int
		var sum penates.Decimal
		if _, err := fmt.Sscanf(columns[2], "%d booked, %d pending; sum booked %s", &booked, &pending, &sum); err != nil {
			t.Fatalf("%q: %v", columns[2], err)
		}
		if got := psd2.Format.Recognise(importertest.File(columns[0], content).Head); got != 90 {
			t.Errorf("%s: recognised at %d", columns[0], got)
		}
		c, err := importertest.Read(psd2.Format, columns[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %v, refusals %v, %d repeated", columns[0], err, c.Refusals, c.Repeated)
		}
		got, count := penates.Decimal("0"), map[string]int{}
		for i, d := range c.Documents {
			if body, ok := c.Bodies[i].(schema.BankOperation); ok {
				count[body.Status]++
				if body.Status == bank.Booked {
					got, _ = bank.Add(got, d.Money.Amount)
				}
			}
		}
		if count[bank.Booked] != booked || count[bank.Pending] != pending || !bank.Equal(got, sum) {
			t.Errorf("%s: %v, sum %s; want %s", columns[0], count, got, columns[2])
		}
		t.Logf("%s\n%s", columns[0], describe(c))
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

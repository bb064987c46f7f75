package camt_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/camt"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

// The files of the corpus give the entries and sums that its manifest counts.
// None of their batches lists amounts that add up to its entry, so each entry is
// one operation.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "bank/camt/") {
			continue
		}
		files++
		t.Run(columns[0], func(t *testing.T) {
			var entries, details, statements, balances int
			var credit, debit penates.Decimal
			if n, err := fmt.Sscanf(columns[2], "%d Ntry, %d TxDtls, %d statements, %d Bal; sum CRDT %s DBIT %s",
				&entries, &details, &statements, &balances, &credit, &debit); n != 6 {
				t.Fatalf("%q: %v", columns[2], err)
			}
			debit = penates.Decimal(strings.TrimSuffix(string(debit), ";"))
			content, _ := importertest.Corpus(t, columns[0])
			if got := camt.Format.Recognise(importertest.File(columns[0], content).Head); got != 100 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(camt.Format, columns[0], content)
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, refusals %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			in, out, status := sums(t, c)
			if got := len(c.OfType(penates.BankOperations)); got != entries || !bank.Equal(in, credit) || !bank.Equal(out, debit) {
				t.Errorf("%d operations, %s in, %s out; want %s", got, in, out, columns[2])
			}
			for _, s := range [...][2]string{{"'BOOK'", bank.Booked}, {"'PDNG'", bank.Pending}} {
				if strings.Contains(columns[2], s[0]) != (status[s[1]] > 0) {
					t.Errorf("status %v, want %s", status, columns[2])
				}
			}
			accounts := c.OfType(penates.BankAccounts)
			if len(accounts) != 1 || balances > 0 && accounts[0].Money == nil && !strings.Contains(string(accounts[0].Body), `"available"`) {
				t.Errorf("accounts %v", accounts)
			}
			for _, a := range accounts {
				t.Logf("account %s | %s | %v %s", a.Source.Connection, a.Text, a.Money, a.Body)
			}
		})
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

func sums(t *testing.T, c *importertest.Collector) (in, out penates.Decimal, status map[string]int) {
	in, out, status = "0", "0", map[string]int{}
	for i, d := range c.Documents {
		body, ok := c.Bodies[i].(schema.BankOperation)
		if !ok {
			continue
		}
		status[body.Status]++
		if d.Money.Amount.Negative() {
			out, _ = bank.Subtract(out, d.Money.Amount)
		} else {
			in, _ = bank.Add(in, d.Money.Amount)
		}
		t.Logf("%s %s %v | %s | %s | %v %s", d.Source.Locator, d.Time.Start, d.Money, d.Text, d.Source.NativeID, d.Parties, d.Body)
	}
	return in, out, status
}

package ofx_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/importertest"
	"penates/internal/importer/ofx"
)

// exceptions says where the corpus and its manifest's counts differ from what
// is right, and why.
var exceptions = map[string]struct {
	operations, accounts, refusals int
	why                            string
}{
	"asgrim/ofxdata-banking-xml200.ofx": {0, 1, 1, "its one STMTTRN is empty but for a remark"},
	"ofxparse/error_message.ofx":        {0, 0, 1, "the bank's error is told"},
	"ofxparse/signon_fail.ofx":          {0, 0, 1, "the bank's error is told"},
}

// sums are the totals of STMTTRN amounts that another reader found, or that the
// manifest lists.
var sums = map[string]penates.Decimal{
	"kledg/statement-v1.ofx":               "814.10",
	"asgrim/ofxdata-bb.ofx":                "239.55",
	"ofxparse/checking.ofx":                "-59.50",
	"kresus/checking.ofx":                  "-173.11",
	"ofxparse/bank_medium.ofx":             "-345.27",
	"asgrim/ofx-multiple-accounts-xml.ofx": "514.72",
	"asgrim/ofxdata-bpbfc.ofx":             "-53.49",
}

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	transactions := regexp.MustCompile(`^(\d+) STMTTRN`)
	blocks := regexp.MustCompile(`(\d+) statement account blocks`)
	read := regexp.MustCompile(`ofxparse: (\d+) tx`)
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		name, ok := strings.CutPrefix(columns[0], "bank/ofx/")
		if !ok {
			continue
		}
		files++
		t.Run(name, func(t *testing.T) {
			content, _ := importertest.Corpus(t, columns[0])
			if got := ofx.Format.Recognise(importertest.File(name, content).Head); got != 100 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(ofx.Format, name, content)
			if err != nil || c.Repeated > 0 {
				t.Fatalf("%v, %d repeated", err, c.Repeated)
			}
			want := exceptions[name]
			if want.why == "" {
				want.operations, _ = strconv.Atoi(transactions.FindStringSubmatch(columns[2])[1])
				if m := read.FindStringSubmatch(columns[2]); m != nil { // investments too
					n, _ := strconv.Atoi(m[1])
					want.operations = max(want.operations, n)
				}
				want.accounts = 1
				if m := blocks.FindStringSubmatch(columns[2]); m != nil {
					want.accounts, _ = strconv.Atoi(m[1])
				}
			}
			ops, accounts := c.OfType(penates.BankOperations), c.OfType(penates.BankAccounts)
			if len(ops) != want.operations || len(accounts) != want.accounts || len(c.Refusals) != want.refusals {
				t.Errorf("%d operations in %d accounts, refusals %v; want %+v", len(ops), len(accounts), c.Refusals, want)
			}
			var total penates.Decimal = "0"
			for _, o := range ops {
				total, _ = bank.Add(total, o.Money.Amount)
				t.Logf("%s %s %s %s | %s | %s", o.Source.Locator, o.Time.Start, o.Money, o.Text, o.Source.NativeID, o.Body)
			}
			for _, a := range accounts {
				t.Logf("account %s %v %s", a.Source.Connection, a.Money, a.Body)
			}
			if sum, ok := sums[name]; ok && !bank.Equal(sum, total) {
				t.Errorf("sum %s, want %s", total, sum)
			}
		})
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

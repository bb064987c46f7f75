package bankcsv_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/bank"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/importertest"
)

// The files of the corpus give the operations that its manifest counts, and, where
// their origin says what it expects, the same days, amounts and wordings.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	expected, _ := importertest.Corpus(t, "expected/bank_csv_kledg.json")
	var origin map[string][][3]any
	if err := json.Unmarshal(expected, &origin); err != nil {
		t.Fatal(err)
	}
	count := regexp.MustCompile(`^(\d+) (?:transactions|dated rows)`)
	sum := regexp.MustCompile(`sum (-?[0-9.]+)`)
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "bank/csv/") {
			continue
		}
		files++
		t.Run(columns[0], func(t *testing.T) {
			content, _ := importertest.Corpus(t, columns[0])
			if got := bankcsv.Format.Recognise(importertest.File(columns[0], content).Head); got < 90 {
				t.Errorf("recognised at %d", got)
			}
			c, err := importertest.Read(bankcsv.Format, columns[0], content)
			if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 {
				t.Fatalf("%v, refusals %v, %d repeated", err, c.Refusals, c.Repeated)
			}
			ops := c.OfType(penates.BankOperations)
			want, err := strconv.Atoi(count.FindStringSubmatch(columns[2])[1])
			if err != nil || len(ops) != want {
				t.Errorf("%d operations, want %d", len(ops), want)
			}
			var total penates.Decimal = "0"
			for _, o := range ops {
				total, _ = bank.Add(total, o.Money.Amount)
				t.Logf("%s %s %s | %s", o.Time.Start, o.Money.Amount, o.Text, o.Body)
			}
			for _, a := range c.OfType(penates.BankAccounts) {
				t.Logf("account %s %v %s", a.Source.Connection, a.Money, a.Body)
			}
			if m := sum.FindStringSubmatch(columns[2]); m != nil && !bank.Equal(total, penates.Decimal(m[1])) {
				t.Errorf("sum %s, want %s", total, m[1])
			}
			compare(t, ops, origin[columns[0][strings.LastIndexByte(columns[0], '/')+1:]])
		})
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

func compare(t *testing.T, ops []*penates.Document, rows [][3]any) {
	t.Helper()
	for i, row := range rows {
		if i >= len(ops) {
			break
		}
		cents, _ := bank.Add(ops[i].Money.Amount, "0.00")
		if ops[i].Time.Start.Date() != row[0] || strings.Replace(string(cents), ".", "", 1) != plain(row[1].(float64)) || ops[i].Text != row[2] {
			t.Errorf("operation %d is %s %s %q, want %v", i, ops[i].Time.Start, ops[i].Money.Amount, ops[i].Text, row)
		}
	}
}

// plain writes cents as an amount without its point: -80 is -0.80, "-080".
func plain(cents float64) string {
	s := strconv.FormatFloat(cents, 'f', 0, 64)
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	return sign + strings.Repeat("0", max(0, 3-len(s))) + s
}

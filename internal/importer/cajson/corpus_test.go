package cajson_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/cajson"
	"penates/internal/importer/importertest"
)

// without are files of the corpus that hold nothing of an account.
var without = map[string]string{
	"account_12345678901_iban.json": "an empty object",
	"account_98765432109_iban.json": "an empty object",
	"regionalBank_57.json":          "the address of a regional bank",
	"regionalBank_75.json":          "the address of a regional bank",
}

var counted = regexp.MustCompile(`^\[(\d+)\]$`)

// The files of the corpus give as many documents as its manifest counts records.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		name, mine := strings.CutPrefix(columns[0], "bank/json_creditagricole/")
		if !mine {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, columns[0])
		want := 95
		if without[name] != "" {
			want = 0
		}
		if got := cajson.Format.Recognise(importertest.File(columns[0], content).Head); got != want {
			t.Errorf("%s: recognised at %d, want %d", name, got, want)
		}
		if want == 0 {
			continue
		}
		records := 1
		if m := counted.FindStringSubmatch(columns[2]); m != nil {
			records, _ = strconv.Atoi(m[1])
		}
		c, err := importertest.Read(cajson.Format, columns[0], content)
		if err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || len(c.Documents) != records {
			t.Errorf("%s: %v, refusals %v, %d repeated, %d documents, want %d", name, err, c.Refusals, c.Repeated, len(c.Documents), records)
		}
		t.Logf("%s\n%s", name, describe(c))
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

package cozy_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/cozy"
	"penates/internal/importer/importertest"
)

// counts of the manifest: "io.cozy.files 14; io.cozy.bills 28", "1 case: 2 bills,
// 3 operations, 2 bills linked", "[2]".
var (
	byType  = regexp.MustCompile(`io\.cozy\.[a-z.]+ (\d+)`)
	ofCase  = regexp.MustCompile(`case: (\d+) bills, (\d+) operations`)
	ofArray = regexp.MustCompile(`^\[(\d+)\]$`)
)

// none are files that hold no data of a person.
var none = map[string]string{
	"cozy/banks/linxo-categories.json": "a table that translates categories",
}

// Every document of the corpus is one document.
func TestCorpus(t *testing.T) {
	if os.Getenv("PENATES_CORPUS") == "" {
		return
	}
	manifest, _ := importertest.Corpus(t, "MANIFEST.tsv")
	files := 0
	for line := range strings.Lines(string(manifest)) {
		cells := strings.Split(line, "\t")
		if len(cells) < 3 || !strings.HasPrefix(cells[0], "cozy/") || !strings.HasSuffix(cells[0], ".json") {
			continue
		}
		name, want := cells[0], 0
		files++
		for _, form := range []*regexp.Regexp{byType, ofCase, ofArray} {
			for _, m := range form.FindAllStringSubmatch(cells[2], -1) {
				for _, n := range m[1:] {
					k, _ := strconv.Atoi(n)
					want += k
				}
			}
		}
		content, _ := importertest.Corpus(t, name)
		sure := cozy.Format.Recognise(importertest.File(name, content).Head)
		if why, ok := none[name]; ok {
			if t.Logf("%s: %s", name, why); sure > 0 {
				t.Errorf("%s: recognised", name)
			}
			continue
		}
		c, err := importertest.Read(cozy.Format, name, content)
		if sure == 0 || err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || len(c.Documents) != want || want == 0 {
			t.Errorf("%s: sure %d, %d documents, %d repeated, %v, refused %v; want %d", name, sure, len(c.Documents), c.Repeated, err, c.Refusals, want)
		}
	}
	if files == 0 {
		t.Error("nothing of Cozy in the manifest")
	}
}

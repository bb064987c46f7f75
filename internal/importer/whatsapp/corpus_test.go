package whatsapp_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/whatsapp"
)

var counted = regexp.MustCompile(`^(\d+) line-start messages`)

func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		return
	}
	for line := range strings.Lines(string(manifest)) {
		fields := strings.Split(line, "\t")
		name := fields[0]
		if !strings.HasPrefix(name, "social/whatsapp/") || !strings.HasSuffix(name, ".txt") {
			continue
		}
		content, _ := importertest.Corpus(t, name)
		if sure := whatsapp.Format.Recognise(importertest.File(name, content).Head); sure < 90 {
			t.Errorf("%s: recognised with %d", name, sure)
		}
		want, err := strconv.Atoi(counted.FindStringSubmatch(fields[2])[1])
		if err != nil {
			t.Fatal(err)
		}
		c, err := importertest.Read(whatsapp.Format, name, content)
		if n := len(c.OfType(penates.Messages)); err != nil || len(c.Refusals) > 0 || c.Repeated > 0 || n != want || n != len(c.Documents) {
			t.Errorf("%s: %d messages, want %d; refused %v, %d repeated, %v", name, n, want, c.Refusals, c.Repeated, err)
		}
	}
}

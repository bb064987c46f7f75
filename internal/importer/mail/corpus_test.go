package mail_test

import (
	"errors"
	"io/fs"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mail"
)

// corpusFiles lists the files of the corpus below dir.
func corpusFiles(t *testing.T, dir string) []string {
	root := os.Getenv("PENATES_CORPUS")
	if root == "" {
		return nil
	}
	var names []string
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(names), err)
	}
	return names
}

// Every message of the corpus is recognised and gives one document.
func TestCorpusMessages(t *testing.T) {
	for _, dir := range []string{"mail/eml", "mail/maildir"} {
		for _, name := range corpusFiles(t, dir) {
			ext := filepath.Ext(name)
			if dir == "mail/eml" && ext != ".eml" && ext != ".raw" {
				continue
			}
			content, _ := importertest.Corpus(t, name)
			head := importertest.File(name, content).Head
			sure := max(mail.EML.Recognise(head), mail.Mbox.Recognise(head))
			c, err := importertest.Read(mail.EML, name, content)
			if strings.HasSuffix(name, "mail/erroneous.raw") { // it says itself that it is no mail
				if sure != 0 || !errors.Is(err, penates.Invalid) {
					t.Errorf("%s: recognised with %d, %v", name, sure, err)
				}
				continue
			}
			if sure == 0 {
				t.Errorf("%s: not recognised", name)
			}
			if err != nil || len(c.OfType(penates.Messages)) != 1 || len(c.Refusals) > 0 {
				t.Errorf("%s: %d messages, %v, %v", name, len(c.OfType(penates.Messages)), err, c.Refusals)
			}
		}
	}
}

// The dates the manifest of the corpus gives are found.
func TestCorpusDates(t *testing.T) {
	if os.Getenv("PENATES_CORPUS") == "" {
		return
	}
	manifest, _ := importertest.Corpus(t, "MANIFEST.tsv")
	found := 0
	for line := range strings.Lines(string(manifest)) {
		cells := strings.Split(line, "\t")
		if len(cells) < 3 || cells[1] != "EML" {
			continue
		}
		_, date, ok := strings.Cut(cells[2], "; date ")
		want, err := netmail.ParseDate(strings.TrimSpace(date))
		if !ok || err != nil || want.Year() > 2200 {
			continue
		}
		content, _ := importertest.Corpus(t, cells[0])
		c, err := importertest.Read(mail.EML, cells[0], content)
		if err != nil {
			t.Errorf("%s: %v", cells[0], err)
			continue
		}
		if got := c.OfType(penates.Messages)[0].Time.Start.Time(); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", cells[0], got, want)
		}
		found++
	}
	t.Logf("%d dates", found)
}

func TestCorpusMbox(t *testing.T) {
	content, ok := importertest.Corpus(t, "mail/mbox/mbox.src")
	if !ok {
		return
	}
	c, err := importertest.Read(mail.Mbox, "mbox.src", content)
	if got := len(c.OfType(penates.Messages)); err != nil || got != 45 || len(c.Refusals) > 0 {
		t.Errorf("%d messages, %v, %v; want 45", got, err, c.Refusals)
	}
}

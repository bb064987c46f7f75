package vcard_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"penates/internal/importer/importertest"
	"penates/internal/importer/vcard"
)

// counts of the manifest: "6 cards; versions {'2.1': 6}; 9 TEL, 5 EMAIL".
var counts = regexp.MustCompile(`^(\d+) cards;.*; (\d+) TEL, (\d+) EMAIL`)

// justified gives the counts of files in which they differ from the manifest.
var justified = map[string]struct {
	cards, phones, mails int
	why                  string
}{
	"contacts/vcf/ezvcard/John_Doe_ANDROID.vcf": {6, 7, 5, "a card gives one number three times"},
}

// Every card of the corpus is one contact, with all its numbers and addresses.
func TestCorpus(t *testing.T) {
	if os.Getenv("PENATES_CORPUS") == "" {
		return
	}
	manifest, _ := importertest.Corpus(t, "MANIFEST.tsv")
	files := 0
	for line := range strings.Lines(string(manifest)) {
		cells := strings.Split(line, "\t")
		if len(cells) < 3 || cells[1] != "vCard" {
			continue
		}
		files++
		name := cells[0]
		m := counts.FindStringSubmatch(cells[2])
		if m == nil {
			t.Errorf("%s: %q", name, cells[2])
			continue
		}
		cards, _ := strconv.Atoi(m[1])
		phones, _ := strconv.Atoi(m[2])
		mails, _ := strconv.Atoi(m[3])
		if j, ok := justified[name]; ok {
			cards, phones, mails = j.cards, j.phones, j.mails
			t.Logf("%s: %s", name, j.why)
		}
		content, _ := importertest.Corpus(t, name)
		if vcard.Format.Recognise(importertest.File(name, content).Head) == 0 {
			t.Errorf("%s: not recognised", name)
		}
		c, contacts := readBook(t, string(content))
		gotPhones, gotMails := 0, 0
		for _, contact := range contacts {
			gotPhones += len(contact.Phone)
			gotMails += len(contact.Email)
		}
		if len(contacts) != cards || gotPhones != phones || gotMails != mails || len(c.Refusals) > 0 {
			t.Errorf("%s: %d cards, %d TEL, %d EMAIL, refusals %v; want %d, %d, %d", name, len(contacts), gotPhones, gotMails, c.Refusals, cards, phones, mails)
		}
	}
	if files == 0 {
		t.Error("no vCard in the manifest")
	}
}

package keep_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/keep"
	"penates/internal/schema"
)

const (
	list = `{"color": "DEFAULT", "isTrashed": false, "isPinned": true, "isArchived": false, "title": "Shopping",
 "listContent": [{"text": "leeks", "isChecked": true}, {"text": "bread", "isChecked": false}],
 "userEditedTimestampUsec": 1700000001000000, "createdTimestampUsec": 1700000000123456, "labels": [{"name": "Home"}],
 "annotations": [{"title": "Soup", "url": "https://a.example/"}], "attachments": [{"filePath": "x.jpg", "mimetype": "image/jpeg"}],
 "sharees": [{"email": "Me@Mail.example", "isOwner": true}]}`
	text = `{"isTrashed": true, "textContent": "one\ntwo", "title": "", "userEditedTimestampUsec": "1700000001000000"}`
)

func read(t *testing.T, name, content string) *importertest.Collector {
	t.Helper()
	if sure := keep.Format.Recognise(importertest.File(name, []byte(content)).Head); sure < 90 {
		t.Errorf("%s: recognised at %d", name, sure)
	}
	c, err := importertest.Read(keep.Format, name, []byte(content))
	if err != nil || len(c.Documents) != 1 || len(c.Refusals) > 0 {
		t.Fatalf("%s: %d documents, %v, %v", name, len(c.Documents), c.Refusals, err)
	}
	return c
}

func TestRead(t *testing.T) {
	c := read(t, "Shopping.json", list)
	body, ok := c.Bodies[0].(schema.Note)
	if !ok || body.Content != "[x] leeks\n[ ] bread\nSoup https://a.example/\n(x.jpg)" || fmt.Sprint(body.Tags) != "[Home pinned]" {
		t.Errorf("%+v", body)
	}
	if d := c.Documents[0]; d.Text != "Shopping" || d.Time.Start.String() != "2023-11-14T22:13:20.123Z" || d.Party("attendee").Address != "me@mail.example" {
		t.Errorf("%+v", d)
	}
	if d := read(t, "x.json", text).Documents[0]; d.Text != "one two" || d.Time.Start.String() != "2023-11-14T22:13:21Z" {
		t.Errorf("%+v", d)
	}
}

func TestDamage(t *testing.T) {
	for _, content := range []string{list[:200], strings.Replace(text, "1700000001000000", "once", 1), strings.Replace(text, `"one\ntwo"`, "[]", 1)} {
		if c, err := importertest.Read(keep.Format, "x", []byte(content)); !errors.Is(err, penates.Invalid) || len(c.Documents) > 0 {
			t.Errorf("%.60s: %v", content, err)
		}
	}
}

// Each file of the corpus is a note of its own.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the notes of this package are read")
		return
	}
	seen := map[penates.DocumentID]bool{}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		name, _, _ := strings.Cut(line, "\t")
		if !strings.HasPrefix(name, "takeout/keep/") {
			continue
		}
		files++
		content, _ := importertest.Corpus(t, name)
		seen[read(t, name, string(content)).Documents[0].ID] = true
	}
	if files == 0 || len(seen) != files {
		t.Errorf("%d notes in %d files", len(seen), files)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte(text))
	f.Fuzz(func(t *testing.T, content []byte) {
		keep.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(keep.Format, "x", content); (err == nil) != (len(c.Documents) == 1) {
			t.Errorf("%d documents, %v", len(c.Documents), err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	content := []byte(list)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := importertest.Read(keep.Format, "x", content); err != nil {
			b.Fatal(err)
		}
	}
}

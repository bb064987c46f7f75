package enex_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/enex"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const export = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE en-export SYSTEM "http://xml.evernote.com/pub/evernote-export3.dtd">
<en-export export-date="20240203T040506Z" application="Evernote">
<note><title>Soup &amp; bread</title><content><![CDATA[<?xml version="1.0"?><!DOCTYPE en-note SYSTEM "x"><en-note><div>Leeks&nbsp;first</div><div><en-todo checked="true"/>salt</div><div><en-todo/>oil</div></en-note>]]></content>
<created>20240203T040506Z</created><updated>20240204T040506Z</updated><tag>kitchen</tag><tag>winter</tag>
<note-attributes><latitude>48.85</latitude><longitude>2.35</longitude><author>Zoë</author><source-url>https://a.example/</source-url></note-attributes>
<resource><data encoding="base64">
aGVs
bG8=
</data><mime>text/plain</mime><resource-attributes><file-name>hello.txt</file-name></resource-attributes></resource>
<resource><data encoding="base64">*</data><mime>text/plain</mime></resource></note>
<note><title>
  Second
</title><content/></note>
</en-export>`

func TestRead(t *testing.T) {
	if sure := enex.Format.Recognise(importertest.File("x", []byte(export)).Head); sure < 90 {
		t.Errorf("recognised at %d", sure)
	}
	c, err := importertest.Read(enex.Format, "x.enex", []byte(export))
	if err != nil || len(c.Documents) != 3 || len(c.Links) != 1 || c.Repeated > 0 {
		t.Fatalf("%d documents, %v, %v", len(c.Documents), c.Links, err)
	}
	d := c.Documents[0]
	body, ok := c.Bodies[0].(schema.Note)
	if !ok || body.Title != "Soup & bread" || body.Content != "Leeks first\n[x] salt\n[ ] oil\nhttps://a.example/" || fmt.Sprint(body.Tags) != "[kitchen winter]" {
		t.Errorf("%+v", body)
	}
	if d.Time.Start.String() != "2024-02-03T04:05:06Z" || d.Place == nil || d.Place.Lat != 48.85 || d.Party("author").Literal != "Zoë" || d.Source.Locator != "line=4" {
		t.Errorf("%+v", d)
	}
	if file := c.Documents[1]; string(c.Files[file.ID]) != "hello" || c.Links[0].From != file.ID || c.Links[0].To != d.ID {
		t.Errorf("%+v %v", file, c.Links)
	}
	if c.Documents[2].Text != "Second" || len(c.Refusals) != 1 || c.Refusals[0].Line != 4 {
		t.Errorf("%+v %v", c.Documents[2], c.Refusals)
	}
}

func TestDamage(t *testing.T) {
	at := strings.Index(export, "Second")
	if c, err := importertest.Read(enex.Format, "x", []byte(export[:at])); !errors.Is(err, penates.Invalid) || len(c.Documents) != 2 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
	if _, err := importertest.Read(enex.Format, "x", []byte("<html/>")); !errors.Is(err, importer.ErrNotMine) {
		t.Error(err)
	}
}

// The files of the corpus give the notes and resources that its manifest counts.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the export of this package is read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		if !strings.HasPrefix(columns[0], "notes/enex/") {
			continue
		}
		files++
		var notes, resources int
		if _, err := fmt.Sscanf(columns[2], "%d notes, %d resources", &notes, &resources); err != nil {
			t.Fatalf("%q: %v", columns[2], err)
		}
		content, _ := importertest.Corpus(t, columns[0])
		c, err := importertest.Read(enex.Format, columns[0], content)
		if err != nil || len(c.OfType(penates.Notes)) != notes || len(c.Files) != resources || len(c.Refusals) > 0 {
			t.Errorf("%s: %d notes, %d resources, want %s; %v, %v", columns[0], len(c.OfType(penates.Notes)), len(c.Files), columns[2], c.Refusals, err)
		}
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(export))
	f.Add([]byte("<en-export><note><title>a<b></title></note><note>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		enex.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(enex.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	head, rest, _ := strings.Cut(export, "<note>")
	notes := "<note>" + strings.TrimSuffix(rest, "</en-export>")
	content := []byte(head + strings.Repeat(notes, 1000) + "</en-export>")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(enex.Format, "x", content); err != nil || len(c.Documents) != 3000 {
			b.Fatal(err)
		}
	}
}

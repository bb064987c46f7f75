package bookmarks_test

import (
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bookmarks"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	page = `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
  <DT><A HREF="https://a.example/?x=1&amp;y=2" ADD_DATE="1700000000" TAGS="un,deux" ICON="data:image/png;base64,AAAA">First &amp; last</A>
  <DD>Said
  about it
  <DT><H3 ADD_DATE="1700000001">Kitchen</H3>
  <DD>A folder
  <DL><p>
    <DT><H3>Soups</H3>
    <DL><p>
      <DT><A HREF="https://b.example/" ADD_DATE="0">Leek</A>
    </DL><p>
    <DT><A HREF="https://c.example/" ADD_DATE="1700000002">Bread</A>
  </DL><p>
  <DT><A HREF="https://a.example/?x=1&amp;y=2" ADD_DATE="1700000000">Again</A>
</DL><p>
`
	chrome = `{"checksum": "x", "roots": {"bookmark_bar": {"children": [
  {"date_added": "13344473600000000", "guid": "1", "id": "5", "name": "First & last", "type": "url", "url": "https://a.example/?x=1&y=2"},
  {"children": [{"date_added": "0", "name": "Leek", "type": "url", "url": "https://b.example/"}, 7], "name": "Kitchen", "type": "folder"}],
  "name": "Bookmarks bar", "type": "folder"}, "other": {"children": [], "name": "Other", "type": "folder"}}, "version": 1}`
	firefox = `{"guid": "root________", "title": "", "typeCode": 2, "type": "text/x-moz-place-container", "root": "placesRoot", "children": [
  {"guid": "menu________", "title": "menu", "type": "text/x-moz-place-container", "children": [
    {"guid": "x", "title": "First & last", "dateAdded": 1700000000123000, "type": "text/x-moz-place", "uri": "https://a.example/?x=1&y=2", "tags": "un,deux"},
    {"title": "", "type": "text/x-moz-place-separator"}]}]}`
	pinboard   = `[{"href": "https:\/\/a.example\/", "description": "A", "extended": "words", "meta": "m", "hash": "h", "time": "2024-02-03T04:05:06Z", "shared": "no", "toread": "no", "tags": "one two"}]`
	instapaper = `[{"type": "meta"}, {"type": "user", "user_id": 9, "username": "me@mail.example", "subscription_is_active": "1"},
 {"type": "bookmark", "bookmark_id": 1, "title": "A", "url": "https://a.example/", "time": 1700000000, "progress_timestamp": 0, "starred": "0"},
 {"type": "highlight", "highlight_id": 2, "bookmark_id": 1, "text": "well said", "note": "indeed", "time": 1700000000},
 {"type": "folder", "folder_id": 3, "title": "Later"}]`
)

func read(t *testing.T, format importer.Format, content string) *importertest.Collector {
	t.Helper()
	if sure := format.Recognise(importertest.File("x", []byte(content)).Head); sure < 90 {
		t.Errorf("%s: recognised at %d", format.Name, sure)
	}
	c, err := importertest.Read(format, "x", []byte(content))
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

func told(c *importertest.Collector) (lines []string) {
	for i, d := range c.Documents {
		if b, ok := c.Bodies[i].(schema.Bookmark); ok {
			lines = append(lines, fmt.Sprintf("%s|%s|%s|%v|%s|%s", b.Title, b.URL, b.Folder, b.Tags, b.Description, d.Time.Start))
		}
	}
	return lines
}

func TestBrowsers(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		refused int
		want    []string
	}{
		"netscape": {page, 0, []string{
			"First & last|https://a.example/?x=1&y=2||[un deux]|Said\n  about it|2023-11-14T22:13:20Z",
			"Leek|https://b.example/|Kitchen/Soups|[]||",
			"Bread|https://c.example/|Kitchen|[]||2023-11-14T22:13:22Z",
			"Again|https://a.example/?x=1&y=2||[]||2023-11-14T22:13:20Z",
		}},
		"chrome": {chrome, 1, []string{
			"First & last|https://a.example/?x=1&y=2|Bookmarks bar|[]||2023-11-14T22:13:20Z",
			"Leek|https://b.example/|Bookmarks bar/Kitchen|[]||",
		}},
		"firefox": {firefox, 0, []string{"First & last|https://a.example/?x=1&y=2|menu|[un deux]||2023-11-14T22:13:20Z"}},
	} {
		c := read(t, bookmarks.Format, tt.content)
		if got, want := strings.Join(told(c), "\n"), strings.Join(tt.want, "\n"); got != want || len(c.Refusals) != tt.refused {
			t.Errorf("%s: got\n%s\nwant\n%s\nrefused %v", name, got, want, c.Refusals)
		}
		// All files of a browser name a bookmark alike.
		if c.Documents[0].ID != read(t, bookmarks.Format, page).Documents[0].ID {
			t.Errorf("%s: another id", name)
		}
	}
}

func TestLists(t *testing.T) {
	c := read(t, bookmarks.Pinboard, pinboard)
	if got := told(c)[0]; got != "A|https://a.example/||[one two]|words|2024-02-03T04:05:06Z" {
		t.Error(got)
	}
	c = read(t, bookmarks.Instapaper, instapaper)
	if len(c.Documents) != 4 || len(c.Refusals) > 0 || c.Documents[0].Ref(penates.RefEmail) != "me@mail.example" || told(c)[0] != "A|https://a.example/||[]||2023-11-14T22:13:20Z" {
		t.Errorf("%d documents, %v, %q", len(c.Documents), c.Refusals, told(c))
	}
	if d := c.OfType(penates.Notes); len(d) != 1 || d[0].Text != "well said indeed" {
		t.Errorf("%+v", d)
	}
}

func TestDamage(t *testing.T) {
	c := read(t, bookmarks.Format, strings.Replace(page, `HREF="https://c.example/"`, `HREF=""`, 1))
	if len(c.Documents) != 3 || len(c.Refusals) != 1 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	if c := read(t, bookmarks.Format, page[:len(page)-100]); len(c.Documents) != 3 {
		t.Errorf("cut: %d documents", len(c.Documents))
	}
	c = read(t, bookmarks.Pinboard, strings.Replace(pinboard, "2024-02", "2024-22", 1))
	if len(c.Documents) != 0 || len(c.Refusals) != 1 {
		t.Errorf("%d documents, %v", len(c.Documents), c.Refusals)
	}
	if c, err := importertest.Read(bookmarks.Format, "x", []byte(chrome[:300])); err == nil || len(c.Documents) > 0 {
		t.Errorf("cut: %d documents, %v", len(c.Documents), err)
	}
}

// The elements that say nothing about the person: what describes the answer.
var silent = map[string]int{"social/perkeep/instapaper/testdata/bookmarks_list_response.json": 1}

// The files of the corpus give what the manifest counts.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the files of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		format, layout := bookmarks.Format, "%d links"
		switch {
		case strings.HasPrefix(columns[0], "web/bookmarks/"):
		case strings.HasPrefix(columns[0], "social/perkeep/instapaper/"):
			format, layout = bookmarks.Instapaper, "[%d]"
		case strings.HasPrefix(columns[0], "social/perkeep/pinboard/"):
			format, layout = bookmarks.Pinboard, "[%d]"
		default:
			continue
		}
		files++
		var want int
		if _, err := fmt.Sscanf(columns[2], layout, &want); err != nil {
			t.Fatalf("%q: %v", columns[2], err)
		}
		content, _ := importertest.Corpus(t, columns[0])
		c := read(t, format, string(content))
		if len(c.Documents) != want-silent[columns[0]] || len(c.Refusals) > 0 {
			t.Errorf("%s: %d documents, want %d, refused %v", columns[0], len(c.Documents), want, c.Refusals)
		}
	}
	if files == 0 {
		t.Error("the manifest names no file of these formats")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{page, chrome, firefox, pinboard, instapaper, "<DL><DT><A HREF=x><DD><A HREF=y></DL></DL><H3>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, format := range []importer.Format{bookmarks.Format, bookmarks.Pinboard, bookmarks.Instapaper} {
			format.Recognise(importertest.File("x", content).Head)
			if c, err := importertest.Read(format, "x", content); c.Repeated > 0 && format.Name == "bookmarks" {
				t.Error(err)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	before, rest, _ := strings.Cut(page, "<DL><p>")
	content := []byte(before + strings.Repeat("<DL><p>"+rest, 5000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(bookmarks.Format, "x", content); err != nil || len(c.Documents) != 20_000 {
			b.Fatal(err)
		}
	}
}

package feed_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/feed"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	rss = `<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><image><title>logo</title></image><title>Kitchen</title><link>https://a.example/</link>
<item><title>Soup &amp; bread</title><link>https://a.example/1</link><guid>g1</guid><pubDate>Sat, 03 Feb 2024 04:05:06 GMT</pubDate><description>&lt;p&gt;Leeks&lt;/p&gt;</description><category>warm</category><dc:creator>Zoë</dc:creator></item>
<item></item>
</channel></rss>`
	atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Kitchen</title><entry><id>g1</id><title type="html">Soup &amp;amp; bread</title>
<link rel="self" href="https://a.example/self"/><link href="https://a.example/1"/><published>2024-02-03T04:05:06Z</published><updated>2024-03-03T04:05:06Z</updated>
<content type="xhtml"><div>Leeks</div></content><author><name>Zoë</name></author><category term="warm"/></entry></feed>`
	rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Kitchen</title></channel>
<item><guid>g1</guid><title>Soup &amp; bread</title><link>https://a.example/1</link><dc:date>2024-02-03T04:05:06Z</dc:date><description>Leeks</description><dc:subject>warm</dc:subject><dc:creator>Zoë</dc:creator></item></rdf:RDF>`
	asJSON = `{"version": "https://jsonfeed.org/version/1.1", "title": "Kitchen", "items": [
 {"id": "g1", "url": "https://a.example/1", "title": "Soup & bread", "content_text": "Leeks", "date_published": "2024-02-03T04:05:06Z", "tags": ["warm"], "authors": [{"name": "Zoë"}]}]}`
)

// All syntaxes say the same.
func TestRead(t *testing.T) {
	var id penates.DocumentID
	for name, content := range map[string]string{"rss": rss, "atom": atom, "rdf": rdf, "json": asJSON} {
		if sure := feed.Format.Recognise(importertest.File(name, []byte(content)).Head); sure < 80 {
			t.Errorf("%s: recognised at %d", name, sure)
		}
		c, err := importertest.Read(feed.Format, name, []byte(content))
		if err != nil || len(c.Documents) != 1 || len(c.Refusals) != strings.Count(content, "<item></item>") {
			t.Errorf("%s: %d documents, %v, %v", name, len(c.Documents), c.Refusals, err)
			continue
		}
		d := c.Documents[0]
		if id == "" {
			id = d.ID
		}
		b, ok := c.Bodies[0].(schema.Bookmark)
		got := fmt.Sprintf("%s|%s|%s|%v|%s|%s|%s", b.Title, b.URL, b.Folder, b.Tags, b.Description, d.Time.Start, d.Party("author").Literal)
		if want := "Soup & bread|https://a.example/1|Kitchen|[warm]|Leeks|2024-02-03T04:05:06Z|Zoë"; !ok || got != want || d.ID != id {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestDamage(t *testing.T) {
	for _, content := range []string{atom[:250], asJSON[:len(asJSON)-2]} {
		if _, err := importertest.Read(feed.Format, "x", []byte(content)); !errors.Is(err, penates.Invalid) {
			t.Errorf("%.40s: %v", content, err)
		}
	}
}

// The files of the corpus give the items that its manifest counts; an item that
// says nothing is refused.
func TestCorpus(t *testing.T) {
	manifest, ok := importertest.Corpus(t, "MANIFEST.tsv")
	if !ok {
		t.Log("PENATES_CORPUS is not set: only the feeds of this package are read")
		return
	}
	files := 0
	for line := range strings.Lines(string(manifest)) {
		columns := strings.Split(line, "\t")
		var want int
		if _, err := fmt.Sscanf(columns[2], "%d items", &want); err != nil || !strings.HasPrefix(columns[0], "feeds/gofeed/") {
			continue
		}
		content, _ := importertest.Corpus(t, columns[0])
		sure := feed.Format.Recognise(importertest.File(columns[0], content).Head)
		if sure == 0 {
			t.Logf("%s is not recognised (%d items)", columns[0], want)
			continue
		}
		files++
		c, err := importertest.Read(feed.Format, columns[0], content)
		if err != nil || len(c.Documents)+len(c.Refusals) != want {
			t.Errorf("%s: %d documents, want %d, %v, %v", columns[0], len(c.Documents), want, c.Refusals, err)
		}
		if len(c.Refusals) > 0 {
			t.Logf("%s: %v", columns[0], c.Refusals)
		}
	}
	if files == 0 {
		t.Error("the manifest names no file of this format")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{rss, atom, rdf, asJSON, "<rss><item><title>a</item>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		feed.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(feed.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkRSS(b *testing.B) {
	content := []byte(strings.Replace(rss, "<item></item>", strings.Repeat("<item><title>Soup</title><link>https://a.example/1</link><description>Leeks</description></item>\n", 10_000), 1))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(feed.Format, "x", content); err != nil || len(c.Documents) != 10_001 {
			b.Fatal(err)
		}
	}
}

package browserhistory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/serdes"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/browserhistory"
	"penates/internal/importer/importertest"
	"penates/internal/schema"
)

const (
	chrome = `CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR);
CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER NOT NULL, visit_time INTEGER NOT NULL, visit_duration INTEGER DEFAULT 0 NOT NULL);
INSERT INTO urls VALUES (1, 'https://a.example/', 'A page'), (2, 'https://b.example/', NULL);
INSERT INTO visits VALUES (1, 1, 13344473600123456, 5000000), (2, 2, 13344473601000000, 0), (3, 1, 0, 0)`
	firefox = `CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER);
CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER, parent INTEGER, title LONGVARCHAR, dateAdded INTEGER, guid TEXT);
INSERT INTO moz_places VALUES (1, 'https://a.example/', 'A page');
INSERT INTO moz_historyvisits VALUES (1, 0, 1, 1700000000123456);
INSERT INTO moz_bookmarks VALUES (4, 2, NULL, 1, 'tags', 1, 'tags________'), (5, 2, NULL, 4, 'soup', 1, 'x'), (6, 1, 1, 5, NULL, 1700000000000000, 'y'),
 (7, 2, NULL, 1, 'menu', 1, 'z'), (8, 1, 1, 7, 'Mine', 1700000000000000, 'w')`
	safari = `CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT NOT NULL);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER NOT NULL, visit_time REAL NOT NULL, title TEXT);
INSERT INTO history_items VALUES (1, 'https://a.example/');
INSERT INTO history_visits VALUES (1, 1, 721692800.123, 'A page')`
	takeout = `{"Browser History": [{"favicon_url": "x", "page_transition": "LINK", "title": "A page", "url": "https://a.example/", "client_id": "c", "time_usec": 1700000000123456}, 7]}`
	dump    = `{"url":"https://a.example/","dt":1700000000.123,"metadata":{"title":"A page","description":null,"duration":5}}
{"url":"https://a.example/","dt":1700000000.123,"metadata":null}
`
)

func database(t testing.TB, script string) []byte {
	t.Helper()
	db, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
	b, err := serdes.Serialize(db, "main")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t *testing.T, content []byte) *importertest.Collector {
	t.Helper()
	if sure := browserhistory.Format.Recognise(importertest.File("x", content).Head); sure < 90 {
		t.Errorf("recognised at %d", sure)
	}
	c, err := importertest.Read(browserhistory.Format, "x", content)
	if err != nil || c.Repeated > 0 {
		t.Fatalf("%d repeated, %v", c.Repeated, err)
	}
	return c
}

// All sources give a visit the same id, time and words.
func TestRead(t *testing.T) {
	var id penates.DocumentID
	for _, tt := range []struct {
		name                     string
		content                  []byte
		visits, bookmarks, wrong int
	}{
		{"chrome", database(t, chrome), 2, 0, 1},
		{"firefox", database(t, firefox), 1, 1, 0},
		{"safari", database(t, safari), 1, 0, 0},
		{"takeout", []byte(takeout), 1, 0, 1},
		{"dump", []byte(dump), 2, 0, 0},
		{"array", []byte("[" + strings.TrimSpace(strings.Replace(dump, "\n", ",", 1)) + "]"), 2, 0, 0},
	} {
		c := read(t, tt.content)
		visits := c.OfType(penates.Activities)
		if len(visits) != tt.visits || len(c.OfType(penates.Bookmarks)) != tt.bookmarks || len(c.Refusals) != tt.wrong {
			t.Errorf("%s: %d visits of %d documents, %v", tt.name, len(visits), len(c.Documents), c.Refusals)
			continue
		}
		d := visits[0]
		if id == "" {
			id = d.ID
		}
		if d.ID != id || d.Text != "visited: A page" || d.Time.Start.String() != "2023-11-14T22:13:20.123Z" {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
	if d := read(t, database(t, chrome)).Documents[0]; d.Time.End.String() != "2023-11-14T22:13:25.123Z" {
		t.Errorf("%+v", d.Time)
	}
	c := read(t, database(t, firefox))
	if b, ok := c.Bodies[1].(schema.Bookmark); !ok || b.Title != "Mine" || b.Folder != "menu" {
		t.Errorf("%+v", c.Bodies[1])
	}
}

func TestOtherDatabases(t *testing.T) {
	for name, content := range map[string][]byte{
		"other tables": database(t, "CREATE TABLE x(y); INSERT INTO x VALUES (1)"),
		"views":        database(t, "CREATE TABLE x(y); CREATE VIEW urls AS SELECT 1 AS id, 'a' AS url; CREATE VIEW visits AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS id FROM n"),
		"cut":          database(t, chrome)[:2000],
	} {
		if c, err := importertest.Read(browserhistory.Format, "x", content); !errors.Is(err, importer.ErrNotMine) || len(c.Documents) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The files of the corpus give what the manifest counts; the one that is packed
// as xz is not read at all.
func TestCorpus(t *testing.T) {
	for name, want := range map[string]int{"chrome.sqlite": 6, "firefox.sqlite": 4, "merged_dump.json": 1, "merged_dump.jsonl": 3} {
		content, ok := importertest.Corpus(t, "web/history/"+name)
		if !ok {
			t.Log("PENATES_CORPUS is not set: only the files of this package are read")
			return
		}
		if browserhistory.Format.Recognise(importertest.File(name, content).Head) == 0 {
			t.Errorf("%s is not recognised", name)
		}
		c, err := importertest.Read(browserhistory.Format, name, content)
		if err != nil || len(c.OfType(penates.Activities)) != want || len(c.Refusals) > 0 || c.Repeated > 0 {
			t.Errorf("%s: %d documents, want %d, %v, %v", name, len(c.Documents), want, c.Refusals, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, script := range []string{chrome, firefox, safari} {
		f.Add(database(f, script))
	}
	f.Add([]byte(takeout))
	f.Add([]byte(dump))
	f.Fuzz(func(t *testing.T, content []byte) {
		browserhistory.Format.Recognise(importertest.File("x", content).Head)
		if c, err := importertest.Read(browserhistory.Format, "x", content); c.Repeated > 0 {
			t.Error(err)
		}
	})
}

func BenchmarkChrome(b *testing.B) {
	script := chrome + "; WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i+1 FROM n WHERE i < 50000) INSERT INTO visits SELECT i, 1, 13344473600123456+i*1000000, 0 FROM n"
	content := database(b, script)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(browserhistory.Format, "x", content); err != nil || len(c.Documents) < 49_000 {
			b.Fatal(fmt.Sprint(err, len(c.Documents)))
		}
	}
}

package timelinize_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/timelinize"
	"penates/internal/schema"
)

const tables = `
CREATE TABLE repo (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE data_sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE entities (id INTEGER PRIMARY KEY, type_id INTEGER, name TEXT, deleted INTEGER);
CREATE TABLE attributes (id INTEGER PRIMARY KEY, name TEXT, value ANY) STRICT;
CREATE TABLE entity_attributes (id INTEGER PRIMARY KEY, entity_id INTEGER, attribute_id INTEGER);
CREATE TABLE classifications (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE items (id INTEGER PRIMARY KEY, data_source_id INTEGER, attribute_id INTEGER, classification_id INTEGER, original_id TEXT, filename TEXT,
  timestamp INTEGER, timespan INTEGER, time_offset INTEGER, data_type TEXT, data_text TEXT, data_file TEXT, metadata TEXT, longitude REAL, latitude REAL, altitude REAL, note TEXT, deleted INTEGER);
CREATE TABLE relations (id INTEGER PRIMARY KEY, label TEXT);
CREATE TABLE relationships (id INTEGER PRIMARY KEY, relation_id INTEGER, from_item_id INTEGER, to_item_id INTEGER, to_attribute_id INTEGER);
INSERT INTO repo VALUES ('id', 'repo-1');
INSERT INTO data_sources VALUES (1, 'sms'), (2, 'google_location');
INSERT INTO classifications VALUES (1, 'message'), (2, 'location'), (3, 'media'), (4, 'bookmark'), (5, 'dream'), (6, 'note'), (7, 'event');
INSERT INTO relations VALUES (1, 'sent'), (2, 'attachment'), (3, 'reply'), (4, 'cc');
`

const rows = `
INSERT INTO entities VALUES (1, 1, 'Zoé Lac', NULL), (2, 1, 'Bob', NULL), (3, 1, NULL, NULL), (4, 1, 'Gone', 5);
INSERT INTO attributes VALUES (10, 'phone_number', '+33612345678'), (11, 'email_address', 'Bob@X.example'), (12, 'birth_date', '1990-02-03'), (13, 'facebook_id', 77);
INSERT INTO entity_attributes (entity_id, attribute_id) VALUES (1, 10), (2, 11), (1, 12), (1, 13), (2, 13);
INSERT INTO items (id, data_source_id, attribute_id, classification_id, original_id, timestamp, time_offset, data_text, latitude, longitude, filename, data_file, data_type, metadata, deleted, note) VALUES
 (1, 1, 10, 1, 'm1', 1741082400000, 3600, 'Hello' || char(10) || 'lake', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (2, 1, 11, 1, NULL, 1741082460000, NULL, 'Hi', NULL, NULL, NULL, NULL, NULL, '{"Subject": "Re: lake"}', NULL, NULL),
 (3, 1, 10, 3, 'p1', 1741082400000, NULL, NULL, 45.9, 6.1, 'lake.jpg', 'data/2025/03/lake.jpg', 'image/jpeg', NULL, NULL, 'The lake'),
 (4, 2, NULL, 2, NULL, 1741082400000, NULL, NULL, 45.9, 6.1, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, 2, NULL, 2, NULL, 1741082460000, NULL, NULL, 45.91, 6.11, NULL, NULL, NULL, NULL, NULL, NULL),
 (6, 2, NULL, 2, NULL, 1741082500000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (7, 1, NULL, 4, 'b', 1741082500000, NULL, 'A page', NULL, NULL, NULL, NULL, NULL, '{"URL": "https://example.org/"}', NULL, NULL),
 (8, 1, NULL, 5, 'd', 1741082500000, NULL, 'Falling', NULL, NULL, NULL, NULL, NULL, '{"depth": 3}', NULL, NULL),
 (9, 1, NULL, 1, 'gone', 1741082500000, NULL, 'deleted', NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL),
 (10, 1, NULL, 6, 'n', NULL, NULL, 'Remember', NULL, NULL, NULL, NULL, NULL, 'no json', NULL, NULL),
 (11, 1, NULL, 7, 'e', 1741082500000, NULL, 'Dinner', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO relationships (relation_id, from_item_id, to_item_id, to_attribute_id) VALUES (1, 1, NULL, 11), (2, 1, 3, NULL), (3, 2, 1, NULL), (1, 2, NULL, 10), (4, 2, NULL, 12);
`

// database returns the bytes of a database that sql makes.
func database(t testing.TB, sql string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "timelinize.db")
	c, err := sqlite3.Open("file:" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec(sql), c.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	content := database(t, tables+rows)
	if sure := timelinize.Format.Recognise(importertest.File("x", content).Head); sure != 96 {
		t.Errorf("sure %d", sure)
	}
	c, err := importertest.Read(timelinize.Format, "x", content)
	if err != nil || len(c.Refusals) != 1 || c.Repeated > 0 {
		t.Fatalf("refused %v, %d repeated, %v", c.Refusals, c.Repeated, err)
	}
	var got []string
	for _, d := range c.Documents {
		got = append(got, fmt.Sprintf("%s %s %s", d.Type, d.Time.Start.Time().UTC().Format("15:04:05"), d.Text))
	}
	want := `io.cozy.contacts 00:00:00 Zoé Lac
io.cozy.contacts 00:00:00 Bob
penates.messages 10:00:00 Hello
penates.messages 10:01:00 Re: lake
io.cozy.files 10:00:00 The lake
penates.bookmarks 10:01:40 A page
penates.records 10:01:40 Falling
penates.notes 00:00:00 Remember
io.cozy.calendar.events 10:01:40 Dinner`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	zoe, hello, hi := c.Bodies[0].(schema.Contact), c.Bodies[2].(schema.Message), c.Bodies[3].(schema.Message)
	if zoe.Phone[0] != "+33612345678" || zoe.Birthday != "1990-02-03" || c.Bodies[1].(schema.Contact).Email[0] != "bob@x.example" {
		t.Errorf("%+v", zoe)
	}
	if hello.From != "Zoé Lac" || hello.To != "Bob" || hello.Content != "Hello\nlake" || hi.InReplyTo != "sms/m1" || hi.To != "Zoé Lac" || c.Documents[3].Party("cc").Literal != "Zoé Lac" {
		t.Errorf("%+v, %+v", hello, hi)
	}
	if s := c.Documents[2].Time.Start.String(); s != "2025-03-04T11:00:00+01:00" {
		t.Error(s)
	}
	if len(c.Links) != 1 || c.Links[0] != (penates.Link{From: c.Documents[4].ID, Rel: penates.PartOf, To: c.Documents[2].ID}) {
		t.Errorf("%+v", c.Links)
	}
	if c.PointCount() != 2 || c.Series[0].Points[1].Place.Lat != 45.91 {
		t.Errorf("%+v", c.Series)
	}
}

// Other databases are left to others, older timelines have fewer columns.
func TestOtherTables(t *testing.T) {
	other := database(t, "CREATE TABLE items (id INTEGER PRIMARY KEY); -- entity_attributes data_sources classifications relationships")
	if _, err := importertest.Read(timelinize.Format, "x", other); !errors.Is(err, importer.ErrNotMine) {
		t.Errorf("%v", err)
	}
	old := database(t, strings.Replace(tables, "time_offset INTEGER, ", "", 1)+`INSERT INTO items (id, classification_id, timestamp, data_text) VALUES (1, 1, 1741082400000, 'old')`)
	if c, err := importertest.Read(timelinize.Format, "x", old); err != nil || len(c.Documents) != 1 {
		t.Errorf("%d documents, %v", len(c.Documents), err)
	}
	for _, b := range [][]byte{nil, []byte("SQLite format 3\x00"), other[:50]} {
		if sure := timelinize.Format.Recognise(importertest.File("x", b).Head); sure != 0 {
			t.Errorf("%q: sure %d", b, sure)
		}
		if c, err := importertest.Read(timelinize.Format, "x", b); err == nil || len(c.Documents) > 0 {
			t.Errorf("%q: read", b)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(database(f, tables+rows))
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, _ := importertest.Read(timelinize.Format, "x", content)
		for _, d := range c.Documents {
			if d.Source.NativeID == "" || d.Text == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	content := database(b, tables+fmt.Sprintf(`WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < %d)
		INSERT INTO items (id, data_source_id, classification_id, original_id, timestamp, data_text) SELECT x, 1, 1, 'm' || x, 1741082400000 + x, 'message number ' || x FROM r;
		CREATE INDEX r ON relationships (from_item_id)`, n))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if c, err := importertest.Read(timelinize.Format, "x", content); err != nil || len(c.Documents) != n {
			b.Fatal(len(c.Documents), err)
		}
	}
}

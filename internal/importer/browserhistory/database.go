package browserhistory

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs/readervfs"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

const (
	longest   = 30 * time.Minute // a database made to harm may have endless tables
	maxMemory = 256 << 20        // bytes of a file that cannot be read from any place
	maxText   = 1 << 20          // bytes of a cell
)

// A browser is how one kind of browser keeps its history.
type browser struct {
	tables []string // all of which it has
	query  string   // id, address, title, time, stay in microseconds, all in order of id
	epoch  int64    // of the time, in seconds since 1970
}

// Times are microseconds here. Reading in the order of the key needs no sorting,
// which the engine would do in files.
var browsers = []browser{
	{[]string{"urls", "visits"}, `SELECT v.id, u.url, u.title, v.visit_time, %s FROM visits v JOIN urls u ON u.id = v.url ORDER BY v.id`, -11_644_473_600},
	{[]string{"moz_places", "moz_historyvisits"}, `SELECT v.id, p.url, p.title, v.visit_date, 0 FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id ORDER BY v.id`, 0},
	{[]string{"history_items", "history_visits"}, `SELECT v.id, i.url, v.title, CAST(v.visit_time * 1000000 AS INTEGER), 0 FROM history_visits v JOIN history_items i ON i.id = v.history_item ORDER BY v.id`, 978_307_200},
}

// marked are the bookmarks of Firefox; what lies below a tag is a tag.
const marked = `SELECT b.id, p.url, coalesce(b.title, p.title), b.dateAdded, f.title FROM moz_bookmarks b
JOIN moz_places p ON p.id = b.fk LEFT JOIN moz_bookmarks f ON f.id = b.parent LEFT JOIN moz_bookmarks g ON g.id = f.parent
WHERE b.type = 1 AND coalesce(g.guid, '') <> 'tags________' ORDER BY b.id`

func (g *giver) database(f *importer.File) error {
	db, done, err := open(g.ctx, f)
	if err != nil {
		return fmt.Errorf("database: %w (%w)", importer.ErrNotMine, err)
	}
	defer done()
	tables, err := tablesOf(db)
	if err != nil {
		return fmt.Errorf("database: %w (%w)", importer.ErrNotMine, err)
	}
	found := false
	for _, b := range browsers {
		if !tables.have(b.tables...) {
			continue
		}
		found = true
		query := b.query
		if b.epoch < -1e9 { // old files of Chrome do not know how long a visit was
			stay := "0"
			if tables["visits"]["visit_duration"] {
				stay = "v.visit_duration"
			}
			query = fmt.Sprintf(query, stay)
		}
		if err := g.visits(db, b, query); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("no history of a browser: %w", importer.ErrNotMine)
	}
	if tables.have("moz_bookmarks", "moz_places") && tables["moz_bookmarks"]["guid"] {
		return g.bookmarks(db)
	}
	return nil
}

func (g *giver) visits(db *sqlite3.Conn, b browser, query string) error {
	return g.each(db, query, func(s *sqlite3.Stmt) error {
		return g.give(&visit{
			url: s.ColumnText(1), title: s.ColumnText(2), at: since(b.epoch, s.ColumnInt64(3)),
			stay: time.Duration(min(s.ColumnInt64(4), 1e12)) * time.Microsecond, locator: fmt.Sprintf("path=/%s/%d", b.tables[1], s.ColumnInt64(0)),
		})
	})
}

func (g *giver) bookmarks(db *sqlite3.Conn) error {
	return g.each(db, marked, func(s *sqlite3.Stmt) error {
		place := fmt.Sprintf("path=/moz_bookmarks/%d", s.ColumnInt64(0))
		body := schema.Bookmark{URL: s.ColumnText(1), Title: social.Line(s.ColumnText(2)), Folder: locale.Line(s.ColumnText(4))}
		if body.URL == "" || len(body.URL) > maxURL {
			return g.out.Refuse(0, fmt.Errorf("%s: no address: %w", place, penates.Invalid))
		}
		at := since(0, s.ColumnInt64(3))
		d := &penates.Document{
			Source: penates.Source{NativeID: "bookmark/" + g.names.Hash("bookmark", body.URL, at.String()), Locator: place},
			Time:   penates.Span{Start: at},
			Text:   body.Title,
		}
		if d.Text == "" {
			d.Text = social.Line(body.URL)
		}
		return g.out.Document(d, body)
	})
}

// each calls row for each row of query.
func (g *giver) each(db *sqlite3.Conn, query string, row func(*sqlite3.Stmt) error) error {
	s, _, err := db.Prepare(query)
	if err != nil {
		return fmt.Errorf("database: %w (%w)", penates.Damaged, err)
	}
	defer s.Close()
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
		if err := g.ctx.Err(); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("database: the rows behind cannot be read: %w (%w)", penates.Damaged, err)
	}
	return nil
}

// layout has the columns of each table.
type layout map[string]map[string]bool

func (l layout) have(tables ...string) bool {
	for _, t := range tables {
		if l[t] == nil {
			return false
		}
	}
	return true
}

// tablesOf returns the tables that are of use. Views are not: whoever makes one
// decides how long it takes.
func tablesOf(db *sqlite3.Conn) (layout, error) {
	const query = `SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 5000`
	s, _, err := db.Prepare(query)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	l := layout{}
	for s.Step() {
		table := s.ColumnText(0)
		if l[table] == nil {
			l[table] = map[string]bool{}
		}
		l[table][s.ColumnText(1)] = true
	}
	return l, s.Err()
}

// open opens a database where it lies.
func open(ctx context.Context, f *importer.File) (db *sqlite3.Conn, done func(), err error) {
	source, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	content := &content{size: f.Size}
	if seeker, ok := source.(io.ReadSeeker); ok {
		content.r = seeker
	} else {
		b, err := f.ReadAll(maxMemory)
		if err != nil {
			source.Close()
			return nil, nil, err
		}
		content.r, content.size = bytes.NewReader(b), int64(len(b))
	}
	name := rand.Text()
	readervfs.Create(name, content)
	ctx, cancel := context.WithTimeout(ctx, longest)
	done = func() {
		if db != nil {
			db.Close()
		}
		cancel()
		readervfs.Delete(name)
		source.Close()
	}
	if db, err = sqlite3.OpenContext(ctx, "file:"+name+"?vfs=reader&mode=ro"); err == nil {
		err = settle(db)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return db, done, nil
}

// settle keeps the engine from trusting the file, and from writing.
func settle(db *sqlite3.Conn) error {
	db.Limit(sqlite3.LIMIT_LENGTH, maxText)
	if _, err := db.Config(sqlite3.DBCONFIG_DEFENSIVE, true); err != nil {
		return err
	}
	if _, err := db.Config(sqlite3.DBCONFIG_TRUSTED_SCHEMA, false); err != nil {
		return err
	}
	return db.Exec(`PRAGMA temp_store = memory; PRAGMA cache_size = -8192; PRAGMA query_only = on`)
}

// content reads a file from any place.
type content struct {
	mu   sync.Mutex
	r    io.ReadSeeker
	size int64
}

func (c *content) Size() (int64, error) { return c.size, nil }

func (c *content) ReadAt(p []byte, at int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.r.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(c.r, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

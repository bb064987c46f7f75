// Package sqlitefile reads SQLite databases that come from elsewhere: as they
// are, without writing, without trust in what they say of themselves, and
// without a file of their own on disk.
//
// What a database still has in a write-ahead log beside it is not seen.
package sqlitefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs/readervfs"

	"penates"
)

// Signature is what every database begins with.
const Signature = "SQLite format 3\x00"

// A DB is an open database. One goroutine uses it at a time.
type DB struct {
	conn   *sqlite3.Conn
	name   string
	tables map[string][]string
}

// maxValue bounds the bytes of one value, maxColumns those of a table.
const (
	maxValue   = 64 << 20
	maxColumns = 2000
)

// Open opens the database of size bytes that r holds. It stops when ctx ends. The
// error is of kind Invalid or Damaged when it is none that can be read.
func Open(ctx context.Context, r io.ReadSeeker, size int64) (_ *DB, err error) {
	name := penates.NewID("file")
	readervfs.Create(name, &content{r: r, size: size})
	db := &DB{name: name}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	db.conn, err = sqlite3.OpenContext(ctx, "file:"+name+"?vfs=reader&mode=ro")
	if err != nil {
		return db, storageError(err)
	}
	db.conn.SetInterrupt(ctx)
	for id, most := range map[sqlite3.LimitCategory]int{sqlite3.LIMIT_LENGTH: maxValue, sqlite3.LIMIT_COLUMN: maxColumns, sqlite3.LIMIT_EXPR_DEPTH: 200, sqlite3.LIMIT_ATTACHED: 0} {
		db.conn.Limit(id, most)
	}
	if err := db.conn.Exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA query_only = ON"); err != nil {
		return db, storageError(err)
	}
	return db, db.readTables()
}

// readTables lists the ordinary tables; views and virtual tables run what others
// wrote.
func (db *DB) readTables() error {
	db.tables = map[string][]string{}
	var names []string
	err := db.Each(`SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' LIMIT 10000`, func(r *Row) error {
		names = append(names, r.Text(0))
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		err := db.Each("SELECT name FROM pragma_table_info(?)", func(r *Row) error {
			db.tables[name] = append(db.tables[name], strings.ToLower(r.Text(0)))
			return nil
		}, name)
		if err != nil {
			return err
		}
	}
	return nil
}

// Has reports whether there is an ordinary table with these columns, which are in
// lower case.
func (db *DB) Has(table string, columns ...string) bool {
	known, ok := db.tables[table]
	for _, c := range columns {
		found := false
		for _, k := range known {
			found = found || k == c
		}
		ok = ok && found
	}
	return ok
}

// Each calls row for each row of a query.
func (db *DB) Each(sql string, row func(*Row) error, args ...any) error {
	stmt, _, err := db.conn.Prepare(sql)
	if err != nil {
		return storageError(err)
	}
	defer stmt.Close()
	for i, a := range args {
		switch a := a.(type) {
		case string:
			err = stmt.BindText(i+1, a)
		case int64:
			err = stmt.BindInt64(i+1, a)
		default:
			err = fmt.Errorf("a query argument of type %T: %w", a, penates.Invalid)
		}
		if err != nil {
			return err
		}
	}
	for stmt.Step() {
		if err := row(&Row{stmt}); err != nil {
			return err
		}
	}
	return storageError(stmt.Err())
}

// Close closes the database; what it was read from stays open.
func (db *DB) Close() error {
	readervfs.Delete(db.name)
	if db.conn == nil {
		return nil
	}
	return db.conn.Close()
}

// A Row is one row of an answer, valid during the call that gives it.
type Row struct{ stmt *sqlite3.Stmt }

// Null reports whether a column has no value.
func (r *Row) Null(i int) bool { return r.stmt.ColumnType(i) == sqlite3.NULL }

// Text returns a column as text, without what is not UTF-8 in it.
func (r *Row) Text(i int) string { return strings.ToValidUTF8(r.stmt.ColumnText(i), "\uFFFD") }

// Int returns a column as a whole number.
func (r *Row) Int(i int) int64 { return r.stmt.ColumnInt64(i) }

// Float returns a column as a number.
func (r *Row) Float(i int) float64 { return r.stmt.ColumnFloat(i) }

// Bytes returns a copy of a column's bytes.
func (r *Row) Bytes(i int) []byte { return bytes.Clone(r.stmt.ColumnRawBlob(i)) }

func storageError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite3.INTERRUPT):
		return fmt.Errorf("database: %w (%w)", penates.TooLong, err)
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.IOERR), errors.Is(err, sqlite3.CANTOPEN):
		return fmt.Errorf("database: %w (%w)", penates.Damaged, err)
	case errors.Is(err, sqlite3.TOOBIG):
		return fmt.Errorf("database: %w (%w)", penates.TooLarge, err)
	}
	return fmt.Errorf("database: %w (%w)", penates.Invalid, err)
}

// content reads anywhere in what can seek.
type content struct {
	mu   sync.Mutex
	r    io.ReadSeeker
	size int64
}

func (c *content) Size() (int64, error) { return c.size, nil }

func (c *content) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(c.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Package rows puts documents into the table of documents and into full-text
// search: one at a time, or many with one statement. Opening the table with its
// two dozen indexes costs as much as writing a row of it, so many at once cost
// half.
package rows

import (
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

// A Row is a document about to be put.
type Row struct {
	*form.Record
	Origin int64 // its row of sources
}

// Batch is how many documents InsertBatch puts, and Small how long the JSON and the
// words of each may be: the statement holds them all in memory.
const (
	Batch = 32
	Small = 32 << 10
)

// Fits reports whether r may be one of a batch.
func Fits(r *form.Record) bool { return len(r.Doc)+len(r.Content) <= Small }

const (
	values      = "(?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"
	columns     = "INSERT INTO stored_documents (id, type, seq, rev, source, day, start, amount, currency, points, added, changed, edited, digest, doc) VALUES "
	conflict    = " ON CONFLICT (id) DO NOTHING"
	insertWords = "INSERT INTO words (rowid, text, content) VALUES (?, ?, ?)"
)

var (
	insertOne  = columns + values + conflict
	insertMany = columns + values + strings.Repeat(", "+values, Batch-1) + conflict
)

// Insert puts r as change number seq, unless its id is there already, and returns
// its row, or 0.
func Insert(c *engine.Conn, r Row, seq int64, now time.Time) (n int64, err error) {
	added, err := insert(c, insertOne, []Row{r}, seq, now)
	if err != nil || added == 0 {
		return 0, err
	}
	return c.LastInsertRowID(), nil
}

// InsertBatch puts Batch documents as the changes from seq on, except those whose
// ids are there already, and returns how many it put and the row of the last one.
func InsertBatch(c *engine.Conn, batch []Row, seq int64, now time.Time) (added, last int64, err error) {
	added, err = insert(c, insertMany, batch, seq, now)
	return added, c.LastInsertRowID(), err
}

func insert(c *engine.Conn, sql string, batch []Row, seq int64, now time.Time) (added int64, err error) {
	s, err := c.Stmt(sql)
	if err != nil {
		return 0, err
	}
	const params = 13
	at := now.UnixMilli()
	for i, r := range batch {
		var day any
		if r.Day != "" {
			day = r.Day
		}
		err := bind(s, params*i, string(r.ID), r.Kind.Code, seq+int64(i), r.Origin, day, r.Start, r.Amount, r.Currency, r.Points,
			at, at, r.Digest[:], r.Stored)
		if err != nil {
			return 0, err
		}
	}
	if err := exec(c, s); err != nil {
		return 0, err
	}
	return c.Changes(), nil
}

func bind(s *sqlite3.Stmt, after int, args ...any) error {
	for i, a := range args {
		if err := engine.Bind(s, after+i+1, a); err != nil {
			return err
		}
	}
	return nil
}

func exec(c *engine.Conn, s *sqlite3.Stmt) error {
	if err := s.Exec(); err != nil {
		s.Reset()
		return c.Fault(err)
	}
	return nil
}

// Words are what full-text search is still to learn of new documents: it does so
// with one commit's at once.
type Words struct {
	rows    []int64
	pairs   [][2]string
	size    int  // of those that are not written
	written int  // so many of them are, and stay only because that may be undone
	apart   bool // what happens now may be undone
	marked  int  // how many there were when that began
	before  int  // and how many of them were written
}

// maxWords bounds the words that are held back.
const maxWords = 4 << 20

// Add holds back the words of r, which is row n, or writes them with all others
// when they are many.
func (w *Words) Add(c *engine.Conn, n int64, r *form.Record) error {
	w.rows, w.pairs = append(w.rows, n), append(w.pairs, [2]string{r.Text, r.Content})
	if w.size += len(r.Text) + len(r.Content); w.size > maxWords {
		return w.Write(c)
	}
	return nil
}

// Write writes the words that were held back.
func (w *Words) Write(c *engine.Conn) error {
	for i := w.written; i < len(w.rows); i++ {
		if err := c.Run(insertWords, w.rows[i], w.pairs[i][0], w.pairs[i][1]); err != nil {
			return err
		}
	}
	w.written, w.size = len(w.rows), 0
	if !w.apart {
		w.Drop()
	}
	return nil
}

// Mark begins what Undo undoes, as a savepoint does, and Keep keeps: words that were
// held back and are written meanwhile are undone with it, and are held back again.
func (w *Words) Mark() { w.apart, w.marked, w.before = true, len(w.rows), w.written }

// Undo goes back to what was held back at the mark.
func (w *Words) Undo() {
	clear(w.pairs[w.marked:])
	w.rows, w.pairs, w.written, w.apart = w.rows[:w.marked], w.pairs[:w.marked], w.before, false
	w.size = 0
	for _, p := range w.pairs[w.written:] {
		w.size += len(p[0]) + len(p[1])
	}
}

// Keep forgets the mark.
func (w *Words) Keep() {
	w.apart = false
	w.rows, w.pairs, w.written = slices.Delete(w.rows, 0, w.written), slices.Delete(w.pairs, 0, w.written), 0
}

// Drop forgets them.
func (w *Words) Drop() {
	clear(w.pairs)
	*w = Words{rows: w.rows[:0], pairs: w.pairs[:0]}
}

// Index enters the words of r, which is row n, into full-text search.
func Index(c *engine.Conn, n int64, r *form.Record) error {
	return c.Run(insertWords, n, r.Text, r.Content)
}

// forget takes them out.
func forget(c *engine.Conn, n int64) error { return c.Run("DELETE FROM words WHERE rowid = ?", n) }

// InTrash reports whether the person threw the document away.
func InTrash(c *engine.Conn, id penates.DocumentID) (bool, error) {
	return c.One("SELECT 1 FROM trash WHERE id = ?", func(*sqlite3.Stmt) error { return nil }, id)
}

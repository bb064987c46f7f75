package vault

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

const insertDocument = `INSERT INTO stored_documents
 (id, type, seq, rev, source, day, start, amount, currency, points, added, changed, edited, digest, doc)
 VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 0, ?11, jsonb(?12)) ON CONFLICT (id) DO NOTHING`

// put stores r: it is added, or updates what the same source said before, or is
// found unchanged. What the person edited or threw away stays as it is.
func (w *writer) put(c *conn, r *form.Record, source int64, now time.Time) (form.Outcome, error) {
	s, err := c.Stmt(insertDocument)
	if err != nil {
		return 0, err
	}
	if err := bindRecord(s, r, w.seq+1, source, now); err != nil {
		return 0, err
	}
	if err := s.Exec(); err != nil {
		return 0, c.Fault(err)
	}
	if c.Changes() == 0 {
		return w.update(c, r, source, now)
	}
	n := c.LastInsertRowID()
	if thrown, err := inTrash(c, r.ID); err != nil || thrown {
		if err == nil {
			err = c.Run("DELETE FROM stored_documents WHERE n = ?", n)
		}
		return form.Unchanged, err
	}
	w.next()
	return form.Added, index(c, n, r)
}

func bindRecord(s *sqlite3.Stmt, r *form.Record, seq, source int64, now time.Time) error {
	var day any
	if r.Day != "" {
		day = r.Day
	}
	for i, a := range [...]any{string(r.ID), r.Kind.Code, seq, source, day, r.Start, r.Amount, r.Currency, r.Points,
		now.UnixMilli(), r.Digest[:], engine.RawText(r.Doc)} {
		if err := engine.Bind(s, i+1, a); err != nil {
			return err
		}
	}
	return nil
}

func inTrash(c *conn, id penates.DocumentID) (bool, error) {
	return c.One("SELECT 1 FROM trash WHERE id = ?", func(*sqlite3.Stmt) error { return nil }, id)
}

// index enters the words of r, which is row n, into full-text search.
func index(c *conn, n int64, r *form.Record) error {
	return c.Run("INSERT INTO words (rowid, text, content) VALUES (?, ?, ?)", n, r.Text, r.Content)
}

func unindex(c *conn, n int64) error { return c.Run("DELETE FROM words WHERE rowid = ?", n) }

// stored is a row of documents as updates see it.
type stored struct {
	n, added  int64
	rev       int
	edited    bool
	digest    []byte
	doc       []byte
	source    int64
	changedAt int64
	raw       penates.BlobID
}

func readStored(c *conn, id penates.DocumentID) (row stored, found bool, err error) {
	found, err = c.One("SELECT n, rev, edited, digest, json(doc), added, source, changed, doc ->> '$.source.raw' FROM stored_documents WHERE id = ?", func(s *sqlite3.Stmt) error {
		row = stored{n: s.ColumnInt64(0), rev: s.ColumnInt(1), edited: s.ColumnBool(2), digest: s.ColumnBlob(3, nil),
			doc: []byte(s.ColumnText(4)), added: s.ColumnInt64(5), source: s.ColumnInt64(6), changedAt: s.ColumnInt64(7), raw: penates.BlobID(s.ColumnText(8))}
		return nil
	}, id)
	return row, found, err
}

// update replaces what the source said before with r, keeping what r is silent
// about: a later file may know less.
func (w *writer) update(c *conn, r *form.Record, source int64, now time.Time) (form.Outcome, error) {
	old, found, err := readStored(c, r.ID)
	if err != nil || !found {
		return 0, err
	}
	if old.edited || bytes.Equal(old.digest, r.Digest[:]) {
		return form.Unchanged, nil
	}
	mark := readingMark(r.Digest[:], r.Source.Raw)
	if known, err := c.One("SELECT 1 FROM readings WHERE id = ? AND mark = ?", func(*sqlite3.Stmt) error { return nil }, r.ID, mark); err != nil || known {
		return form.Unchanged, err
	}
	merged, err := form.Merge(old.doc, r)
	if err != nil {
		return 0, err
	}
	for _, m := range [][]byte{mark, readingMark(old.digest, old.raw)} {
		if err := c.Run("INSERT OR IGNORE INTO readings (id, mark) VALUES (?, ?)", r.ID, m); err != nil {
			return 0, err
		}
	}
	if bytes.Equal(old.digest, merged.Digest[:]) {
		return form.Unchanged, nil
	}
	return form.Updated, w.replace(c, old, merged, source, false, "import", now)
}

// readingMark names one reading of a document: what was read, and of which bytes.
func readingMark(digest []byte, raw penates.BlobID) []byte {
	sum := sha256.Sum256(append(bytes.Clone(digest), raw...))
	return sum[:16]
}

// replace makes r the new revision of old and keeps old in the history.
func (w *writer) replace(c *conn, old stored, r *form.Record, source int64, edited bool, by penates.Actor, now time.Time) error {
	if err := c.Run("INSERT INTO revisions (id, rev, at, by, doc) VALUES (?, ?, ?, ?, jsonb(?))",
		r.ID, old.rev, old.changedAt, by, engine.RawText(old.doc)); err != nil {
		return err
	}
	var day any
	if r.Day != "" {
		day = r.Day
	}
	if err := c.Run(`UPDATE stored_documents SET seq = ?, rev = ?, source = ?, day = ?, start = ?, amount = ?, currency = ?, points = ?,
		changed = ?, edited = ?, digest = ?, doc = jsonb(?) WHERE n = ?`,
		w.next(), old.rev+1, source, day, r.Start, r.Amount, r.Currency, r.Points,
		now.UnixMilli(), edited, r.Digest[:], engine.RawText(r.Doc), old.n); err != nil {
		return err
	}
	if err := unindex(c, old.n); err != nil {
		return err
	}
	return index(c, old.n, r)
}

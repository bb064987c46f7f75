package vault

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
	"penates/internal/vault/rows"
)

// put stores r: it is added, or updates what the same source said before, or is
// found unchanged. What the person edited or threw away stays as it is.
func (w *writer) put(c *conn, r rows.Row, now time.Time) (form.Outcome, error) {
	n, err := rows.Insert(c, r, w.seq+1, now)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		old, _, err := readStored(c, r.ID)
		if err != nil {
			return 0, err
		}
		return w.update(c, old, r, now)
	}
	if w.trash {
		if thrown, err := rows.InTrash(c, r.ID); err != nil || thrown {
			if err == nil {
				err = c.Run("DELETE FROM stored_documents WHERE n = ?", n)
			}
			return form.Unchanged, err
		}
	}
	w.next()
	return form.Added, w.words.Add(c, n, r.Record)
}

// putAll is put for many documents; each is told the outcome of each, in order.
func (w *writer) putAll(c *conn, all []rows.Row, now time.Time, each func(int, form.Outcome)) error {
	for i := 0; i < len(all); {
		batch := all[i:min(i+rows.Batch, len(all))]
		if w.trash || len(batch) < rows.Batch {
			for j, r := range batch {
				o, err := w.put(c, r, now)
				if err != nil {
					return err
				}
				each(i+j, o)
			}
		} else if err := w.putBatch(c, batch, now, func(j int, o form.Outcome) { each(i+j, o) }); err != nil {
			return err
		}
		i += len(batch)
	}
	return nil
}

func (w *writer) putBatch(c *conn, batch []rows.Row, now time.Time, each func(int, form.Outcome)) error {
	first := w.seq + 1
	added, last, err := rows.InsertBatch(c, batch, first, now)
	if err != nil {
		return err
	}
	if added > 0 {
		w.seq += int64(len(batch))
	}
	for i, r := range batch {
		o := form.Added
		if added == int64(len(batch)) { // new rows are numbered one after the other
			err = w.words.Add(c, last-added+1+int64(i), r.Record)
		} else {
			o, err = w.settleRow(c, r, first+int64(i), now)
		}
		if err != nil {
			return err
		}
		each(i, o)
	}
	return nil
}

// settleRow goes on with a document that was put as change number seq unless its id
// was there.
func (w *writer) settleRow(c *conn, r rows.Row, seq int64, now time.Time) (form.Outcome, error) {
	old, _, err := readStored(c, r.ID)
	if err != nil {
		return 0, err
	}
	if old.seq == seq {
		return form.Added, w.words.Add(c, old.n, r.Record)
	}
	return w.update(c, old, r, now)
}

// stored is a row of documents as updates see it.
type stored struct {
	n, seq    int64
	added     int64
	rev       int
	edited    bool
	digest    []byte
	doc       []byte
	source    int64
	changedAt int64
	raw       penates.BlobID
}

func readStored(c *conn, id penates.DocumentID) (row stored, found bool, err error) {
	found, err = c.One("SELECT n, rev, edited, digest, json(doc), added, source, changed, doc ->> '$.source.raw', seq FROM stored_documents WHERE id = ?", func(s *sqlite3.Stmt) error {
		row = stored{n: s.ColumnInt64(0), rev: s.ColumnInt(1), edited: s.ColumnBool(2), digest: s.ColumnBlob(3, nil),
			doc: []byte(s.ColumnText(4)), added: s.ColumnInt64(5), source: s.ColumnInt64(6), changedAt: s.ColumnInt64(7), raw: penates.BlobID(s.ColumnText(8)), seq: s.ColumnInt64(9)}
		return nil
	}, id)
	return row, found, err
}

// update replaces old, what the source said before, with r, keeping what r is silent
// about: a later file may know less.
func (w *writer) update(c *conn, old stored, r rows.Row, now time.Time) (form.Outcome, error) {
	if old.edited || bytes.Equal(old.digest, r.Digest[:]) {
		return form.Unchanged, nil
	}
	mark := readingMark(r.Digest[:], r.Source.Raw)
	if known, err := c.One("SELECT 1 FROM readings WHERE id = ? AND mark = ?", func(*sqlite3.Stmt) error { return nil }, r.ID, mark); err != nil || known {
		return form.Unchanged, err
	}
	merged, err := form.Merge(old.doc, r.Record)
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
	return form.Updated, w.replace(c, old, merged, r.Origin, false, "import", now)
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
	if err := w.unindex(c, old.n); err != nil {
		return err
	}
	return rows.Index(c, old.n, r)
}

// unindex takes the words of row n out of full-text search.
func (w *writer) unindex(c *conn, n int64) error {
	if err := w.words.Write(c); err != nil { // n may be among them
		return err
	}
	return rows.Unindex(c, n)
}

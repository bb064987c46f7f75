package rows

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

// A Table is the documents of a vault, as its one writing connection changes them.
type Table struct {
	Seq   int64 // last number of the change sequence
	trash bool  // there was something in the trash when the transaction began
	words Words // that full-text search is still to learn
}

// Begin is called when a transaction has begun.
func (t *Table) Begin(c *engine.Conn) (err error) {
	t.trash, err = c.One("SELECT 1 FROM trash LIMIT 1", func(*sqlite3.Stmt) error { return nil })
	return err
}

// Settle writes what is held back; it is called before a commit. Before a
// savepoint it need not be: full-text search would write anew all it has learnt.
func (t *Table) Settle(c *engine.Conn) error { return t.words.Write(c) }

// Drop forgets what is held back, when it is undone.
func (t *Table) Drop() { t.words.Drop() }

// Mark begins, with a savepoint, what Undo undoes and Keep keeps.
func (t *Table) Mark() { t.words.Mark() }

// Undo forgets what was held back since the mark.
func (t *Table) Undo() { t.words.Undo() }

// Keep forgets the mark.
func (t *Table) Keep() { t.words.Keep() }

// Next returns the next number of the change sequence.
func (t *Table) Next() int64 {
	t.Seq++
	return t.Seq
}

// Put stores r: it is added, or updates what the same source said before, or is
// found unchanged. What the person edited or threw away stays as it is.
func (t *Table) Put(c *engine.Conn, r Row, now time.Time) (form.Outcome, error) {
	n, err := Insert(c, r, t.Seq+1, now)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		old, _, err := ReadStored(c, r.ID)
		if err != nil {
			return 0, err
		}
		return t.update(c, old, r, now)
	}
	if t.trash {
		if thrown, err := InTrash(c, r.ID); err != nil || thrown {
			if err == nil {
				err = c.Run("DELETE FROM stored_documents WHERE n = ?", n)
			}
			return form.Unchanged, err
		}
	}
	t.Next()
	return form.Added, t.words.Add(c, n, r.Record)
}

// PutAll is Put for many documents; each is told the outcome of each, in order.
func (t *Table) PutAll(c *engine.Conn, all []Row, now time.Time, each func(int, form.Outcome)) error {
	for i := 0; i < len(all); {
		batch := all[i:min(i+Batch, len(all))]
		if t.trash || len(batch) < Batch {
			for j, r := range batch {
				o, err := t.Put(c, r, now)
				if err != nil {
					return err
				}
				each(i+j, o)
			}
		} else if err := t.putBatch(c, batch, now, func(j int, o form.Outcome) { each(i+j, o) }); err != nil {
			return err
		}
		i += len(batch)
	}
	return nil
}

func (t *Table) putBatch(c *engine.Conn, batch []Row, now time.Time, each func(int, form.Outcome)) error {
	first := t.Seq + 1
	added, last, err := InsertBatch(c, batch, first, now)
	if err != nil {
		return err
	}
	if added > 0 {
		t.Seq += int64(len(batch))
	}
	for i, r := range batch {
		o := form.Added
		if added == int64(len(batch)) { // new rows are numbered one after the other
			err = t.words.Add(c, last-added+1+int64(i), r.Record)
		} else {
			o, err = t.settleRow(c, r, first+int64(i), now)
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
func (t *Table) settleRow(c *engine.Conn, r Row, seq int64, now time.Time) (form.Outcome, error) {
	old, _, err := ReadStored(c, r.ID)
	if err != nil {
		return 0, err
	}
	if old.Seq == seq {
		return form.Added, t.words.Add(c, old.N, r.Record)
	}
	return t.update(c, old, r, now)
}

// Stored is a row of documents as updates see it.
type Stored struct {
	N, Seq  int64
	Added   int64
	Rev     int
	Edited  bool
	Digest  []byte
	Doc     []byte
	Source  int64 // its row of sources
	Changed int64
	Raw     penates.BlobID
}

// ReadStored returns the row of a document.
func ReadStored(c *engine.Conn, id penates.DocumentID) (row Stored, found bool, err error) {
	found, err = c.One("SELECT n, rev, edited, digest, json(doc), added, source, changed, doc ->> '$.source.raw', seq FROM stored_documents WHERE id = ?", func(s *sqlite3.Stmt) error {
		row = Stored{N: s.ColumnInt64(0), Rev: s.ColumnInt(1), Edited: s.ColumnBool(2), Digest: s.ColumnBlob(3, nil),
			Doc: []byte(s.ColumnText(4)), Added: s.ColumnInt64(5), Source: s.ColumnInt64(6), Changed: s.ColumnInt64(7), Raw: penates.BlobID(s.ColumnText(8)), Seq: s.ColumnInt64(9)}
		return nil
	}, id)
	return row, found, err
}

// update replaces old, what the source said before, with r, keeping what r is silent
// about: a later file may know less.
func (t *Table) update(c *engine.Conn, old Stored, r Row, now time.Time) (form.Outcome, error) {
	if old.Edited || bytes.Equal(old.Digest, r.Digest[:]) {
		return form.Unchanged, nil
	}
	mark := readingMark(r.Digest[:], r.Source.Raw)
	if known, err := saidBefore(c, old, r, mark); err != nil || known {
		return form.Unchanged, err
	}
	merged, err := form.Merge(old.Doc, r.Record)
	if err != nil {
		return 0, err
	}
	for _, m := range [][]byte{mark, readingMark(old.Digest, old.Raw), readingMark(old.Digest, "")} {
		if err := c.Run("INSERT OR IGNORE INTO readings (id, mark) VALUES (?, ?)", r.ID, m); err != nil {
			return 0, err
		}
	}
	if bytes.Equal(old.Digest, merged.Digest[:]) {
		return form.Unchanged, nil
	}
	return form.Updated, t.Replace(c, old, merged, r.Origin, false, "import", now)
}

// saidBefore reports whether r, with its mark, is no news: its bytes said the same
// before, or others did and its bytes were kept before old came to be what it is.
// A reading that changes nothing leaves no mark, so that the same bytes that come
// in many files cost nothing; their time tells them from a return to what was.
func saidBefore(c *engine.Conn, old Stored, r Row, mark []byte) (bool, error) {
	return c.One(`SELECT 1 FROM readings WHERE id = ?1 AND (mark = ?2 OR mark = ?3 AND (SELECT added FROM blobs WHERE id = ?4) <= ?5)`,
		func(*sqlite3.Stmt) error { return nil }, r.ID, mark, readingMark(r.Digest[:], ""), string(r.Source.Raw), old.Changed)
}

// readingMark names one reading of a document: what was read, and of which bytes.
func readingMark(digest []byte, raw penates.BlobID) []byte {
	sum := sha256.Sum256(append(bytes.Clone(digest), raw...))
	return sum[:16]
}

// Replace makes r the new revision of old and keeps old in the history.
func (t *Table) Replace(c *engine.Conn, old Stored, r *form.Record, source int64, edited bool, by penates.Actor, now time.Time) error {
	if err := c.Run("INSERT INTO revisions (id, rev, at, by, doc) VALUES (?, ?, ?, ?, jsonb(?))",
		r.ID, old.Rev, old.Changed, by, engine.RawText(old.Doc)); err != nil {
		return err
	}
	var day any
	if r.Day != "" {
		day = r.Day
	}
	if err := c.Run(`UPDATE stored_documents SET seq = ?, rev = ?, source = ?, day = ?, start = ?, amount = ?, currency = ?, points = ?,
		changed = ?, edited = ?, digest = ?, doc = ? WHERE n = ?`,
		t.Next(), old.Rev+1, source, day, r.Start, r.Amount, r.Currency, r.Points,
		now.UnixMilli(), edited, r.Digest[:], r.Stored, old.N); err != nil {
		return err
	}
	if err := t.Unindex(c, old.N); err != nil {
		return err
	}
	return Index(c, old.N, r)
}

// Unindex takes the words of row n out of full-text search.
func (t *Table) Unindex(c *engine.Conn, n int64) error {
	if err := t.words.Write(c); err != nil { // n may be among them
		return err
	}
	return forget(c, n)
}

package rows

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

// PutPoints stores the points of s, all of one chunk, named key.
func (t *Table) PutPoints(c *engine.Conn, s *penates.Series, key string, points []penates.Point, source int64, now time.Time) (form.Tally, error) {
	d := form.SeriesDocument(s, key)
	old, found, err := ReadStored(c, d.ID)
	if err != nil {
		return form.Tally{}, err
	}
	if !found {
		if thrown, err := InTrash(c, d.ID); err != nil || thrown {
			return form.Tally{Unchanged: len(points)}, err
		}
	}
	merged, count, err := form.MergePoints(old.Doc, points, false)
	if err == nil && count.Updated > 0 {
		var again bool
		if again, err = readBefore(c, d.ID, points, d.Source.Raw); again && err == nil {
			merged, count, err = form.MergePoints(old.Doc, points, true)
		}
	}
	if err != nil {
		return form.Tally{}, fmt.Errorf("series %s: %w", d.ID, err)
	}
	if found && old.Raw != d.Source.Raw && count.Added+count.Updated > 0 {
		// From now on the former bytes are not what says the most.
		if err := c.Run("INSERT OR IGNORE INTO readings (id, mark) VALUES (?, ?)", d.ID, readingMark(nil, old.Raw)); err != nil {
			return form.Tally{}, err
		}
	}
	if found && count.Added+count.Updated == 0 {
		return count, nil
	}
	r, err := form.EncodeSeries(d, s, merged)
	if err != nil {
		return form.Tally{}, err
	}
	switch {
	case !found:
		_, err = t.Put(c, Row{Record: r, Origin: source}, now)
	case count.Updated > 0:
		err = t.Replace(c, old, r, source, false, "import", now)
	default: // longer than before: nothing is lost that a revision would keep
		err = c.Run("UPDATE stored_documents SET seq = ?, points = ?, changed = ?, digest = ?, doc = ? WHERE n = ?",
			t.Next(), r.Points, now.UnixMilli(), r.Digest[:], r.Stored, old.N)
	}
	return count, err
}

// readBefore reports whether the points were laid over others before: whatever has
// been laid over them since is later and stays. It remembers that they were.
func readBefore(c *engine.Conn, id penates.DocumentID, points []penates.Point, raw penates.BlobID) (bool, error) {
	if raw == "" { // read from no bytes that could be read again
		return false, nil
	}
	said, err := json.Marshal(points)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(said)
	mark := readingMark(sum[:], raw)
	known, err := c.One("SELECT 1 FROM readings WHERE id = ? AND mark IN (?, ?)", func(*sqlite3.Stmt) error { return nil }, id, mark, readingMark(nil, raw))
	if err != nil || known {
		return known, err
	}
	return false, c.Run("INSERT INTO readings (id, mark) VALUES (?, ?)", id, mark)
}

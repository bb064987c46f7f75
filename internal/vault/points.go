package vault

import (
	"fmt"
	"time"

	"penates"
	"penates/internal/engine"
	"penates/internal/form"
)

// putPoints stores the points of s, all of one chunk, named key.
func (w *writer) putPoints(c *conn, s *penates.Series, key string, points []penates.Point, source int64, now time.Time) (form.Tally, error) {
	d := form.SeriesDocument(s, key)
	old, found, err := readStored(c, d.ID)
	if err != nil {
		return form.Tally{}, err
	}
	if !found {
		if thrown, err := inTrash(c, d.ID); err != nil || thrown {
			return form.Tally{Unchanged: len(points)}, err
		}
	}
	merged, count, err := form.MergePoints(old.doc, points)
	if err != nil {
		return form.Tally{}, fmt.Errorf("series %s: %w", d.ID, err)
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
		_, err = w.put(c, r, source, now)
	case count.Updated > 0:
		err = w.replace(c, old, r, source, false, "import", now)
	default: // longer than before: nothing is lost that a revision would keep
		err = c.Run("UPDATE stored_documents SET seq = ?, points = ?, changed = ?, digest = ?, doc = jsonb(?) WHERE n = ?",
			w.next(), r.Points, now.UnixMilli(), r.Digest[:], engine.RawText(r.Doc), old.n)
	}
	return count, err
}

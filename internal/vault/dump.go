package vault

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

// A Dump takes all a vault holds, one thing at a time. Raw JSON is valid only
// during the call.
type Dump interface {
	Document(k *schema.Kind, doc json.RawMessage) error
	Trashed(doc json.RawMessage) error
	Revision(r Revision, id penates.DocumentID) error
	Reading(id penates.DocumentID, mark []byte) error
	Link(l penates.Link) error
	Job(p PastJob) error
	Entry(number int64, entry json.RawMessage, hash string) error
	Grant(grant json.RawMessage) error
	Setting(name, value string) error
	Blob(b Blob, open func() (BlobReader, error)) error
}

// dumped adds to a stored document what the vault knows of it.
const dumped = `json_set(iif(edited, json_set(json(doc), '$.edited', json('true')), json(doc)), '$.revision', rev,
 '$.added', strftime('%Y-%m-%dT%H:%M:%fZ', added / 1000.0, 'unixepoch'),
 '$.changed', strftime('%Y-%m-%dT%H:%M:%fZ', changed / 1000.0, 'unixepoch'))`

// dumpedTrash does so for a document in the trash.
const dumpedTrash = "json_set(" + dumped + ", '$.trashed', strftime('%Y-%m-%dT%H:%M:%fZ', trashed / 1000.0, 'unixepoch'))"

// Dump gives out all that the vault holds. Only whoever administers the vault
// may ask for it; the journal says so before anything leaves.
func (s *Session) Dump(ctx context.Context, to Dump) error {
	if err := s.allowAdminister("export"); err != nil {
		return err
	}
	e := s.entry(penates.Share, "export")
	if err := s.u.log.Add(s.u.w.quiet(), e, true); err != nil {
		return err
	}
	if err := s.u.fresh(ctx, s, func(c *conn) error { return dumpRows(c, to) }); err != nil {
		return err
	}
	return s.dumpBlobs(ctx, to)
}

func dumpRows(c *conn, to Dump) error {
	for _, k := range schema.Kinds() {
		err := c.Each("SELECT "+dumped+" FROM stored_documents WHERE type = ? ORDER BY day, start, id", func(r *sqlite3.Stmt) error {
			return to.Document(&k, r.ColumnRawText(0))
		}, k.Code)
		if err != nil {
			return err
		}
	}
	steps := []struct {
		sql string
		row func(*sqlite3.Stmt) error
	}{
		{"SELECT " + dumpedTrash + " FROM trash ORDER BY trashed, id", func(r *sqlite3.Stmt) error { return to.Trashed(r.ColumnRawText(0)) }},
		{"SELECT id, rev, at, by, json(doc) FROM revisions ORDER BY id, rev", func(r *sqlite3.Stmt) error {
			return to.Revision(Revision{r.ColumnInt(1), millis(r.ColumnInt64(2)), penates.Actor(r.ColumnText(3)), r.ColumnRawText(4)}, penates.DocumentID(r.ColumnText(0)))
		}},
		{"SELECT id, mark FROM readings ORDER BY id, mark", func(r *sqlite3.Stmt) error {
			return to.Reading(penates.DocumentID(r.ColumnText(0)), r.ColumnRawBlob(1))
		}},
		{"SELECT id, started, ended, what, read, added, updated, unchanged, refused FROM jobs ORDER BY n", func(r *sqlite3.Stmt) error {
			return to.Job(readJob(r))
		}},
		{`SELECT id, "from", rel, "to", confidence, rule, by, state FROM stored_links ORDER BY "from", rel, "to"`, func(r *sqlite3.Stmt) error {
			return to.Link(penates.Link{ID: penates.LinkID(r.ColumnText(0)), From: penates.DocumentID(r.ColumnText(1)), Rel: penates.Rel(r.ColumnText(2)),
				To: penates.DocumentID(r.ColumnText(3)), Confidence: r.ColumnFloat(4), Rule: r.ColumnText(5), By: penates.Actor(r.ColumnText(6)), State: penates.LinkState(r.ColumnText(7))})
		}},
		{"SELECT n, entry, hash FROM journal ORDER BY n", func(r *sqlite3.Stmt) error {
			return to.Entry(r.ColumnInt64(0), r.ColumnRawText(1), hex.EncodeToString(r.ColumnRawBlob(2)))
		}},
		{`SELECT iif(ended IS NULL, "grant", json_set("grant", '$.ended', strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1000.0, 'unixepoch'))) FROM grants ORDER BY added, id`, func(r *sqlite3.Stmt) error { return to.Grant(r.ColumnRawText(0)) }},
		{"SELECT name, value FROM settings ORDER BY name", func(r *sqlite3.Stmt) error { return to.Setting(r.ColumnText(0), r.ColumnText(1)) }},
	}
	for _, step := range steps {
		if err := c.Each(step.sql, step.row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) dumpBlobs(ctx context.Context, to Dump) error {
	var blobs []Blob
	err := s.read(ctx, func(c *conn) error {
		return c.Each("SELECT id, size, name, mime, path, added FROM blobs ORDER BY added, id", func(r *sqlite3.Stmt) error {
			blobs = append(blobs, readBlob(r))
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, b := range blobs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := to.Blob(b, func() (BlobReader, error) { return s.u.blobs.Open(b.ID) }); err != nil {
			return fmt.Errorf("blob %s: %w", b.ID, err)
		}
	}
	return nil
}

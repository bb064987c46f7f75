package vault

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

// JournalMime is the media type of a former vault's journal, which is kept among
// the raw bytes when that vault is taken over.
const JournalMime = "application/vnd.penates.journal+jsonl"

func readBlob(r *sqlite3.Stmt) Blob {
	return Blob{penates.BlobID(r.ColumnText(0)), r.ColumnInt64(1), r.ColumnText(2), r.ColumnText(3), r.ColumnText(4), millis(r.ColumnInt64(5))}
}

// origins calls each for every document there is or was, in the trash too, with the
// raw bytes it was read from and those it is the name of; either may be "".
func origins(c *conn, each func(raw, content penates.BlobID)) error {
	return c.Each(`SELECT doc ->> '$.source.raw', doc ->> '$.body.blob' FROM (SELECT doc FROM stored_documents UNION ALL SELECT doc FROM trash UNION ALL SELECT doc FROM revisions)`,
		func(r *sqlite3.Stmt) error {
			each(penates.BlobID(r.ColumnText(0)), penates.BlobID(r.ColumnText(1)))
			return nil
		})
}

// Raws returns the raw bytes that came in as files of their own, in the order
// they came, so that they can be read again. What lay inside another file, as an
// attachment does, is not among them.
func (s *Session) Raws(ctx context.Context) (raws []Blob, err error) {
	if err := s.allowAdminister("raws"); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		files, contents := map[penates.BlobID]bool{}, map[penates.BlobID]bool{}
		if err := origins(c, func(raw, content penates.BlobID) { files[raw], contents[content] = true, true }); err != nil {
			return err
		}
		return c.Each("SELECT id, size, name, mime, path, added FROM blobs ORDER BY added, path, id", func(r *sqlite3.Stmt) error {
			if b := readBlob(r); b.Mime != JournalMime && (files[b.ID] || !contents[b.ID]) {
				raws = append(raws, b)
			}
			return nil
		})
	})
	return raws, err
}

// An Origin says where a document was read from, and by which job it was last added
// or updated.
type Origin struct {
	ID     penates.DocumentID
	Kind   *schema.Kind
	Source penates.Source
	Edited bool
}

// Origins calls each for every document that was read from raw bytes, of all
// types. each must not use the session.
func (s *Session) Origins(ctx context.Context, each func(Origin) error) error {
	if err := s.allowWhole(penates.Read, "origins"); err != nil {
		return err
	}
	return s.read(ctx, func(c *conn) error {
		return c.Each(`SELECT d.id, d.type, s.connector, s.connection, d.doc ->> '$.source.native_id', d.doc ->> '$.source.raw', d.edited, d.doc ->> '$.source.job'
			FROM stored_documents d JOIN sources s ON s.n = d.source`, func(r *sqlite3.Stmt) error {
			o := Origin{ID: penates.DocumentID(r.ColumnText(0)), Kind: schema.OfCode(r.ColumnInt(1)), Edited: r.ColumnBool(6)}
			o.Source = penates.Source{Connector: r.ColumnText(2), Connection: r.ColumnText(3), NativeID: r.ColumnText(4), Raw: penates.BlobID(r.ColumnText(5)), Job: penates.JobID(r.ColumnText(7))}
			if o.Kind == nil || o.Source.Raw == "" {
				return nil
			}
			return each(o)
		})
	})
}

package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
)

// A Blob is what the vault knows of some raw bytes.
type Blob struct {
	ID   penates.BlobID `json:"id"`
	Size int64          `json:"size"`
	Name string         `json:"name"` // as it came first
	Mime string         `json:"mime,omitempty"`
	Path string         `json:"path,omitempty"` // where it was met first, within the folder or archive it came in
	// Added is when it was met first; zero in what the vault answers but a Dump.
	Added time.Time `json:"added,omitzero"`
}

// keep stores raw bytes that were met at name, which may be a path.
func (s *Session) keep(ctx context.Context, name, mime string, r io.Reader) (Blob, error) {
	id, size, err := s.u.blobs.Put(ctx, r)
	return Blob{ID: id, Size: size, Name: name[strings.LastIndexByte(name, '/')+1:], Mime: mime, Path: name}, err
}

func insertBlob(c *conn, b Blob, now time.Time) error {
	return c.Run("INSERT INTO blobs (id, size, name, mime, added, path) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET path = excluded.path WHERE path = ''",
		string(b.ID), b.Size, b.Name, b.Mime, now.UnixMilli(), b.Path)
}

// A BlobReader reads raw bytes.
type BlobReader interface {
	io.ReadSeekCloser
	Size() int64
}

// Keep stores raw bytes that no import brings, such as a file the person adds.
func (s *Session) Keep(ctx context.Context, name, mime string, r io.Reader) (Blob, error) {
	if err := s.allow(penates.Add, penates.Files, "blob"); err != nil {
		return Blob{}, err
	}
	b, err := s.keep(ctx, name, mime, r)
	if err != nil {
		return Blob{}, err
	}
	return b, s.writer().Do(ctx, func(c *conn) error { return insertBlob(c, b, s.now()) })
}

// Blob opens raw bytes that a document refers to. A session whose grant does not
// cover everything reaches only the content of files it shows whole.
func (s *Session) Blob(ctx context.Context, id penates.BlobID) (BlobReader, Blob, error) {
	b := Blob{ID: id}
	if err := s.allow(penates.Read, "", "blob"); err != nil {
		return nil, b, err
	}
	err := s.read(ctx, func(c *conn) error {
		if !s.scope.All() {
			return s.reach(c, &b)
		}
		found, err := c.One("SELECT size, name, mime FROM blobs WHERE id = ?", func(r *sqlite3.Stmt) error {
			b.Size, b.Name, b.Mime = r.ColumnInt64(0), r.ColumnText(1), r.ColumnText(2)
			return nil
		}, string(id))
		if err == nil && !found {
			err = fmt.Errorf("blob %s: %w", id, penates.NotExist)
		}
		return err
	})
	if err != nil {
		return nil, b, s.missing("blob", err)
	}
	r, err := s.u.blobs.Open(id)
	if err != nil {
		return nil, b, err
	}
	var types map[penates.Type]int
	if !s.scope.All() {
		types = map[penates.Type]int{penates.Files: 1}
	}
	if err := s.charge(penates.Read, "blob", types, int64(len(types)), b.Size); err != nil {
		return nil, b, errors.Join(err, r.Close())
	}
	return r, b, nil
}

// reach completes b when it is the content of a file that is shown whole, as that
// file describes it. Raw bytes a document was read from may hold more than the
// document, so they are not reached.
func (s *Session) reach(c *conn, b *Blob) error {
	p, found := s.scope.Of(penates.Files), false
	if p != nil && !p.Masked() {
		var err error
		found, err = c.One(fmt.Sprintf(`SELECT b.size, d.doc ->> '$.body.name', d.doc ->> '$.body.mime' FROM stored_documents d, blobs b
			WHERE d.type = %d AND d.doc ->> '$.body.blob' = ?1 AND b.id = ?1%s ORDER BY d.id`, p.Kind.Code, p.Rows()), func(r *sqlite3.Stmt) error {
			b.Size, b.Name, b.Mime = r.ColumnInt64(0), r.ColumnText(1), r.ColumnText(2)
			return nil
		}, string(b.ID))
		if err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("blob %s: %w", b.ID, penates.NotExist)
	}
	return nil
}

// blobsOf returns the raw bytes a document refers to.
func blobsOf(d *Stored) (ids []penates.BlobID) {
	if d.Source.Raw != "" {
		ids = append(ids, d.Source.Raw)
	}
	var body struct {
		Blob penates.BlobID `json:"blob"`
	}
	if json.Unmarshal(d.Body, &body) == nil && body.Blob != "" {
		ids = append(ids, body.Blob)
	}
	return ids
}

// dropBlobs deletes those of the blobs that no document, revision or trashed
// document refers to any more.
func (s *Session) dropBlobs(ctx context.Context, ids []penates.BlobID) error {
	seen := map[penates.BlobID]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		gone := false
		err := s.writer().Do(ctx, func(c *conn) error {
			used, err := referred(c, id)
			if err != nil || used {
				return err
			}
			gone = true
			return c.Run("DELETE FROM blobs WHERE id = ?", string(id))
		})
		if err != nil {
			return err
		}
		if gone {
			if err := s.u.blobs.Remove(id); err != nil {
				return err
			}
		}
	}
	return nil
}

func referred(c *conn, id penates.BlobID) (bool, error) {
	return c.One(`SELECT 1 FROM (SELECT doc FROM stored_documents UNION ALL SELECT doc FROM trash UNION ALL SELECT doc FROM revisions)
		WHERE doc ->> '$.source.raw' = ?1 OR doc ->> '$.body.blob' = ?1 LIMIT 1`,
		func(*sqlite3.Stmt) error { return nil }, string(id))
}

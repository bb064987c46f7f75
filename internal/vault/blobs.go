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
	"penates/internal/schema"
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
	return c.run("INSERT INTO blobs (id, size, name, mime, added, path) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET path = excluded.path WHERE path = ''",
		string(b.ID), b.Size, b.Name, b.Mime, now.UnixMilli(), b.Path)
}

// A BlobReader reads raw bytes.
type BlobReader interface {
	io.ReadSeekCloser
	Size() int64
}

// Keep stores raw bytes that no import brings, such as a file the person adds.
func (s *Session) Keep(ctx context.Context, name, mime string, r io.Reader) (Blob, error) {
	if err := s.allow(penates.Add, "", "blob"); err != nil {
		return Blob{}, err
	}
	b, err := s.keep(ctx, name, mime, r)
	if err != nil {
		return Blob{}, err
	}
	return b, s.writer().do(ctx, func(c *conn) error { return insertBlob(c, b, s.now()) })
}

// Blob opens raw bytes that a document refers to. A session whose grant does not
// cover every type reaches only those of documents it covers.
func (s *Session) Blob(ctx context.Context, id penates.BlobID) (BlobReader, Blob, error) {
	b := Blob{ID: id}
	if err := s.allow(penates.Read, "", "blob"); err != nil {
		return nil, b, err
	}
	err := s.read(ctx, func(c *conn) error {
		found, err := c.one("SELECT size, name, mime FROM blobs WHERE id = ?", func(r *sqlite3.Stmt) error {
			b.Size, b.Name, b.Mime = r.ColumnInt64(0), r.ColumnText(1), r.ColumnText(2)
			return nil
		}, string(id))
		if err == nil && found && !s.grant.All() {
			found, err = s.reachable(c, id)
		}
		if err == nil && !found {
			err = fmt.Errorf("blob %s: %w", id, penates.NotExist)
		}
		return err
	})
	if err != nil {
		return nil, b, err
	}
	r, err := s.u.blobs.Open(id)
	if err != nil {
		return nil, b, err
	}
	if err := s.record(penates.Read, "blob", nil); err != nil {
		return nil, b, errors.Join(err, r.Close())
	}
	return r, b, nil
}

// reachable reports whether a document the grant covers is made of the blob. Raw
// bytes a document was read from may hold more than the document, so they do
// not count.
func (s *Session) reachable(c *conn, id penates.BlobID) (bool, error) {
	if !s.grant.Covers(penates.Files) {
		return false, nil
	}
	k, err := schema.Of(penates.Files)
	if err != nil {
		return false, err
	}
	return c.one(fmt.Sprintf("SELECT 1 FROM stored_documents WHERE type = %d AND doc ->> '$.body.blob' = ?", k.Code),
		func(*sqlite3.Stmt) error { return nil }, string(id))
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
		err := s.writer().do(ctx, func(c *conn) error {
			used, err := referred(c, id)
			if err != nil || used {
				return err
			}
			gone = true
			return c.run("DELETE FROM blobs WHERE id = ?", string(id))
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
	return c.one(`SELECT 1 FROM (SELECT doc FROM stored_documents UNION ALL SELECT doc FROM trash UNION ALL SELECT doc FROM revisions)
		WHERE doc ->> '$.source.raw' = ?1 OR doc ->> '$.body.blob' = ?1 LIMIT 1`,
		func(*sqlite3.Stmt) error { return nil }, string(id))
}

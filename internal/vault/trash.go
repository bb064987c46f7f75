package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/schema"
	"penates/internal/vault/rows"
	"penates/internal/vault/twice"
)

// Put adds a document that no import brings, or replaces what the same source
// said before.
func (s *Session) Put(ctx context.Context, d *penates.Document, body schema.Body) (*Stored, error) {
	return s.put(ctx, d, body, false)
}

// PutNew is Put of a document that must not be there yet, nor in the trash: else the
// error is of kind Exists.
func (s *Session) PutNew(ctx context.Context, d *penates.Document, body schema.Body) (*Stored, error) {
	return s.put(ctx, d, body, true)
}

func (s *Session) put(ctx context.Context, d *penates.Document, body schema.Body, fresh bool) (*Stored, error) {
	if err := s.allow(penates.Add, body.DocType(), "put"); err != nil {
		return nil, err
	}
	if !s.scope.All() { // what others brought is not its to replace
		d.ID, d.Source = "", penates.Source{Connector: string(s.Actor()), NativeID: d.Source.NativeID}
	}
	r, err := form.Encode(d, body)
	if err != nil {
		return nil, err
	}
	var out *Stored
	err = s.change(ctx, penates.Add, "put", map[penates.Type]int{r.Kind.Type: 1}, func(c *conn) error {
		w := s.writer()
		source, err := w.source(c, r.Source)
		if err != nil {
			return err
		}
		outcome, err := w.Put(c, rows.Row{Record: r, Origin: source}, s.now())
		if err == nil && fresh && outcome != form.Added {
			err = fmt.Errorf("the document was added before: %w", penates.Exists)
		}
		if err != nil {
			return err
		}
		out, err = s.result(c, r.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// change runs f, which changes documents of the types it has counted when it ends,
// and notes that in the journal; for everybody but the owner, both are one commit.
func (s *Session) change(ctx context.Context, action penates.Action, what string, types map[penates.Type]int, f func(c *conn) error) error {
	if s.Actor() == penates.Owner {
		err := s.writer().Do(ctx, f)
		if err == nil {
			err = s.record(action, what, types)
		}
		return err
	}
	var over error
	t := &turn{ctx: ctx, chain: s.chain}
	t.f = func(c *conn) error {
		if err := f(c); err != nil {
			return err
		}
		t.entry = s.entryOf(action, what, types)
		over = s.u.counters.Charge(s.chain, t.entry, func(f func(c *conn) error) error { return f(c) })
		return over
	}
	err := s.writer().do(t)
	if over != nil {
		s.refuse(action, what, over)
	}
	return err
}

// result reads a document that was written, as it is shown. What the grant does not
// speak of it must not write either.
func (s *Session) result(c *conn, id penates.DocumentID) (*Stored, error) {
	d, err := readDocument(c, id)
	if err != nil || s.scope.All() {
		return d, err
	}
	p := s.scope.Of(d.Type)
	if p == nil || p.Masked() {
		return nil, errParts(d.Type)
	}
	shown, err := s.show(c, id)
	if errors.Is(err, penates.NotExist) {
		err = fmt.Errorf("the grant does not speak of such documents: %w", penates.Denied)
	}
	return shown, err
}

func errParts(t penates.Type) error {
	return fmt.Errorf("the grant shows only parts of %s, which it cannot write: %w", t, penates.Denied)
}

// Edit changes a document as the person wishes. Imports leave it alone from then
// on. Its id, type and source stay.
func (s *Session) Edit(ctx context.Context, id penates.DocumentID, change func(*penates.Document) error) (*Stored, error) {
	return s.EditKnown(ctx, id, func(*Stored) error { return nil }, change)
}

// EditKnown is Edit of a document that the session knows: with an error of known,
// which sees it as the session does, nothing changes.
func (s *Session) EditKnown(ctx context.Context, id penates.DocumentID, known func(*Stored) error, change func(*penates.Document) error) (*Stored, error) {
	before, err := s.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.allow(penates.Change, before.Type, "edit"); err != nil {
		return nil, err
	}
	if p := s.scope.Of(before.Type); p != nil && p.Masked() {
		err := errParts(before.Type)
		s.refuse(penates.Change, "edit", err)
		return nil, err
	}
	var out *Stored
	err = s.change(ctx, penates.Change, "edit", map[penates.Type]int{before.Type: 1}, func(c *conn) error {
		w := s.writer()
		old, found, err := rows.ReadStored(c, before.ID)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("document %s: %w", id, penates.NotExist)
		}
		now, err := s.result(c, before.ID)
		if err == nil {
			err = known(now)
		}
		if err != nil {
			return err
		}
		r, err := form.Edit(old.Doc, change)
		if err != nil {
			return err
		}
		if err := w.Replace(c, old, r, old.Source, true, s.Actor(), s.now()); err != nil {
			return err
		}
		out, err = s.result(c, before.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// forEach runs f for each id in one transaction, and notes the action once.
func (s *Session) forEach(ctx context.Context, action penates.Action, what string, ids []penates.DocumentID, f func(*conn, *Stored) error) error {
	if err := s.allow(action, "", what); err != nil {
		return err
	}
	types := map[penates.Type]int{}
	err := s.change(ctx, action, what, types, func(c *conn) error {
		for _, id := range ids {
			d, err := s.own(c, id)
			if err != nil {
				return err
			}
			types[d.Type]++
			if err := f(c, d); err != nil {
				return err
			}
		}
		return nil
	})
	return s.missing(what, err)
}

// own reads a document to be changed, as it is stored, if the session may see it.
func (s *Session) own(c *conn, id penates.DocumentID) (*Stored, error) {
	if !s.scope.All() {
		n, err := s.locate(c, id)
		if err != nil {
			return nil, err
		}
		if _, err := c.One("SELECT id FROM stored_documents WHERE n = ?", func(r *sqlite3.Stmt) error {
			id = penates.DocumentID(r.ColumnText(0))
			return nil
		}, n); err != nil {
			return nil, err
		}
	}
	return readDocument(c, id)
}

// Trash puts documents into the trash. They are found nowhere else from then on.
func (s *Session) Trash(ctx context.Context, ids ...penates.DocumentID) error {
	return s.forEach(ctx, penates.Delete, "trash", ids, func(c *conn, d *Stored) error {
		if !d.Trashed.IsZero() {
			return nil
		}
		old, _, err := rows.ReadStored(c, d.ID)
		if err != nil {
			return err
		}
		if err := c.Run(`INSERT INTO trash SELECT id, type, ?, rev, source, added, changed, edited, digest, doc FROM stored_documents WHERE n = ?`,
			s.now().UnixMilli(), old.N); err != nil {
			return err
		}
		return s.forget(c, d, old.N)
	})
}

// forget takes row n out of the documents and leaves a tombstone.
func (s *Session) forget(c *conn, d *Stored, n int64) error {
	k, err := schema.Of(d.Type)
	if err != nil {
		return err
	}
	if err := s.writer().Unindex(c, n); err != nil {
		return err
	}
	for _, sql := range []string{"DELETE FROM stored_documents WHERE n = ?", "DELETE FROM duplicates WHERE n = ?"} {
		if err := c.Run(sql, n); err != nil {
			return err
		}
	}
	if err := twice.Fuller(c, d.ID); err != nil {
		return err
	}
	return c.Run("INSERT INTO tombstones (seq, id, type) VALUES (?, ?, ?)", s.writer().Next(), d.ID, k.Code)
}

// Restore takes documents out of the trash, as they were.
func (s *Session) Restore(ctx context.Context, ids ...penates.DocumentID) error {
	if err := s.allowWhole(penates.Delete, "restore"); err != nil {
		return err
	}
	return s.forEach(ctx, penates.Delete, "restore", ids, func(c *conn, d *Stored) error {
		if d.Trashed.IsZero() {
			return nil
		}
		var doc []byte
		if _, err := c.One("SELECT json(doc) FROM trash WHERE id = ?", func(r *sqlite3.Stmt) error {
			doc = []byte(r.ColumnText(0))
			return nil
		}, d.ID); err != nil {
			return err
		}
		r, err := form.Recode(doc)
		if err != nil {
			return err
		}
		var day any
		if r.Day != "" {
			day = r.Day
		}
		err = c.Run(`INSERT INTO stored_documents (id, type, seq, rev, source, day, start, amount, currency, points, added, changed, edited, digest, doc)
			SELECT id, type, ?, rev, source, ?, ?, ?, ?, ?, added, changed, edited, digest, doc FROM trash WHERE id = ?`,
			s.writer().Next(), day, r.Start, r.Amount, r.Currency, r.Points, d.ID)
		if err != nil {
			return err
		}
		if err := rows.Index(c, c.LastInsertRowID(), r); err != nil {
			return err
		}
		if err := twice.Fuller(c, d.ID); err != nil {
			return err
		}
		return c.Run("DELETE FROM trash WHERE id = ?", d.ID)
	})
}

// Purge deletes documents that are in the trash for ever: with their history,
// their links, and the raw bytes nothing else refers to. The space is given back.
func (s *Session) Purge(ctx context.Context, ids ...penates.DocumentID) error {
	if err := s.allowWhole(penates.Delete, "purge"); err != nil {
		return err
	}
	var blobs []penates.BlobID
	err := s.forEach(ctx, penates.Delete, "purge", ids, func(c *conn, d *Stored) error {
		if d.Trashed.IsZero() {
			return fmt.Errorf("document %s is not in the trash; put it there first: %w", d.ID, penates.Invalid)
		}
		blobs = append(blobs, blobsOf(d)...)
		for _, sql := range []string{
			"DELETE FROM trash WHERE id = ?", "DELETE FROM revisions WHERE id = ?", "DELETE FROM readings WHERE id = ?",
			`DELETE FROM stored_links WHERE "from" = ?`, `DELETE FROM stored_links WHERE "to" = ?`,
		} {
			if err := c.Run(sql, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.dropBlobs(ctx, blobs)
}

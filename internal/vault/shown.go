package vault

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/schema"
	"penates/internal/scope"
)

// What a session under a grant is shown of documents outside of SQL. Package scope
// says which rows, and masks what is not shown of them.

func masked(p *scope.Part) bool { return p.Masked() }
func whole(p *scope.Part) bool  { return !p.Masked() }

// locate returns the row of a document that the session may see and knows by id.
func (s *Session) locate(c *conn, id penates.DocumentID) (n int64, err error) {
	found := false
	for _, try := range []struct {
		id    penates.DocumentID
		where func(*scope.Part) bool
	}{{id, whole}, {s.ids.Real(id), masked}} {
		if found || try.id == "" {
			continue
		}
		found, err = c.One("SELECT d.n FROM stored_documents d WHERE d.id = ? AND "+s.scope.Visible(try.where), func(r *sqlite3.Stmt) error {
			n = r.ColumnInt64(0)
			return nil
		}, try.id)
		if err != nil {
			return 0, err
		}
	}
	if !found {
		err = fmt.Errorf("document %s: %w", id, penates.NotExist)
	}
	return n, err
}

// show reads a document as it is shown.
func (s *Session) show(c *conn, id penates.DocumentID) (*Stored, error) {
	n, err := s.locate(c, id)
	if err != nil {
		return nil, err
	}
	return s.showRow(c, n)
}

func (s *Session) showRow(c *conn, n int64) (d *Stored, err error) {
	_, err = c.One("SELECT json(doc), rev, added, changed, edited, seq FROM stored_documents WHERE n = ?", func(r *sqlite3.Stmt) error {
		if d, err = form.Decode(r.ColumnRawText(0)); err != nil {
			return err
		}
		d.Revision, d.Added, d.Changed = r.ColumnInt(1), millis(r.ColumnInt64(2)), millis(r.ColumnInt64(3))
		d.Edited, d.Seq = r.ColumnBool(4), s.ids.Cursor(r.ColumnInt64(5))
		return nil
	}, n)
	if err != nil {
		return nil, err
	}
	p := s.scope.Of(d.Type)
	if p.Cut() {
		if err := cut(c, d, p, n); err != nil {
			return nil, err
		}
	}
	return d, s.scope.Stored(d, s.ids)
}

// cut leaves the points that are shown, and the time they span.
func cut(c *conn, d *Stored, p *scope.Part, n int64) error {
	_, err := c.One("SELECT "+p.Points()+" FROM stored_documents d WHERE n = ?", func(r *sqlite3.Stmt) error {
		return form.SetPoints(d, r.ColumnRawText(0))
	}, n)
	return err
}

// showPast leaves of an earlier state of a document what is shown.
func (s *Session) showPast(doc []byte) (json.RawMessage, error) {
	if s.scope.All() {
		return append(json.RawMessage{}, doc...), nil
	}
	d, err := form.Decode(doc)
	if err == nil {
		err = s.scope.Mask(&d.Document)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(d.Document)
}

// listed returns the condition on documents d of a type, for a list by day within
// f. A type of which days are not shown is in no such list: its place would tell.
func (s *Session) listed(code int, f Filter) (where string, ok bool) {
	k := schema.OfCode(code)
	if s.scope.All() {
		return "", k != nil
	}
	p := s.scope.Of(k.Type)
	if p == nil || !p.Shows("day") || !p.Shows("start") || f.Source != "" && !p.Shows("source") {
		return "", false
	}
	return p.Rows(), true
}

// place reads a place in a list that hide wrote.
func (s *Session) place(text string) (form.Cursor, error) {
	if s.ids != nil {
		var err error
		if text, err = s.ids.Open(text); err != nil {
			return form.Cursor{}, err
		}
	}
	return form.ParseCursor(text)
}

func (s *Session) hide(c form.Cursor) string {
	if s.ids != nil {
		return s.ids.Seal(c.String())
	}
	return c.String()
}

// noted records an answer that gave no documents but figures about them; the
// owner's own is not.
func (s *Session) noted(err error, what string) error {
	if err != nil || s.Actor() == penates.Owner {
		return err
	}
	return s.record(penates.Read, what, nil)
}

// summarise reads the summaries of rows as they are shown.
func (s *Session) summarise(c *conn, n int64) (m Summary, doc *Stored, err error) {
	if m, err = summaryOf(c, n); err != nil {
		return m, nil, err
	}
	s.scope.Summary(&m, s.ids)
	doc, err = s.showRow(c, n)
	return m, doc, err
}

// visible runs f for the id in the vault of a document that the session may see
// and knows by id.
func (s *Session) visible(ctx context.Context, id penates.DocumentID, f func(c *conn, real penates.DocumentID) error) error {
	return s.read(ctx, func(c *conn) error {
		if s.scope.All() {
			return f(c, id)
		}
		n, err := s.locate(c, id)
		if err != nil {
			return err
		}
		real := penates.DocumentID("")
		if _, err := c.One("SELECT id FROM stored_documents WHERE n = ?", func(r *sqlite3.Stmt) error {
			real = penates.DocumentID(r.ColumnText(0))
			return nil
		}, n); err != nil {
			return err
		}
		return f(c, real)
	})
}

package vault

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/vault/twice"
)

func insertLink(c *conn, l *penates.Link) error {
	if l.From == l.To || l.From == "" || l.To == "" || l.Rel == "" {
		return fmt.Errorf("a link needs a relation and two documents: %w", penates.Invalid)
	}
	return c.Run(`INSERT INTO stored_links (id, "from", rel, "to", confidence, rule, by) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT ("from", rel, "to") DO UPDATE SET confidence = excluded.confidence, rule = excluded.rule, by = excluded.by
		WHERE state = '' AND rule <> 'source'`,
		penates.NewID("lnk"), l.From, string(l.Rel), l.To, l.Confidence, l.Rule, l.By)
}

// SetLinks makes links the links of a rule: those the rule made before and does
// not name now are dropped, except where the person confirmed or rejected them.
func (s *Session) SetLinks(ctx context.Context, rule string, links []penates.Link) error {
	if err := s.allowWhole(penates.Change, "links"); err != nil {
		return err
	}
	err := s.writer().Do(ctx, func(c *conn) error {
		if err := c.Exec(`CREATE TEMP TABLE IF NOT EXISTS wanted ("from" TEXT, rel TEXT, "to" TEXT, PRIMARY KEY ("from", rel, "to")) WITHOUT ROWID; DELETE FROM wanted`); err != nil {
			return c.Fault(err)
		}
		same := false
		for i := range links {
			l := &links[i]
			l.Rule, l.By = rule, s.Actor()
			same = same || l.Rel == penates.SameAs
			if err := insertLink(c, l); err != nil {
				return err
			}
			if err := c.Run(`INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)`, l.From, string(l.Rel), l.To); err != nil {
				return err
			}
		}
		err := c.Each(`DELETE FROM stored_links WHERE rule = ? AND state = '' AND NOT EXISTS (SELECT 1 FROM wanted w
			WHERE w."from" = stored_links."from" AND w.rel = stored_links.rel AND w."to" = stored_links."to") RETURNING rel`, func(r *sqlite3.Stmt) error {
			same = same || r.ColumnText(0) == string(penates.SameAs)
			return nil
		}, rule)
		if err != nil || !same {
			return err
		}
		return twice.All(c)
	})
	if err != nil {
		return err
	}
	return s.record(penates.Change, "links", nil)
}

// Links returns the links of a document with the documents at their other ends,
// surest first. Rejected links come too, so that the person can take it back;
// links to documents the grant does not cover do not.
func (s *Session) Links(ctx context.Context, id penates.DocumentID) (linked []Linked, err error) {
	d, err := s.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	types := map[penates.Type]int{}
	err = s.visible(ctx, id, func(c *conn, real penates.DocumentID) error {
		seen := s.scope.Visible(nil)
		if !s.scope.All() {
			seen += " AND l.state <> 'rejected'"
		}
		for _, end := range [2]struct {
			sql string
			out bool
		}{
			{`SELECT ` + form.SummaryColumns + `, l.id, l."from", l.rel, l."to", l.confidence, l.rule, l.by, l.state
				FROM stored_links l JOIN stored_documents d ON d.id = l."to" WHERE l."from" = ? AND ` + seen + ` ORDER BY l.confidence DESC, d.day DESC LIMIT 500`, true},
			{`SELECT ` + form.SummaryColumns + `, l.id, l."from", l.rel, l."to", l.confidence, l.rule, l.by, l.state
				FROM stored_links l JOIN stored_documents d ON d.id = l."from" WHERE l."to" = ? AND ` + seen + ` ORDER BY l.confidence DESC, d.day DESC LIMIT 500`, false},
		} {
			err := c.Each(end.sql, func(r *sqlite3.Stmt) error {
				other, err := form.ReadSummary(r)
				if err != nil {
					return err
				}
				types[other.Type]++
				linked = append(linked, s.showLink(d, Linked{Link: penates.Link{
					ID: penates.LinkID(r.ColumnText(12)), From: penates.DocumentID(r.ColumnText(13)), Rel: penates.Rel(r.ColumnText(14)),
					To: penates.DocumentID(r.ColumnText(15)), Confidence: r.ColumnFloat(16), Rule: r.ColumnText(17),
					By: penates.Actor(r.ColumnText(18)), State: penates.LinkState(r.ColumnText(19)),
				}, Outgoing: end.out, Other: other}))
				return nil
			}, real)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || s.scope.All() {
		return linked, err
	}
	return linked, s.record(penates.Read, "links", types)
}

// showLink leaves of a link of d what is shown. By which rule it was made, and how
// sure it is, tells of fields that are not shown.
func (s *Session) showLink(d *Stored, l Linked) Linked {
	if s.scope.All() {
		return l
	}
	ends := [2]penates.DocumentID{d.ID, l.Other.ID}
	if s.scope.Of(d.Type).Masked() || s.scope.Of(l.Other.Type).Masked() {
		l.Confidence, l.Rule, l.By = 0, "", ""
	}
	s.scope.Summary(&l.Other, s.ids)
	if ends[1] = l.Other.ID; !l.Outgoing {
		ends[0], ends[1] = ends[1], ends[0]
	}
	l.From, l.To = ends[0], ends[1]
	return l
}

// JudgeLink notes what the person says of a link; the zero state takes it back.
func (s *Session) JudgeLink(ctx context.Context, id penates.LinkID, state penates.LinkState) error {
	if err := s.allow(penates.Change, "", "links"); err != nil {
		return err
	}
	if state != "" && state != penates.Confirmed && state != penates.Rejected {
		return fmt.Errorf("link state %q: %w", state, penates.Invalid)
	}
	err := s.writer().Do(ctx, func(c *conn) error {
		if err := s.ownLink(c, id); err != nil {
			return err
		}
		var from penates.DocumentID
		err := c.Each(`UPDATE stored_links SET state = ? WHERE id = ? RETURNING "from"`, func(r *sqlite3.Stmt) error {
			from = penates.DocumentID(r.ColumnText(0))
			return nil
		}, string(state), string(id))
		if err != nil {
			return err
		}
		return twice.From(c, from)
	})
	if err != nil {
		return err
	}
	return s.record(penates.Change, "links", nil)
}

// ownLink returns a NotExist error unless the session's grant covers both ends.
func (s *Session) ownLink(c *conn, id penates.LinkID) error {
	ends := 0
	err := c.Each(`SELECT 1 FROM stored_links l JOIN stored_documents d ON d.id IN (l."from", l."to") WHERE l.id = ? AND `+s.scope.Visible(nil), func(r *sqlite3.Stmt) error {
		ends++
		return nil
	}, string(id))
	if err == nil && ends != 2 {
		err = fmt.Errorf("link %s: %w", id, penates.NotExist)
	}
	return err
}

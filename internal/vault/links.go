package vault

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

func insertLink(c *conn, l *penates.Link) error {
	if l.From == l.To || l.From == "" || l.To == "" || l.Rel == "" {
		return fmt.Errorf("a link needs a relation and two documents: %w", penates.Invalid)
	}
	return c.run(`INSERT INTO stored_links (id, "from", rel, "to", confidence, rule, by) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT ("from", rel, "to") DO UPDATE SET confidence = excluded.confidence, rule = excluded.rule, by = excluded.by
		WHERE state = '' AND rule <> 'source'`,
		penates.NewID("lnk"), l.From, string(l.Rel), l.To, l.Confidence, l.Rule, l.By)
}

// SetLinks makes links the links of a rule: those the rule made before and does
// not name now are dropped, except where the person confirmed or rejected them.
func (s *Session) SetLinks(ctx context.Context, rule string, links []penates.Link) error {
	if err := s.allow(penates.Change, "", "links"); err != nil {
		return err
	}
	err := s.writer().do(ctx, func(c *conn) error {
		if err := c.Exec(`CREATE TEMP TABLE IF NOT EXISTS wanted ("from" TEXT, rel TEXT, "to" TEXT, PRIMARY KEY ("from", rel, "to")) WITHOUT ROWID; DELETE FROM wanted`); err != nil {
			return c.fault(err)
		}
		same := false
		for i := range links {
			l := &links[i]
			l.Rule, l.By = rule, s.Actor()
			same = same || l.Rel == penates.SameAs
			if err := insertLink(c, l); err != nil {
				return err
			}
			if err := c.run(`INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)`, l.From, string(l.Rel), l.To); err != nil {
				return err
			}
		}
		err := c.each(`DELETE FROM stored_links WHERE rule = ? AND state = '' AND NOT EXISTS (SELECT 1 FROM wanted w
			WHERE w."from" = stored_links."from" AND w.rel = stored_links.rel AND w."to" = stored_links."to") RETURNING rel`, func(r *sqlite3.Stmt) error {
			same = same || r.ColumnText(0) == string(penates.SameAs)
			return nil
		}, rule)
		if err != nil || !same {
			return err
		}
		return noteAllSame(c)
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
	if _, err := s.Document(ctx, id); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		for _, end := range [2]struct {
			sql string
			out bool
		}{
			{`SELECT ` + summaryColumns + `, l.id, l."from", l.rel, l."to", l.confidence, l.rule, l.by, l.state
				FROM stored_links l JOIN stored_documents d ON d.id = l."to" WHERE l."from" = ? ORDER BY l.confidence DESC, d.day DESC LIMIT 500`, true},
			{`SELECT ` + summaryColumns + `, l.id, l."from", l.rel, l."to", l.confidence, l.rule, l.by, l.state
				FROM stored_links l JOIN stored_documents d ON d.id = l."from" WHERE l."to" = ? ORDER BY l.confidence DESC, d.day DESC LIMIT 500`, false},
		} {
			err := c.each(end.sql, func(r *sqlite3.Stmt) error {
				other, err := readSummary(r)
				if err != nil || !s.grant.Covers(other.Type) {
					return err
				}
				linked = append(linked, Linked{Link: penates.Link{
					ID: penates.LinkID(r.ColumnText(12)), From: penates.DocumentID(r.ColumnText(13)), Rel: penates.Rel(r.ColumnText(14)),
					To: penates.DocumentID(r.ColumnText(15)), Confidence: r.ColumnFloat(16), Rule: r.ColumnText(17),
					By: penates.Actor(r.ColumnText(18)), State: penates.LinkState(r.ColumnText(19)),
				}, Outgoing: end.out, Other: other})
				return nil
			}, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return linked, err
}

// JudgeLink notes what the person says of a link; the zero state takes it back.
func (s *Session) JudgeLink(ctx context.Context, id penates.LinkID, state penates.LinkState) error {
	if err := s.allow(penates.Change, "", "links"); err != nil {
		return err
	}
	if state != "" && state != penates.Confirmed && state != penates.Rejected {
		return fmt.Errorf("link state %q: %w", state, penates.Invalid)
	}
	err := s.writer().do(ctx, func(c *conn) error {
		if err := s.ownLink(c, id); err != nil {
			return err
		}
		var from penates.DocumentID
		err := c.each(`UPDATE stored_links SET state = ? WHERE id = ? RETURNING "from"`, func(r *sqlite3.Stmt) error {
			from = penates.DocumentID(r.ColumnText(0))
			return nil
		}, string(state), string(id))
		if err != nil {
			return err
		}
		return noteSame(c, from)
	})
	if err != nil {
		return err
	}
	return s.record(penates.Change, "links", nil)
}

// ownLink returns a NotExist error unless the session's grant covers both ends.
func (s *Session) ownLink(c *conn, id penates.LinkID) error {
	ends := 0
	err := c.each(`SELECT d.type FROM stored_links l JOIN stored_documents d ON d.id IN (l."from", l."to") WHERE l.id = ?`, func(r *sqlite3.Stmt) error {
		if k := schema.OfCode(r.ColumnInt(0)); k != nil && s.grant.Covers(k.Type) {
			ends++
		}
		return nil
	}, string(id))
	if err == nil && ends != 2 {
		err = fmt.Errorf("link %s: %w", id, penates.NotExist)
	}
	return err
}

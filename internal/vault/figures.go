package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/disclose"
	"penates/internal/grant"
	"penates/internal/journal"
)

// sameAnswer is how long an equal question gets the answer it got before.
const sameAnswer = 24 * time.Hour

// Figures answers a question under a grant that gives figures only (its limits
// name an Aggregate): see package disclose for what no number of answers tells.
// Those to one grantee, and to those it passed grants on to, are about the same
// cells. An equal question gets the same answer for a day; another counts against
// the budget. The error is of kind Denied when that is used up.
func (s *Session) Figures(ctx context.Context, q grant.Question) ([]grant.Figure, error) {
	if err := s.allow(penates.Read, "", figures); err != nil {
		return nil, err
	}
	if s.limits.Aggregate == nil {
		return nil, fmt.Errorf("the grant gives documents; ask for those: %w", penates.Invalid)
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	sql, p, err := s.scope.Figures(&q, s.Actor())
	if err != nil {
		return nil, err
	}
	s.u.figures.Lock() // one question at a time: each is answered by what was told before
	defer s.u.figures.Unlock()
	out, known, err := s.answered(ctx, &q)
	if err == nil && !known {
		out, err = s.figure(ctx, &q, sql, p.Kind.Type)
	}
	if err != nil {
		if kind := journal.Refusal(err); kind != "" {
			s.refuse(penates.Read, figures, err)
		}
		return nil, err
	}
	return out, s.charge(penates.Read, figures, map[penates.Type]int{p.Kind.Type: 0}, int64(len(out)), 0)
}

// figures is what the journal calls a question about them.
const figures = "figures"

// answered returns the answer that an equal question got lately, and else whether
// the budget of each grant has room for another.
func (s *Session) answered(ctx context.Context, q *grant.Question) (out []grant.Figure, known bool, err error) {
	err = s.read(ctx, func(c *conn) error {
		known, err = c.One(`SELECT answer FROM answered WHERE "grant" = ? AND question = ? AND at > ? ORDER BY at DESC LIMIT 1`, func(r *sqlite3.Stmt) error {
			return json.Unmarshal(r.ColumnRawText(0), &out)
		}, string(s.grant.ID), q.Canonical(), s.now().Add(-sameAnswer).UnixMilli())
		for _, g := range s.chain {
			if err != nil || known || g.Limits.Aggregate == nil {
				continue
			}
			_, err = c.One(`SELECT count(*) FROM answered WHERE "grant" = ?`, func(r *sqlite3.Stmt) error {
				if r.ColumnInt(0) >= g.Limits.Aggregate.Budget {
					return fmt.Errorf("the grant answers %d questions, which were asked: %w", g.Limits.Aggregate.Budget, penates.Denied)
				}
				return nil
			}, string(g.ID))
		}
		return err
	})
	return out, known, err
}

// figure answers a new question. The answer, and what it told, are durable when it
// returns.
func (s *Session) figure(ctx context.Context, q *grant.Question, sql string, t penates.Type) (out []grant.Figure, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxTimeUnder, errTooLong)
	defer cancel()
	grantee, state := string(s.chain[len(s.chain)-1].Grantee), disclose.New()
	var rows []disclose.Row
	err = s.read(ctx, func(c *conn) error {
		_, err := c.One("SELECT state FROM disclosed WHERE grantee = ? AND type = ?", func(r *sqlite3.Stmt) error {
			return json.Unmarshal(r.ColumnRawBlob(0), state)
		}, grantee, string(t))
		if err != nil {
			return err
		}
		return c.Each(sql, func(r *sqlite3.Stmt) error {
			rows = append(rows, figureRow(r, q))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for _, f := range state.Answer(string(s.grant.ID), rows, q.Sum, s.limits.Aggregate.MinGroup) {
		g := grant.Figure{Documents: f.Documents, Sums: f.Sums}
		if len(q.By) > 0 {
			g.By = strings.Split(f.Group, "\x00")
		}
		for i, sum := range g.Sums { // sums of decimals carry noise of their binary form
			g.Sums[i] = math.Round(sum*1e6) / 1e6
		}
		out = append(out, g)
	}
	told, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return out, s.writer().Do(ctx, func(c *conn) error {
		err := c.Run("INSERT INTO disclosed (grantee, type, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state", grantee, string(t), told)
		for _, g := range s.chain {
			if err == nil {
				err = c.Run(`INSERT INTO answered ("grant", question, at, answer) VALUES (?, ?, ?, ?)`, string(g.ID), q.Canonical(), s.now().UnixMilli(), string(answer))
			}
		}
		return err
	})
}

// figureRow reads a row of the SELECT that scope.Figures makes.
func figureRow(r *sqlite3.Stmt, q *grant.Question) disclose.Row {
	row := disclose.Row{N: r.ColumnInt64(0), Seq: r.ColumnInt64(1), Hidden: !r.ColumnBool(2), In: r.ColumnBool(3)}
	const before = 4
	var by []string
	for i := range q.By {
		by = append(by, strings.ReplaceAll(r.ColumnText(before+i), "\x00", ""))
	}
	row.Group = strings.Join(by, "\x00")
	for i := range q.Sum {
		var value *float64
		if at := before + len(q.By) + i; r.ColumnType(at) != sqlite3.NULL {
			v := r.ColumnFloat(at)
			value = &v
		}
		row.Values = append(row.Values, value)
	}
	return row
}

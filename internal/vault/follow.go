package vault

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
)

// A signal is told to all who wait for it.
type signal struct {
	mu   sync.Mutex
	next chan struct{} // closed when it is told
}

// wait returns a channel that is closed when the signal is told.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = make(chan struct{})
	}
	return s.next
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		close(s.next)
		s.next = nil
	}
}

// Changes returns the steps of the change sequence after since, oldest first, at
// most limit of them. Zero is the beginning; under a grant the numbers are the
// grant's own and say nothing but where to go on. A document that a grant showed
// before and shows no more is told as deleted; so is one that is gone, unless the
// grant selects by what is no longer known of it.
func (s *Session) Changes(ctx context.Context, since int64, limit int) (changes []Change, err error) {
	if err := s.allow(penates.Read, "", "changes"); err != nil {
		return nil, err
	}
	if changes, err = s.changes(ctx, since, limit); err != nil {
		return nil, err
	}
	types := map[penates.Type]int{}
	for _, c := range changes {
		types[c.Type]++
	}
	return changes, s.record(penates.Read, "changes", types)
}

func (s *Session) changes(ctx context.Context, since int64, limit int) (changes []Change, err error) {
	limit = min(max(limit, 0), 10_000)
	if s.ids != nil && since != 0 {
		since = s.ids.Seq(since)
	}
	take := func(r *sqlite3.Stmt) error {
		if k := schema.OfCode(r.ColumnInt(2)); k != nil {
			changes = append(changes, Change{r.ColumnInt64(0), penates.DocumentID(r.ColumnText(1)), k.Type, r.ColumnBool(3)})
		}
		return nil
	}
	err = s.read(ctx, func(c *conn) error {
		err := c.Each("SELECT d.seq, d.id, d.type, 0 FROM stored_documents d WHERE d.seq > ? AND "+s.scope.Visible(nil)+" ORDER BY d.seq LIMIT ?", take, since, limit)
		if err != nil {
			return err
		}
		if s.scope.All() {
			return c.Each("SELECT seq, id, type, 1 FROM tombstones WHERE seq > ? ORDER BY seq LIMIT ?", take, since, limit)
		}
		for _, k := range s.scope.Kinds() {
			if err := s.gone(c, k, since, limit, take); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Seq, b.Seq) })
	changes = changes[:min(limit, len(changes))]
	if s.ids != nil {
		for i := range changes {
			c := &changes[i]
			c.Seq = s.ids.Cursor(c.Seq)
			if s.scope.Of(c.Type).Masked() {
				c.ID = s.ids.Own(c.ID)
			}
		}
	}
	return changes, err
}

// gone finds documents of one type that the grant showed and shows no more.
func (s *Session) gone(c *conn, k *schema.Kind, since int64, limit int, take func(*sqlite3.Stmt) error) error {
	p := s.scope.Of(k.Type)
	if p.Free() {
		return c.Each("SELECT seq, id, type, 1 FROM tombstones WHERE seq > ? AND type = ? ORDER BY seq LIMIT ?", take, since, k.Code, limit)
	}
	err := c.Each("SELECT t.seq, t.id, t.type, 1 FROM tombstones t JOIN trash d ON d.id = t.id WHERE t.seq > ? AND t.type = ?"+p.Past()+
		" ORDER BY t.seq LIMIT ?", take, since, k.Code, limit)
	if err != nil {
		return err
	}
	// Those whose state of before was shown, and was the state while the grant held.
	return c.Each(`SELECT x.seq, x.id, x.type, 1 FROM (SELECT d.seq, d.id, d.type, d.changed FROM stored_documents d
			WHERE d.seq > ?1 AND d.type = ?2 AND d.rev > 1 AND NOT coalesce(TRUE`+p.Rows()+`, FALSE)) x
		WHERE EXISTS (SELECT 1 FROM revisions d WHERE d.id = x.id AND ?3 <
			coalesce((SELECT later.at FROM revisions later WHERE later.id = d.id AND later.rev = d.rev + 1), x.changed)`+p.Past()+`)
		ORDER BY x.seq LIMIT ?4`, take, since, k.Code, s.grant.Starts.UnixMilli(), limit)
}

// Wait returns nil when there are changes after since, and an error when ctx ends,
// the vault is locked, or the grant is stopped or over. Changes that the grant does
// not show wake nobody.
func (s *Session) Wait(ctx context.Context, since int64) error {
	if err := s.allow(penates.Read, "", "changes"); err != nil {
		return err
	}
	ends, cancel := context.WithCancel(ctx)
	defer cancel()
	if end := s.ends(); !end.IsZero() {
		timer := time.AfterFunc(end.Sub(s.now()), cancel)
		defer timer.Stop()
	}
	for {
		told := s.u.changed.wait()
		if err := s.standing.allow(s.u, s.now(), penates.Read, ""); err != nil {
			s.refuse(penates.Read, "changes", err)
			return err
		}
		changes, err := s.changes(ends, since, 1)
		if err == nil && len(changes) > 0 {
			return nil
		}
		if err == nil {
			select {
			case <-told:
				continue
			case <-s.u.ctx.Done():
				return errClosed
			case <-ends.Done():
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ends.Err() == nil {
			return err
		}
		err = fmt.Errorf("the grant ended: %w", penates.Denied)
		s.refuse(penates.Read, "changes", err)
		return err
	}
}

// ends returns when the grant, or one it was passed on from, ends; zero is never.
func (s *Session) ends() (end time.Time) {
	for _, g := range s.chain {
		if !g.Expires.IsZero() && (end.IsZero() || g.Expires.Before(end)) {
			end = g.Expires
		}
	}
	return end
}

package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/ledger"
	"penates/internal/scope"
)

// A Granted is a grant as the vault keeps it.
type Granted struct {
	grant.Grant
	Added time.Time `json:"added"`
	Ended time.Time `json:"ended,omitzero"` // when it was stopped, before its time
}

// A GrantFilter selects grants. The zero filter selects all but the owner's.
type GrantFilter struct {
	ID      penates.GrantID
	Grantee penates.Actor
	Active  bool // without those stopped or over
	Before  penates.GrantID
	Limit   int // at most 1,000; 100 when zero
}

// keptGrants bounds how many grants are kept in memory, ready to be used.
const keptGrants = 1000

// grants are those in memory, ready to be used, and those stopped since the vault
// was opened, which sessions may still hold.
type grants struct {
	mu      sync.RWMutex
	ready   map[penates.GrantID]*standing
	stopped map[penates.GrantID]bool
}

// stopped returns a Denied error when one of the grants was stopped.
func (u *unlocked) stopped(chain []*grant.Grant) error {
	u.grants.mu.RLock()
	defer u.grants.mu.RUnlock()
	if len(u.grants.stopped) == 0 {
		return nil
	}
	for _, g := range chain {
		if u.grants.stopped[g.ID] {
			return errStopped
		}
	}
	return nil
}

var errStopped = fmt.Errorf("the grant was stopped: %w", penates.Denied)

// Under returns a session that holds a grant, for a purpose; empty is that of the
// grant. The error is of kind Locked, NotExist when there is no such grant, or
// Denied when it was stopped, is over or has not begun.
func (v *Vault) Under(id penates.GrantID, purpose string) (*Session, error) {
	v.mu.Lock()
	u := v.open
	v.mu.Unlock()
	if u == nil {
		return nil, errClosed
	}
	a, err := u.standing(id)
	if err != nil {
		return nil, err
	}
	for _, g := range a.chain {
		if err := g.Active(u.now()); err != nil {
			return nil, err
		}
	}
	if purpose == "" {
		purpose = a.chain[0].Purpose
	}
	return &Session{u: u, grant: a.chain[0], standing: *a, purpose: purpose, began: u.now().UTC()}, nil
}

// standing returns a grant ready to be used.
func (u *unlocked) standing(id penates.GrantID) (*standing, error) {
	u.grants.mu.RLock()
	a := u.grants.ready[id]
	u.grants.mu.RUnlock()
	if a != nil {
		return a, u.stopped(a.chain)
	}
	var chain []*grant.Grant
	err := u.read(u.ctx, u.self, func(c *conn) error {
		for next := id; next != ""; next = chain[len(chain)-1].Parent {
			g, err := readGrant(c, next)
			if err != nil {
				return err
			}
			if !g.Ended.IsZero() {
				return errStopped
			}
			if chain = append(chain, &g.Grant); len(chain) > grant.MaxDepth+1 {
				return fmt.Errorf("grant %s was passed on too often: %w", id, penates.Damaged)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a, err = u.stand(chain...)
	if err != nil {
		return nil, err
	}
	u.grants.mu.Lock()
	defer u.grants.mu.Unlock()
	if len(u.grants.ready) >= keptGrants {
		clear(u.grants.ready)
	}
	u.grants.ready[id] = a
	return a, nil
}

// stand makes a grant, and those it was passed on from, ready to be used.
func (u *unlocked) stand(chain ...*grant.Grant) (*standing, error) {
	a := &standing{chain: chain}
	for _, g := range chain {
		a.limits = a.limits.Tighten(g.Limits)
	}
	var err error
	if a.scope, err = scope.Compile(chain...); err != nil || a.scope.All() {
		return a, err
	}
	key, err := u.key.Derive("penates/grant/1").MAC([]byte(chain[0].ID))
	if err == nil {
		a.ids, err = scope.NewIDs(key[:])
	}
	return a, err
}

func readGrant(c *conn, id penates.GrantID) (g Granted, err error) {
	found, err := c.One(`SELECT "grant", added, ended FROM grants WHERE id = ?`, func(r *sqlite3.Stmt) (err error) {
		g, err = granted(r)
		return err
	}, string(id))
	if err == nil && !found {
		err = fmt.Errorf("grant %s: %w", id, penates.NotExist)
	}
	return g, err
}

func granted(r *sqlite3.Stmt) (g Granted, err error) {
	if err := json.Unmarshal(r.ColumnRawText(0), &g.Grant); err != nil {
		return g, fmt.Errorf("grant: %w (%w)", penates.Damaged, err)
	}
	g.Added, g.Ended = millis(r.ColumnInt64(1)), millis(r.ColumnInt64(2))
	return g, nil
}

// AddGrant gives a grant. It gets an id and, unless it has one, a start: now. Only
// whoever administers the vault may.
func (s *Session) AddGrant(ctx context.Context, g grant.Grant) (grant.Grant, error) {
	if err := s.allowAdminister("grants"); err != nil {
		return g, err
	}
	g.Parent = ""
	if g.Administer && g.Grantee != penates.Owner && s.Actor() != penates.Owner {
		return g, fmt.Errorf("only the owner lets somebody else administer the vault: %w", penates.Denied)
	}
	return s.give(ctx, g)
}

// Delegate passes on part of what the session's own grant gives, to the grantee of
// g. The grant that comes of it gives no more than the session's own, shares its
// limits, and ends with it. The error is of kind Denied when g asks for more.
func (s *Session) Delegate(ctx context.Context, g grant.Grant) (grant.Grant, error) {
	if err := s.allow(penates.Share, "", "grants"); err != nil {
		return g, err
	}
	s.date(&g)
	g.Parent = s.grant.ID
	err := grant.Within(&g, s.grant)
	if err == nil && len(s.chain) > grant.MaxDepth {
		err = fmt.Errorf("the grant was passed on too often already: %w", penates.Denied)
	}
	if err == nil && g.Grantee == penates.Owner {
		err = fmt.Errorf("the owner needs no grant: %w", penates.Denied)
	}
	if err != nil {
		s.refuse(penates.Share, "grants", err)
		return g, err
	}
	return s.give(ctx, g)
}

// date gives g its start, and its times the form in which they are kept.
func (s *Session) date(g *grant.Grant) {
	if g.Starts.IsZero() {
		g.Starts = s.now()
	}
	g.Starts, g.Expires = g.Starts.UTC().Truncate(time.Millisecond), g.Expires.UTC().Truncate(time.Millisecond)
}

func (s *Session) give(ctx context.Context, g grant.Grant) (grant.Grant, error) {
	g.ID = penates.GrantID(penates.NewID("grt"))
	s.date(&g)
	if err := g.Validate(); err != nil {
		return g, err
	}
	if _, err := scope.Compile(&g); err != nil {
		return g, err
	}
	b, err := json.Marshal(g)
	if err != nil {
		return g, err
	}
	err = s.writer().Do(ctx, func(c *conn) error {
		e := s.entry(penates.Share, "grant "+string(g.ID)+" to "+string(g.Grantee))
		if err := c.Run(`INSERT INTO grants (id, grantee, added, "grant") VALUES (?, ?, ?, ?)`, string(g.ID), g.Grantee, s.now().UnixMilli(), engine.RawText(b)); err != nil {
			return err
		}
		return ledger.Append(c, e)
	})
	return g, err
}

// Revoke stops a grant, and those that were passed on from it: the next call of a
// session that holds one is refused, and what waits for changes ends. It may be
// called by whoever administers the vault, and by who passed the grant on.
func (s *Session) Revoke(ctx context.Context, id penates.GrantID) error {
	may := func() error { return s.allow(penates.Share, "", "grants") }
	if s.grant.Administer {
		may = func() error { return s.allowAdminister("grants") }
	}
	if err := may(); err != nil {
		return err
	}
	err := s.writer().Do(ctx, func(c *conn) error {
		g, err := readGrant(c, id)
		if err != nil {
			return err
		}
		switch {
		case !s.grant.Administer && g.Parent != s.grant.ID:
			return fmt.Errorf("grant %s: %w", id, penates.NotExist)
		case g.Grantee == penates.Owner:
			return fmt.Errorf("the owner's grant cannot be stopped: %w", penates.Denied)
		case !g.Ended.IsZero():
			return nil
		}
		if err := c.Run("UPDATE grants SET ended = ? WHERE id = ?", s.now().UnixMilli(), string(id)); err != nil {
			return err
		}
		return ledger.Append(c, s.entry(penates.Share, "stop grant "+string(id)+" of "+string(g.Grantee)))
	})
	if err != nil {
		if errors.Is(err, penates.NotExist) || errors.Is(err, penates.Denied) {
			s.refuse(penates.Share, "grants", err)
		}
		return err
	}
	s.u.grants.mu.Lock()
	s.u.grants.stopped[id] = true
	for ready, a := range s.u.grants.ready {
		if slices.ContainsFunc(a.chain, func(g *grant.Grant) bool { return g.ID == id }) {
			delete(s.u.grants.ready, ready)
		}
	}
	s.u.grants.mu.Unlock()
	s.u.changed.tell()
	return nil
}

// Grants returns grants, the latest first. Who does not administer the vault sees
// those that were passed on from the session's own.
func (s *Session) Grants(ctx context.Context, f GrantFilter) (out []Granted, err error) {
	where, args := "grantee <> ?", []any{penates.Owner}
	if !s.grant.Administer {
		if err := s.allow(penates.Share, "", "grants"); err != nil {
			return nil, err
		}
		where, args = where+` AND "grant" ->> '$.parent' = ?`, append(args, string(s.grant.ID))
	} else if err := s.allowAdminister("grants"); err != nil {
		return nil, err
	}
	if f.ID != "" {
		where, args = where+" AND id = ?", append(args, string(f.ID))
	}
	if f.Grantee != "" {
		where, args = where+" AND grantee = ?", append(args, f.Grantee)
	}
	if f.Active {
		where, args = where+` AND ended IS NULL AND coalesce(unixepoch("grant" ->> '$.expires') * 1000 > ?, TRUE)`, append(args, s.now().UnixMilli())
	}
	if f.Before != "" {
		where, args = where+" AND (added, id) < ((SELECT added FROM grants WHERE id = ?), ?)", append(args, string(f.Before), string(f.Before))
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	err = s.read(ctx, func(c *conn) error {
		return c.Each(`SELECT "grant", added, ended FROM grants WHERE `+where+" ORDER BY added DESC, id DESC LIMIT ?", func(r *sqlite3.Stmt) error {
			g, err := granted(r)
			out = append(out, g)
			return err
		}, append(args, min(f.Limit, 1000))...)
	})
	return out, err
}

// A Preview shows what a selection of a grant lets through.
type Preview struct {
	View  string `json:"view"`
	Rows  int    `json:"rows"`  // how many there are in all
	Table *Table `json:"first"` // the first of them
}

// Preview shows what a grant would let through, type by type, at most limit rows
// of each: the rows that its grantee would read. Only whoever administers the
// vault may ask.
func (s *Session) Preview(ctx context.Context, g grant.Grant, limit int) (out []Preview, err error) {
	if err := s.allowAdminister("preview"); err != nil {
		return nil, err
	}
	g.ID, g.Parent, g.Starts, g.Expires = penates.GrantID(penates.NewID("grt")), "", time.Time{}, time.Time{}
	if g.Grantee == "" {
		g.Grantee = "app:preview"
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	a, err := s.u.stand(&g)
	if err != nil {
		return nil, err
	}
	as := &Session{u: s.u, grant: &g, standing: *a}
	ctx, cancel := context.WithTimeoutCause(ctx, maxQueryTime, errTooLong)
	defer cancel()
	for _, k := range a.scope.Kinds() {
		p := Preview{View: k.View}
		err := as.read(ctx, func(c *conn) error {
			if _, _, err := c.PrepareViews(k.View, a.scope); err != nil {
				return err
			}
			if p.Table, err = c.Guarded("SELECT * FROM "+k.View, min(max(limit, 1), 500), nil); err != nil {
				return err
			}
			n, err := c.Guarded("SELECT count(*) FROM "+k.View, 1, nil)
			if err == nil {
				p.Rows = int(n.Rows[0][0].(int64))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, s.record(penates.Read, "preview", nil)
}

package vault

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/journal"
	"penates/internal/scope"
)

var errClosed = fmt.Errorf("session: %w", penates.Locked)

// A Session is the only handle on the data of a vault: what one actor may do
// under one grant. All its methods may be used by several goroutines. It ends
// when the vault is locked; its methods answer penates.Locked from then on, and
// penates.Denied once the grant is stopped or over.
type Session struct {
	u     *unlocked
	grant *grant.Grant
	standing
	purpose string
	began   time.Time
}

// A standing is what a grant comes to with those it was passed on from.
type standing struct {
	chain  []*grant.Grant // the grant itself first
	limits grant.Limits
	scope  *scope.Scope
	ids    *scope.IDs // nil where the vault's own are shown
}

// Actor returns who the session speaks for.
func (s *Session) Actor() penates.Actor { return s.grant.Grantee }

// Grant returns the grant the session holds. The caller must not change it.
func (s *Session) Grant() *grant.Grant { return s.grant }

// Limits returns what bounds the session: the tightest of its grant and those it
// was passed on from.
func (s *Session) Limits() grant.Limits { return s.limits }

// Began returns when the session was opened: for the page's, when its owner
// logged in.
func (s *Session) Began() time.Time { return s.began }

// Identity returns the vault's id and the key that its signatures verify with.
func (s *Session) Identity() (string, ed25519.PublicKey) { return s.u.id, s.u.identity.Public() }

// Sign signs with the vault's identity key. What the message is belongs in its first
// bytes. Only who administers the vault may.
func (s *Session) Sign(message []byte) ([]byte, error) {
	if err := s.allowAdminister("sign"); err != nil {
		return nil, err
	}
	return s.u.identity.Sign(message), nil
}

// Created returns when the vault was made.
func (s *Session) Created() time.Time { return s.u.created }

func (s *Session) now() time.Time { return s.u.now().UTC() }

func (s *Session) writer() *writer { return s.u.w }

// read runs f on a connection that reads.
func (s *Session) read(ctx context.Context, f func(c *conn) error) error {
	return s.u.read(ctx, s, f)
}

// allow asks the grant; a refusal is noted in the journal.
func (s *Session) allow(action penates.Action, t penates.Type, what string) error {
	if s.u.closed() {
		return errClosed
	}
	err := s.standing.allow(s.u, s.now(), action, t)
	if err == nil && action == penates.Read && s.limits.Aggregate != nil && what != figures {
		err = fmt.Errorf("the grant gives figures over groups only: ask for those: %w", penates.Denied)
	}
	if err != nil {
		s.refuse(action, what, err)
	}
	return err
}

func (a *standing) allow(u *unlocked, now time.Time, action penates.Action, t penates.Type) error {
	if err := u.stopped(a.chain); err != nil {
		return err
	}
	for _, g := range a.chain {
		if err := g.Allow(now, action, t); err != nil {
			return err
		}
	}
	if t != "" && !a.scope.Covers(t) {
		return fmt.Errorf("%s may not %s %s: %w", a.chain[0].Grantee, action, t, penates.Denied)
	}
	return nil
}

// allowWhole asks whether the session may do what concerns documents of every
// type at once.
func (s *Session) allowWhole(action penates.Action, what string) error {
	if err := s.allow(action, "", what); err != nil {
		return err
	}
	if s.scope.All() {
		return nil
	}
	err := fmt.Errorf("%s: it takes a grant of everything: %w", what, penates.Denied)
	s.refuse(action, what, err)
	return err
}

// allowAdminister asks whether the session may act on the vault itself.
func (s *Session) allowAdminister(what string) error {
	if s.u.closed() {
		return errClosed
	}
	err := s.u.stopped(s.chain)
	if err == nil {
		err = s.grant.AllowAdminister(s.now())
	}
	if err != nil {
		s.refuse(penates.Change, what, err)
	}
	return err
}

func (s *Session) entry(action penates.Action, what string) *journal.Entry {
	return &journal.Entry{At: s.now(), Actor: s.Actor(), Grant: s.grant.ID, Purpose: s.purpose, Action: action, What: what}
}

// record notes an access that gave so many documents of each type. The owner's own
// are counted together by the minute; anybody else's is durable before the answer
// leaves, and charged to the limits of the grant.
func (s *Session) record(action penates.Action, what string, types map[penates.Type]int) error {
	return s.chargeFor(s.entryOf(action, what, types))
}

// entryOf is an entry about so many documents of each type.
func (s *Session) entryOf(action penates.Action, what string, types map[penates.Type]int) *journal.Entry {
	e := s.entry(action, what)
	if len(types) > 0 {
		e.Types = types
	}
	if s.Actor() != penates.Owner {
		for _, n := range types {
			e.Rows += int64(n)
		}
	}
	return e
}

// charge is record for so many rows and bytes.
func (s *Session) charge(action penates.Action, what string, types map[penates.Type]int, rows, bytes int64) error {
	e := s.entryOf(action, what, types)
	if s.Actor() != penates.Owner {
		e.Rows, e.Bytes = rows, bytes
	}
	return s.chargeFor(e)
}

// chargeFor notes an entry, and charges it unless it is of the owner.
func (s *Session) chargeFor(e *journal.Entry) error {
	if s.Actor() == penates.Owner {
		return s.u.log.Add(s.u.w.quiet(), e, false)
	}
	if err := s.u.counters.Charge(s.chain, e, func(f func(c *conn) error) error { return s.u.fresh(s.u.ctx, s.u.self, f) }); err != nil {
		s.refuse(e.Action, e.What, err)
		return err
	}
	return s.u.log.Add(s.u.w.quiet(), e, true, s.chain...)
}

// missing notes that something was asked for that is not there, or is not let
// through: the two are told apart by nothing.
func (s *Session) missing(what string, err error) error {
	if errors.Is(err, penates.NotExist) && !s.scope.All() {
		s.refuse(penates.Read, what, err)
	}
	return err
}

// refuse notes a refused access. That it cannot be noted does not make the
// refusal less of one.
func (s *Session) refuse(action penates.Action, what string, why error) {
	e := s.entry(action, what)
	e.Refused = journal.Refusal(why)
	if err := s.u.log.Add(s.u.w.quiet(), e, true, s.chain...); err != nil {
		s.u.logger.Error("a refused access could not be noted in the journal", "error", err)
	}
}

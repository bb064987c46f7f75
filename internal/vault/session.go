package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/journal"
)

var errClosed = fmt.Errorf("session: %w", penates.Locked)

// A Session is the only handle on the data of a vault: what one actor may do
// under one grant. All its methods may be used by several goroutines. It ends
// when the vault is locked; its methods answer penates.Locked from then on.
type Session struct {
	u       *unlocked
	grant   *grant.Grant
	purpose string
	began   time.Time
}

// Actor returns who the session speaks for.
func (s *Session) Actor() penates.Actor { return s.grant.Grantee }

// Began returns when the session was opened: for the page's, when its owner
// logged in.
func (s *Session) Began() time.Time { return s.began }

// Created returns when the vault was made.
func (s *Session) Created() time.Time { return s.u.created }

func (s *Session) now() time.Time { return s.u.now().UTC() }

func (s *Session) writer() *writer { return s.u.w }

// read runs f on a connection that reads.
func (s *Session) read(ctx context.Context, f func(c *conn) error) error {
	return s.u.read(ctx, s.grant, f)
}

// allow asks the grant; a refusal is noted in the journal.
func (s *Session) allow(action penates.Action, t penates.Type, what string) error {
	if s.u.closed() {
		return errClosed
	}
	err := s.grant.Allow(s.now(), action, t)
	if err != nil {
		s.refuse(action, what, err)
	}
	return err
}

// allowAdminister asks whether the session may act on the vault itself.
func (s *Session) allowAdminister(what string) error {
	if s.u.closed() {
		return errClosed
	}
	err := s.grant.AllowAdminister(s.now())
	if err != nil {
		s.refuse(penates.Change, what, err)
	}
	return err
}

func (s *Session) entry(action penates.Action, what string) *journal.Entry {
	return &journal.Entry{At: s.now(), Actor: s.Actor(), Grant: s.grant.ID, Purpose: s.purpose, Action: action, What: what}
}

// record notes an access. The owner's own are counted together by the minute;
// anybody else's is durable before the answer leaves.
func (s *Session) record(action penates.Action, what string, types map[penates.Type]int) error {
	e := s.entry(action, what)
	if len(types) > 0 {
		e.Types = types
	}
	return s.u.log.add(s.u.w, e, s.Actor() != penates.Owner)
}

// refuse notes a refused access. That it cannot be noted does not make the
// refusal less of one.
func (s *Session) refuse(action penates.Action, what string, why error) {
	e := s.entry(action, what)
	e.Refused = refusal(why)
	if err := s.u.log.add(s.u.w, e, true); err != nil {
		s.u.logger.Error("a refused access could not be noted in the journal", "error", err)
	}
}

func refusal(err error) string {
	var kind penates.Kind
	if errors.As(err, &kind) {
		return kind.Error()
	}
	return penates.Denied.Error()
}

package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/journal"
)

// Limits of what is remembered for protocols.
const (
	maxRememberedName  = 200
	maxRememberedValue = 256 << 10
)

// Remember stores value for a protocol under a kind and a key, in place of what was
// there, until expires; a zero time is for ever. It is for state such as clients
// and hashes of tokens: the journal is not told, so it is told of what matters by
// whoever remembers it. Only who may administer the vault may.
func (s *Session) Remember(ctx context.Context, kind, key string, value []byte, expires time.Time) error {
	if err := s.allowAdminister("state of protocols"); err != nil {
		return err
	}
	if kind == "" || key == "" || len(kind)+len(key) > maxRememberedName || len(value) > maxRememberedValue {
		return fmt.Errorf("remember %d bytes as %s: %w", len(value), kind, penates.TooLarge)
	}
	now := s.now().UnixMilli()
	var until any
	if !expires.IsZero() {
		until = expires.UnixMilli()
	}
	if value == nil {
		value = []byte{}
	}
	return s.writer().Do(ctx, func(c *conn) error {
		if err := c.Run("DELETE FROM remembered WHERE expires <= ?", now); err != nil {
			return err
		}
		return c.Run(`INSERT INTO remembered (kind, key, value, expires) VALUES (?, ?, ?, ?)
			ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires`, kind, key, value, until)
	})
}

// Recall returns what is remembered under kind and key, or a NotExist error.
func (s *Session) Recall(ctx context.Context, kind, key string) (value []byte, err error) {
	if err := s.allowAdminister("state of protocols"); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(c *conn) error {
		found, err := c.One("SELECT value FROM remembered WHERE kind = ? AND key = ? AND (expires IS NULL OR expires > ?)",
			func(r *sqlite3.Stmt) error { value = r.ColumnBlob(0, []byte{}); return nil }, kind, key, s.now().UnixMilli())
		if err == nil && !found {
			err = fmt.Errorf("remembered %s: %w", kind, penates.NotExist)
		}
		return err
	})
	return value, err
}

// RecallEach calls f with all that is remembered of a kind whose keys begin with prefix,
// in the order of keys. f must not use the session.
func (s *Session) RecallEach(ctx context.Context, kind, prefix string, f func(key string, value []byte) error) error {
	if err := s.allowAdminister("state of protocols"); err != nil {
		return err
	}
	return s.read(ctx, func(c *conn) error {
		return c.Each("SELECT key, value FROM remembered WHERE kind = ? AND key >= ? AND substr(key, 1, length(?)) = ? AND (expires IS NULL OR expires > ?) ORDER BY key",
			func(r *sqlite3.Stmt) error { return f(r.ColumnText(0), r.ColumnBlob(1, []byte{})) }, kind, prefix, prefix, prefix, s.now().UnixMilli())
	})
}

// Forget removes what is remembered under kind and key. It answers NotExist when there
// is nothing, so that of several who forget the same thing exactly one succeeds.
func (s *Session) Forget(ctx context.Context, kind, key string) error {
	if err := s.allowAdminister("state of protocols"); err != nil {
		return err
	}
	return s.writer().Do(ctx, func(c *conn) error {
		if err := c.Run("DELETE FROM remembered WHERE kind = ? AND key = ? AND (expires IS NULL OR expires > ?)", kind, key, s.now().UnixMilli()); err != nil {
			return err
		}
		if c.Changes() == 0 {
			return fmt.Errorf("remembered %s: %w", kind, penates.NotExist)
		}
		return nil
	})
}

// Note writes into the journal what actor did or was refused before a session of
// theirs began, as at the door of a protocol. Refusals are counted together by the
// minute, so that whoever tries again and again does not fill the journal.
func (s *Session) Note(actor penates.Actor, id penates.GrantID, action penates.Action, what string, refused error) error {
	if err := s.allowAdminister("journal"); err != nil {
		return err
	}
	e := &journal.Entry{At: s.now(), Actor: actor, Grant: id, Action: action, What: what}
	if refused != nil {
		e.Refused = journal.Refusal(refused)
	}
	return s.u.log.Add(s.u.w.quiet(), e, refused == nil)
}

package vault

import (
	"context"
	"errors"

	"penates"
	"penates/internal/engine"
	"penates/internal/upkeep"
)

// A Checkup is what a check of the whole vault found.
type Checkup = upkeep.Checkup

// Check reads every byte the vault keeps and verifies it: pages, documents and
// their words, blobs, the journal's chain. progress, if not nil, is told what is
// being checked, and how much of how much is done.
func (s *Session) Check(ctx context.Context, progress upkeep.Progress) (*Checkup, error) {
	return s.check(ctx, false, progress)
}

// CheckDeep does what Check does, and follows all that refers to something else:
// raw bytes by their sums, ends of links, documents by their words, every row of
// every view.
func (s *Session) CheckDeep(ctx context.Context, progress upkeep.Progress) (*Checkup, error) {
	return s.check(ctx, true, progress)
}

func (s *Session) check(ctx context.Context, deep bool, progress upkeep.Progress) (*Checkup, error) {
	if err := s.allowAdminister("check"); err != nil {
		return nil, err
	}
	if err := s.u.log.Flush(s.u.w.quiet()); err != nil && !errors.Is(err, penates.Damaged) { // else the check names it
		return nil, err
	}
	k, err := s.storage().Check(ctx, deep, progress)
	if err != nil {
		return k, err
	}
	return k, s.record(penates.Read, "check", nil)
}

// Compact gives back the space that nothing uses. Nobody writes meanwhile.
func (s *Session) Compact(ctx context.Context, progress upkeep.Progress) (*upkeep.Compaction, error) {
	if err := s.allowAdminister("compact"); err != nil {
		return nil, err
	}
	c, err := s.u.connect()
	if err != nil {
		return nil, err
	}
	r, err := s.storage().Compact(ctx, c, s.now(), progress)
	if err = errors.Join(err, c.Close()); err != nil {
		return r, err
	}
	return r, s.record(penates.Change, "compact", nil)
}

// storage is what the vault's upkeep works on.
func (s *Session) storage() *upkeep.Store {
	return &upkeep.Store{
		Dir: s.u.dir, Vault: s.u.id, Database: databaseFile, Key: s.u.key, Content: s.u.blobs, Scope: s.u.self.scope,
		Read:  func(ctx context.Context, f func(*engine.Conn) error) error { return s.u.fresh(ctx, s.u.self, f) },
		Write: s.u.w.settled,
		Quiet: func(f func() error) error {
			s.u.w.mu.Lock()
			defer s.u.w.mu.Unlock()
			if err := s.u.w.commit(); err != nil {
				return err
			}
			return s.u.pool.Loose(func() error { return s.u.w.ledger.Aside(f) })
		},
	}
}

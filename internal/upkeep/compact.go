package upkeep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/engine"
)

// Grace is how long a blob file that the vault does not list is left alone: an
// import may be about to list it.
const Grace = 24 * time.Hour

// A Compaction says what space was given back, in bytes.
type Compaction struct {
	Before  int64 `json:"before"` // of the database with its log
	After   int64 `json:"after"`
	Orphans int   `json:"orphans"` // blob files that were removed
	Removed int64 `json:"removed"` // their size
	Left    int   `json:"left"`    // orphans younger than a day, which stay
}

// Compact gives back the space that nothing uses: it forgets what is over,
// merges the index of full-text search, writes the database anew without the pages
// that are free, and removes blob files the vault does not list. Each step is whole
// or not at all; one that was cut short is taken again by the next Compact. c is a
// connection of its own, without a transaction.
func (s *Store) Compact(ctx context.Context, c *engine.Conn, now time.Time, progress Progress) (*Compaction, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	r := &Compaction{}
	err := s.Quiet(func() (err error) {
		if r.Before, err = s.size(); err != nil {
			return err
		}
		// What is put together meanwhile goes to sealed files, not into memory.
		steps := []string{"PRAGMA temp_store = FILE", "INSERT INTO words (words) VALUES ('optimize')", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"}
		for i, sql := range steps {
			progress("database", i, len(steps))
			if err := c.While(ctx, func() error { return c.Fault(c.Exec(sql)) }); err != nil {
				return err
			}
		}
		progress("database", len(steps), len(steps))
		r.After, err = s.size()
		return err
	})
	if err != nil {
		return r, err
	}
	return r, s.sweep(r, now)
}

// size returns the size of the database with its log.
func (s *Store) size() (int64, error) {
	var sum int64
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(filepath.Join(s.Dir, s.Database+suffix))
		if err == nil {
			sum += info.Size()
		} else if suffix == "" || !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
	}
	return sum, nil
}

// sweep removes blob files that are not listed, once they are older than Grace.
func (s *Store) sweep(r *Compaction, now time.Time) error {
	listed, err := s.listed()
	if err != nil {
		return err
	}
	r.Orphans, r.Removed, r.Left, err = s.Content.Sweep(now.Add(-Grace), func(name string) bool { return listed[name] })
	return err
}

// listed returns the names of the blob files the vault lists.
func (s *Store) listed() (map[string]bool, error) {
	listed := map[string]bool{}
	err := s.Read(context.Background(), func(c *engine.Conn) error {
		return c.Each("SELECT id FROM blobs", func(r *sqlite3.Stmt) error {
			name, err := s.Content.Name(blobID(r))
			listed[name] = true
			return err
		})
	})
	return listed, err
}

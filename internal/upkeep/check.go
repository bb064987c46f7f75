// Package upkeep keeps the storage of a vault sound: it checks every part of it,
// makes anew what is drawn from the rest, and gives back the space that nothing
// uses. It knows no rights: a session decides who may ask for it.
package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/blob"
	"penates/internal/engine"
	"penates/internal/journal"
	"penates/internal/scope"
	"penates/internal/seal"
	"penates/internal/sealvfs"
)

// What a person can do about a problem.
const (
	byRepair  = "penates repair"
	byRestore = "penates backup restore URL --to DIR"
	byImport  = "penates repair, then import the file again or penates backup restore URL --to DIR"
)

// A Checkup is what a check of the whole vault found.
type Checkup struct {
	Pages     int   `json:"pages"`
	Documents int   `json:"documents"`
	Blobs     int   `json:"blobs"`
	Entries   int64 `json:"journal"`
	// Problems has a line for each, which names the file and place, and what to do.
	Problems []string `json:"problems"`
	Deep     *Depth   `json:"deep,omitempty"` // of a deep check

	database int        // problems of the database that a repair can mend
	lost     []LostBlob // blob files that are damaged, or missing, with size -1
}

// Mendable reports whether the database has problems that a repair can mend.
func (k *Checkup) Mendable() bool { return k.database > 0 }

// A Depth is what a deep check looked at besides.
type Depth struct {
	Links   int `json:"links"`
	Waiting int `json:"waiting"` // links that a source gave to documents that never came
	Views   int `json:"views"`
	Rows    int `json:"rows"` // that the views gave
	// Breaks counts the places where the journal's chain is broken, and a later entry
	// says so.
	Breaks int `json:"breaks"`
	// Unused counts raw bytes that no document refers to any more; they stay, as they
	// were put in. Orphans counts blob files that the vault does not list, which an
	// interrupted import leaves; penates compact removes them.
	Unused  int `json:"unused"`
	Orphans int `json:"orphans"`
}

// maxProblems bounds the list; a vault with more is lost anyway.
const maxProblems = 1000

func (k *Checkup) problem(remedy, format string, args ...any) {
	if remedy == byRepair {
		k.database++
	}
	if len(k.Problems) < maxProblems {
		k.Problems = append(k.Problems, fmt.Sprintf(format, args...)+" → "+remedy)
	}
}

// note makes damage a problem of the checkup; other errors stop the check.
func (k *Checkup) note(remedy string, err error) error {
	if errors.Is(err, penates.Damaged) || errors.Is(err, penates.NotExist) {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			k.problem(remedy, "%s", line)
		}
		return nil
	}
	return err
}

// Progress is told what is being done, and how much of how much.
type Progress func(what string, done, total int)

// A Store is the storage of an unlocked vault.
type Store struct {
	Dir, Vault, Database string // folder, id, name of the database's file
	Key                  seal.Key
	Content              *blob.Store
	Scope                *scope.Scope // of everything
	// Read and Write run f on a connection that reads or writes; Write commits.
	Read, Write func(ctx context.Context, f func(c *engine.Conn) error) error
	// Quiet runs f while nobody writes and all is committed.
	Quiet func(f func() error) error
}

// A check is one check of a vault under way.
type check struct {
	*Store
	*Checkup
	ctx      context.Context
	progress Progress
}

// Check reads every byte the vault keeps and verifies it: pages, documents and
// their words, blobs, the journal's chain; a deep check also what refers to what.
// progress may be nil. With an error of another kind than damage, the Checkup says
// what was found until then.
func (s *Store) Check(ctx context.Context, deep bool, progress Progress) (*Checkup, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	k := &check{Store: s, Checkup: &Checkup{Problems: []string{}}, ctx: ctx, progress: progress}
	steps := []func() error{k.files, k.database, k.journal, k.blobs}
	if deep {
		k.Deep = &Depth{}
		steps = append(steps, k.links, k.duplicates, k.words, k.origins, k.views)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return k.Checkup, err
		}
	}
	return k.Checkup, nil
}

func (k *check) each(sql string, row func(*sqlite3.Stmt) error, args ...any) error {
	return k.Read(k.ctx, func(c *engine.Conn) error { return c.Each(sql, row, args...) })
}

// files verifies the seal of every page of the database's files, and the two
// copies of the keys.
func (k *check) files() error {
	_, faults, err := seal.Load(k.Dir)
	for _, f := range faults {
		k.problem(byRepair, "%s", f)
	}
	k.Checkup.database = 0 // so far it was the keys
	if err := k.note(byRestore, err); err != nil {
		return err
	}
	return k.Quiet(func() error {
		r, err := sealvfs.Check(k.ctx, k.Key, k.Vault, filepath.Join(k.Dir, k.Database), func(done, total int64) {
			k.progress("files", int(done>>10), int(total>>10))
		})
		k.Pages = int(r.Pages + r.Frames)
		return k.note(byRepair, err)
	})
}

func (k *check) database() error {
	k.progress("database", 0, 1)
	err := k.each("PRAGMA integrity_check(100)", func(r *sqlite3.Stmt) error {
		if line := r.ColumnText(0); line != "ok" {
			k.problem(byRepair, "database: %s", line)
		}
		return nil
	})
	if err == nil {
		err = k.each("SELECT id, json_valid(doc, 8) FROM stored_documents", func(r *sqlite3.Stmt) error {
			k.Documents++
			if !r.ColumnBool(1) {
				k.problem(byRepair, "document %s: not readable", r.ColumnText(0))
			}
			return nil
		})
	}
	if err != nil {
		return k.note(byRepair, err)
	}
	// The words of full-text search are checked by the engine, which counts as a
	// write to it.
	err = k.Write(k.ctx, func(c *engine.Conn) error {
		return c.Run("INSERT INTO words (words) VALUES ('integrity-check')")
	})
	k.progress("database", 1, 1)
	return k.note(byRepair, err)
}

func (k *check) journal() error {
	k.progress("journal", 0, 1)
	entries, breaks, err := verifyJournal(k.ctx, k.Read)
	k.Entries = entries
	if k.Deep != nil {
		k.Deep.Breaks = breaks
	}
	k.progress("journal", 1, 1)
	return k.note(byRepair, err)
}

// verifyJournal follows the journal's chain to its end and returns how many
// entries it has, and at how many places it is broken and a later entry says so.
func verifyJournal(ctx context.Context, read func(context.Context, func(*engine.Conn) error) error) (entries int64, breaks int, err error) {
	v := &journal.Verifier{}
	err = read(ctx, func(c *engine.Conn) error {
		err := c.Each("SELECT n, entry FROM journal WHERE entry ->> '$.breaks' IS NOT NULL", func(r *sqlite3.Stmt) error {
			e, err := journal.Decode(r.ColumnRawText(1))
			v.Told(r.ColumnInt64(0), &e)
			return err
		})
		if err != nil {
			return err
		}
		return c.Each("SELECT n, entry, hash FROM journal ORDER BY n", func(r *sqlite3.Stmt) error {
			if _, err := journal.Decode(r.ColumnRawText(1)); err != nil {
				return err
			}
			entries++
			return v.Next(r.ColumnInt64(0), bytes.Clone(r.ColumnRawText(1)), r.ColumnBlob(2, nil))
		})
	})
	return entries, v.Breaks(), err
}

// blobs verifies every blob file, those included that an interrupted import left
// and nothing refers to. A deep check opens those that are listed by their id too.
func (k *check) blobs() error {
	type listed struct {
		id       penates.BlobID
		original string
		size     int64
	}
	wanted := map[string]listed{}
	err := k.each("SELECT id, name, size FROM blobs", func(r *sqlite3.Stmt) error {
		b := listed{penates.BlobID(r.ColumnText(0)), r.ColumnText(1), r.ColumnInt64(2)}
		name, err := k.Content.Name(b.id)
		wanted[name] = b
		return err
	})
	if err != nil {
		return k.note(byRepair, err)
	}
	names, err := k.Content.Names()
	if err != nil {
		return err
	}
	for i, name := range names {
		k.progress("blobs", i, len(names))
		b, known := wanted[name]
		delete(wanted, name)
		k.Checkup.Blobs++
		err := k.Content.Verify(k.ctx, name)
		switch {
		case err == nil && known && k.Deep != nil:
			err = k.content(b.id, b.size)
		case err == nil && !known && k.Deep != nil:
			k.Deep.Orphans++
		}
		if err != nil && known {
			err = fmt.Errorf("%s: %w", b.original, err)
		}
		if errors.Is(err, penates.Damaged) {
			k.lost = append(k.lost, LostBlob{b.id, name, b.original, b.size})
		}
		if err := k.note(byImport, err); err != nil {
			return err
		}
	}
	for name, b := range wanted {
		k.problem(byImport, "blob file %s (%s) is missing", name, b.original)
		k.lost = append(k.lost, LostBlob{b.id, name, b.original, -1})
	}
	k.progress("blobs", len(names), len(names))
	return nil
}

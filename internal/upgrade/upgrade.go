// Package upgrade brings a database from the schema of an earlier release to that
// of this one without ever risking it: a copy is set aside, the steps are taken,
// what came out is compared with what was there, and if anything is amiss the
// copy takes its place again. A process that dies on the way leaves the copy, and
// the next start goes back to it.
package upgrade

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/durable"
)

// Aside is what is added to a database's file name to name its copy.
const Aside = ".before"

// A Database is one connection to the database that is brought up to date.
type Database interface {
	Prepare(sql string) (stmt *sqlite3.Stmt, tail string, err error)
	Exec(sql string) error
	GetAutocommit() bool
	Close() error
}

// Run opens the database at path and takes the steps it lacks: the files *.sql of
// migrations, in the order of their names, each whole or not at all. The schema's
// number, which is that of steps taken, is SQLite's user_version. The error is of kind Newer when the database has a later
// schema. After any other error the database is as it was before.
func Run[D Database](path string, migrations fs.FS, open func() (D, error)) (D, error) {
	var none D
	steps, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return none, err
	}
	slices.Sort(steps)
	if err := goBack(path); err != nil {
		return none, fmt.Errorf("go back to before an upgrade that did not end: %w", err)
	}
	db, err := open()
	if err != nil {
		return none, err
	}
	u := &upgrade{db: db, path: path, migrations: migrations, steps: steps}
	if err := u.run(); err != nil {
		err = errors.Join(err, db.Close())
		return none, errors.Join(err, goBack(path))
	}
	return db, nil
}

type upgrade struct {
	db         Database
	path       string
	migrations fs.FS
	steps      []string
}

func (u *upgrade) run() error {
	text, err := u.text("PRAGMA user_version")
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil || version == len(u.steps):
		return err
	case version > len(u.steps):
		return fmt.Errorf("the vault's schema is number %d, this program knows up to %d: install the latest release: %w", version, len(u.steps), penates.Newer)
	case version == 0:
		return u.take(u.steps, 0)
	}
	before, err := u.facts()
	if err == nil {
		err = u.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // the file alone is the database now
	}
	if err == nil {
		err = setAside(u.path)
	}
	if err != nil {
		return fmt.Errorf("a copy of the vault's database could not be set aside before upgrading it, nothing was changed: %w", err)
	}
	err = u.take(u.steps[version:], version)
	if err == nil {
		err = u.compare(before)
	}
	if err == nil {
		err = forget(u.path)
	}
	if err != nil {
		return fmt.Errorf("the upgrade from schema %d to %d failed and was undone, the vault is as it was; go on with the former release: %w", version, len(u.steps), err)
	}
	return nil
}

// take takes steps, the first of which follows schema number after.
func (u *upgrade) take(steps []string, after int) error {
	for i, name := range steps {
		sql, err := fs.ReadFile(u.migrations, name)
		if err != nil {
			return err
		}
		err = u.db.Exec(fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", sql, after+i+1))
		if err != nil && !u.db.GetAutocommit() {
			err = errors.Join(err, u.db.Exec("ROLLBACK"))
		}
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

// compare makes sure that all of before that there still is a name for is the
// same, and that the database is sound.
func (u *upgrade) compare(before map[string]string) error {
	after, err := u.facts()
	if err != nil {
		return err
	}
	for name, was := range before {
		if is, ok := after[name]; ok && is != was {
			return fmt.Errorf("%s: %s became %s: %w", name, was, is, penates.Damaged)
		}
	}
	if sound, err := u.text("PRAGMA quick_check(1)"); err != nil || sound != "ok" {
		return errors.Join(err, fmt.Errorf("database: %s: %w", sound, penates.Damaged))
	}
	return nil
}

// contents are the queries whose rows a step must leave as they are. A step that
// means to change them says so here.
var contents = map[string]string{
	"documents": "SELECT id || rev || hex(digest) || json(doc) FROM stored_documents ORDER BY id",
	"revisions": "SELECT id || rev || json(doc) FROM revisions ORDER BY id, rev",
	"journal":   "SELECT n || hex(hash) FROM journal ORDER BY n",
}

// facts says what the database holds: how many rows each table has, and hashes of
// contents.
func (u *upgrade) facts() (map[string]string, error) {
	var tables []string
	facts := map[string]string{}
	err := u.each("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND sql NOT LIKE 'CREATE VIRTUAL%'", func(s *sqlite3.Stmt) {
		tables = append(tables, s.ColumnText(0))
	})
	for _, name := range tables {
		if err == nil && !strings.HasPrefix(name, "words") { // the full-text index keeps its own tables
			facts["rows of "+name], err = u.text("SELECT count(*) FROM " + sqlite3.QuoteIdentifier(name))
		}
	}
	for name, sql := range contents {
		if err == nil {
			sum := sha256.New()
			err = u.each(sql, func(s *sqlite3.Stmt) { sum.Write(s.ColumnRawText(0)) })
			facts[name] = hex.EncodeToString(sum.Sum(nil))
		}
	}
	return facts, err
}

// text returns the first column of the first row.
func (u *upgrade) text(sql string) (text string, err error) {
	err = u.each(sql, func(s *sqlite3.Stmt) { text = s.ColumnText(0) })
	return text, err
}

func (u *upgrade) each(sql string, row func(*sqlite3.Stmt)) error {
	s, _, err := u.db.Prepare(sql)
	if err != nil {
		return err
	}
	for s.Step() {
		row(s)
	}
	return errors.Join(s.Err(), s.Close())
}

// setAside copies the database's file. The copy has its name once it is whole and
// on the disk.
func setAside(path string) (err error) {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	made := path + Aside + ".new"
	to, err := os.OpenFile(made, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err == nil {
		if err = os.Rename(made, path+Aside); err == nil {
			return durable.SyncDir(filepath.Dir(path))
		}
	}
	return errors.Join(err, os.Remove(made))
}

// forget removes the copy; from then on the upgraded database is the vault's.
func forget(path string) error {
	if err := os.Remove(path + Aside); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(path))
}

// goBack puts the copy in the database's place, if there is one. The log belongs
// to what the copy replaces. A copy that was not finished is removed.
func goBack(path string) error {
	if err := os.Remove(path + Aside + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(path + Aside); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := os.Remove(path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(path+Aside, path); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(path))
}

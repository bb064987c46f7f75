package main_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/vault"
)

// smallFile is the size up to which every byte of a file is damaged, in the long
// version of the tests also that of larger ones.
const smallFile = 600

// memoryFolder returns a folder in memory where the system has one. What is written
// anew thousands of times should not wait for a disk each time, as it does whenever the
// log of a copy is moved into its database.
func memoryFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "penates-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestEveryByteIsWatched damages the files of a vault, a byte at a time, and
// checks it: the damage is found and its file is named. Nothing else is served
// than what was written.
func TestEveryByteIsWatched(t *testing.T) {
	m := newMachine(t)
	m.imported(m.file("a.csv", statement(20)), m.file("b.eml", "From: Ada <ada@example.org>\nTo: zoe@example.org\nSubject: Tea\n"+
		"Date: Sat, 14 Mar 2026 10:00:00 +0100\nMessage-ID: <tea@example.org>\n\nAt four?\n"))
	for _, leaveLog := range []bool{false, true} {
		t.Run(fmt.Sprintf("log=%t", leaveLog), func(t *testing.T) {
			if leaveLog {
				m.killServer()
			}
			d := &damager{t: t, from: m.dir, seen: map[string]int{}}
			d.all()
			if _, ok := d.seen["vault.db-wal"]; ok != leaveLog {
				t.Errorf("the log is there: %t", ok)
			}
		})
	}
}

// killServer has a server write and be killed, so that a log stays.
func (m *machine) killServer() {
	m.t.Helper()
	s := m.serve()
	m.imported(m.file("c.csv", strings.ReplaceAll(statement(30), "LYON", "PARIS")))
	s.end(os.Kill)
	if err := os.Remove(filepath.Join(m.dir, "socket")); err != nil { // it cannot be copied
		m.t.Fatal(err)
	}
}

// A damager damages copies of the vault in the folder from.
type damager struct {
	t    *testing.T
	from string
	want []string
	seen map[string]int // flips by file
}

// everything returns all documents of the vault in dir with the raw bytes behind
// them, or fails the test.
func (d *damager) everything(dir string) []string {
	d.t.Helper()
	lines, _, err := read(d.t.Context(), dir)
	if err != nil || len(lines) < 20 {
		d.t.Fatalf("%d documents, %v", len(lines), err)
	}
	return lines
}

// read opens the vault in dir, checks it and reads all its documents. It returns
// what it could read and all that was said about damage.
func read(ctx context.Context, dir string) (lines []string, said string, err error) {
	v, err := vault.Open(dir)
	if err != nil {
		return nil, err.Error(), err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	for _, f := range v.Faults() {
		said += f.Error() + "\n"
	}
	if err := v.Unlock(ctx, []byte(passphrase)); err != nil {
		return nil, said + err.Error(), err
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return nil, said, err
	}
	found, err := s.Check(ctx, func(string, int, int) {})
	if err != nil {
		return nil, said + err.Error(), err
	}
	said += strings.Join(found.Problems, "\n")
	rows, err := s.Query(ctx, "SELECT id, type, start, amount, text, raw FROM documents ORDER BY id", 0)
	if err != nil {
		return nil, said + err.Error(), err
	}
	for _, row := range rows.Rows {
		r, _, err := s.Blob(ctx, penates.BlobID(fmt.Sprint(row[5])))
		if err != nil {
			return lines, said + err.Error(), err
		}
		raw, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return lines, said + err.Error(), err
		}
		lines = append(lines, fmt.Sprintf("%v %x", row, raw))
	}
	return lines, said, nil
}

// all damages every file of the vault.
func (d *damager) all() {
	d.t.Helper()
	copied := filepath.Join(memoryFolder(d.t), "copy")
	d.restore(copied)
	d.want = d.everything(copied) // which moves the copy's log into its database
	d.restore(copied)
	var names []string
	err := fs.WalkDir(os.DirFS(d.from), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	found, flips := 0, 0
	for _, name := range names {
		for _, offset := range d.offsets(name) {
			d.seen[name]++
			flips++
			if d.one(copied, name, offset) {
				found++
			}
		}
	}
	d.t.Logf("%d of %d damaged bytes in %d files were found", found, flips, len(names))
	if found != flips {
		d.t.Errorf("%d damaged bytes were not found", flips-found)
	}
}

// offsets returns where a file is damaged: everywhere if it is small, else at
// its edges, at those of its pages, and at random.
func (d *damager) offsets(name string) (offsets []int) {
	info, err := os.Stat(filepath.Join(d.from, name))
	if err != nil {
		d.t.Fatal(err)
	}
	size := int(info.Size())
	most, step := 40, 8
	if *long {
		most, step = 1400, 1
	}
	if size <= smallFile {
		for i := 0; i < size; i += step {
			offsets = append(offsets, i)
		}
		return offsets
	}
	offsets = []int{0, 1, size / 2, size - 2, size - 1, 4095, 4096, 511, 512, 513, 1023, 1024, 1047, 1048}
	for len(offsets) < most {
		offsets = append(offsets, rand.IntN(size))
	}
	return slices.DeleteFunc(offsets, func(i int) bool { return i < 0 || i >= size })
}

// one damages one byte of a copy of the vault and reports whether that was found
// and named. The copy is whole again afterwards.
func (d *damager) one(copied, name string, offset int) bool {
	d.t.Helper()
	path := filepath.Join(copied, name)
	if err := flip(path, offset); err != nil {
		d.t.Fatal(err)
	}
	lines, said, err := read(d.t.Context(), copied)
	if err != nil && !errors.Is(err, penates.Damaged) {
		d.t.Errorf("%s, byte %d: %v is no error of damage", name, offset, err)
	}
	if i := slices.IndexFunc(lines, func(line string) bool { return !slices.Contains(d.want, line) }); i >= 0 {
		d.t.Errorf("%s, byte %d: it serves %q", name, offset, lines[i])
	}
	if err == nil && !slices.Equal(lines, d.want) {
		d.t.Errorf("%s, byte %d: %d of %d documents are served and nothing is said", name, offset, len(lines), len(d.want))
	}
	named := strings.Contains(said, filepath.Base(name))
	if !named {
		d.t.Logf("%s, byte %d: not named in %q, %v", name, offset, said, err)
	}
	d.restore(copied)
	return named
}

// restore makes the copy what it was: opening a vault may move its log into the
// database.
func (d *damager) restore(copied string) {
	d.t.Helper()
	if err := os.RemoveAll(copied); err != nil {
		d.t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(d.from)); err != nil {
		d.t.Fatal(err)
	}
}

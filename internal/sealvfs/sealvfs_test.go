package sealvfs_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/seal"
	"penates/internal/sealvfs"
)

// long runs the tests that try their luck for minutes rather than seconds.
var long = flag.Bool("long", false, "run the long versions of the tests")

const vault = "vlt_test"

// theKey is the same in child processes.
func theKey(t testing.TB) seal.Key {
	t.Helper()
	k, err := seal.ParseKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newSystem(t testing.TB) *sealvfs.System {
	t.Helper()
	s, err := sealvfs.New(theKey(t), vault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func open(t testing.TB, s *sealvfs.System, path string, pragmas ...string) *sqlite3.Conn {
	t.Helper()
	c, err := s.Open(t.Context(), path, sealvfs.ReadWriteCreate)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pragmas {
		run(t, c, "PRAGMA "+p)
	}
	return c
}

func run(t testing.TB, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the first column of the last row.
func value(c *sqlite3.Conn, sql string) (string, error) {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return "", err
	}
	defer s.Close()
	var v string
	for s.Step() {
		v = s.ColumnText(0)
	}
	return v, s.Err()
}

func want(t testing.TB, c *sqlite3.Conn, sql, wanted string) {
	t.Helper()
	if got, err := value(c, sql); err != nil || got != wanted {
		t.Fatalf("%s: %q, %v; want %q", sql, got, err, wanted)
	}
}

func closeConn(t testing.TB, c *sqlite3.Conn) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// canary is in every row: it must never be on disk.
const canary = "CANARI-SECRET-0123456789"

func fill(t testing.TB, c *sqlite3.Conn, rows int) {
	t.Helper()
	run(t, c, `CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);
		CREATE INDEX IF NOT EXISTS ti ON t(b);
		CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(x);
		BEGIN`)
	for i := range rows {
		run(t, c, fmt.Sprintf("INSERT INTO t(b,c) VALUES('%s-%d',randomblob(%d)); INSERT INTO f VALUES('%s mot%d')", canary, i, i%9000, canary, i))
	}
	run(t, c, "COMMIT")
}

// noCanary looks through all files of dir.
func noCanary(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("SECRET")) || bytes.Contains(raw, []byte("SQLite format")) || bytes.Contains(raw, []byte("a.db")) {
			t.Errorf("readable text in %s", e.Name())
		}
		if strings.HasSuffix(e.Name(), "-shm") {
			t.Errorf("a wal-index on disk: %s", e.Name())
		}
	}
}

// Everything SQLite does to files, in each journal mode: nothing readable on
// disk at any time, and the data are right in the end.
func TestJournalModes(t *testing.T) {
	for _, mode := range []string{"WAL", "DELETE", "TRUNCATE", "PERSIST"} {
		t.Run(mode, func(t *testing.T) {
			dir, tmp := t.TempDir(), t.TempDir()
			t.Setenv("SQLITE_TMPDIR", tmp)
			s := newSystem(t)
			path := filepath.Join(dir, "a.db")
			c := open(t, s, path, "journal_mode="+mode, "cache_size=10", "temp_store=FILE")
			want(t, c, "PRAGMA journal_mode", strings.ToLower(mode))
			fill(t, c, 600)
			// More than the cache holds: the changes spill to the journal or the log.
			run(t, c, "BEGIN; DELETE FROM t WHERE a%3=0; UPDATE t SET c=randomblob(5000) WHERE a%5=1; SAVEPOINT s; UPDATE t SET b=b||'x'; ROLLBACK TO s")
			noCanary(t, dir)
			run(t, c, "ROLLBACK")
			want(t, c, "SELECT count(*) FROM t", "600")
			run(t, c, "DELETE FROM t WHERE a%3=0; VACUUM")
			want(t, c, "PRAGMA integrity_check", "ok")
			want(t, c, "SELECT count(*) FROM (SELECT b FROM t ORDER BY c LIMIT 1000000)", "400") // sorted in a temporary file
			copies(t, s, c, dir)
			noCanary(t, dir)
			noCanary(t, tmp)
			closeConn(t, c)
			for _, name := range []string{"a.db", "backup.db", "into.db"} {
				c := open(t, s, filepath.Join(dir, name))
				want(t, c, "PRAGMA integrity_check", "ok")
				want(t, c, "SELECT count(*) FROM t", "400")
				want(t, c, "SELECT count(*) FROM f WHERE f MATCH 'mot41'", "1")
				closeConn(t, c)
				if _, err := sealvfs.Check(t.Context(), theKey(t), vault, filepath.Join(dir, name), nil); err != nil {
					t.Error(err)
				}
			}
			noCanary(t, dir)
		})
	}
}

// copies makes sealed copies through the backup functions and VACUUM INTO, and
// reads a blob in parts.
func copies(t *testing.T, s *sealvfs.System, c *sqlite3.Conn, dir string) {
	t.Helper()
	b, err := c.BackupInit("main", s.URI(filepath.Join(dir, "backup.db"), sealvfs.ReadWriteCreate))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Step(-1); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, c, "VACUUM INTO '"+s.URI(filepath.Join(dir, "into.db"), sealvfs.ReadWriteCreate)+"'")
	blob, err := c.OpenBlob("main", "t", "c", 20, false)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	if raw, err := io.ReadAll(blob); err != nil || int64(len(raw)) != blob.Size() {
		t.Fatal(len(raw), err)
	}
}

// Pages that SQLite skips when it writes must not be holes that do not open.
func TestHoles(t *testing.T) {
	dir := t.TempDir()
	s := newSystem(t)
	c := open(t, s, filepath.Join(dir, "a.db"))
	fill(t, c, 10)
	run(t, c, "BEGIN; CREATE TABLE z(b); INSERT INTO z VALUES(randomblob(400000)); DROP TABLE z; CREATE TABLE y(a); COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
	b, err := c.BackupInit("main", s.URI(filepath.Join(dir, "b.db"), sealvfs.ReadWriteCreate))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Step(-1); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, c, "PRAGMA integrity_check", "ok")
	closeConn(t, c)
	for _, name := range []string{"a.db", "b.db"} {
		if _, err := sealvfs.Check(t.Context(), theKey(t), vault, filepath.Join(dir, name), nil); err != nil {
			t.Error(name, err)
		}
	}
}

func TestWrongKeyOrVault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := newSystem(t)
	c := open(t, s, path)
	fill(t, c, 5)
	closeConn(t, c)
	for name, other := range map[string]struct {
		key   seal.Key
		vault string
	}{"key": {seal.NewKey(), vault}, "vault": {theKey(t), "vlt_other"}} {
		o, err := sealvfs.New(other.key, other.vault)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Open(t.Context(), path, sealvfs.ReadWrite); !errors.Is(err, penates.Damaged) {
			t.Errorf("wrong %s: %v", name, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := sealvfs.New(seal.Key{}, vault); !errors.Is(err, penates.Locked) {
		t.Errorf("no key: %v", err)
	}
	if _, err := s.Open(t.Context(), path+"x", sealvfs.ReadWrite); !errors.Is(err, penates.NotExist) {
		t.Errorf("no file: %v", err)
	}
	c = open(t, s, path)
	want(t, c, "SELECT count(*) FROM t", "5")
	closeConn(t, c)
}

// The files are their owner's alone, and odd paths work.
func TestPathsAndPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "l'été #1 100% ?x=y&z")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t)
	path := filepath.Join(dir, "a.db")
	c := open(t, s, path)
	fill(t, c, 5)
	ro, err := s.Open(t.Context(), path, sealvfs.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	want(t, ro, "SELECT count(*) FROM t", "5")
	if err := ro.Exec("DELETE FROM t"); err == nil {
		t.Error("a read-only connection wrote")
	}
	for _, name := range []string{"a.db", "a.db-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has permissions %v", name, info.Mode())
		}
	}
	closeConn(t, ro)
	closeConn(t, c)
}

// Vaults in one process share nothing.
func TestManyVaults(t *testing.T) {
	dir := t.TempDir()
	const n = 40
	var systems []*sealvfs.System
	var conns []*sqlite3.Conn
	for i := range n {
		s, err := sealvfs.New(seal.NewKey(), fmt.Sprintf("vlt_%d", i))
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Open(t.Context(), filepath.Join(dir, fmt.Sprintf("%d.db", i)), sealvfs.ReadWriteCreate)
		if err != nil {
			t.Fatal(err)
		}
		run(t, c, fmt.Sprintf("CREATE TABLE t(a); INSERT INTO t VALUES(%d)", i))
		systems, conns = append(systems, s), append(conns, c)
	}
	for i, c := range conns {
		want(t, c, "SELECT a FROM t", fmt.Sprint(i))
		closeConn(t, c)
		if err := systems[i].Close(); err != nil {
			t.Error(err)
		}
		if _, err := systems[(i+1)%n].Open(t.Context(), filepath.Join(dir, fmt.Sprintf("%d.db", i)), sealvfs.ReadWrite); err == nil {
			t.Errorf("vault %d opened with the key of another", i)
		}
	}
}

// The wal-index is where nobody reads it from a disk, and goes with the System,
// also when the database is damaged.
func TestIndex(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // elsewhere it is in the folder for temporary files
	}
	s, err := sealvfs.New(theKey(t), vault)
	if err != nil {
		t.Fatal(err)
	}
	if !s.IndexInMemory() {
		t.Error("the wal-index is not in memory")
	}
	path := filepath.Join(t.TempDir(), "a.db")
	c := open(t, s, path)
	fill(t, c, 5)
	index := s.IndexPath(path)
	if info, err := os.Stat(index); err != nil || info.Size() == 0 {
		t.Error("no wal-index:", err)
	}
	raw := read(t, path+"-wal")
	for at := sealvfs.FramesAt + sealvfs.PageInFrame; at < len(raw); at += sealvfs.SealedFrame {
		raw[at]++
	}
	write(t, path+"-wal", raw)
	if _, _, err := c.WALCheckpoint("main", sqlite3.CHECKPOINT_FULL); !errors.Is(s.Explain(err), penates.Damaged) {
		t.Error("checkpoint:", err)
	}
	_ = c.Close() // its checkpoint meets the damage too
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(index); !errors.Is(err, os.ErrNotExist) {
		t.Error("the wal-index is still there:", err)
	}
}

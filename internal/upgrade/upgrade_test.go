package upgrade_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/upgrade"
)

// first is a schema that has what upgrades compare.
var first = fstest.MapFS{"0001.sql": {Data: []byte(`
	CREATE TABLE stored_documents (id TEXT, rev INTEGER, digest BLOB, doc BLOB);
	CREATE TABLE revisions (id TEXT, rev INTEGER, doc BLOB);
	CREATE TABLE journal (n INTEGER, hash BLOB);`)}}

func with(name, sql string) fs.FS {
	m := maps.Clone(first)
	m[name] = &fstest.MapFile{Data: []byte(sql)}
	return m
}

func run(t *testing.T, path string, migrations fs.FS) (*sqlite3.Conn, error) {
	t.Helper()
	return upgrade.Run(path, migrations, func() (*sqlite3.Conn, error) {
		c, err := sqlite3.Open(path)
		if err == nil {
			err = c.Exec("PRAGMA journal_mode=WAL")
		}
		return c, err
	})
}

// rows returns how many documents the database at path has, and its schema.
func rows(t *testing.T, path string) string {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, _, err := c.Prepare("SELECT user_version || ':' || (SELECT count(*) FROM stored_documents) FROM pragma_user_version")
	if err != nil || !s.Step() {
		t.Fatal(err)
	}
	defer s.Close()
	return s.ColumnText(0)
}

// filled makes a database of the first schema with three documents.
func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.db")
	c, err := run(t, path, first)
	if err == nil {
		err = c.Exec(`INSERT INTO stored_documents VALUES ('a', 1, x'01', '{}'), ('b', 1, x'02', '{}'), ('c', 2, x'03', '{"x":1}')`)
	}
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name, sql, want string
		kind            error
	}{
		{"adds a table", "CREATE TABLE more (a); INSERT INTO more SELECT id FROM stored_documents", "2:3", nil},
		{"drops a table", "DROP TABLE revisions", "1:3", errAny}, // it is asked for documents' history
		{"loses a row", "DELETE FROM stored_documents WHERE id = 'b'", "1:3", penates.Damaged},
		{"changes a document", "UPDATE stored_documents SET doc = '{}' WHERE id = 'c'", "1:3", penates.Damaged},
		{"is no SQL", "CREATE TABEL", "1:3", errAny},
		{"fails half way", "CREATE TABLE more (a); INSERT INTO nowhere VALUES (1)", "1:3", errAny},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filled(t)
			c, err := run(t, path, with("0002.sql", test.sql))
			switch {
			case err == nil:
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if test.kind != nil {
					t.Error("no error")
				}
			case test.kind == nil, test.kind != errAny && !errors.Is(err, test.kind):
				t.Error(err)
			}
			if got := rows(t, path); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if _, err := os.Lstat(path + upgrade.Aside); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the copy is left: %v", err)
			}
		})
	}
}

var errAny = errors.New("any error")

func TestNewer(t *testing.T) {
	path := filled(t)
	c, err := run(t, path, with("0002.sql", "CREATE TABLE more (a)"))
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, path, first); !errors.Is(err, penates.Newer) {
		t.Error(err)
	}
	if got := rows(t, path); got != "2:3" {
		t.Error(got)
	}
}

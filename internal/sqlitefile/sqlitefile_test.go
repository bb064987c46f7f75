package sqlitefile_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"penates"
	"penates/internal/sqlitefile"
)

// database returns the bytes of a database that sql makes.
func database(t testing.TB, sql string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.db")
	c, err := sqlite3.Open("file:" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fts5.Register(c), c.Exec(sql), c.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const small = `CREATE TABLE things (id INTEGER PRIMARY KEY, Name TEXT, n REAL, b BLOB);
	INSERT INTO things VALUES (1, 'one', 1.5, x'00ff'), (2, NULL, 2, NULL);
	CREATE VIEW endless AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r;
	CREATE VIRTUAL TABLE words USING fts5(text)`

func open(t testing.TB, ctx context.Context, b []byte) *sqlitefile.DB {
	t.Helper()
	db, err := sqlitefile.Open(ctx, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestRead(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		db := open(t, t.Context(), database(t, "PRAGMA journal_mode = "+mode+";"+small))
		rows := 0
		err := db.Each("SELECT id, name, n, b FROM things WHERE id >= ? ORDER BY id", func(r *sqlitefile.Row) error {
			rows++
			if r.Int(0) == 1 && (r.Text(1) != "one" || r.Float(2) != 1.5 || !bytes.Equal(r.Bytes(3), []byte{0, 255})) || r.Int(0) == 2 && !r.Null(1) {
				t.Errorf("row %d", r.Int(0))
			}
			return nil
		}, int64(1))
		if err != nil || rows != 2 {
			t.Errorf("%s: %d rows, %v", mode, rows, err)
		}
		if !db.Has("things", "id", "name") || db.Has("things", "other") || db.Has("endless") || db.Has("words") {
			t.Error("the tables are others")
		}
		if err := db.Each("DELETE FROM things", func(*sqlitefile.Row) error { return nil }); err == nil {
			t.Error("it was written to")
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNone(t *testing.T) {
	whole := database(t, small)
	for _, b := range [][]byte{nil, []byte("text"), whole[:100], whole[:5000], append([]byte(sqlitefile.Signature), bytes.Repeat([]byte{0xff}, 8000)...)} {
		db, err := sqlitefile.Open(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err == nil {
			err = errors.Join(db.Each("SELECT * FROM things", func(*sqlitefile.Row) error { return nil }), db.Close())
		}
		if !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Invalid) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

func TestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	db := open(t, ctx, database(t, small))
	defer db.Close()
	rows := 0
	err := db.Each("SELECT x FROM endless", func(*sqlitefile.Row) error {
		if rows++; rows == 1000 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, penates.TooLong) {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(database(f, small))
	f.Add([]byte(sqlitefile.Signature))
	f.Fuzz(func(t *testing.T, b []byte) {
		db, err := sqlitefile.Open(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		defer db.Close()
		if db.Has("things", "id") {
			_ = db.Each("SELECT * FROM things LIMIT 1000", func(r *sqlitefile.Row) error { r.Text(0); return nil })
		}
	})
}

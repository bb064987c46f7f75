package sealvfs_test

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestReadAhead reads rows of a page each one after the other, a transaction each,
// while another connection now and then changes those that come next and moves the
// log into the file: no row is read as it was before.
func TestReadAhead(t *testing.T) {
	const rows, every, next = 400, 20, 10
	s := newSystem(t)
	path := filepath.Join(t.TempDir(), "a.db")
	reader, writer := open(t, s, path), open(t, s, path)
	defer closeConn(t, reader)
	defer closeConn(t, writer)
	run(t, writer, "CREATE TABLE t (n INTEGER PRIMARY KEY, v INTEGER NOT NULL, pad BLOB NOT NULL)")
	run(t, writer, fmt.Sprintf("INSERT INTO t SELECT value, 0, randomblob(3000) FROM generate_series(1, %d)", rows))
	run(t, writer, "PRAGMA wal_checkpoint(TRUNCATE)")
	run(t, reader, "PRAGMA cache_size = 10")
	ask, _, err := reader.Prepare("SELECT v, length(pad) FROM t WHERE n = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer ask.Close()
	var want [rows + next + 1]int
	for pass := range 3 {
		for n := 1; n <= rows; n++ {
			if err := ask.BindInt(1, n); err != nil {
				t.Fatal(err)
			}
			if !ask.Step() || ask.ColumnInt(0) != want[n] || ask.ColumnInt(1) != 3000 {
				t.Fatalf("pass %d: row %d is %d, not %d: %v", pass, n, ask.ColumnInt(0), want[n], ask.Err())
			}
			if err := ask.Reset(); err != nil {
				t.Fatal(err)
			}
			if n%every == every-1 {
				run(t, writer, fmt.Sprintf("UPDATE t SET v = v + 1 WHERE n BETWEEN %d AND %d", n+1, n+next))
				run(t, writer, "PRAGMA wal_checkpoint(TRUNCATE)")
				for i := range next {
					want[n+1+i]++
				}
			}
		}
	}
}

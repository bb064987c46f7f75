//go:build unix

package sealvfs_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// cpu returns the processor time this process has used. Unlike the time that has
// passed it does not depend on what else the machine does.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSealedToClear gives the processor time of work on a sealed database as
// a multiple of that of the same work in clear, both in turn in one run.
func BenchmarkSealedToClear(b *testing.B) {
	for _, w := range []struct {
		name string
		work func(*testing.B, *sqlite3.Conn)
	}{
		{"BulkInsert", func(b *testing.B, c *sqlite3.Conn) {
			b.Helper()
			run(b, c, "DELETE FROM d")
			insert(b, c, 20_000)
		}},
		{"PointRead", func(b *testing.B, c *sqlite3.Conn) {
			b.Helper()
			ask(b, c, "SELECT n, id, body FROM d WHERE n=?+1", 10_000, 1)
		}},
		{"Range1000", func(b *testing.B, c *sqlite3.Conn) {
			b.Helper()
			ask(b, c, "SELECT n, id, body FROM d WHERE day>=? ORDER BY day LIMIT 1000", 40, 1000)
		}},
		{"Aggregate", func(b *testing.B, c *sqlite3.Conn) {
			b.Helper()
			ask(b, c, "SELECT count(*), 0, sum(length(body)) FROM d WHERE n>?", 4, 1)
		}},
	} {
		b.Run(w.name, func(b *testing.B) {
			plain, err := sqlite3.Open("file:" + filepath.Join(b.TempDir(), "a.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer closeConn(b, plain)
			run(b, plain, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
			sealed := open(b, newSystem(b), filepath.Join(b.TempDir(), "a.db"))
			defer closeConn(b, sealed)
			conns := [2]*sqlite3.Conn{plain, sealed}
			for _, c := range conns {
				run(b, c, "PRAGMA cache_size=-16000") // the vault's
				run(b, c, benchTable)
				insert(b, c, 50_000)
				run(b, c, "PRAGMA wal_checkpoint(TRUNCATE)")
				w.work(b, c)
			}
			var spent [2]time.Duration
			for b.Loop() {
				for i, c := range conns {
					before := cpu(b)
					w.work(b, c)
					spent[i] += cpu(b) - before
				}
			}
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "×clear")
		})
	}
}

// ask runs a question times over, from various places, and expects rows each time.
func ask(b *testing.B, c *sqlite3.Conn, sql string, times, rows int) {
	b.Helper()
	s, _, err := c.Prepare(sql)
	if err != nil {
		b.Fatal(err)
	}
	for i := range times {
		if err := s.BindInt(1, i*7919%15_000); err != nil {
			b.Fatal(err)
		}
		n := 0
		for s.Step() {
			n += min(1, len(s.ColumnRawText(2)))
		}
		if err := s.Reset(); err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

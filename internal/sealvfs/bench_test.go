package sealvfs_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// bench runs work on a database in clear and on a sealed one, through the same
// driver and with the same settings.
func bench(b *testing.B, work func(b *testing.B, c *sqlite3.Conn)) {
	b.Run("clear", func(b *testing.B) {
		c, err := sqlite3.Open("file:" + filepath.Join(b.TempDir(), "a.db"))
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		run(b, c, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
		work(b, c)
	})
	b.Run("sealed", func(b *testing.B) {
		c := open(b, newSystem(b), filepath.Join(b.TempDir(), "a.db"))
		defer c.Close()
		work(b, c)
	})
}

// insert adds rows of about 300 bytes with two indexes, 500 per commit.
func insert(b *testing.B, c *sqlite3.Conn, rows int) {
	b.Helper()
	s, _, err := c.Prepare("INSERT INTO d(id, day, body) VALUES(?,?,?)")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	body := fmt.Sprintf("%0300d", 7)
	for i := range rows {
		if i%500 == 0 {
			run(b, c, "BEGIN")
		}
		err := s.BindText(1, fmt.Sprintf("doc_%020d", i*7919%rows))
		if err == nil {
			err = s.BindInt(2, i)
		}
		if err == nil {
			err = s.BindText(3, body)
		}
		if err == nil {
			err = s.Exec()
		}
		if err != nil {
			b.Fatal(err)
		}
		if i%500 == 499 || i == rows-1 {
			run(b, c, "COMMIT")
		}
	}
}

const benchTable = "CREATE TABLE d(n INTEGER PRIMARY KEY, id TEXT UNIQUE, day INTEGER, body TEXT); CREATE INDEX di ON d(day)"

func BenchmarkBulkInsert(b *testing.B) {
	const rows = 20_000
	bench(b, func(b *testing.B, c *sqlite3.Conn) {
		run(b, c, benchTable)
		for b.Loop() {
			run(b, c, "DELETE FROM d")
			insert(b, c, rows)
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func benchQuery(b *testing.B, sql string, count int) {
	bench(b, func(b *testing.B, c *sqlite3.Conn) {
		run(b, c, benchTable)
		insert(b, c, 50_000)
		run(b, c, "PRAGMA wal_checkpoint(TRUNCATE)")
		s, _, err := c.Prepare(sql)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		i := 0
		for b.Loop() {
			i = (i + 7919) % 49_000
			if err := s.BindInt(1, i); err != nil {
				b.Fatal(err)
			}
			n := 0
			for s.Step() {
				n += min(1, len(s.ColumnRawText(2)))
			}
			if err := s.Reset(); err != nil || n != count {
				b.Fatal(n, err)
			}
		}
	})
}

func BenchmarkPointRead(b *testing.B) {
	benchQuery(b, "SELECT n, id, body FROM d WHERE n=?+1", 1)
}

func BenchmarkRange1000(b *testing.B) {
	benchQuery(b, "SELECT n, id, body FROM d WHERE day>=? ORDER BY day LIMIT 1000", 1000)
}

func BenchmarkOpenClose(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.db")
	s := newSystem(b)
	c := open(b, s, path)
	run(b, c, benchTable)
	closeConn(b, c)
	for b.Loop() {
		c := open(b, s, path)
		closeConn(b, c)
	}
}

package engine_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/engine"
)

// A lender is who writes, and lends its connection when it has one.
type lender struct {
	t    *testing.T
	c    *engine.Conn
	made int
}

func (l *lender) connect() (*engine.Conn, error) {
	l.made++
	c, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(l.t.TempDir(), "..", "a.db")))
	if err != nil {
		return nil, err
	}
	return engine.New(c, func(err error) error { return err }), c.Exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS a (b)")
}

func (l *lender) lend() *engine.Conn {
	c := l.c
	l.c = nil
	return c
}

func (l *lender) pool() *engine.Pool {
	l.t.Helper()
	var err error
	if l.c, err = l.connect(); err != nil {
		l.t.Fatal(err)
	}
	p := engine.NewPool(4, l.connect, l.lend)
	l.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			l.t.Error(err)
		}
		if l.c != nil {
			if err := l.c.Close(); err != nil {
				l.t.Error(err)
			}
		}
	})
	return p
}

func (l *lender) read(p *engine.Pool, f func(c *engine.Conn) error) {
	l.t.Helper()
	if err := p.Read(l.t.Context(), "grt_owner", nil, false, f); err != nil {
		l.t.Fatal(err)
	}
}

// write takes a connection back, or a new one, and writes.
func (l *lender) write(p *engine.Pool) {
	l.t.Helper()
	var err error
	if l.c == nil {
		l.c, err = p.Writer()
	}
	if err == nil {
		err = l.c.Exec("BEGIN IMMEDIATE; INSERT INTO a VALUES (randomblob(1000)); COMMIT")
	}
	p.Changed()
	if err != nil {
		l.t.Fatal(err)
	}
}

func count(n *int) func(c *engine.Conn) error {
	return func(c *engine.Conn) error {
		_, err := c.One("SELECT count(*) FROM a", func(s *sqlite3.Stmt) error { *n = s.ColumnInt(0); return nil })
		return err
	}
}

// TestLent lends a connection to and fro: who reads cannot write with it, who writes
// can, and the next to read sees what was written.
func TestLent(t *testing.T) {
	l := &lender{t: t}
	p := l.pool()
	for i := range 5 {
		l.read(p, func(c *engine.Conn) error {
			if err := c.Exec("INSERT INTO a VALUES (1)"); !errors.Is(err, sqlite3.READONLY) {
				t.Errorf("a connection that reads wrote: %v", err)
			}
			if got := c.Limit(sqlite3.LIMIT_LENGTH, -1); got != 64<<20 {
				t.Errorf("values of %d bytes", got)
			}
			return nil
		})
		if l.c != nil {
			t.Fatal("the connection was not lent")
		}
		l.write(p)
		if got := l.c.Limit(sqlite3.LIMIT_LENGTH, -1); got <= 64<<20 {
			t.Errorf("who writes is bound to values of %d bytes", got)
		}
		var n int
		l.read(p, count(&n))
		l.write(p)
		if n != 2*i+1 {
			t.Errorf("%d rows after %d", n, 2*i+1)
		}
	}
	if l.made != 1 {
		t.Errorf("%d connections", l.made)
	}
}

// TestLentInUse writes while the connection that was lent is being read with.
func TestLentInUse(t *testing.T) {
	l := &lender{t: t}
	p := l.pool()
	var before, same, after int
	l.read(p, func(c *engine.Conn) error {
		if err := count(&before)(c); err != nil {
			return err
		}
		l.write(p)
		return count(&same)(c)
	})
	l.read(p, count(&after))
	if l.made != 2 || before != 0 || same != 0 || after != 1 {
		t.Errorf("%d connections; rows %d, %d, %d", l.made, before, same, after)
	}
}

// TestTrim closes what is idle, but not the last connection that reads or writes.
func TestTrim(t *testing.T) {
	l := &lender{t: t}
	p := l.pool()
	var n int
	l.read(p, func(*engine.Conn) error { l.read(p, count(&n)); return nil })
	for _, step := range []struct {
		name   string
		before func()
		made   int
	}{
		{"two readers, of which one is kept", func() {}, 2},
		{"it is used", func() { l.read(p, count(&n)) }, 2},
		{"and lent back", func() { l.write(p); l.read(p, count(&n)) }, 2},
		{"another beside who writes", func() { l.read(p, func(*engine.Conn) error { l.write(p); return nil }) }, 3},
		{"which is closed", func() {}, 3},
		{"so that the next is lent", func() { l.read(p, count(&n)) }, 3},
	} {
		step.before()
		for range 2 {
			if err := p.Trim(2); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		if l.made != step.made {
			t.Errorf("%s: %d connections were made, not %d", step.name, l.made, step.made)
		}
	}
	l.write(p)
	if l.made != 3 {
		t.Errorf("who writes had to make connection %d", l.made)
	}
}

// Package engine is a connection to the database of a vault: its prepared statements,
// and the guard around statements of somebody else.
package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
	"penates/internal/scope"
)

// Bounds of a reading connection.
const (
	maxValue    = 64 << 20 // bytes of a value; a document's are at most 8 MiB
	maxPrepared = 300      // statements kept when it turns to another grant
	maxAsked    = 20       // statements of somebody else that are kept
)

// A Conn is one database connection with its prepared statements. It is used by
// One goroutine at a time.
type Conn struct {
	*sqlite3.Conn
	explain  func(error) error // see sealvfs.System.Explain
	prepared map[string]*sqlite3.Stmt
	asked    map[string]*sqlite3.Stmt  // statements of somebody else, of the grant it serves
	views    map[string][]*schema.Kind // temporary views made on this connection, and the types they are of
	secret   string                    // prefix of the names of the views behind them
	serves   penates.GrantID           // the grant the views are of
	ids      *scope.IDs                // of that grant
	longest  int                       // bytes of a value that it could write
	guard    bool                      // a statement of somebody else's is being prepared or run
	held     bool                      // it stays at a state of the database, see Pool
	state    uint64                    // the latest that it may be at
	idle     int                       // how often Trim found it idle since it was used
}

// New returns c ready for use; explain says more of an error of its files.
func New(c *sqlite3.Conn, explain func(error) error) *Conn {
	return &Conn{Conn: c, explain: explain, prepared: map[string]*sqlite3.Stmt{}, asked: map[string]*sqlite3.Stmt{}, views: map[string][]*schema.Kind{}, secret: penates.NewID("v") + "_"}
}

// Own is the name of the function that makes the id of a document the grant's own.
func (c *Conn) Own() string { return c.secret + "own" }

// Stmt returns sql prepared, with args bound. The statement belongs to the
// connection: the caller resets it when done, and does not close it.
func (c *Conn) Stmt(sql string, args ...any) (*sqlite3.Stmt, error) {
	s := c.prepared[sql]
	if s == nil {
		var err error
		if s, _, err = c.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, c.Fault(err)
		}
		c.prepared[sql] = s
	}
	for i, a := range args {
		if err := Bind(s, i+1, a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Bind gives a parameter of a statement its value.
func Bind(s *sqlite3.Stmt, i int, a any) error {
	switch a := a.(type) {
	case nil:
		return s.BindNull(i)
	case int:
		return s.BindInt(i, a)
	case int64:
		return s.BindInt64(i, a)
	case float64:
		return s.BindFloat(i, a)
	case bool:
		return s.BindBool(i, a)
	case string:
		return s.BindText(i, a)
	case []byte:
		return s.BindBlob(i, a)
	case RawText:
		return s.BindRawText(i, a)
	case penates.DocumentID:
		return s.BindText(i, string(a))
	case penates.Actor:
		return s.BindText(i, string(a))
	}
	return fmt.Errorf("a query argument of type %T: %w", a, penates.Invalid)
}

// RawText is bytes to be bound as text.
type RawText []byte

// Run executes sql, which gives no rows.
func (c *Conn) Run(sql string, args ...any) error {
	s, err := c.Stmt(sql, args...)
	if err != nil {
		return err
	}
	err = s.Exec()
	return errors.Join(c.Fault(err), s.Reset())
}

// Each calls row for every row of sql.
func (c *Conn) Each(sql string, row func(*sqlite3.Stmt) error, args ...any) error {
	s, err := c.Stmt(sql, args...)
	if err != nil {
		return err
	}
	defer s.Reset()
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
	}
	return c.Fault(s.Err())
}

// One calls row for the first row of sql and reports whether there was one.
func (c *Conn) One(sql string, row func(*sqlite3.Stmt) error, args ...any) (found bool, err error) {
	s, err := c.Stmt(sql, args...)
	if err != nil {
		return false, err
	}
	defer s.Reset()
	if s.Step() {
		return true, row(s)
	}
	return false, c.Fault(s.Err())
}

// Close closes the connection and its statements.
func (c *Conn) Close() error {
	c.forget()
	for _, s := range c.prepared {
		s.Close()
	}
	c.prepared = nil
	return c.Fault(c.Conn.Close())
}

// While runs f with the connection interrupted when ctx ends.
func (c *Conn) While(ctx context.Context, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	err := f()
	if errors.Is(err, sqlite3.INTERRUPT) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Fault gives an error of the database its kind, and says which place of which
// file is damaged.
func (c *Conn) Fault(err error) error { return StorageError(c.explain(err)) }

// StorageError gives the errors of the database their kind.
func StorageError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, penates.Damaged), errors.Is(err, sqlite3.IOERR_DATA), errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return fmt.Errorf("the database of the vault: %w (%w)", penates.Damaged, err)
	case errors.Is(err, sqlite3.FULL):
		return fmt.Errorf("the disk is full: free some space and try again (%w)", err)
	case errors.Is(err, sqlite3.READONLY):
		return fmt.Errorf("the vault's folder cannot be written to (%w)", err)
	}
	return err
}

// WriterCache bounds the pages that a connection which writes keeps.
const WriterCache = "PRAGMA cache_size = -40000"

// MakeReader keeps the connection from writing, until MakeWriter.
func (c *Conn) MakeReader() error {
	if err := c.Exec("PRAGMA query_only = ON; PRAGMA cache_size = -4000"); err != nil {
		return c.Fault(err)
	}
	if was := c.Limit(sqlite3.LIMIT_LENGTH, maxValue); was > maxValue {
		c.longest = was
	}
	own := func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		if c.ids != nil {
			ctx.ResultText(string(c.ids.Own(penates.DocumentID(arg[0].RawText()))))
		}
	}
	if err := c.CreateFunction(c.Own(), 1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, own); err != nil {
		return c.Fault(err)
	}
	return c.SetAuthorizer(c.authorize)
}

// MakeWriter makes a connection that read one that writes. Its views stay, for when
// it reads again.
func (c *Conn) MakeWriter() error {
	if err := c.let(); err != nil {
		return err
	}
	c.Limit(sqlite3.LIMIT_LENGTH, c.longest)
	if err := c.SetAuthorizer(nil); err != nil {
		return c.Fault(err)
	}
	return c.Fault(c.Exec("PRAGMA query_only = OFF; " + WriterCache))
}

// Become drops the views of the grant the connection last served, if it was
// another one, and statements when they are many.
func (c *Conn) Become(id penates.GrantID, ids *scope.IDs) error {
	if c.serves == id {
		return nil
	}
	if err := c.let(); err != nil {
		return err
	}
	c.forget()
	for name := range c.views {
		if err := c.Exec(fmt.Sprintf("PRAGMA query_only = OFF; DROP VIEW temp.%q; DROP VIEW temp.%q; PRAGMA query_only = ON", name, c.secret+name)); err != nil {
			return c.Fault(err)
		}
		delete(c.views, name)
	}
	if len(c.prepared) > maxPrepared {
		for _, p := range c.prepared {
			p.Close()
		}
		clear(c.prepared)
	}
	c.serves, c.ids = id, ids
	return nil
}

package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates"
)

// A conn is one database connection with its prepared statements. It is used by
// one goroutine at a time.
type conn struct {
	*sqlite3.Conn
	explain  func(error) error // see sealvfs.System.Explain
	prepared map[string]*sqlite3.Stmt
	views    map[string]bool // temporary views made on this connection
	secret   string          // prefix of the names of the views behind them
	serves   penates.GrantID // the grant the views are of
	guard    bool            // a statement of somebody else's is being prepared or run
}

func newConn(c *sqlite3.Conn, explain func(error) error) *conn {
	return &conn{Conn: c, explain: explain, prepared: map[string]*sqlite3.Stmt{}, views: map[string]bool{}, secret: penates.NewID("v") + "_"}
}

// stmt returns sql prepared, with args bound. The statement belongs to the
// connection: the caller resets it when done, and does not close it.
func (c *conn) stmt(sql string, args ...any) (*sqlite3.Stmt, error) {
	s := c.prepared[sql]
	if s == nil {
		var err error
		if s, _, err = c.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, c.fault(err)
		}
		c.prepared[sql] = s
	}
	for i, a := range args {
		if err := bind(s, i+1, a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func bind(s *sqlite3.Stmt, i int, a any) error {
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
	case rawText:
		return s.BindRawText(i, a)
	case penates.DocumentID:
		return s.BindText(i, string(a))
	case penates.Actor:
		return s.BindText(i, string(a))
	}
	return fmt.Errorf("a query argument of type %T: %w", a, penates.Invalid)
}

// rawText is bytes to be bound as text.
type rawText []byte

// run executes sql, which gives no rows.
func (c *conn) run(sql string, args ...any) error {
	s, err := c.stmt(sql, args...)
	if err != nil {
		return err
	}
	err = s.Exec()
	return errors.Join(c.fault(err), s.Reset())
}

// each calls row for every row of sql.
func (c *conn) each(sql string, row func(*sqlite3.Stmt) error, args ...any) error {
	s, err := c.stmt(sql, args...)
	if err != nil {
		return err
	}
	defer s.Reset()
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
	}
	return c.fault(s.Err())
}

// one calls row for the first row of sql and reports whether there was one.
func (c *conn) one(sql string, row func(*sqlite3.Stmt) error, args ...any) (found bool, err error) {
	s, err := c.stmt(sql, args...)
	if err != nil {
		return false, err
	}
	defer s.Reset()
	if s.Step() {
		return true, row(s)
	}
	return false, c.fault(s.Err())
}

func (c *conn) close() error {
	for _, s := range c.prepared {
		s.Close()
	}
	c.prepared = nil
	return c.fault(c.Conn.Close())
}

// while runs f with the connection interrupted when ctx ends.
func (c *conn) while(ctx context.Context, f func() error) error {
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

// fault gives an error of the database its kind, and says which place of which
// file is damaged.
func (c *conn) fault(err error) error { return storageError(c.explain(err)) }

// storageError gives the errors of the database their kind.
func storageError(err error) error {
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

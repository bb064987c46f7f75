package vault

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
)

// Limits of a query.
const (
	defaultRows  = 10_000
	maxRows      = 1_000_000
	maxAnswer    = 256 << 20 // bytes
	maxQueryTime = time.Minute
	maxSQL       = 64 << 10
)

var words = regexp.MustCompile(`[A-Za-z_]+`)

// Query runs one SELECT over the views the session's grant covers (see
// ViewNames) and returns at most limit rows, 10,000 when limit is 0. It can read
// nothing else and change nothing.
func (s *Session) Query(ctx context.Context, sql string, limit int, args ...any) (*Table, error) {
	if err := s.allow(penates.Read, "", "query"); err != nil {
		return nil, err
	}
	if len(sql) > maxSQL {
		return nil, fmt.Errorf("a query of %d bytes: %w", len(sql), penates.TooLarge)
	}
	if limit <= 0 {
		limit = defaultRows
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxQueryTime, fmt.Errorf("the query was stopped after %s: %w", maxQueryTime, penates.TooLong))
	defer cancel()
	var table *Table
	types := map[penates.Type]int{}
	err := s.read(ctx, func(c *conn) error {
		used, err := c.prepareViews(sql, s.grant)
		if err != nil {
			return err
		}
		table, err = c.guarded(sql, min(limit, maxRows), args)
		for _, k := range used {
			types[k.Type] = len(rowsOf(table))
		}
		return err
	})
	if err != nil {
		if errors.Is(err, penates.Denied) {
			s.refuse(penates.Read, "query", err)
		}
		return nil, err
	}
	return table, s.record(penates.Read, "query", types)
}

func rowsOf(t *Table) [][]any {
	if t == nil {
		return nil
	}
	return t.Rows
}

// prepareViews makes the views that sql names, as far as g covers them, and
// returns their types.
func (c *conn) prepareViews(sql string, g *grant.Grant) (used []*schema.Kind, err error) {
	seen := map[string]bool{}
	for _, word := range words.FindAllString(strings.ToLower(sql), -1) {
		if seen[word] {
			continue
		}
		seen[word] = true
		if k := schema.OfView(word); k != nil {
			if !g.Covers(k.Type) {
				continue // as if it did not exist
			}
			used = append(used, k)
			err = c.makeView(word, viewSQL(k))
		} else if across, ok := acrossSQL[word]; ok {
			if g.All() { // every document is: its row need not be read to know
				across = strings.ReplaceAll(across, " AND {covered}", "")
			}
			err = c.makeView(word, strings.ReplaceAll(across, "{covered}", covered(g)))
		}
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}

// covered is the condition on documents d that g covers.
func covered(g *grant.Grant) string {
	if g.All() {
		// It names a column, as the authorizer sees a table of which none is read
		// without its view; the plus keeps it from choosing the index.
		return "+d.type > 0"
	}
	var codes []string
	for _, t := range g.Types {
		if k, err := schema.Of(t); err == nil {
			codes = append(codes, fmt.Sprint(k.Code))
		}
	}
	return "d.type IN (" + strings.Join(codes, ",") + ")"
}

// makeView makes the temporary view name over one whose name nobody can guess:
// only from within the latter may stored tables be read, so that a common table
// expression that takes a view's name gains nothing by it.
func (c *conn) makeView(name, sql string) error {
	if c.views[name] {
		return nil
	}
	inner := c.secret + name
	err := c.Exec("PRAGMA query_only = OFF")
	if err == nil {
		err = c.Exec("CREATE TEMP VIEW " + sqlite3.QuoteIdentifier(inner) + " AS " + sql)
	}
	if err == nil {
		err = c.Exec("CREATE TEMP VIEW " + sqlite3.QuoteIdentifier(name) + " AS SELECT * FROM " + sqlite3.QuoteIdentifier(inner))
	}
	err = errors.Join(err, c.Exec("PRAGMA query_only = ON"))
	if err != nil {
		return c.fault(err)
	}
	c.views[name] = true
	return nil
}

// authorize decides, while a statement of somebody else's is prepared, what it
// may touch.
func (c *conn) authorize(action sqlite3.AuthorizerActionCode, name3, name4, database, inner string) sqlite3.AuthorizerReturnCode {
	if !c.guard {
		return sqlite3.AUTH_OK
	}
	switch action {
	case sqlite3.AUTH_SELECT, sqlite3.AUTH_RECURSIVE:
		return sqlite3.AUTH_OK
	case sqlite3.AUTH_FUNCTION:
		if deniedFunctions[strings.ToLower(name4)] {
			return sqlite3.AUTH_DENY
		}
		return sqlite3.AUTH_OK
	case sqlite3.AUTH_READ:
		table := strings.ToLower(name3)
		switch {
		case strings.HasPrefix(inner, c.secret): // a stored table, read by a view of ours
			return sqlite3.AUTH_OK
		case strings.HasPrefix(name3, c.secret) && c.views[inner]:
			return sqlite3.AUTH_OK
		case c.views[table] && database == "temp", table == "json_each", table == "json_tree", table == "":
			return sqlite3.AUTH_OK
		}
	}
	return sqlite3.AUTH_DENY
}

var deniedFunctions = map[string]bool{
	"load_extension": true, "fts3_tokenizer": true, "fts5": true, "sqlite_compileoption_get": true,
	"sqlite_compileoption_used": true, "writefile": true, "readfile": true, "edit": true,
}

// guarded runs one statement of somebody else's.
func (c *conn) guarded(sql string, limit int, args []any) (*Table, error) {
	c.guard = true
	defer func() { c.guard = false }()
	s, tail, err := c.Prepare(sql)
	if err != nil {
		return nil, c.queryError(err)
	}
	if s == nil {
		return nil, fmt.Errorf("the query is empty: %w", penates.Invalid)
	}
	defer s.Close()
	if rest, _, err := c.Prepare(tail); rest != nil || err != nil {
		if rest != nil {
			rest.Close()
		}
		return nil, fmt.Errorf("a query is one statement, this has more after the semicolon: %w", penates.Invalid)
	}
	if !s.ReadOnly() || s.ColumnCount() == 0 || isExplain(sql) {
		return nil, fmt.Errorf("a query is a SELECT (or WITH … SELECT): %w", penates.Denied)
	}
	if s.BindCount() != len(args) {
		return nil, fmt.Errorf("the query has %d parameters but %d values were given: %w", s.BindCount(), len(args), penates.Invalid)
	}
	for i, a := range args {
		if err := bind(s, i+1, a); err != nil {
			return nil, err
		}
	}
	return c.collect(s, limit)
}

func isExplain(sql string) bool {
	first := words.FindString(sql)
	return strings.EqualFold(first, "explain")
}

func (c *conn) collect(s *sqlite3.Stmt, limit int) (*Table, error) {
	t := &Table{Columns: make([]string, s.ColumnCount())}
	for i := range t.Columns {
		t.Columns[i] = s.ColumnName(i)
	}
	size := 0
	for s.Step() {
		if len(t.Rows) == limit {
			t.Cut = true
			return t, nil
		}
		row := make([]any, len(t.Columns))
		for i := range row {
			switch s.ColumnType(i) {
			case sqlite3.INTEGER:
				row[i] = s.ColumnInt64(i)
			case sqlite3.FLOAT:
				row[i] = s.ColumnFloat(i)
			case sqlite3.TEXT:
				text := s.ColumnText(i)
				row[i], size = text, size+len(text)
			case sqlite3.BLOB:
				blob := s.ColumnBlob(i, nil)
				row[i], size = blob, size+len(blob)
			}
		}
		t.Rows = append(t.Rows, row)
		if size += 32 * len(row); size > maxAnswer {
			return nil, fmt.Errorf("the answer is longer than %d MiB; select less: %w", maxAnswer>>20, penates.TooLarge)
		}
	}
	return t, c.queryError(s.Err())
}

var noSuch = regexp.MustCompile(`no such table: (\S+)`)

// queryError words the engine's errors for the author of a query.
func (c *conn) queryError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite3.INTERRUPT):
		return err
	case errors.Is(err, sqlite3.AUTH):
		return fmt.Errorf("a query reads only the views (%s …): %w", strings.Join(ViewNames()[:4], ", "), penates.Denied)
	case errors.Is(err, sqlite3.IOERR_DATA), errors.Is(err, sqlite3.CORRUPT):
		return c.fault(err)
	}
	text := strings.TrimPrefix(err.Error(), "sqlite3: SQL logic error: ")
	if m := noSuch.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("there is no view %s; there are %s: %w", m[1], strings.Join(ViewNames(), ", "), penates.Invalid)
	}
	return fmt.Errorf("query: %s: %w", text, penates.Invalid)
}

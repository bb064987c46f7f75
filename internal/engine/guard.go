package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/schema"
	"penates/internal/scope"
)

// Limits of an answer.
const (
	maxAnswer      = 256 << 20 // bytes
	maxAnswerUnder = 32 << 20  // of somebody else than the owner
)

var words = regexp.MustCompile(`[A-Za-z_]+`)

// A Table is the answer to a query.
type Table struct {
	Columns []string
	Rows    [][]any // nil, int64, float64, string or []byte
	// Cut is true when there was more than the limits allow.
	Cut bool
	// Size is about how many bytes the rows hold.
	Size int
}

// PrepareViews makes the views that sql names, as far as the scope has them, and
// returns the types that are named, and those that views across types are of. The
// others are as if they did not exist.
func (c *Conn) PrepareViews(sql string, a *scope.Scope) (named, across []*schema.Kind, err error) {
	seen := map[string]bool{}
	for _, word := range words.FindAllString(strings.ToLower(sql), -1) {
		if seen[word] {
			continue
		}
		seen[word] = true
		kinds, made := c.views[word]
		if !made {
			var view string
			if view, kinds = a.View(word, c.Own()); view == "" {
				continue
			}
			if err := c.makeView(word, view, kinds); err != nil {
				return nil, nil, err
			}
		}
		if schema.OfView(word) != nil {
			named = append(named, kinds...)
		} else {
			across = append(across, kinds...)
		}
	}
	return named, across, nil
}

// smallTemp makes SQLite take memory for the pages of temporary views one by one:
// by itself it takes that of twenty at the first.
const smallTemp = "PRAGMA temp.cache_size = 2; "

// makeView makes the temporary view name over one whose name nobody can guess:
// only from within the latter may stored tables be read, so that a common table
// expression that takes a view's name gains nothing by it.
func (c *Conn) makeView(name, sql string, kinds []*schema.Kind) error {
	inner := c.secret + name
	quote := sqlite3.QuoteIdentifier
	defer c.SetInterrupt(c.SetInterrupt(context.Background())) // both are made or none
	err := c.outside(func() error {                            // an error must not take earlier views with it
		both := "PRAGMA query_only = OFF; BEGIN; CREATE TEMP VIEW " + quote(inner) + " AS " + sql + "; CREATE TEMP VIEW " + quote(name) + " AS SELECT * FROM " + quote(inner) + "; COMMIT"
		if len(c.views) == 0 {
			both = smallTemp + both
		}
		err := c.Exec(both)
		if err != nil && !c.GetAutocommit() {
			err = errors.Join(err, c.Exec("ROLLBACK"))
		}
		return errors.Join(err, c.Exec("PRAGMA query_only = ON"))
	})
	if err != nil {
		return c.Fault(err)
	}
	c.views[name] = kinds
	return nil
}

// authorize decides, while a statement of somebody else's is prepared, what it
// may touch.
func (c *Conn) authorize(action sqlite3.AuthorizerActionCode, name3, name4, database, inner string) sqlite3.AuthorizerReturnCode {
	if !c.guard {
		return sqlite3.AUTH_OK
	}
	view := func(name string) bool { _, ok := c.views[name]; return ok }
	switch action {
	case sqlite3.AUTH_SELECT, sqlite3.AUTH_RECURSIVE:
		return sqlite3.AUTH_OK
	case sqlite3.AUTH_FUNCTION:
		if name := strings.ToLower(name4); c.ids == nil && !deniedFunctions[name] || functions[name] || name4 == c.Own() && strings.HasPrefix(inner, c.secret) {
			return sqlite3.AUTH_OK
		}
		return sqlite3.AUTH_DENY
	case sqlite3.AUTH_READ:
		table := strings.ToLower(name3)
		switch {
		case strings.HasPrefix(inner, c.secret): // a stored table, read by a view of ours
			return sqlite3.AUTH_OK
		case strings.HasPrefix(name3, c.secret) && (view(inner) || name4 == ""): // of no column it is told without the view
			return sqlite3.AUTH_OK
		case view(table) && database == "temp", table == "json_each", table == "json_tree", table == "":
			return sqlite3.AUTH_OK
		}
	}
	return sqlite3.AUTH_DENY
}

var deniedFunctions = map[string]bool{
	"load_extension": true, "fts3_tokenizer": true, "fts5": true, "sqlite_compileoption_get": true,
	"sqlite_compileoption_used": true, "writefile": true, "readfile": true, "edit": true,
}

const noMemory = "sqlite3: out of memory"

// Guarded runs one statement of somebody else's.
func (c *Conn) Guarded(sql string, limit int, args []any) (t *Table, err error) {
	c.guard = true
	defer func() { c.guard = false }()
	defer func() { // SQLite without memory left is told by a panic; the statement is reset by then
		if p := recover(); p != nil {
			if bad, ok := p.(error); !ok || bad.Error() != noMemory {
				panic(p)
			}
			c.forget()
			t, err = nil, fmt.Errorf("the query takes more memory than a query may have; select less: %w", penates.TooLarge)
		}
	}()
	s, err := c.question(sql)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.ClearBindings()) }()
	defer s.Reset()
	if s.BindCount() != len(args) {
		return nil, fmt.Errorf("the query has %d parameters but %d values were given: %w", s.BindCount(), len(args), penates.Invalid)
	}
	for i, a := range args {
		if err := Bind(s, i+1, a); err != nil {
			return nil, err
		}
	}
	return c.collect(s, limit)
}

// question prepares a statement of somebody else's, which is kept as long as the
// connection serves the same grant: programs ask the same again.
func (c *Conn) question(sql string) (*sqlite3.Stmt, error) {
	if s := c.asked[sql]; s != nil {
		return s, nil
	}
	s, tail, err := c.Prepare(sql)
	if err != nil {
		return nil, c.queryError(err)
	}
	if s == nil {
		return nil, fmt.Errorf("the query is empty: %w", penates.Invalid)
	}
	if err := c.checkQuestion(s, sql, tail); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if len(c.asked) >= maxAsked {
		c.forget()
	}
	c.asked[sql] = s
	return s, nil
}

func (c *Conn) checkQuestion(s *sqlite3.Stmt, sql, tail string) error {
	if rest, _, err := c.Prepare(tail); rest != nil || err != nil {
		if rest != nil {
			rest.Close()
		}
		return fmt.Errorf("a query is one statement, this has more after the semicolon: %w", penates.Invalid)
	}
	if !s.ReadOnly() || s.ColumnCount() == 0 || isExplain(sql) {
		return fmt.Errorf("a query is a SELECT (or WITH … SELECT): %w", penates.Denied)
	}
	return nil
}

// forget closes the statements of somebody else that were kept.
func (c *Conn) forget() {
	for _, s := range c.asked {
		s.Close()
	}
	clear(c.asked)
}

func isExplain(sql string) bool {
	first := words.FindString(sql)
	return strings.EqualFold(first, "explain")
}

func (c *Conn) collect(s *sqlite3.Stmt, limit int) (*Table, error) {
	t := &Table{Columns: make([]string, s.ColumnCount())}
	for i := range t.Columns {
		t.Columns[i] = s.ColumnName(i)
	}
	size, most := 0, maxAnswer
	if c.ids != nil {
		most = maxAnswerUnder
	}
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
		if size += 32 * len(row); size > most {
			return nil, fmt.Errorf("the answer is longer than %d MiB; select less: %w", most>>20, penates.TooLarge)
		}
		t.Size = size
	}
	return t, c.queryError(s.Err())
}

// functions are those that a question under a grant may call: what computes on the
// values it is given, and tells nothing of the connection or the file.
var functions = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(`abs acos asin atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos count cume_dist
		current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob group_concat hex if ifnull iif instr json json_array
		json_array_length json_each json_extract json_group_array json_group_object json_object json_patch json_quote json_remove
		json_replace json_set json_tree json_type json_valid julianday lag last_value lead length like ln log log10 log2 lower
		ltrim max median min mod nth_value ntile nullif octet_length percent_rank percentile pi pow power printf quote radians
		rank replace round row_number rtrim sign sin sqrt strftime string_agg substr substring sum tan time timediff total trim
		trunc typeof unhex unicode unixepoch upper -> ->>`) {
		m[name] = true
	}
	return m
}()

var noSuch = regexp.MustCompile(`no such table: (\S+)`)

// queryError words the engine's errors for the author of a query.
func (c *Conn) queryError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite3.INTERRUPT):
		return err
	case errors.Is(err, sqlite3.AUTH):
		return fmt.Errorf("a query reads only the views (%s …): %w", strings.Join(scope.ViewNames()[:4], ", "), penates.Denied)
	case errors.Is(err, sqlite3.IOERR_DATA), errors.Is(err, sqlite3.CORRUPT):
		return c.Fault(err)
	}
	text := strings.TrimPrefix(err.Error(), "sqlite3: SQL logic error: ")
	if m := noSuch.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("there is no view %s; there are %s: %w", m[1], strings.Join(scope.ViewNames(), ", "), penates.Invalid)
	}
	return fmt.Errorf("query: %s: %w", text, penates.Invalid)
}

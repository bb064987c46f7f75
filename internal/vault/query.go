package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"penates"
	"penates/internal/scope"
)

// Limits of a query.
const (
	defaultRows  = 10_000
	maxRows      = 1_000_000
	maxQueryTime = time.Minute
	maxSQL       = 64 << 10

	// Of somebody else than the owner.
	maxRowsUnder = 100_000
	maxTimeUnder = 10 * time.Second
)

var errTooLong = fmt.Errorf("the query was stopped: %w", penates.TooLong)

// ViewNames returns the names SQL may use, in the order of the types.
func ViewNames() []string { return scope.ViewNames() }

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
	most, within := maxRows, maxQueryTime
	if !s.scope.All() {
		most, within = maxRowsUnder, maxTimeUnder
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("the query was stopped after %s: %w", within, penates.TooLong))
	defer cancel()
	var table *Table
	types := map[penates.Type]int{}
	err := s.read(ctx, func(c *conn) error {
		named, used, err := c.PrepareViews(sql, s.scope)
		if err != nil {
			return err
		}
		table, err = c.Guarded(sql, min(limit, most), args)
		for _, k := range used {
			types[k.Type] += 0 // by a view across types: how many of each is not known
		}
		for _, k := range named {
			types[k.Type] = len(rowsOf(table))
		}
		return err
	})
	if err != nil {
		if errors.Is(err, penates.Denied) || !s.scope.All() {
			s.refuse(penates.Read, "query", err)
		}
		return nil, err
	}
	return table, s.charge(penates.Read, "query", types, int64(len(table.Rows)), int64(table.Size))
}

func rowsOf(t *Table) [][]any {
	if t == nil {
		return nil
	}
	return t.Rows
}

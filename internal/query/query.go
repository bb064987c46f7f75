// Package query runs SELECTs over the views whose answers may be longer than one
// query may give: they are then fetched in pages, so that memory stays flat
// however much the vault holds.
package query

import (
	"context"
	"errors"
	"fmt"

	"penates"
	"penates/internal/figure"
	"penates/internal/vault"
)

// How many rows are asked for at first, and in each page when there are more.
const (
	firstRows = 200_000
	pageRows  = 50_000
)

// A Select says what to read.
type Select struct {
	// Key is a column of text, the first of each row. Several rows may have the
	// same key, but fewer than a page has. Rows without a key may be left out.
	Key     string
	Columns string // the others
	From    string // a view, or several joined
	Where   string // optional condition
	Group   string // optional columns to group by; the key is one of them
}

func (q *Select) sql(paged bool) string {
	sql := "SELECT " + q.Key + ", " + q.Columns + " FROM " + q.From
	switch {
	case paged && q.Where != "":
		sql += " WHERE " + q.Key + " > ?1 AND (" + q.Where + ")"
	case paged:
		sql += " WHERE " + q.Key + " > ?1"
	case q.Where != "":
		sql += " WHERE " + q.Where
	}
	if q.Group != "" {
		sql += " GROUP BY " + q.Group
	}
	if paged {
		sql += " ORDER BY " + q.Key
	}
	return sql
}

// Each calls f with every row of q, in no particular order, and stops at its
// first error.
func Each(ctx context.Context, s *vault.Session, q Select, f func(row []any) error) error {
	// A scan is faster than pages in the order of the key.
	all, err := s.Query(ctx, q.sql(false), firstRows)
	if err == nil && !all.Cut {
		return each(all.Rows, f)
	}
	if err != nil && !errors.Is(err, penates.TooLarge) {
		return err
	}
	for after := ""; ; {
		page, err := s.Query(ctx, q.sql(true), pageRows, after)
		if err != nil {
			return err
		}
		rows := page.Rows
		if page.Cut {
			if rows = wholeKeys(rows); len(rows) == 0 {
				return fmt.Errorf("more than %d rows of one document: %w", pageRows, penates.TooLarge)
			}
			after = figure.Text(rows[len(rows)-1][0])
		}
		if err := each(rows, f); err != nil || !page.Cut {
			return err
		}
	}
}

func each(rows [][]any, f func(row []any) error) error {
	for _, row := range rows {
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

// wholeKeys leaves out the rows of the last key, because there may be more of them.
func wholeKeys(rows [][]any) [][]any {
	n := len(rows)
	for n > 0 && rows[n-1][0] == rows[len(rows)-1][0] {
		n--
	}
	return rows[:n]
}

// Package query runs SELECTs over the views whose answers may be longer than one
// query may give: they are fetched in pages, so that memory stays flat however
// much the vault holds.
package query

import (
	"context"
	"fmt"

	"penates"
	"penates/internal/figure"
	"penates/internal/vault"
)

// pageRows is how many rows are fetched at a time.
const pageRows = 50_000

// Each calls f with every row of the SELECT sql. The first column is the key that
// the pages go by: text, not empty, and in the statement sql must ask for keys
// after the first parameter, in the order of the key, as in
//
//	SELECT id, text FROM bills WHERE id > ?1 ORDER BY id
//
// Several rows may have the same key, but fewer than a page has.
func Each(ctx context.Context, s *vault.Session, sql string, f func(row []any) error) error {
	after := ""
	for {
		page, err := s.Query(ctx, sql, pageRows, after)
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
		for _, row := range rows {
			if err := f(row); err != nil {
				return err
			}
		}
		if !page.Cut {
			return nil
		}
	}
}

// wholeKeys leaves out the rows of the last key, because there may be more of them.
func wholeKeys(rows [][]any) [][]any {
	n := len(rows)
	for n > 0 && rows[n-1][0] == rows[len(rows)-1][0] {
		n--
	}
	return rows[:n]
}

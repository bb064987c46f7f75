package bankcsv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/mapping"
	"penates/internal/locale"
	"penates/internal/sheet"
)

// A Row is a row of a table as it stands.
type Row struct {
	Line  int
	Cells []string
}

const (
	headRows = 100 // rows of a table that are looked at
	headText = importer.HeadSize
)

// Top returns the first rows of a table; none when the file is none.
func Top(ctx context.Context, f *importer.File) ([]Row, error) {
	if sheet.Is(f.Bytes) {
		content, err := f.ReadAll(sheet.MaxSize)
		if err != nil {
			return nil, err
		}
		var top []Row
		err = sheet.Read(ctx, content, func(r *sheet.Row) error {
			if top = append(top, Row{r.Number, cells(r, nil)}); len(top) >= headRows {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
		return top, err
	}
	if bytes.IndexByte(f.Bytes, 0) >= 0 && !bytes.HasPrefix(f.Bytes, []byte("\xFF\xFE")) && !bytes.HasPrefix(f.Bytes, []byte("\xFE\xFF")) {
		return nil, nil
	}
	text := locale.Decode(f.Bytes[:min(len(f.Bytes), headText)], "")
	var best []Row
	for _, d := range delimiters {
		if top := split(text, d); wide(top) > wide(best) {
			best = top
		}
	}
	return best, nil
}

var errEnough = errors.New("enough")

func split(text string, delim byte) (top []Row) {
	r := newRows(strings.NewReader(text))
	for r.delim = delim; len(top) < headRows; {
		next, err := r.next()
		if err != nil {
			break
		}
		if next.err == nil && !isBlank(next.fields) && len(next.fields) <= mapping.MaxColumns {
			top = append(top, Row{next.line, slices.Clone(next.fields)})
		}
	}
	return top
}

// wide counts the cells of rows that have several.
func wide(top []Row) (n int) {
	for _, r := range top {
		if len(r.Cells) > 1 {
			n += len(r.Cells)
		}
	}
	return n
}

// Suggest returns the mapping that the headings and the rows below them suggest, and
// which of the rows is the one with the headings. When line is not 0 it is that one.
func Suggest(top []Row, line int) (m mapping.Mapping, at int, err error) {
	at = -1
	for i, r := range top {
		if r.Line == line || line == 0 && headed(top, i) {
			at = i
			break
		}
	}
	if at < 0 {
		return m, 0, fmt.Errorf("no row of headings: %w", penates.NotExist)
	}
	m = mapping.Mapping{Headings: top[at].Cells, Order: "dmy", Columns: map[mapping.Role]int{}}
	for n := len(m.Headings); n > 0 && strings.TrimSpace(m.Headings[n-1]) == ""; n-- {
		m.Headings = m.Headings[:n-1]
	}
	m.ID = mapping.ID(m.Headings)
	guess := guessColumns(m.Headings)
	for _, r := range mapping.Roles() {
		if i := guess.at[roleFor[r]]; i >= 0 && i < len(m.Headings) {
			m.Columns[r] = i
		}
	}
	if m.Has(mapping.Amount) {
		delete(m.Columns, mapping.Debit)
		delete(m.Columns, mapping.Credit)
	}
	m.Currency = guess.currency
	guessByRows(&m, top[at+1:])
	return m, at, nil
}

// headed reports whether row i has words only, and the row below it fits.
func headed(top []Row, i int) bool {
	filled := 0
	for _, s := range top[i].Cells {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if filled++; strings.ContainsAny(s, "0123456789") && len(s) < 40 {
			if _, err := locale.Amount(s); err == nil {
				return false
			}
			if _, err := locale.Day(s, locale.DMY); err == nil {
				return false
			}
		}
	}
	return filled >= 2 && i+1 < len(top) && len(top[i+1].Cells) >= filled && len(top[i+1].Cells) > 1
}

// guessColumns finds the roles that headings have by their names, as far as they go.
func guessColumns(headings []string) *columns {
	folded, bare, codes := make([]string, len(headings)), make([]string, len(headings)), make([]string, len(headings))
	for i, h := range headings {
		folded[i] = heading(clip(h))
		bare[i], codes[i] = cutCurrency(folded[i])
	}
	c := &columns{}
	layouts[len(layouts)-1].find(c, folded, bare, codes)
	return c
}

// guessByRows fills what the headings did not tell from what the columns hold.
func guessByRows(m *mapping.Mapping, below []Row) {
	below = below[:min(len(below), 30)]
	taken := map[int]bool{}
	for _, i := range m.Columns {
		taken[i] = true
	}
	first := func(r mapping.Role, good func(string) bool) {
		for i := range m.Headings {
			if n, all := count(below, i, good); !m.Has(r) && !taken[i] && all > 0 && n*3 >= all*2 {
				m.Columns[r], taken[i] = i, true
			}
		}
	}
	first(mapping.Date, isDay)
	if !m.Has(mapping.Debit) || !m.Has(mapping.Credit) {
		first(mapping.Amount, isAmount)
	}
	if !m.Has(mapping.Counterparty) && !m.Has(mapping.Memo) {
		first(mapping.Label, isWords)
	}
	if i, ok := m.Columns[mapping.Date]; ok {
		in := func(o locale.Order) int {
			n, _ := count(below, i, func(s string) bool { _, err := locale.Day(s, o); return err == nil })
			return n
		}
		if in(locale.MDY) > in(locale.DMY) {
			m.Order = "mdy"
		}
	}
}

// count says how many cells of column i hold something, and how many something good.
func count(below []Row, i int, good func(string) bool) (n, all int) {
	for _, r := range below {
		if i < len(r.Cells) && strings.TrimSpace(r.Cells[i]) != "" {
			if all++; good(strings.TrimSpace(r.Cells[i])) {
				n++
			}
		}
	}
	return n, all
}

func isDay(s string) bool {
	for _, o := range [...]locale.Order{locale.DMY, locale.MDY} {
		if _, err := locale.Day(s, o); err == nil {
			return true
		}
	}
	return false
}

func isAmount(s string) bool {
	_, err := locale.Amount(s)
	return err == nil && strings.ContainsAny(s, ",.-+ ")
}

func isWords(s string) bool {
	return len(s) > 3 && !isDay(s) && !isAmount(s) && strings.ContainsAny(locale.Fold(s), "aeiou")
}

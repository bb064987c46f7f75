package bankcsv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/mapping"
	"penates/internal/locale"
	"penates/internal/sheet"
)

// roleFor are the columns of a mapping as those of a layout.
var roleFor = map[mapping.Role]role{
	mapping.Date: booking, mapping.ValueDate: value, mapping.Label: label, mapping.Memo: memo, mapping.Amount: amount, mapping.Debit: debit,
	mapping.Credit: credit, mapping.Currency: currency, mapping.Account: account, mapping.Balance: balance, mapping.Counterparty: other,
	mapping.Reference: reference, mapping.Category: category,
}

// Mapped returns the format of the tables that the person said the columns of. It is
// surer than any other, and gives what Format gives.
func Mapped(learned []mapping.Mapping) importer.Format {
	by := make(book, len(learned))
	for i := range learned {
		by[learned[i].ID] = &learned[i]
	}
	return importer.Format{Name: Format.Name, Title: Format.Title, Recognise: by.recognise, Read: by.read}
}

// A book is the mappings by their ids.
type book map[string]*mapping.Mapping

func (b book) columns(fields []string) *columns {
	if len(fields) < 2 || len(fields) > mapping.MaxColumns {
		return nil
	}
	m := b[mapping.ID(fields)]
	if m == nil || m.Check() != nil {
		return nil
	}
	c := &columns{layout: &layout{name: cmp.Or(m.Name, "bank"), institution: m.Name}, sure: true, order: m.DayOrder(), mark: m.Mark(), reversed: m.Reversed,
		currency: m.Currency, account: m.Account, said: true, width: len(m.Headings)}
	for i := range c.at {
		c.at[i] = -1
	}
	for r, i := range m.Columns {
		c.at[roleFor[r]] = i
	}
	money := c.at[amount]
	if money < 0 {
		money = min(c.at[debit], c.at[credit])
	}
	c.need = max(c.at[booking], money) + 1
	return c
}

func (b book) recognise(h importer.Head) int {
	if len(b) == 0 {
		return 0
	}
	if sheet.Is(h.Bytes) {
		return 97 // Read looks whether the headings are known
	}
	if _, delim := b.header(h.Bytes); delim != 0 {
		return 99
	}
	return 0
}

// header looks for a row of known headings at the beginning of a file.
func (b book) header(head []byte) (line int, delim byte) {
	n := 0
	for text := range strings.Lines(locale.Decode(head[:min(len(head), 16<<10)], "")) {
		if n++; n > maxAbove {
			break
		}
		text = strings.TrimRight(text, "\r\n")
		if len(text) > maxLine {
			continue
		}
		for _, d := range delimiters {
			if r := (rows{delim: d}); strings.IndexByte(text, d) >= 0 {
				if fields, open := r.split(text); !open && b.columns(fields) != nil {
					return n, d
				}
			}
		}
	}
	return 0, 0
}

func (b book) read(ctx context.Context, f *importer.File, out importer.Sink) error {
	t := &table{out: out, accounts: map[string]*held{}, match: b.columns}
	if sheet.Is(f.Bytes) {
		return b.readSheet(ctx, f, t)
	}
	_, delim := b.header(f.Bytes)
	if delim == 0 {
		return importer.ErrNotMine
	}
	return t.readText(ctx, f, delim)
}

// readSheet reads the tables of a spreadsheet whose headings are known.
func (b book) readSheet(ctx context.Context, f *importer.File, t *table) error {
	content, err := f.ReadAll(sheet.MaxSize)
	if err != nil {
		return fmt.Errorf("%w (%w)", importer.ErrNotMine, err)
	}
	name := ""
	err = sheet.Read(ctx, content, func(r *sheet.Row) error {
		if r.Table != name {
			name, t.columns, t.current = r.Table, nil, nil
		}
		fields := cells(r, t.columns)
		if t.columns == nil && b.columns(fields) == nil {
			return nil // above the headings, or another table
		}
		return t.take(row{line: r.Number, last: r.Number, fields: fields})
	})
	if len(t.order) == 0 && t.columns == nil && (err == nil || errors.Is(err, penates.Invalid) || errors.Is(err, penates.Damaged)) {
		return importer.ErrNotMine
	}
	return errors.Join(err, t.giveAccounts())
}

// cells returns the texts of a row. Numbers are written as the mapping reads them.
func cells(r *sheet.Row, c *columns) []string {
	fields := make([]string, min(len(r.Cells), mapping.MaxColumns))
	for i := range fields {
		fields[i] = r.Text(i)
		if c != nil && c.mark == ',' && r.Cells[i].Number {
			fields[i] = strings.Replace(fields[i], ".", ",", 1)
		}
	}
	return fields
}

// Matches reports whether the mapping is for the file.
func Matches(ctx context.Context, m *mapping.Mapping, f *importer.File) bool {
	b := book{m.ID: m}
	if !sheet.Is(f.Bytes) {
		_, delim := b.header(f.Bytes)
		return delim != 0
	}
	top, err := Top(ctx, f)
	return err == nil && slices.ContainsFunc(top, func(r Row) bool { return b.columns(r.Cells) != nil })
}

// topOf limits what Try reads of a file.
func topOf(f *importer.File) *importer.File {
	g := *f
	g.Open = func() (io.ReadCloser, error) {
		r, err := f.Open()
		if err != nil || sheet.Is(f.Bytes) {
			return r, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(r, headText), r}, nil
	}
	return &g
}

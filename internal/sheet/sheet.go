// Package sheet reads the tables of spreadsheets as text: Office Open XML
// workbooks (ECMA-376-1, 18: .xlsx) and OpenDocument spreadsheets (ODF 1.3 part 3,
// 9: .ods). It gives the values that are stored, without working out formulas,
// row by row, whatever their size, within limits.
package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"penates"
)

// Limits on what is read.
const (
	MaxSize    = 64 << 20 // bytes of a file
	maxPart    = 256 << 20
	maxStrings = 32 << 20 // bytes of all texts that cells share
	maxColumns = 1024
	maxRows    = 2_000_000
	maxTables  = 1000
	maxDepth   = 64
	maxCell    = 32 << 10
)

// A Cell is what a cell holds. A day or time is text as ISO 8601 writes it.
type Cell struct {
	Text   string
	Number bool // Text is a number with a decimal point
}

// A Row is one row of a table that holds something.
type Row struct {
	Table  string
	Number int // from 1
	// Cells are valid until the next row; trailing ones that are empty are left out.
	Cells []Cell
}

// Text returns the text of column i, counted from 0, without blanks around it;
// "" when there is none.
func (r *Row) Text(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[i].Text)
}

// Is reports whether a file beginning as head may be a spreadsheet that Read reads.
func Is(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) && (bytes.Contains(head, []byte("mimetype"+openDocument)) ||
		bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("xl/work")))
}

const openDocument = "application/vnd.oasis.opendocument.spreadsheet"

// Read calls visit with the rows of all tables. An error of visit ends it and is
// returned.
func Read(ctx context.Context, content []byte, visit func(*Row) error) error {
	if len(content) > MaxSize {
		return fmt.Errorf("a spreadsheet of %d bytes: %w", len(content), penates.TooLarge)
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return fmt.Errorf("spreadsheet: %w (%w)", penates.Damaged, err)
	}
	b := &book{ctx: ctx, parts: map[string]*zip.File{}, visit: visit}
	for _, f := range z.File {
		if name := strings.TrimPrefix(f.Name, "/"); b.parts[name] == nil {
			b.parts[name] = f
		}
	}
	switch {
	case b.parts["xl/workbook.xml"] != nil:
		return b.workbook()
	case b.parts["content.xml"] != nil:
		return b.openDocument()
	}
	return fmt.Errorf("no workbook in it: %w", penates.Invalid)
}

// A book is an open spreadsheet.
type book struct {
	ctx     context.Context
	parts   map[string]*zip.File
	visit   func(*Row) error
	strings []string
	dates   []dateKind // by style
	from04  bool       // days are counted from 1904
	rows    int
}

// row gives a row to visit unless it is empty.
func (b *book) row(r *Row) error {
	n := len(r.Cells)
	for n > 0 && r.Cells[n-1].Text == "" {
		n--
	}
	if r.Cells = r.Cells[:n]; n == 0 {
		return nil
	}
	if b.rows++; b.rows > maxRows {
		return fmt.Errorf("more than %d rows: %w", maxRows, penates.TooLarge)
	}
	return b.visit(r)
}

// An element is what a part's visitor is told at the end of each element.
type element struct {
	name, parent string
	attr         []xml.Attr
	text         string
	at           int // where its text begins in that of all that is open
}

func (e *element) value(name string) string {
	for _, a := range e.attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// each calls start and end for the elements of a part; either may be nil. There
// is no part of that name in some spreadsheets, which is no error.
func (b *book) each(name string, start, end func(*element) error) error {
	f := b.parts[name]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w (%w)", name, penates.Damaged, err)
	}
	defer r.Close()
	limited := &io.LimitedReader{R: r, N: maxPart}
	dec := xml.NewDecoder(limited)
	dec.Strict = true
	var stack []element
	var text []byte
	for n := 1; ; n++ {
		if n%4096 == 0 && b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) == 0:
			return nil
		case limited.N <= 0:
			return fmt.Errorf("%s: more than %d bytes: %w", name, maxPart, penates.TooLarge)
		case err != nil:
			return fmt.Errorf("%s: %w (%w)", name, penates.Damaged, err)
		}
		if stack, text, err = step(stack, text, token, start, end); err != nil {
			return err
		}
	}
}

// inline are elements whose text is that of the paragraph around them.
var inline = map[string]bool{"span": true, "a": true}

func step(stack []element, text []byte, token xml.Token, start, end func(*element) error) ([]element, []byte, error) {
	switch t := token.(type) {
	case xml.StartElement:
		if len(stack) >= maxDepth {
			return stack, text, fmt.Errorf("elements nested more than %d deep: %w", maxDepth, penates.TooLarge)
		}
		e := element{name: t.Name.Local, attr: t.Attr, at: len(text)}
		if n := len(stack); n > 0 {
			e.parent = stack[n-1].name
		}
		stack = append(stack, e)
		if e.name == "s" { // blanks of OpenDocument
			text = append(text, ' ')
		}
		if start != nil {
			return stack, text, start(&e)
		}
	case xml.CharData:
		if room := maxCell - len(text); room > 0 {
			text = append(text, t[:min(len(t), room)]...)
		}
	case xml.EndElement:
		e := stack[len(stack)-1]
		e.text = string(text[e.at:])
		if stack = stack[:len(stack)-1]; !inline[e.name] && e.name != "s" {
			text = text[:e.at]
		}
		if end != nil {
			return stack, text, end(&e)
		}
	}
	return stack, text, nil
}

// set puts a cell into column i, and empty ones before it; columns beyond the
// limit are left out.
func set(cells []Cell, i int, c Cell) []Cell {
	if i < 0 || i >= maxColumns {
		return cells
	}
	if n := i + 1 - len(cells); n > 0 {
		cells = append(slices.Grow(cells, n), make([]Cell, n)...)
	}
	cells[i] = c
	return cells
}

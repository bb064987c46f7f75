package sheet

import (
	"strconv"
	"strings"
)

// openDocument reads the tables of an OpenDocument spreadsheet.
func (b *book) openDocument() error {
	d := &odsReader{book: b}
	return b.each("content.xml", d.start, d.end)
}

// An odsReader follows the elements of tables. Repeated cells and rows stand once
// with their number (19.675, 19.679): the empty ones that fill a table to its edge
// count as none.
type odsReader struct {
	*book
	row     Row
	column  int
	value   string // of the cell's attributes
	kind    string
	repeat  int
	text    []string // its paragraphs
	rows    int      // how often the row is repeated
	note    int      // depth of annotations, which are not the cell's text
	inTable int
}

// maxRepeat bounds how often a row that holds something is given.
const maxRepeat = 10_000

func (d *odsReader) start(e *element) error {
	switch e.name {
	case "table":
		if d.inTable++; d.inTable == 1 {
			d.row = Row{Table: e.value("name"), Cells: d.row.Cells}
		}
	case "table-row":
		d.row.Number++
		d.row.Cells, d.column = d.row.Cells[:0], 0
		d.rows = repeated(e.value("number-rows-repeated"))
	case "table-cell", "covered-table-cell":
		d.repeat = repeated(e.value("number-columns-repeated"))
		d.kind, d.text = e.value("value-type"), d.text[:0]
		d.value = e.value("value")
		for _, name := range []string{"date-value", "time-value", "boolean-value", "string-value"} {
			if v := e.value(name); v != "" {
				d.value = v
			}
		}
	case "annotation":
		d.note++
	}
	return nil
}

func repeated(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func (d *odsReader) end(e *element) error {
	switch e.name {
	case "table":
		d.inTable--
	case "annotation":
		d.note--
	case "p":
		if d.note == 0 && e.text != "" && len(d.text) < 1000 {
			d.text = append(d.text, e.text)
		}
	case "table-cell", "covered-table-cell":
		d.cell()
	case "table-row":
		n := d.rows
		err := d.book.row(&d.row)
		for i := 1; i < min(n, maxRepeat) && err == nil && len(d.row.Cells) > 0; i++ {
			d.row.Number++
			err = d.book.row(&d.row)
		}
		if len(d.row.Cells) == 0 {
			d.row.Number += n - 1
		}
		return err
	}
	return nil
}

func (d *odsReader) cell() {
	c := Cell{Text: d.value}
	switch d.kind {
	case "float", "percentage", "currency":
		c.Text, c.Number = plain(d.value), true
	case "string", "":
		if d.value == "" {
			c.Text = strings.Join(d.text, "\n")
		}
	}
	if c.Text == "" {
		d.column += d.repeat
		return
	}
	for range min(d.repeat, maxColumns) {
		d.row.Cells = set(d.row.Cells, d.column, c)
		d.column++
	}
}

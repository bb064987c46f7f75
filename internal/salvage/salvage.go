// Package salvage reads the tables of an SQLite database some of whose pages are
// lost. It walks their trees page by page (https://sqlite.org/fileformat2.html), so
// that every row on a readable page is found, and for each page that is not it is
// known which rows were there, or between which rows.
package salvage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"penates"
)

// Pages are the pages of a database, numbered from 1. An error of kind Damaged says
// that one is lost.
type Pages interface {
	Count() uint32
	Usable() int
	Page(n uint32) ([]byte, error)
}

// A Row is a row of a table, or an entry of an index. Values are nil, int64,
// float64, string or []byte. Where columns were added to a table later, there may be
// fewer.
type Row struct {
	ID     int64 // of the row; 0 in an index or a table without
	Values []any
}

// A Gap is a page that is lost, with all that was below it.
type Gap struct {
	Page uint32
	// From and To are the first and last rows that may have been there, in a table
	// with row ids.
	From, To int64
}

// bounds of what a damaged database can make us do
const (
	maxDepth   = 20
	maxPayload = 64 << 20
)

// The types of pages of trees.
const (
	indexInner = 2
	tableInner = 5
	indexLeaf  = 10
	tableLeaf  = 13
)

type walker struct {
	pages Pages
	seen  map[uint32]bool
	row   func(Row) error
	gaps  []Gap
}

// Walk calls row for every row of the tree whose root is page root, in their order,
// and returns what is lost. The error is that of row, or of the disk.
func Walk(p Pages, root uint32, row func(Row) error) ([]Gap, error) {
	w := &walker{pages: p, seen: map[uint32]bool{}, row: row}
	err := w.walk(root, 0, math.MinInt64, math.MaxInt64)
	return w.gaps, err
}

// errPage is damage within a page, which is then lost as a whole.
var errPage = fmt.Errorf("page: %w", penates.Damaged)

func (w *walker) lose(n uint32, from, to int64) { w.gaps = append(w.gaps, Gap{n, from, to}) }

func (w *walker) walk(n uint32, depth int, from, to int64) error {
	if depth > maxDepth || w.seen[n] {
		w.lose(n, from, to)
		return nil
	}
	w.seen[n] = true
	p, err := w.page(n)
	if errors.Is(err, penates.Damaged) {
		w.lose(n, from, to)
		return nil
	}
	if err != nil {
		return err
	}
	if p.inner() {
		return w.inner(p, depth, from, to)
	}
	for i := range p.cells {
		row, err := w.cell(p, i)
		switch {
		case err == nil:
			err = w.row(row)
		case errors.Is(err, penates.Damaged) && row.ID != 0:
			w.lose(n, row.ID, row.ID) // for one of its overflow pages
			err = nil
		case errors.Is(err, penates.Damaged):
			w.lose(n, from, to)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) inner(p *page, depth int, from, to int64) error {
	for i := range p.cells {
		c := p.cell(i)
		if len(c) < 4 {
			w.lose(p.n, from, to)
			return nil
		}
		left, key := binary.BigEndian.Uint32(c), to
		if p.kind == tableInner {
			v, n := varint(c[4:])
			if key = int64(v); n == 0 {
				w.lose(p.n, from, to)
				return nil
			}
		}
		if err := w.walk(left, depth+1, from, key); err != nil {
			return err
		}
		if p.kind == indexInner { // it holds an entry of its own
			row, err := w.payload(c[4:], true)
			if err == nil {
				err = w.row(row)
			}
			if errors.Is(err, penates.Damaged) {
				w.lose(p.n, from, to)
			} else if err != nil {
				return err
			}
		} else if key < math.MaxInt64 {
			from = key + 1
		}
	}
	return w.walk(p.right, depth+1, from, to)
}

// A page is one page of a tree.
type page struct {
	n      uint32
	kind   byte
	bytes  []byte // that are in use
	cells  []int  // where they are
	right  uint32
	header int
}

func (p *page) inner() bool { return p.kind == indexInner || p.kind == tableInner }

func (w *walker) page(n uint32) (*page, error) {
	b, err := w.pages.Page(n)
	if err != nil {
		return nil, err
	}
	p := &page{n: n, bytes: b[:w.pages.Usable()]}
	if n == 1 {
		p.header = 100 // the header of the file comes first
	}
	h := p.bytes[p.header:]
	p.kind = h[0]
	start := p.header + 8
	switch p.kind {
	case indexInner, tableInner:
		p.right, start = binary.BigEndian.Uint32(h[8:]), p.header+12
	case indexLeaf, tableLeaf:
	default:
		return nil, errPage
	}
	count := int(binary.BigEndian.Uint16(h[3:]))
	if start+2*count > len(p.bytes) {
		return nil, errPage
	}
	p.cells = make([]int, count)
	for i := range p.cells {
		at := int(binary.BigEndian.Uint16(p.bytes[start+2*i:]))
		if at < start+2*count || at >= len(p.bytes) {
			return nil, errPage
		}
		p.cells[i] = at
	}
	return p, nil
}

func (p *page) cell(i int) []byte { return p.bytes[p.cells[i]:] }

// cell reads cell i of a leaf. With an error the row's id may be known.
func (w *walker) cell(p *page, i int) (Row, error) { return w.payload(p.cell(i), p.kind == indexLeaf) }

// payload reads the size, the row id unless it is of an index, and the record of a
// cell.
func (w *walker) payload(c []byte, index bool) (row Row, err error) {
	size, n := varint(c)
	if n == 0 || size > min(maxPayload, uint64(w.pages.Count())*uint64(w.pages.Usable())) {
		return row, errPage
	}
	c = c[n:]
	if !index {
		id, n := varint(c)
		if n == 0 {
			return row, errPage
		}
		row.ID, c = int64(id), c[n:]
	}
	record, err := w.record(c, int(size), index)
	if err != nil {
		return row, err
	}
	row.Values, err = decode(record)
	return row, err
}

// record returns the bytes of a record, those on overflow pages too.
func (w *walker) record(c []byte, size int, index bool) ([]byte, error) {
	u := w.pages.Usable()
	most, least := u-35, (u-12)*32/255-23
	if index {
		most = (u-12)*64/255 - 23
	}
	if size <= most {
		if size > len(c) {
			return nil, errPage
		}
		return c[:size], nil
	}
	local := least + (size-least)%(u-4)
	if local > most {
		local = least
	}
	if local+4 > len(c) {
		return nil, errPage
	}
	record := append(make([]byte, 0, size), c[:local]...)
	for next := binary.BigEndian.Uint32(c[local:]); len(record) < size; {
		b, err := w.pages.Page(next)
		if err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(b)
		record = append(record, b[4:4+min(u-4, size-len(record))]...)
	}
	return record, nil
}

// varint reads a number and returns how many bytes it took, 0 when it is cut.
func varint(b []byte) (v uint64, n int) {
	for i, c := range b {
		if i == 8 {
			return v<<8 | uint64(c), 9
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// decode reads the values of a record.
func decode(b []byte) (values []any, err error) {
	size, n := varint(b)
	if n == 0 || size > uint64(len(b)) || size < uint64(n) {
		return nil, errPage
	}
	kinds, body := b[n:size], b[size:]
	for len(kinds) > 0 {
		kind, n := varint(kinds)
		if n == 0 {
			return nil, errPage
		}
		kinds = kinds[n:]
		length := lengthOf(kind)
		if length > uint64(len(body)) {
			return nil, errPage
		}
		v, err := value(kind, body[:length])
		if err != nil {
			return nil, err
		}
		values, body = append(values, v), body[length:]
	}
	return values, nil
}

func lengthOf(kind uint64) uint64 {
	switch {
	case kind <= 4:
		return kind
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	case kind < 12:
		return 0
	}
	return (kind - 12) / 2
}

func value(kind uint64, b []byte) (any, error) {
	switch {
	case kind == 0:
		return nil, nil
	case kind <= 6:
		v := int64(int8(b[0]))
		for _, c := range b[1:] {
			v = v<<8 | int64(c)
		}
		return v, nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case kind <= 9:
		return int64(kind - 8), nil
	case kind < 12:
		return nil, errPage
	case kind%2 == 0:
		return append([]byte{}, b...), nil
	}
	return string(b), nil
}

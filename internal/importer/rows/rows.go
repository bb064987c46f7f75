// Package rows reads tables as text (CSV, RFC 4180, with any separator) as services
// write them: rows that are damaged are told apart from those behind them, and columns
// are found by their names however they are written.
package rows

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"penates"
	"penates/internal/locale"
)

// Limits of one row. Gift messages and addresses run over lines; a quotation
// mark that is never closed must not swallow the rest of the file.
const (
	maxLine  = 256 << 10 // bytes
	maxLines = 100
	maxRow   = 256 << 10 // bytes
)

// A Reader splits CSV into rows. Unlike encoding/csv it goes on behind a row whose
// quotation marks do not match.
type Reader struct {
	r      *bufio.Reader
	delim  byte
	ahead  []string // lines that were read and given back
	number int      // of the line read last
}

// New returns a Reader of r, which is UTF-8, whose fields delim separates.
func New(r io.Reader, delim byte) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, maxLine), delim: delim}
}

var errLong = fmt.Errorf("a line of more than %d bytes: %w", maxLine, penates.TooLarge)

// line returns the next line without its end.
func (r *Reader) line() (string, error) {
	if len(r.ahead) > 0 {
		s := r.ahead[0]
		r.ahead = r.ahead[1:]
		r.number++
		return s, nil
	}
	b, err := r.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.r.ReadSlice('\n')
		}
		if err == nil || err == io.EOF {
			r.number++
			return "", errLong
		}
	}
	if err != nil && (err != io.EOF || len(b) == 0) {
		return "", err
	}
	r.number++
	return strings.TrimRight(string(b), "\r\n"), nil
}

// Next returns the fields of the next row that is not blank and the line it
// begins on. A bad row wraps penates.Invalid or penates.TooLarge, and the next
// call goes on behind it.
func (r *Reader) Next() (fields []string, at int, err error) {
	s, err := r.line()
	for err == nil && strings.TrimSpace(s) == "" {
		s, err = r.line()
	}
	if err != nil {
		return nil, r.number, err
	}
	at = r.number
	p := splitter{delim: r.delim}
	p.feed(s)
	var more []string
	for size := len(s); p.quoted; {
		if s, err = r.line(); err == nil {
			more = append(more, s)
			size += len(s)
		}
		if err != nil && err != io.EOF && !errors.Is(err, errLong) {
			return nil, at, err
		}
		if err != nil || len(more) >= maxLines || size > maxRow {
			r.ahead = append(more, r.ahead...)
			r.number = at
			return nil, at, fmt.Errorf("a quotation mark is opened and not closed: %w", penates.Invalid)
		}
		p.field = append(p.field, '\n')
		p.feed(s)
	}
	return p.end(), at, nil
}

// A splitter cuts a row into fields.
type splitter struct {
	delim   byte
	fields  []string
	field   []byte
	quoted  bool // within quotation marks
	started bool // the field has a quotation mark or another character
}

func (p *splitter) feed(s string) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case p.quoted && c == '"' && i+1 < len(s) && s[i+1] == '"':
			p.field = append(p.field, '"')
			i++
		case p.quoted && c == '"':
			p.quoted = false
		case p.quoted:
			p.field = append(p.field, c)
		case c == '"' && !p.started:
			p.quoted, p.started = true, true
		case c == p.delim:
			p.cut()
		default:
			p.started = p.started || c != ' '
			p.field = append(p.field, c)
		}
	}
}

func (p *splitter) cut() {
	p.fields = append(p.fields, strings.TrimSpace(string(p.field)))
	p.field, p.started = p.field[:0], false
}

func (p *splitter) end() []string {
	p.cut()
	return p.fields
}

// Header finds the columns of the first row of head: their plain names, and what
// separates them.
func Header(head []byte) (names []string, delim byte) {
	text := locale.Decode(head[:min(len(head), 16<<10)], "")
	for _, d := range []byte{',', ';', '\t', '|'} {
		// Each file that comes in is looked at so by several formats: with New's
		// room for a line, most of the time would go into clearing memory.
		r := Reader{r: bufio.NewReaderSize(strings.NewReader(text), len(text)+1), delim: d}
		fields, _, err := r.Next()
		if err != nil || len(fields) <= len(names) {
			continue
		}
		names, delim = PlainNames(fields), d
	}
	return names, delim
}

// PlainNames returns the Plain of each field.
func PlainNames(fields []string) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = Plain(f)
	}
	return names
}

// Plain returns the letters and digits of a column's name: "Order ID", "OrderId"
// and "order_id" are one.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, locale.Fold(s))
}

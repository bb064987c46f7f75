package bankcsv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
)

// The bounds of a row; no statement comes near them.
const (
	maxLine    = 64 << 10 // bytes of a line
	maxRow     = 64 << 10 // bytes of a row of several lines
	maxRowLine = 64       // lines of a row
	maxFields  = 256
	maxOpen    = 100 // rows with an open quote, after which a row is one line
)

// A row is one row of the file. Its fields are valid until the next call.
type row struct {
	line, last int // first and last line, from 1
	fields     []string
	err        error // the row cannot be split
	cut        bool  // the file ends without a line end after it
}

// rows splits delimited text (RFC 4180, more leniently: a quote inside an
// unquoted field is itself) into rows, with the line each one is on. A quote
// that is never closed costs its own line, not the rest of the file.
type rows struct {
	src    *bufio.Reader
	delim  byte
	line   int                                // lines taken from src
	queue  []string                           // lines to read again, the next one last
	open   int                                // rows whose quote was never closed
	begins func(line string, delim byte) bool // whether a line begins a row for certain, even inside quotes
	fields []string
}

func newRows(r io.Reader) *rows { return &rows{src: bufio.NewReaderSize(r, 32<<10)} }

// nextLine returns the next line without its end. ended is false for a last line that has
// no line end.
func (r *rows) nextLine() (s string, ended bool, err error) {
	if n := len(r.queue); n > 0 {
		s = r.queue[n-1]
		r.queue = r.queue[:n-1]
		r.line++
		return s, true, nil
	}
	b, err := r.src.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return r.longLine(b)
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(b) == 0) {
		return "", false, err
	}
	r.line++
	s, ended = strings.CutSuffix(string(b), "\n")
	return strings.TrimSuffix(s, "\r"), ended, nil
}

// longLine reads on to the end of a line that exceeds the buffer.
func (r *rows) longLine(head []byte) (string, bool, error) {
	long := append([]byte(nil), head...)
	r.line++
	for {
		b, err := r.src.ReadSlice('\n')
		if len(long) <= maxLine {
			long = append(long, b...)
		}
		switch {
		case err == nil:
			if len(long) > maxLine {
				return "", true, errLong
			}
			return strings.TrimRight(string(long), "\r\n"), true, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			if len(long) > maxLine {
				return "", false, errLong
			}
			return string(long), false, nil
		default:
			return "", false, err
		}
	}
}

var errLong = fmt.Errorf("longer than %d bytes: %w", maxLine, penates.TooLarge)

// next returns the next row, or io.EOF after the last one.
func (r *rows) next() (row, error) {
	s, ended, err := r.nextLine()
	if errors.Is(err, errLong) {
		return row{line: r.line, last: r.line, err: err}, nil
	}
	if err != nil {
		return row{}, err
	}
	first := r.line
	fields, open := r.split(s)
	if !open {
		return row{line: first, last: first, fields: fields, cut: !ended, err: tooMany(fields)}, nil
	}
	return r.several(s, first, ended)
}

func tooMany(fields []string) error {
	if len(fields) >= maxFields {
		return fmt.Errorf("more than %d fields: %w", maxFields, penates.TooLarge)
	}
	return nil
}

// several continues a row whose first line s ends inside quotes.
func (r *rows) several(s string, first int, ended bool) (row, error) {
	lines := []string{s}
	whole := s
	for ended && r.open < maxOpen && len(lines) < maxRowLine && len(whole) < maxRow {
		next, end, err := r.nextLine()
		if errors.Is(err, io.EOF) || errors.Is(err, errLong) {
			break
		}
		if err != nil {
			return row{}, err
		}
		ended = end
		lines = append(lines, next)
		if r.begins != nil && r.begins(next, r.delim) {
			break
		}
		whole += "\n" + next
		if fields, open := r.split(whole); !open {
			return row{line: first, last: r.line, fields: fields, cut: !ended, err: tooMany(fields)}, nil
		}
	}
	for i := len(lines) - 1; i > 0; i-- {
		r.queue = append(r.queue, lines[i])
	}
	r.line = first
	r.open++
	return row{line: first, last: first, err: fmt.Errorf("a quote is not closed: %w", penates.Invalid)}, nil
}

// split cuts s at the delimiter. open says that s ends inside quotes.
func (r *rows) split(s string) (fields []string, open bool) {
	fields = r.fields[:0]
	for len(fields) < maxFields {
		if rest, formula := strings.CutPrefix(s, `="`); formula { // a spreadsheet's way to say text
			s = `"` + rest
		}
		if !strings.HasPrefix(s, `"`) {
			i := strings.IndexByte(s, r.delim)
			if i < 0 {
				fields = append(fields, s)
				break
			}
			fields = append(fields, s[:i])
			s = s[i+1:]
			continue
		}
		field, rest, closed := quoted(s[1:], r.delim)
		if !closed {
			return nil, true
		}
		fields = append(fields, field)
		if rest == "" {
			break
		}
		s = rest[1:]
	}
	r.fields = fields
	return fields, false
}

// quoted reads a field up to its closing quote, one that stands before the
// delimiter or the end; rest begins with the delimiter or is empty.
func quoted(s string, delim byte) (field, rest string, closed bool) {
	from := 0
	for {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return "", "", false
		}
		i += from
		after := strings.TrimLeft(s[i+1:], " ")
		switch {
		case strings.HasPrefix(s[i+1:], `"`):
			from = i + 2
		case after == "" || after[0] == delim:
			return unescape(s[:i]), after, true
		default: // a quote that should have been doubled
			from = i + 1
		}
	}
}

func unescape(s string) string {
	if strings.Contains(s, `""`) {
		return strings.ReplaceAll(s, `""`, `"`)
	}
	return s
}

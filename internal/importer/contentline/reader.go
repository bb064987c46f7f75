package contentline

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"penates/internal/locale"
)

// MaxLine bounds an unfolded line; photos in base64 are the longest there are.
const MaxLine = 24 << 20

// A Reader gives the properties of a stream one after the other. It holds one
// of them.
type Reader struct {
	src     *bufio.Reader
	charset string // of what is neither declared nor UTF-8, "" to guess
	number  int    // physical lines read
	next    []byte // the physical line after the current one
	at      int    // its number
	more    bool   // next is valid
	split   bool   // next is a name whose colon is folded
	err     error
}

// NewReader reads r, which begins as head (as much of it as is known). Text
// that is neither UTF-8 nor declared is read in what head reads best in.
func NewReader(r io.Reader, head []byte) *Reader {
	if utf16(head) {
		r, _ = locale.UTF8(r, "")
		return &Reader{src: bufio.NewReaderSize(r, 64<<10)}
	}
	_, charset := locale.UTF8(bytes.NewReader(head), declared(head))
	if charset == "us-ascii" || charset == "utf-8" {
		charset = ""
	}
	return &Reader{src: bufio.NewReaderSize(r, 64<<10), charset: charset}
}

// utf16 reports whether head is of a text of two bytes a character.
func utf16(head []byte) bool {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return true
	}
	return bytes.HasPrefix(head, []byte("B\x00E\x00")) || bytes.HasPrefix(head, []byte("\x00B\x00E"))
}

// declared returns the first charset that a property of head declares.
func declared(head []byte) string {
	_, rest, ok := bytes.Cut(head, []byte("CHARSET="))
	if !ok {
		return ""
	}
	end := bytes.IndexAny(rest, ";:\r\n,")
	if end < 0 || end > 40 {
		return ""
	}
	return string(rest[:end])
}

// Next returns the next property, or io.EOF. What stands before the first one
// and is none is skipped.
func (r *Reader) Next() (Line, error) {
	for {
		first, number, ok := r.take()
		if !ok {
			return Line{}, r.end()
		}
		if !r.split && !property(first) {
			continue
		}
		raw, cut := r.unfold(first, r.split)
		charset := r.charset
		if i := bytes.Index(raw, []byte("CHARSET=")); i >= 0 {
			charset = declared(raw)
		}
		text := string(raw)
		if !utf8.Valid(raw) {
			text = locale.Decode(raw, charset)
		}
		if l, ok := parse(text); ok {
			l.Number, l.Cut, l.charset = number, cut || len(raw) >= MaxLine, charset
			return l, nil
		}
	}
}

func (r *Reader) end() error {
	if r.err != nil && r.err != io.EOF {
		return fmt.Errorf("line %d: %w", r.number, r.err)
	}
	return io.EOF
}

// unfold adds to first the lines that belong to it. Of a name whose colon is
// folded empty lines may stand before that.
func (r *Reader) unfold(first []byte, split bool) (raw []byte, cut bool) {
	raw = first
	coded := encoding(first)
	add := func(parts ...[]byte) {
		for _, p := range parts {
			if len(raw)+len(p) > MaxLine {
				cut = true
				return
			}
			raw = append(raw, p...)
		}
	}
	for {
		line, ok := r.peek()
		soft := coded == "QUOTED-PRINTABLE" && bytes.HasSuffix(raw, []byte("="))
		switch {
		case !ok:
			return raw, cut
		case soft && !bytes.HasPrefix(bytes.ToUpper(line[:min(len(line), 4)]), []byte("END:")):
			raw = raw[:len(raw)-1]
			if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(line) > 1 && line[1] != ' ' {
				line = line[1:]
			}
			add(line)
		case len(line) > 0 && (line[0] == ' ' || line[0] == '\t'):
			add(line[1:])
		case len(bytes.TrimSpace(line)) == 0 && split && bytes.IndexByte(raw, ':') < 0:
		case len(bytes.TrimSpace(line)) == 0 || r.split || property(line):
			return raw, cut
		case coded == "BASE64":
			add(line)
		default: // text that goes on without being folded
			add([]byte(`\n`), line)
		}
		r.more = false
	}
}

// property reports whether a physical line begins a property. Of text that goes
// on without being folded, "Note: see" and "https://…" look like one.
func property(line []byte) bool {
	head := string(line[:min(len(line), 101)])
	n := nameEnd(head)
	switch {
	case n == 0:
		return false
	case head[n] == ';':
		return bytes.IndexByte(line, ':') > 0 || strings.ToUpper(head[:n]) == head[:n]
	case strings.HasPrefix(head[n:], "://"):
		return false
	}
	return !strings.HasPrefix(head[n:], ": ") || strings.ToUpper(head[:n]) == head[:n]
}

// encoding returns the transfer encoding in the parameters of a property,
// "QUOTED-PRINTABLE", "BASE64" or "".
func encoding(line []byte) string {
	head, _, _ := bytes.Cut(line[:min(len(line), 500)], []byte(":"))
	upper := strings.ToUpper(string(head)) + ";"
	switch {
	case strings.Contains(upper, "QUOTED-PRINTABLE"):
		return "QUOTED-PRINTABLE"
	case strings.Contains(upper, "BASE64"), strings.Contains(upper, "ENCODING=B;"):
		return "BASE64"
	}
	return ""
}

// peek returns the next physical line without taking it.
func (r *Reader) peek() ([]byte, bool) {
	if !r.more {
		r.more = r.read()
	}
	return r.next, r.more
}

// take returns the next physical line and its number.
func (r *Reader) take() ([]byte, int, bool) {
	line, ok := r.peek()
	r.more = false
	return bytes.Clone(line), r.at, ok
}

// read reads a physical line, which LF, CR LF or a bare CR ends, into next.
func (r *Reader) read() bool {
	if r.err != nil {
		return false
	}
	r.next, r.split = r.next[:0], false
	r.number++
	r.at = r.number
	any := false
	for {
		if _, err := r.src.Peek(1); err != nil {
			r.err = err
			return any
		}
		any = true
		window, _ := r.src.Peek(r.src.Buffered())
		i := bytes.IndexAny(window, "\r\n")
		n := i
		if i < 0 {
			n = len(window)
		}
		if len(r.next) < MaxLine {
			r.next = append(r.next, window[:n]...)
		}
		r.src.Discard(n)
		if i >= 0 {
			r.endLine()
			if r.at == 1 {
				r.next = bytes.TrimPrefix(r.next, []byte("\xEF\xBB\xBF"))
			}
			r.split = bareName(r.next) && r.foldedColon()
			return true
		}
	}
}

// bareName reports whether a line is a name in upper case and nothing else.
func bareName(line []byte) bool {
	return len(line) > 0 && len(line) <= 60 && len(bytes.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")) == 0
}

// foldedColon reports whether the next line that is not empty is a fold that
// begins with what follows a name.
func (r *Reader) foldedColon() bool {
	ahead, _ := r.src.Peek(8)
	ahead = bytes.TrimLeft(ahead, "\r\n")
	return len(ahead) > 1 && (ahead[0] == ' ' || ahead[0] == '\t') && (ahead[1] == ':' || ahead[1] == ';')
}

// endLine takes the line end: CR LF, CR CR LF (text mode twice), LF or CR.
func (r *Reader) endLine() {
	c, _ := r.src.ReadByte()
	if c == '\n' {
		return
	}
	ahead, _ := r.src.Peek(2)
	switch {
	case bytes.HasPrefix(ahead, []byte("\n")):
		r.src.Discard(1)
	case bytes.HasPrefix(ahead, []byte("\r\n")):
		r.src.Discard(2)
	}
}

package form

import (
	"bytes"
	"fmt"

	"penates"
)

// The kinds of element of JSONB, the binary form in which SQLite keeps JSON
// (sqlite.org/jsonb.html). An element is a head, which holds its kind and the size
// of what follows, and that: for texts and numbers their characters in JSON, for
// arrays and objects their elements.
const (
	jsonbNull    = 0
	jsonbTrue    = 1
	jsonbFalse   = 2
	jsonbInt     = 3
	jsonbFloat   = 5
	jsonbText    = 7 // without escapes
	jsonbEscaped = 8
	jsonbArray   = 11
	jsonbObject  = 12
)

// maxNested is how deep JSON may be nested, as for SQLite.
const maxNested = 1000

// JSONB returns JSON as SQLite's function jsonb does, byte for byte. Making it here
// leaves less to do to the one connection that writes.
func JSONB(text []byte) ([]byte, error) {
	e := encoder{src: text, out: make([]byte, 0, len(text)+16)}
	if !e.value(0) || e.peek() != 0 || e.at < len(text) {
		return nil, fmt.Errorf("JSON at byte %d: %w", e.at, penates.Invalid)
	}
	return e.out, nil
}

type encoder struct {
	src []byte
	at  int
	out []byte
}

// peek returns the next character that is no blank, 0 at the end.
func (e *encoder) peek() byte {
	for ; e.at < len(e.src); e.at++ {
		switch c := e.src[e.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (e *encoder) take(c byte) bool {
	if e.peek() != c {
		return false
	}
	e.at++
	return true
}

// value encodes the next value, and reports whether it was one.
func (e *encoder) value(depth int) bool {
	switch e.peek() {
	case '{':
		return e.nested(jsonbObject, '}', depth, func() bool { return e.text() && e.take(':') && e.value(depth+1) })
	case '[':
		return e.nested(jsonbArray, ']', depth, func() bool { return e.value(depth + 1) })
	case '"':
		return e.text()
	case 't':
		return e.word("true", jsonbTrue)
	case 'f':
		return e.word("false", jsonbFalse)
	case 'n':
		return e.word("null", jsonbNull)
	}
	return e.number()
}

// nested encodes an array or object, of which each encodes one element.
func (e *encoder) nested(kind byte, end byte, depth int, each func() bool) bool {
	if depth >= maxNested {
		return false
	}
	const usual = 3 // bytes of its head
	e.at++
	start := len(e.out)
	e.out = append(e.out, make([]byte, usual)...)
	if !e.take(end) {
		for {
			if !each() {
				return false
			}
			if e.take(end) {
				break
			}
			if !e.take(',') {
				return false
			}
		}
	}
	var head [5]byte
	content := e.out[start+usual:]
	h := appendHead(head[:0], kind, len(content))
	if more := len(h) - usual; more > 0 {
		e.out = append(e.out, make([]byte, more)...)
	}
	copy(e.out[start+len(h):], content)
	e.out = append(e.out[:start], h...)[:start+len(h)+len(content)]
	return true
}

func appendHead(b []byte, kind byte, size int) []byte {
	switch {
	case size <= 11:
		return append(b, byte(size)<<4|kind)
	case size <= 0xff:
		return append(b, 12<<4|kind, byte(size))
	case size <= 0xffff:
		return append(b, 13<<4|kind, byte(size>>8), byte(size))
	}
	return append(b, 14<<4|kind, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
}

func (e *encoder) put(kind byte, content []byte) bool {
	e.out = append(appendHead(e.out, kind, len(content)), content...)
	e.at += len(content)
	return true
}

func (e *encoder) text() bool {
	if !e.take('"') {
		return false
	}
	kind, rest := byte(jsonbText), e.src[e.at:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return false
	}
	for i := bytes.IndexByte(rest[:end], '\\'); i >= 0 && i < end; i++ {
		kind = jsonbEscaped
		if rest[i] == '\\' {
			if i++; i == end { // the quote is escaped: it ends further on
				next := bytes.IndexByte(rest[end+1:], '"')
				if next < 0 {
					return false
				}
				end += 1 + next
			}
		}
	}
	e.put(kind, rest[:end])
	e.at++
	return true
}

func (e *encoder) word(w string, kind byte) bool {
	if !bytes.HasPrefix(e.src[e.at:], []byte(w)) {
		return false
	}
	e.out, e.at = append(e.out, kind), e.at+len(w)
	return true
}

func (e *encoder) number() bool {
	kind, rest := byte(jsonbInt), e.src[e.at:]
	n := 0
number:
	for ; n < len(rest); n++ {
		switch c := rest[n]; {
		case c >= '0' && c <= '9', c == '-':
		case c == '.' || c == 'e' || c == 'E' || c == '+':
			kind = jsonbFloat
		default:
			break number
		}
	}
	return n > 0 && e.put(kind, rest[:n])
}

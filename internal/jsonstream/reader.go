// Package jsonstream walks through JSON files that may be larger than memory:
// objects and arrays are visited member by member, single values are decoded
// whole and bounded in size, and the line of each is known.
package jsonstream

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"penates"
)

// A Reader reads one or several JSON values (RFC 8259) after each other.
// Errors of syntax or shape wrap penates.Invalid, values that are too large
// penates.TooLarge; nothing can be read after either.
type Reader struct {
	dec   *json.Decoder
	src   *source
	depth int // of what is being visited
}

// maxDepth bounds objects and arrays in each other: who visits them may call itself
// for each.
const maxDepth = 1000

// New returns a Reader of r, which is UTF-8, that decodes values of at most
// limit bytes. What is visited by Object and Array may be of any size.
func New(r io.Reader, limit int) *Reader {
	src := &source{r: bufio.NewReaderSize(r, 64<<10), limit: limit, line: 1}
	dec := json.NewDecoder(src)
	dec.UseNumber()
	return &Reader{dec: dec, src: src}
}

// Line returns the line, counted from 1, on which what was read last ends.
func (r *Reader) Line() int {
	r.src.pass(r.dec.InputOffset())
	return r.src.line
}

// More reports whether another element, member or top-level value follows.
func (r *Reader) More() bool { return r.dec.More() }

// Object visits the members of the object that follows. member must consume the
// value of each. Null has no members.
func (r *Reader) Object(member func(key string) error) error {
	return r.visit('{', r.named(member))
}

// Each visits the elements of every top-level array and every other top-level
// value up to the end of the file, as in one JSON text or in JSON lines. element
// must consume each.
func (r *Reader) Each(element func() error) error {
	for first := true; ; first = false {
		r.settle()
		if !r.dec.More() { // the end, or something that begins no value
			_, err := r.dec.Token()
			if err == io.EOF && !first {
				return nil
			}
			return r.explain(err)
		}
		var c [1]byte
		r.dec.Buffered().Read(c[:]) // More has left the decoder at the value
		visit := element
		if c[0] == '[' {
			visit = func() error { return r.Array(element) }
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// Array visits the elements of the array that follows. element must consume each
// of them. Null has no elements.
func (r *Reader) Array(element func() error) error { return r.visit('[', element) }

// Any visits the value that follows, whatever its shape: the members of an
// object, the elements of an array, or the one string, json.Number, bool or nil
// that it is. member and element must consume the value of each.
func (r *Reader) Any(member func(key string) error, element func() error, scalar func(v any) error) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	each := element
	switch token {
	case json.Delim('{'):
		each = r.named(member)
	case json.Delim('['):
	default:
		return scalar(token)
	}
	return r.within(each)
}

// named returns what visits one member.
func (r *Reader) named(member func(key string) error) func() error {
	return func() error {
		token, err := r.token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return r.invalid("a member without a name")
		}
		return member(key)
	}
}

func (r *Reader) visit(open json.Delim, each func() error) error {
	switch token, err := r.token(); {
	case err != nil:
		return err
	case token == nil:
		return nil
	case token != open:
		return r.invalid(fmt.Sprintf("%v where %v is expected", token, open))
	}
	return r.within(each)
}

// within visits what lies between the delimiter just read and its end.
func (r *Reader) within(each func() error) error {
	if r.depth++; r.depth > maxDepth {
		return fmt.Errorf("line %d: more than %d objects and arrays in each other: %w", r.Line(), maxDepth, penates.TooLarge)
	}
	defer func() { r.depth-- }()
	for r.dec.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := r.token() // the closing delimiter, or what is wrong before it
	return err
}

// Value decodes the value that follows into v, like json.Unmarshal. A value of
// another shape than v is an error that does not end the reading; see Mismatch.
func (r *Reader) Value(v any) error {
	r.settle()
	return r.explain(r.dec.Decode(v))
}

// Skip passes over the value that follows.
func (r *Reader) Skip() error {
	var raw json.RawMessage
	return r.Value(&raw)
}

// Mismatch reports whether err says only that a value has another shape than
// expected, so that reading may go on behind it.
func Mismatch(err error) bool {
	var shape *json.UnmarshalTypeError
	return errors.As(err, &shape)
}

// Text returns the text of a string, number or boolean, "" for null, and false
// for arrays and objects.
func Text(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "", true
	}
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '{', '[':
		return "", false
	case 'n':
		return "", true
	}
	return string(raw), true
}

func (r *Reader) token() (json.Token, error) {
	r.settle()
	token, err := r.dec.Token()
	return token, r.explain(err)
}

// settle marks all that was read so far as used.
func (r *Reader) settle() {
	r.src.pass(r.dec.InputOffset())
	r.src.ahead = 0
}

func (r *Reader) invalid(what string) error {
	return fmt.Errorf("json at line %d: %s: %w", r.Line(), what, penates.Invalid)
}

func (r *Reader) explain(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.invalid("the file ends within a value")
	case errors.As(err, &syntax), Mismatch(err):
		return fmt.Errorf("json at line %d: %w (%w)", r.Line(), penates.Invalid, err)
	}
	return err
}

// A source counts lines, and the bytes that the decoder reads ahead for one value.
type source struct {
	r      io.Reader
	limit  int
	ahead  int
	offset int64 // of the end of what was read
	line   int   // of the last place passed
	ends   []int64
}

func (s *source) Read(p []byte) (int, error) {
	if s.ahead > s.limit {
		return 0, fmt.Errorf("json at line %d: a value of more than %d bytes: %w", s.line, s.limit, penates.TooLarge)
	}
	n, err := s.r.Read(p)
	for at := 0; ; at++ {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i
		s.ends = append(s.ends, s.offset+int64(at))
	}
	s.ahead += n
	s.offset += int64(n)
	return n, err
}

// pass moves the current line to that of offset.
func (s *source) pass(offset int64) {
	n := 0
	for n < len(s.ends) && s.ends[n] < offset {
		n++
	}
	if n > 0 {
		s.line += n
		s.ends = s.ends[:copy(s.ends, s.ends[n:])]
	}
}

package ofx

import (
	"bufio"
	"html"
	"io"
	"strings"

	"penates/internal/locale"
)

// The bounds of a token. Longer text is cut, longer tags are text.
const (
	maxName = 80
	maxTag  = 1000
	maxText = 16 << 10
)

// A tokenKind tells the tokens apart.
type tokenKind int

const (
	openTag tokenKind = iota
	closeTag
	words // text between tags that is not blank
)

// A token is a piece of an OFX file. Names are in upper case, without prefix;
// text is one line with its entities resolved.
type token struct {
	kind  tokenKind
	name  string
	text  string
	empty bool // <NAME/>
	line  int
}

// A scanner cuts SGML and XML alike into tokens. It never fails on what it
// reads: what is no tag is text.
type scanner struct {
	src   *bufio.Reader
	line  int
	inTag bool // a tag's '<' has been read
}

func newScanner(r io.Reader) *scanner { return &scanner{src: bufio.NewReaderSize(r, 32<<10), line: 1} }

// next returns the next token, or io.EOF.
func (s *scanner) next() (token, error) {
	for {
		if s.inTag {
			s.inTag = false
			if tok, ok, err := s.tag(); ok || err != nil {
				return tok, err
			}
			continue
		}
		line := s.line
		text, err := s.text()
		if text = clean(text); text != "" {
			return token{kind: words, text: text, line: line}, nil
		}
		if err != nil {
			return token{}, err
		}
	}
}

// text reads up to the next tag, and past its '<'.
func (s *scanner) text() (string, error) {
	var text strings.Builder
	for {
		c, err := s.byte()
		if err != nil {
			return text.String(), err
		}
		if c == '<' && s.skip("![CDATA[") {
			if err := s.cdata(&text); err != nil {
				return text.String(), err
			}
			continue
		}
		if c == '<' && s.tagFollows() {
			s.inTag = true
			return text.String(), nil
		}
		if text.Len() < maxText {
			text.WriteByte(c)
		}
	}
}

// byte reads one byte and counts lines.
func (s *scanner) byte() (byte, error) {
	c, err := s.src.ReadByte()
	if err == nil && c == '\n' {
		s.line++
	}
	return c, err
}

// skip passes over prefix when it follows.
func (s *scanner) skip(prefix string) bool {
	b, _ := s.src.Peek(len(prefix))
	if string(b) != prefix {
		return false
	}
	s.src.Discard(len(prefix))
	return true
}

// tagFollows reports whether what follows a '<' is a tag, a comment or an
// instruction rather than text ("A < B").
func (s *scanner) tagFollows() bool {
	b, _ := s.src.Peek(2)
	switch {
	case len(b) == 0:
		return false
	case b[0] == '/' && len(b) == 2:
		return isLetter(b[1])
	}
	return isLetter(b[0]) || b[0] == '!' || b[0] == '?'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// tag reads up to '>'. ok is false for comments, declarations and instructions.
func (s *scanner) tag() (tok token, ok bool, err error) {
	tok.line = s.line
	if s.skip("!--") {
		return tok, false, s.until("-->")
	}
	var b []byte
	for {
		c, err := s.byte()
		if err != nil {
			return tok, false, err
		}
		if c == '>' {
			break
		}
		if len(b) < maxTag {
			b = append(b, c)
		}
	}
	name := string(b)
	if name[0] == '!' || name[0] == '?' {
		return tok, false, nil
	}
	if rest, closing := strings.CutPrefix(name, "/"); closing {
		tok.kind, name = closeTag, rest
	}
	name, tok.empty = strings.CutSuffix(name, "/")
	if i := strings.IndexAny(name, " \t\r\n"); i >= 0 { // attributes; OFX has none
		name = name[:i]
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) == 0 || len(name) > maxName {
		return tok, false, nil
	}
	tok.name = strings.ToUpper(name)
	return tok, true, nil
}

// until passes over everything up to and including end.
func (s *scanner) until(end string) error {
	matched := 0
	for matched < len(end) {
		c, err := s.byte()
		switch {
		case err != nil:
			return err
		case c == end[matched]:
			matched++
		case matched >= 2 && c == end[0]: // "--->"
		case c == end[0]:
			matched = 1
		default:
			matched = 0
		}
	}
	return nil
}

// cdata adds the text of a CDATA section, in which nothing is markup.
func (s *scanner) cdata(text *strings.Builder) error {
	brackets := 0
	for {
		c, err := s.byte()
		if err != nil {
			return err
		}
		switch {
		case c == ']':
			brackets++
			continue
		case c == '>' && brackets >= 2:
			text.WriteString(strings.Repeat("]", min(brackets-2, maxText)))
			return nil
		}
		if text.Len() < maxText {
			text.WriteString(strings.Repeat("]", min(brackets, maxText)))
			if c == '&' { // clean resolves it again
				text.WriteString("&amp;")
			} else {
				text.WriteByte(c)
			}
		}
		brackets = 0
	}
}

// clean resolves entities and makes one line of s.
func clean(s string) string {
	if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	return locale.Line(s)
}

package bank

import (
	"bufio"
	"errors"
	"io"
)

// Lines reads a text line by line, whatever ends its lines: "\n", "\r\n" or "\r".
// Its memory is bounded.
type Lines struct {
	src    *bufio.Reader
	most   int
	line   []byte
	number int
	cut    bool
}

// NewLines returns the lines of r, which is UTF-8. Of a line longer than most
// bytes only the beginning is given.
func NewLines(r io.Reader, most int) *Lines {
	return &Lines{src: bufio.NewReaderSize(r, 32<<10), most: most}
}

// Number returns the number of the line that Next returned, counted from 1.
func (l *Lines) Number() int { return l.number }

// Cut reports whether the line that Next returned was longer than it may be.
func (l *Lines) Cut() bool { return l.cut }

// Next returns the next line without its end, or io.EOF.
func (l *Lines) Next() (string, error) {
	l.line, l.cut = l.line[:0], false
	for read := false; ; read = true {
		c, err := l.src.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && read:
			l.number++
			return string(l.line), nil
		case err != nil:
			return "", err
		case c == '\n' || c == '\r':
			if c == '\r' {
				l.passNewline()
			}
			l.number++
			return string(l.line), nil
		case len(l.line) < l.most:
			l.line = append(l.line, c)
		default:
			l.cut = true
		}
	}
}

// passNewline passes the second byte of "\r\n".
func (l *Lines) passNewline() {
	if b, err := l.src.Peek(1); err == nil && b[0] == '\n' {
		l.src.Discard(1)
	}
}

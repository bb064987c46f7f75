package smsbackup

import (
	"bufio"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A mender mends numeric character references that XML does not allow: halves
// of surrogate pairs are joined, characters that must not be are blanks.
type mender struct {
	in   *bufio.Reader
	left []byte // mended, to be read
	buf  [utf8.UTFMax]byte
}

func newMender(r io.Reader) *mender { return &mender{in: bufio.NewReaderSize(r, 64<<10)} }

func (m *mender) Read(p []byte) (int, error) {
	for n := 0; ; {
		if len(m.left) > 0 {
			c := copy(p[n:], m.left)
			m.left = m.left[c:]
			n += c
		}
		if n == len(p) {
			return n, nil
		}
		if n > 0 && m.in.Buffered() < 32 {
			return n, nil // what is known first; the next call may have to wait
		}
		b, err := m.in.Peek(1)
		if err != nil {
			return n, err
		}
		if b[0] == '&' {
			m.reference()
			continue
		}
		// All up to the next reference goes through as it is.
		run, _ := m.in.Peek(min(m.in.Buffered(), len(p)-n))
		end := 0
		for end < len(run) && run[end] != '&' {
			end++
		}
		copy(p[n:], run[:end])
		m.in.Discard(end) // they were peeked
		n += end
	}
}

// reference takes what begins with '&' and leaves what stands for it.
func (m *mender) reference() {
	head, _ := m.in.Peek(24)
	r, n := numeric(head)
	if n == 0 {
		m.in.Discard(1)
		m.left = append(m.buf[:0], '&')
		return
	}
	if utf16.IsSurrogate(r) {
		if low, k := numeric(head[n:]); k > 0 && utf16.DecodeRune(r, low) != utf8.RuneError {
			m.in.Discard(n + k)
			m.left = utf8.AppendRune(m.buf[:0], utf16.DecodeRune(r, low))
			return
		}
		r = utf8.RuneError
	} else if r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r' {
		m.in.Discard(1)
		m.left = append(m.buf[:0], '&') // the decoder knows what it means
		return
	} else {
		r = ' '
	}
	m.in.Discard(n)
	m.left = utf8.AppendRune(m.buf[:0], r)
}

// numeric returns the character of the reference that b begins with, and its
// length, 0 when there is none.
func numeric(b []byte) (rune, int) {
	if len(b) < 4 || b[0] != '&' || b[1] != '#' {
		return 0, 0
	}
	start, base := 2, 10
	if b[2] == 'x' || b[2] == 'X' {
		start, base = 3, 16
	}
	for i := start; i < len(b) && i < start+8; i++ {
		if b[i] == ';' {
			n, err := strconv.ParseUint(string(b[start:i]), base, 32)
			if err != nil || n > utf8.MaxRune {
				return 0, 0
			}
			return rune(n), i + 1
		}
	}
	return 0, 0
}

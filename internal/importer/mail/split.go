package mail

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

var fromLine = []byte("From ")

// A chunk is one message of an mbox, without its From line and unescaped.
type chunk struct {
	raw        []byte
	stamp      string // the From line after "From "
	start, end int64  // bytes of the file
	line       int    // line the message begins at
	cut        bool   // raw is only the beginning
}

// A splitter cuts an mbox into messages. It holds one message and a window.
type splitter struct {
	r    io.Reader
	buf  []byte
	off  int64 // of buf[0] in the file
	line int   // of buf[0], from 1
	eof  bool
}

// The window grows by step; ahead is enough for a From line and the line after.
const step, ahead = 256 << 10, 4 << 10

func newSplitter(r io.Reader) *splitter { return &splitter{r: r, line: 1} }

// fill makes the window at least n bytes long, unless the file ends before.
func (s *splitter) fill(n int) error {
	for len(s.buf) < n && !s.eof {
		want := max(n-len(s.buf), step)
		if cap(s.buf)-len(s.buf) < want {
			grown := make([]byte, len(s.buf), max(2*len(s.buf), len(s.buf)+want))
			copy(grown, s.buf)
			s.buf = grown
		}
		k, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+k]
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// drop forgets the first n bytes of the window.
func (s *splitter) drop(n int) {
	s.off += int64(n)
	s.line += bytes.Count(s.buf[:n], []byte{'\n'})
	rest := s.buf[n:]
	switch {
	case cap(s.buf) > 8*step && len(rest) < step: // a long message made it
		s.buf = append(make([]byte, 0, 2*step), rest...)
	case cap(rest) < step:
		s.buf = append(make([]byte, 0, 4*step), rest...)
	default:
		s.buf = rest
	}
}

// next returns the next message, or io.EOF.
func (s *splitter) next() (chunk, error) {
	if err := s.skipBlank(); err != nil {
		return chunk{}, err
	}
	c := chunk{start: s.off, line: s.line}
	begin := 0
	if line, rest := cutLine(s.buf); bytes.HasPrefix(line, fromLine) {
		c.stamp = string(line[len(fromLine):min(len(line), 500)])
		begin = len(s.buf) - len(rest)
	}
	end, trusted, err := s.byLength(begin)
	if err == nil && !trusted {
		end, err = s.byLine(begin)
	}
	if err != nil {
		return chunk{}, err
	}
	c.cut = end-begin > maxMessage
	c.raw = bytes.Clone(s.buf[begin:min(end, begin+maxMessage)])
	s.drop(end)
	for c.cut { // the rest of a message that is too long
		more, err := s.skipRest()
		if err != nil {
			return chunk{}, err
		}
		if !more {
			break
		}
	}
	c.end = s.off
	if !trusted || !bytes.Contains(c.raw, []byte("\nFrom ")) {
		c.raw = unescape(c.raw)
	}
	return c, nil
}

func (s *splitter) skipBlank() error {
	for {
		if err := s.fill(ahead); err != nil {
			return err
		}
		n := len(s.buf) - len(bytes.TrimLeft(s.buf, "\r\n"))
		if s.off == 0 && bytes.HasPrefix(s.buf, []byte("\xEF\xBB\xBF")) {
			n = 3
		}
		if n == 0 {
			break
		}
		s.drop(n)
	}
	if len(s.buf) == 0 {
		return io.EOF
	}
	return nil
}

// byLine looks for the next From line that separates messages and returns where
// the message in the window ends.
func (s *splitter) byLine(begin int) (end int, err error) {
	for from := begin; ; {
		i := bytes.Index(s.buf[from:], []byte("\nFrom "))
		if i < 0 {
			from = max(begin, len(s.buf)-len("\nFrom"))
			switch {
			case s.eof || len(s.buf)-begin > maxMessage:
				return len(s.buf), nil
			}
			if err := s.fill(len(s.buf) + step); err != nil {
				return 0, err
			}
			continue
		}
		at := from + i + 1
		if err := s.fill(at + ahead); err != nil {
			return 0, err
		}
		line, rest := cutLine(s.buf[at:])
		before := bytes.TrimSuffix(s.buf[:at-1], []byte("\r"))
		if isSeparator(line, rest, len(before) == 0 || before[len(before)-1] == '\n') {
			return at, nil
		}
		from = at
	}
}

// skipRest drops what is in the window of a message that is too long, up to the
// next separator; it returns true when the message goes on.
func (s *splitter) skipRest() (bool, error) {
	if err := s.fill(ahead); err != nil || len(s.buf) == 0 {
		return false, err
	}
	if line, rest := cutLine(s.buf); bytes.HasPrefix(line, fromLine) && isSeparator(line, rest, true) {
		return false, nil
	}
	end, err := s.byLine(0)
	if err != nil {
		return false, err
	}
	more := end == len(s.buf) && !s.eof
	s.drop(end)
	return more, nil
}

// byLength uses the Content-Length of mboxcl and mboxcl2 when it is right: when
// the file or a From line follows what it measures.
func (s *splitter) byLength(begin int) (end int, ok bool, err error) {
	const maxHeader = 64 << 10
	if err := s.fill(begin + maxHeader); err != nil {
		return 0, false, err
	}
	head := s.buf[begin:min(len(s.buf), begin+maxHeader)]
	body := headerEnd(head)
	if body < 0 {
		return 0, false, nil
	}
	i := bytes.Index(head[:body], []byte("\nContent-Length:"))
	if i < 0 {
		return 0, false, nil
	}
	line, _ := cutLine(head[i+1 : body])
	n, err := strconv.ParseUint(strings.TrimSpace(string(line[len("Content-Length:"):])), 10, 32)
	if err != nil || n > maxMessage {
		return 0, false, nil
	}
	end = begin + body + int(n)
	if err := s.fill(end + ahead); err != nil {
		return 0, false, err
	}
	if end > len(s.buf) {
		return 0, false, nil
	}
	rest := bytes.TrimLeft(s.buf[end:], "\r\n")
	next, after := cutLine(rest)
	if len(rest) == 0 && s.eof || bytes.HasPrefix(next, fromLine) && isSeparator(next, after, true) {
		return end, true, nil
	}
	return 0, false, nil
}

// headerEnd returns where the body begins, or -1.
func headerEnd(b []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		switch {
		case bytes.HasPrefix(b[at:], []byte("\n")):
			return at + 1
		case bytes.HasPrefix(b[at:], []byte("\r\n")):
			return at + 2
		}
	}
}

// isSeparator reports whether line, which begins with "From ", begins a message:
// it names a sender and a date, and a header or nothing follows. Programs agree
// on no more (RFC 4155, appendix A), and people begin sentences with "From".
func isSeparator(line, rest []byte, afterBlank bool) bool {
	next, _ := cutLine(rest)
	field := continues(rest) || bytes.HasPrefix(next, []byte(">From "))
	if !field && (!afterBlank || len(bytes.TrimSpace(next)) > 0) {
		return false
	}
	words := bytes.Fields(line[min(len(line), len("From ")):])
	if len(words) == 1 {
		return afterBlank && field && bytes.IndexByte(words[0], '@') > 0
	}
	clock, calendar := false, 0
	for _, w := range words[:min(len(words), 20)] {
		switch lower := strings.ToLower(string(w)); {
		case len(w) >= 4 && w[0] >= '0' && w[0] <= '9' && bytes.IndexByte(w, ':') > 0:
			clock = true
		case len(w) <= 10 && (monthOf(lower) != 0 || isWeekday(lower)):
			calendar++
		}
	}
	return clock && (calendar >= 2 || calendar == 1 && afterBlank)
}

// unescape takes one ">" from each line like ">From " and ">>From ", which
// mboxrd and mboxo put there.
func unescape(b []byte) []byte {
	mark := []byte(">From ")
	if !bytes.Contains(b, mark) {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.Index(b, mark)
		if i < 0 {
			break
		}
		start := i
		for start > 0 && b[start-1] == '>' {
			start--
		}
		out = append(out, b[:start]...)
		if start == 0 && len(out) == 0 || start > 0 && b[start-1] == '\n' {
			start++
		}
		out = append(out, b[start:i+len(mark)]...)
		b = b[i+len(mark):]
	}
	return append(out, b...)
}

// cutStamp splits a From line into the sender's address and the date.
func cutStamp(stamp string) (sender, date string) {
	sender, date, _ = strings.Cut(strings.TrimSpace(stamp), " ")
	if !strings.Contains(sender, "@") || strings.HasSuffix(sender, "@xxx") || strings.Contains(sender, "?") {
		sender = ""
	}
	return sender, date
}

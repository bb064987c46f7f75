package mt940

import (
	"errors"
	"io"
	"strings"

	"penates/internal/importer/bank"
)

// The bounds of a field; the standard allows 7 lines of 65 characters.
const (
	maxLine  = 4 << 10
	maxLines = 200
)

// A tag is one field of a message.
type tag struct {
	name        string // "20", "60F" …
	lines       []string
	first, last int
	tooLong     bool // lines were left out or cut
}

// text returns the first line.
func (t *tag) text() string { return strings.TrimSpace(t.lines[0]) }

// tagOf reads the beginning of a field: ":61:" and what follows. Some systems
// write the first field of a message on the line of its block, "{4:".
func tagOf(line string) (name, rest string, ok bool) {
	if i := strings.Index(line, "{4:"); i >= 0 {
		line = line[i+3:]
	}
	if len(line) < 4 || line[0] != ':' {
		return "", "", false
	}
	end := strings.IndexByte(line[1:min(len(line), 6)], ':') + 1
	if end < 3 || !isTag(line[1:end]) {
		return "", "", false
	}
	return line[1:end], line[end+1:], true
}

// isTag reports whether s is two digits with or without a letter, or "NS".
func isTag(s string) bool {
	if s == "NS" {
		return true
	}
	if len(s) != 2 && len(s) != 3 || !isDigit(s[0]) || !isDigit(s[1]) {
		return false
	}
	return len(s) == 2 || s[2] >= 'A' && s[2] <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// A tagReader cuts a file into fields.
type tagReader struct {
	lines  *bank.Lines
	peeked tag // that began on the last line read
	inside bool
}

// next returns the next field, or io.EOF.
func (r *tagReader) next() (tag, error) {
	for {
		line, err := r.lines.Next()
		if errors.Is(err, io.EOF) && r.inside {
			r.inside = false
			return r.peeked, nil
		}
		if err != nil {
			return tag{}, err
		}
		name, rest, begins := tagOf(line)
		done := r.inside && (begins || isEnd(line))
		t := r.peeked
		switch {
		case begins:
			r.inside = true
			r.peeked = tag{name: name, lines: []string{rest}, first: r.lines.Number(), last: r.lines.Number(), tooLong: r.lines.Cut()}
		case isEnd(line):
			r.inside = false
		case r.inside:
			r.peeked.add(line, r.lines)
		}
		if done {
			return t, nil
		}
	}
}

func (t *tag) add(line string, at *bank.Lines) {
	if len(t.lines) >= maxLines || at.Cut() {
		t.tooLong = true
		return
	}
	t.lines = append(t.lines, line)
	if strings.TrimSpace(line) != "" {
		t.last = at.Number()
	}
}

// isEnd reports whether a line ends a message.
func isEnd(line string) bool {
	switch line = strings.TrimSpace(line); line {
	case "-", "-XXX":
		return true
	}
	return strings.HasPrefix(line, "-}") || strings.HasPrefix(line, "{1:")
}

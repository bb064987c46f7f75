package web

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"penates"
	"penates/internal/locale"
	"penates/internal/vault"
	"penates/internal/web/facts"
)

// A sourceBox shows where a document came from, with a piece of the bytes it was
// read from.
type sourceBox struct {
	Facts   []facts.Fact
	Raw     bool
	Excerpt string
}

// Limits of an excerpt.
const (
	excerptBytes = 8 << 10
	excerptLines = 40
	pathBytes    = 16 << 20 // a JSON file longer than that is not searched for a path
)

func (v *visit) sourceBox(d *vault.Stored) (sourceBox, error) {
	s := d.Source
	box := sourceBox{}
	add := func(label, value string) {
		if value != "" {
			box.Facts = append(box.Facts, facts.Fact{Label: v.l.T(label), Value: value})
		}
	}
	add("source.format", sourceName(v.l, s.Connector))
	add("source.connection", s.Connection)
	add("source.added", v.l.Stamp(d.Added))
	if d.Edited {
		add("source.edited", v.l.T("yes"))
	}
	if s.Raw == "" {
		return box, nil
	}
	f, blob, err := v.s.Blob(v.ctx(), s.Raw)
	if errors.Is(err, penates.NotExist) {
		return box, nil // the bytes were let go of; the document still says which
	}
	if err != nil {
		return box, err
	}
	defer f.Close()
	box.Raw = true
	add("source.file", path.Base(blob.Name))
	add("source.where", v.where(s.Locator))
	box.Excerpt, err = excerpt(f, s.Locator)
	return box, err
}

// where says a locator in words.
func (v *visit) where(locator string) string {
	how, at, _ := strings.Cut(locator, "=")
	if key := "where." + how; v.l.Has(key) {
		return v.l.T(key, strings.ReplaceAll(at, "-", "–"))
	}
	return locator
}

// excerpt returns, as text, what locator names of a file: lines, bytes, or a
// path in JSON. It is "" when the file is no text.
func excerpt(f io.ReadSeeker, locator string) (string, error) {
	how, at, _ := strings.Cut(locator, "=")
	first, last := bounds(at)
	switch {
	case how == "line" && first > 0:
		return linesOf(f, first, min(last, first+excerptLines-1))
	case how == "bytes" && first >= 0 && last >= first:
		if _, err := f.Seek(int64(first), io.SeekStart); err != nil {
			return "", err
		}
		return textOf(io.LimitReader(f, int64(min(last-first+1, excerptBytes))))
	case how == "path":
		if s := atPath(f, at); s != "" {
			return s, nil
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
	}
	return textOf(io.LimitReader(f, excerptBytes))
}

// bounds reads "12" or "12-14".
func bounds(at string) (first, last int) {
	a, b, ranged := strings.Cut(at, "-")
	first, err := strconv.Atoi(a)
	if err != nil {
		return -1, -1
	}
	if last, err = strconv.Atoi(b); !ranged || err != nil {
		last = first
	}
	return first, last
}

func linesOf(f io.Reader, first, last int) (string, error) {
	r, _ := locale.UTF8(f, "")
	lines := bufio.NewReaderSize(r, 64<<10)
	var b strings.Builder
	for n := 1; n <= last && b.Len() < excerptBytes; {
		part, more, err := lines.ReadLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if n >= first {
			b.Write(part)
		}
		if !more {
			if n >= first {
				b.WriteByte('\n')
			}
			n++
		}
	}
	return readableText(b.String()), nil
}

func textOf(r io.Reader) (string, error) {
	decoded, _ := locale.UTF8(r, "")
	b, err := io.ReadAll(decoded)
	return readableText(string(b)), err
}

// readableText returns s when it is text, else "": bytes of a picture or an
// archive say nothing to a person.
func readableText(s string) string {
	if len(s) > excerptBytes {
		s = facts.Cut(s, excerptBytes)
	}
	odd := 0
	for _, r := range s {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			odd++
		}
	}
	if odd*20 > len(s) {
		return ""
	}
	return strings.TrimRight(s, "\r\n")
}

// atPath returns the value at a path such as "/a/b/0" of a JSON file, indented.
func atPath(f io.Reader, at string) string {
	b, err := io.ReadAll(io.LimitReader(f, pathBytes+1))
	if err != nil || len(b) > pathBytes {
		return ""
	}
	raw := json.RawMessage(b)
	for _, step := range strings.Split(strings.Trim(at, "/"), "/") {
		if step == "" {
			continue
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		var object map[string]json.RawMessage
		var list []json.RawMessage
		if json.Unmarshal(raw, &object) == nil {
			raw = object[step]
		} else if i, err := strconv.Atoi(step); err == nil && json.Unmarshal(raw, &list) == nil && i >= 0 && i < len(list) {
			raw = list[i]
		} else {
			return ""
		}
	}
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return ""
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return facts.Cut(string(out), excerptBytes)
}

// Package lists reads JSON of services that no other format knows, when its
// shape leaves little doubt: an object whose only member is a list of things or
// texts, or a list of things that have a time of their own. Each element is something the person did, when it has
// a time, a message when its list and it say so, a bill when it is what
// invoice2data writes, and else a record, kept whole.
//
// It is the least sure of all formats, so that every other one comes first. An
// element is named by its list and its content: the same export in another
// archive, or in pieces, gives the same documents.
package lists

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"penates/internal/importer"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
)

// Format reads lists in JSON.
var Format = importer.Format{Name: "lists", Title: "JSON lists of a service", Recognise: recognise, Read: read}

const (
	maxValue = 4 << 20 // bytes of one element
	sureness = 5
	enough   = 20 // elements that are looked at
)

// What the look at the beginning of a file ends with.
var (
	errYes = errors.New("lists")
	errNo  = errors.New("no lists")
)

func recognise(h importer.Head) int {
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return 0
	}
	l := look{j: jsonstream.New(bytes.NewReader(b), len(b))}
	err := l.j.Any(l.member, l.element, no)
	whole := h.Size >= 0 && h.Size <= int64(len(h.Bytes))
	switch {
	case errors.Is(err, errYes), l.things > 0 && err == nil, l.things > 0 && !whole && !errors.Is(err, errNo):
		return sureness
	}
	return 0
}

// A look is a look at the beginning of a file.
type look struct {
	j       *jsonstream.Reader
	members int
	things  int
}

func no(any) error { return errNo }

// member looks at a member of the one object of the file.
func (l *look) member(string) error {
	if l.members++; l.members > 1 {
		return errNo
	}
	return l.j.Any(func(string) error { return errNo }, func() error {
		var row any
		if err := l.j.Value(&row); err != nil {
			return err
		}
		switch row.(type) {
		case map[string]any, string:
			l.things++
			return nil
		}
		return errNo
	}, no)
}

// element looks at an element of the one list of the file.
func (l *look) element() error {
	var row any
	if err := l.j.Value(&row); err != nil {
		return err
	}
	thing, _ := row.(map[string]any)
	own := map[string]any{}
	for key, v := range thing {
		switch v.(type) {
		case map[string]any, []any:
		default:
			own[key] = v
		}
	}
	if social.FactsOf(own).At.IsZero() {
		return errNo
	}
	if l.things++; l.things == enough {
		return errYes
	}
	return nil
}

type reader struct {
	social.Giver
	j    *jsonstream.Reader
	stem string // of the file's name
}

var part = regexp.MustCompile(`(?:[_-]?\d+)?\.[a-zA-Z0-9]+$`)

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{Giver: social.Giver{Out: out}, j: jsonstream.New(text, maxValue), stem: social.Line(part.ReplaceAllString(path.Base(f.Name), ""))}
	return social.Lists(r.j, func(at []string, row any) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.row(at, row)
	})
}

func (r *reader) row(at []string, row any) error {
	name := r.stem
	if len(at) > 0 {
		name = social.Line(strings.Join(at, "/"))
	}
	if fields, ok := row.(map[string]any); ok && strings.Contains(strings.ToLower(name), "message") {
		if text := first(fields, "message", "text", "content", "body"); text != "" {
			return r.message(name, fields, text)
		}
	}
	if fields, ok := row.(map[string]any); ok && isBill(fields) {
		return r.bill(fields)
	}
	return r.Row(social.Kind{Name: name}, row, r.j.Line())
}

func first(fields map[string]any, keys ...string) string {
	for _, k := range keys {
		if s, ok := fields[k].(string); ok && strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

func (r *reader) message(name string, fields map[string]any, text string) error {
	m := social.Message{
		Locator: fmt.Sprintf("line=%d", r.j.Line()), At: social.FactsOf(any(fields)).At, Text: text, Folder: name,
		From: social.Person{Name: social.Line(first(fields, "from", "sender", "sender_name", "author"))}, Thread: first(fields, "conversation", "thread", "chat"),
	}
	if to := first(fields, "to", "recipient", "receiver"); to != "" {
		m.To = []social.Person{{Name: social.Line(to)}}
	}
	m.Native = name + "/" + r.Names.Hash(social.Deep(any(fields), "id"), m.At.String(), m.From.Name, text)
	return m.Give(r.Out)
}

package social

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penates"
	"penates/internal/jsonstream"
	"penates/internal/schema"
)

// Row gives out one row: what has a time is something the person did, all else
// is kept as it is.
func (g *Giver) Row(kind Kind, row any, line int) error {
	facts := FactsOf(row)
	if s, ok := row.(string); ok {
		facts.Title = Line(s)
	}
	if kind.Title != "" {
		facts.Title = Line(kind.Title)
	}
	whole, err := json.Marshal(row)
	if err != nil {
		return g.Out.Refuse(line, fmt.Errorf("%s: %w (%w)", kind.Name, penates.Invalid, err))
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: kind.Name + "/" + g.Names.Hash(kind.Name, string(whole)), Locator: fmt.Sprintf("line=%d", line)},
		Time:   penates.Span{Start: facts.At},
	}
	if facts.At.IsZero() {
		d.Text = described(first(kind.Label, readable(kind.Name)), first(facts.Title, facts.URL))
		return g.Out.Document(d, schema.Record{Kind: kind.Name, Fields: fields(row)})
	}
	body := schema.Activity{Verb: first(kind.Verb, readable(kind.Name)), Object: facts.Title, URL: facts.URL, Device: facts.Device}
	d.Text = described(body.Verb, first(body.Object, body.URL))
	return g.Out.Document(d, body)
}

// Did gives out something the person did.
func (g *Giver) Did(native string, at penates.Moment, body schema.Activity, locator string) error {
	body.Object = Line(body.Object)
	return g.Out.Document(&penates.Document{
		Source: penates.Source{NativeID: native, Locator: locator},
		Time:   penates.Span{Start: at},
		Text:   described(body.Verb, first(body.Object, body.URL)),
	}, body)
}

func described(what, which string) string {
	if which == "" {
		return Line(what)
	}
	return Line(what + ": " + which)
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

// readable returns the words of a name, as in "saved media" for "saved_media_v2".
func readable(name string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '.' || r == '/' || r == ' ' }), " "))
}

func fields(row any) map[string]any {
	switch row := row.(type) {
	case map[string]any:
		return row
	case nil:
		return nil
	}
	return map[string]any{"value": row}
}

// Limits of Lists.
const (
	deepest  = 12   // objects within objects
	scalars  = 2000 // single values of one object that are taken together
	longName = 500
)

// Lists walks through a JSON file and calls visit for each element of each list
// in it, with the names of the members that lead there, and for the single
// values of each object together. Values that say nothing (null, "", {}) are
// left out.
func Lists(j *jsonstream.Reader, visit func(path []string, row any) error) error {
	l := lists{j, visit}
	_, err := l.value(nil)
	return err
}

type lists struct {
	j     *jsonstream.Reader
	visit func(path []string, row any) error
}

// value walks through what lies at path; when it is a single value it is returned.
func (l *lists) value(path []string) (single any, err error) {
	own := map[string]any{}
	err = l.j.Any(func(key string) error {
		if len(path) >= deepest {
			return l.j.Skip()
		}
		key = Clip(key, longName)
		v, err := l.value(append(path[:len(path):len(path)], key))
		if said(v) && len(own) < scalars {
			own[key] = v
		}
		return err
	}, func() error {
		var v any
		if err := l.j.Value(&v); err != nil || !said(v) {
			return err
		}
		return l.visit(path, v)
	}, func(v any) error {
		single = v
		return nil
	})
	if err == nil && len(own) > 0 {
		err = l.visit(path, own)
	}
	return single, err
}

// said reports whether v says anything.
func said(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(v) != ""
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return true
}

// Deep returns the first text that v holds under one of keys, at any depth, the
// earlier key and the higher place first.
func Deep(v any, keys ...string) string {
	for _, k := range keys {
		for depth := range mostDepth {
			if s := deep(v, k, depth); s != "" {
				return s
			}
		}
	}
	return ""
}

func deep(v any, key string, depth int) string {
	switch v := v.(type) {
	case map[string]any:
		if depth == 0 {
			switch s := v[key].(type) {
			case string:
				return s
			case json.Number:
				return s.String()
			}
			return ""
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if s := deep(v[k], key, depth-1); s != "" {
				return s
			}
		}
	case []any:
		for _, e := range v[:min(len(v), 100)] {
			if s := deep(e, key, depth); s != "" {
				return s
			}
		}
	}
	return ""
}

package contentline

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"penates"
	"penates/internal/locale"
)

const (
	maxJSON  = 32 << 20 // bytes of a file
	maxDepth = 50       // of components in each other
)

// JSON reads jCard (RFC 7095), jCal (RFC 7265), and lists of either, and calls do
// for each property and each BEGIN and END, as a Reader gives them. Lines have no
// number.
func JSON(r io.Reader, do func(Line) error) error {
	text, _ := locale.UTF8(r, "")
	b, err := io.ReadAll(io.LimitReader(text, maxJSON+1))
	if err != nil {
		return err
	}
	if len(b) > maxJSON {
		return fmt.Errorf("longer than %d bytes: %w", maxJSON, penates.TooLarge)
	}
	j := &jsonLines{do: do}
	if err := j.component(b, 0); err != nil {
		return err
	}
	return nil
}

type jsonLines struct{ do func(Line) error }

func notShaped(what string) error { return fmt.Errorf("%s: %w", what, penates.Invalid) }

// component reads [name, properties, components], or a list of such.
func (j *jsonLines) component(raw []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("more than %d components in each other: %w", maxDepth, penates.TooLarge)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return notShaped("no array of a component")
	}
	if len(parts) == 0 {
		return nil
	}
	var name string
	if json.Unmarshal(parts[0], &name) != nil {
		return j.each(parts, depth)
	}
	if len(parts) > 1 {
		var list []json.RawMessage
		if name == "" || nameEnd(name+":") != len(name) || json.Unmarshal(parts[1], &list) != nil {
			return notShaped("a component without properties")
		}
		if err := j.delimit("BEGIN", name); err != nil {
			return err
		}
		for _, p := range list {
			if err := j.property(p); err != nil {
				return err
			}
		}
		for _, inner := range parts[2:] {
			var components []json.RawMessage
			if json.Unmarshal(inner, &components) != nil {
				return notShaped("components that are no list")
			}
			if err := j.each(components, depth); err != nil {
				return err
			}
		}
		return j.delimit("END", name)
	}
	return nil
}

func (j *jsonLines) each(components []json.RawMessage, depth int) error {
	for _, c := range components {
		if err := j.component(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonLines) delimit(name, kind string) error {
	kind = strings.ToUpper(kind)
	return j.do(Line{Name: name, Value: kind, Raw: name + ":" + kind})
}

// property reads [name, parameters, type, value, …]. One of another shape is
// passed over: the rest of the component is worth more.
func (j *jsonLines) property(raw json.RawMessage) error {
	var parts []json.RawMessage
	p := &typed{}
	var params map[string]any
	if json.Unmarshal(raw, &parts) != nil || len(parts) < 4 || json.Unmarshal(parts[0], &p.name) != nil ||
		json.Unmarshal(parts[1], &params) != nil || json.Unmarshal(parts[2], &p.kind) != nil {
		return nil
	}
	p.kind = strings.ToLower(p.kind)
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := texts(params[name])
		if strings.EqualFold(name, "group") && len(values) > 0 {
			p.group = values[0]
			continue
		}
		p.params = append(p.params, Param{name, values})
	}
	for _, v := range parts[3:] {
		j.value(p, v)
	}
	if l, ok := p.line(); ok {
		return j.do(l)
	}
	return nil
}

// value adds a value: a text, a structured one, or a rule of recurrence.
func (j *jsonLines) value(p *typed, raw json.RawMessage) {
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		var parts [][2]string
		for _, name := range sortedKeys(v) {
			for _, s := range texts(v[name]) {
				parts = append(parts, [2]string{name, s})
			}
		}
		p.kind = "recur"
		p.values = append(p.values, []string{recur(parts)})
	case []any:
		if p.kind == "period" {
			p.values = append(p.values, []string{strings.Join(basics(texts(v)), "/")})
			return
		}
		for _, part := range v {
			p.fields = append(p.fields, texts(part))
		}
	default:
		p.values = append(p.values, texts(v))
	}
}

func basics(values []string) []string {
	for i, v := range values {
		values[i] = basic(v)
	}
	return values
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// texts returns a value, or the values of a list, as texts.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case float64, bool:
		return []string{fmt.Sprint(v)}
	case []any:
		var out []string
		for _, e := range v {
			if _, nested := e.([]any); !nested {
				out = append(out, texts(e)...)
			}
		}
		return out
	}
	return nil
}

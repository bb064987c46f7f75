package solid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"penates"
)

// A loader reads JSON-LD (JSON-LD 1.1, W3C Recommendation of 2020) as programs
// write it: terms and prefixes of contexts within the file, and of the two
// published ones that programs name most. Other contexts are not fetched; what
// only they explain stays unexplained.
type loader struct {
	graph  *graph
	base   string
	vocab  string
	terms  map[string]string
	blanks int
}

// published are vocabularies that contexts name by their address.
var published = map[string]string{
	"schema.org": schemaOrg, "www.w3.org/ns/activitystreams": activity,
}

// parseJSONLD adds the triples of b to g.
func parseJSONLD(b []byte, base string, g *graph) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var top any
	if err := d.Decode(&top); err != nil {
		return fmt.Errorf("json: %w (%w)", penates.Invalid, err)
	}
	l := &loader{graph: g, base: base, terms: map[string]string{}}
	_, err := l.value(top, 0)
	return err
}

func (l *loader) context(c any) {
	switch c := c.(type) {
	case string:
		name := strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(c, "https://"), "http://"), "/#")
		if v := published[name]; v != "" {
			l.vocab = v
		}
	case []any:
		for _, one := range c {
			l.context(one)
		}
	case map[string]any:
		for term, meaning := range c {
			text, ok := meaning.(string)
			if m, isMap := meaning.(map[string]any); isMap {
				text, ok = m["@id"].(string)
			}
			switch {
			case !ok:
			case term == "@vocab":
				l.vocab = text
			case term == "@base":
				l.base = resolve(l.base, text)
			default:
				l.terms[term] = text
			}
		}
	}
}

// expand returns the IRI of a term or a name with a prefix.
func (l *loader) expand(term string) string {
	for range 8 { // terms may be made of terms
		if meaning, ok := l.terms[term]; ok && meaning != term {
			term = meaning
			continue
		}
		prefix, rest, ok := strings.Cut(term, ":")
		meaning, known := l.terms[prefix]
		if !ok || !known || strings.HasPrefix(rest, "//") || meaning == prefix {
			break
		}
		term = meaning + rest
	}
	if !strings.Contains(term, ":") && !strings.HasPrefix(term, "@") && l.vocab != "" {
		return l.vocab + term
	}
	return term
}

// value reads any value and returns what stands for it in a triple.
func (l *loader) value(v any, depth int) (values []value, err error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nodes within %d others: %w", maxNesting, penates.TooLarge)
	}
	switch v := v.(type) {
	case string:
		return []value{{text: v}}, nil
	case json.Number:
		return []value{{text: v.String()}}, nil
	case bool:
		return []value{{text: strconv.FormatBool(v)}}, nil
	case []any:
		for _, one := range v {
			more, err := l.value(one, depth+1)
			if err != nil {
				return nil, err
			}
			values = append(values, more...)
		}
		return values, nil
	case map[string]any:
		return l.object(v, depth)
	}
	return nil, nil
}

func (l *loader) object(m map[string]any, depth int) ([]value, error) {
	if c, ok := m["@context"]; ok {
		outer := *l
		l.terms = cloneTerms(l.terms)
		l.context(c)
		defer func() { l.terms, l.vocab, l.base = outer.terms, outer.vocab, outer.base }()
	}
	member := func(keyword string) any {
		for key, v := range m {
			if key == keyword || l.terms[key] == keyword {
				return v
			}
		}
		return nil
	}
	if v := member("@value"); v != nil {
		return l.value(v, depth+1)
	}
	if list := member("@list"); list != nil {
		return l.value(list, depth+1)
	}
	id, _ := member("@id").(string)
	switch {
	case id == "":
		l.blanks++
		id = "_:\x00" + strconv.Itoa(l.blanks)
	case !strings.HasPrefix(id, "_:"):
		id = resolve(l.base, l.expand(id))
	}
	self := []value{{text: id, node: true}}
	types, err := l.value(member("@type"), depth+1)
	for _, t := range types {
		if err == nil {
			err = l.graph.add(id, rdf+"type", value{text: l.expand(t.text), node: true}, 0)
		}
	}
	if graph := member("@graph"); err == nil && graph != nil {
		_, err = l.value(graph, depth+1)
	}
	for _, key := range sortedKeys(m) {
		predicate := l.expand(key)
		if err != nil || strings.HasPrefix(predicate, "@") || !strings.Contains(predicate, ":") {
			continue
		}
		var objects []value
		if objects, err = l.value(m[key], depth+1); err != nil {
			break
		}
		for _, o := range objects {
			if err = l.graph.add(id, predicate, o, 0); err != nil {
				break
			}
		}
	}
	return self, err
}

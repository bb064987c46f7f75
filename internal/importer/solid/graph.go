package solid

import (
	"fmt"
	"net/url"
	"strings"

	"penates"
)

// A value is what a triple says of its subject: another node, or text.
type value struct {
	text     string
	datatype string
	node     bool
}

// A node is a subject with all that is said of it.
type node struct {
	id    string
	line  int
	says  []statement
	given bool // it is in a document that was given out
}

type statement struct {
	predicate string
	object    value
}

// A graph is the triples of one resource.
type graph struct {
	nodes   map[string]*node
	order   []*node
	triples int
	named   map[string]bool // nodes that others refer to
}

func newGraph() *graph { return &graph{nodes: map[string]*node{}, named: map[string]bool{}} }

// maxTriples bounds a resource: a chat of years has some ten thousand.
const maxTriples = 1_000_000

func (g *graph) add(subject, predicate string, object value, line int) error {
	if g.triples++; g.triples > maxTriples {
		return fmt.Errorf("a resource of more than %d triples: %w", maxTriples, penates.TooLarge)
	}
	n := g.nodes[subject]
	if n == nil {
		n = &node{id: subject, line: line}
		g.nodes[subject] = n
		g.order = append(g.order, n)
	}
	n.says = append(n.says, statement{predicate, object})
	if object.node {
		g.named[object.text] = true
	}
	return nil
}

// all returns the values of any of the predicates.
func (n *node) all(predicates ...string) (values []value) {
	for _, p := range predicates {
		for _, s := range n.says {
			if s.predicate == p {
				values = append(values, s.object)
			}
		}
	}
	return values
}

// first returns the first value of the first predicate that has one.
func (n *node) first(predicates ...string) string {
	for _, v := range n.all(predicates...) {
		if text := strings.TrimSpace(v.text); text != "" {
			return text
		}
	}
	return ""
}

func (n *node) is(types ...string) bool {
	for _, v := range n.all(rdf + "type") {
		for _, t := range types {
			if v.text == t {
				return true
			}
		}
	}
	return false
}

// resolve returns the IRI that ref means in a resource at base.
func resolve(base, ref string) string {
	if strings.Contains(ref, "://") || strings.HasPrefix(ref, "mailto:") || strings.HasPrefix(ref, "tel:") || strings.HasPrefix(ref, "urn:") {
		return ref
	}
	if ref == "" || ref[0] == '#' {
		before, _, _ := strings.Cut(base, "#")
		return before + ref
	}
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return b.ResolveReference(r).String()
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

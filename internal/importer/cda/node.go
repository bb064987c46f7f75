package cda

import (
	"encoding/xml"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/locale"
)

// A node is an element, or with no name a text. A nil node has nothing in it.
type node struct {
	name     string
	attrs    []xml.Attr
	kids     []*node
	text     string
	from, to int64 // where it stands in the file
}

// parse reads up to the end of an element.
func (r *reader) parse(start xml.StartElement, from int64, depth int) (*node, error) {
	n := &node{name: start.Name.Local, attrs: start.Attr, from: from}
	for {
		if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
			return nil, fmt.Errorf("more than %d elements, or %d in each other: %w", maxNodes, maxDepth, penates.TooLarge)
		}
		at := r.xml.InputOffset()
		token, err := r.xml.RawToken()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.EndElement:
			n.to = r.xml.InputOffset()
			return n, nil
		case xml.CharData:
			n.kids = append(n.kids, &node{text: string(token)})
		case xml.StartElement:
			kid, err := r.parse(token, at, depth+1)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
	}
}

// attr returns an attribute, by its name without prefix.
func (n *node) attr(name string) string {
	if n == nil {
		return ""
	}
	for i := range n.attrs {
		if n.attrs[i].Name.Local == name {
			return n.attrs[i].Value
		}
	}
	return ""
}

// all returns the elements at the end of a path below n.
func (n *node) all(path ...string) (found []*node) {
	if n == nil || len(path) == 0 {
		return nil
	}
	for _, kid := range n.kids {
		if kid.name != path[0] {
			continue
		}
		if len(path) == 1 {
			found = append(found, kid)
		} else {
			found = append(found, kid.all(path[1:]...)...)
		}
	}
	return found
}

// one returns the first element at the end of a path, or nil.
func (n *node) one(path ...string) *node {
	if found := n.all(path...); len(found) > 0 {
		return found[0]
	}
	return nil
}

// inline are the elements of the narrative that do not part words.
var inline = map[string]bool{"": true, "content": true, "sub": true, "sup": true, "linkHtml": true, "footnoteRef": true}

// words returns all text inside an element as one line.
func (n *node) words() string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.write(&b)
	return locale.Line(b.String())
}

func (n *node) write(b *strings.Builder) {
	b.WriteString(n.text)
	for _, kid := range n.kids {
		if !inline[kid.name] {
			b.WriteByte(' ')
		}
		kid.write(b)
		if !inline[kid.name] {
			b.WriteByte(' ')
		}
	}
}

// A narrative knows the words of the elements that entries point to.
type narrative struct {
	texts map[string]string
	size  int
}

const maxNarrative = 8 << 20

// add remembers the words of all elements in n that have an ID.
func (t *narrative) add(n *node) {
	if id := n.attr("ID"); id != "" && t.size < maxNarrative {
		words := health.Clean(n.words())
		t.texts[id] = words
		t.size += len(words)
	}
	for _, kid := range n.kids {
		t.add(kid)
	}
}

// of returns the words of an element of type ED: its own, or those it points to.
func (t *narrative) of(n *node) string {
	if n == nil {
		return ""
	}
	if words := n.words(); words != "" && n.attr("representation") != "B64" {
		return health.Prose(words)
	}
	ref := n.one("reference").attr("value")
	return t.texts[strings.TrimPrefix(ref, "#")]
}

// concept returns the words and the code of an element of type CD: what it calls
// itself, what the narrative calls it, or what its translations do.
func (t *narrative) concept(n *node) (words, code string) {
	if n == nil {
		return "", ""
	}
	words = n.attr("displayName")
	if words == "" {
		words = t.of(n.one("originalText"))
	}
	code = health.Code(n.attr("codeSystem"), n.attr("code"))
	for _, translation := range n.all("translation") {
		if words != "" && code != "" {
			break
		}
		w, c := t.concept(translation)
		if code == "" {
			code = c
		}
		if words == "" {
			words = w
		}
	}
	if words == "" {
		words = n.attr("code")
	}
	return health.Clean(words), code
}

package track

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"penates"
	"penates/internal/locale"
)

const (
	maxDepth = 200
	maxToken = 64 << 20 // bytes of one text or tag
	maxNodes = 400_000  // elements of one that is given whole
)

// A Node is an element of an XML file, by its local name.
type Node struct {
	Name string
	Attr []xml.Attr
	Text string // its own text, without blanks at the ends
	Line int    // where it begins
	Kids []*Node
}

// Value returns the attribute name, or "".
func (n *Node) Value(name string) string {
	for _, a := range n.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Kid returns the first child called name, or an empty node.
func (n *Node) Kid(name string) *Node {
	for _, k := range n.Kids {
		if k.Name == name {
			return k
		}
	}
	return &Node{}
}

// All visits the nodes below n that are called one of names, in their order, and
// does not look within them.
func (n *Node) All(visit func(*Node), names ...string) {
	for _, k := range n.Kids {
		hit := false
		for _, name := range names {
			hit = hit || k.Name == name
		}
		if hit {
			visit(k)
		} else {
			k.All(visit, names...)
		}
	}
}

// A Walk goes through an XML file. Elements of Whole are given to End with all
// they hold; the others to Begin, which may be nil, where they begin (without
// text), and to End where they end, without children.
type Walk struct {
	Whole map[string]bool
	Begin func(n *Node, path []*Node) error
	End   func(n *Node, path []*Node) error

	dec   *xml.Decoder
	ahead *ahead
	path  []*Node
	texts [][]byte // of path
	root  int      // of path that is an element of Whole, or -1
	nodes int
	held  int // bytes of text since something was given out
}

// Run walks through r, in any charset. What is no well-formed XML is Damaged from
// where that shows; path is the elements around n, from the outermost.
func (w *Walk) Run(r io.Reader) error {
	buffered := bufio.NewReaderSize(r, 16<<10)
	head, _ := buffered.Peek(1024)
	text, _ := locale.UTF8(buffered, locale.XMLCharset(head))
	w.ahead = &ahead{r: text}
	w.dec = xml.NewDecoder(w.ahead)
	w.dec.Entity = xml.HTMLEntity // which exporters forget to declare
	w.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	w.root = -1
	for {
		w.ahead.n = 0
		token, err := w.dec.Token()
		var syntax *xml.SyntaxError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &syntax):
			return fmt.Errorf("line %d: %w (%w)", syntax.Line, penates.Damaged, err)
		case err != nil && w.ahead.err != nil:
			return w.ahead.err
		case err != nil: // another version of XML than 1.0
			return fmt.Errorf("%w (%w)", penates.Damaged, err)
		}
		if err := w.token(token); err != nil {
			return err
		}
	}
}

func (w *Walk) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return w.start(t)
	case xml.CharData:
		// Blanks between elements would pile up in the outermost of a long file.
		if n := len(w.texts); n > 0 && len(bytes.TrimSpace(t)) > 0 {
			if w.held += len(t); w.held > maxToken {
				return fmt.Errorf("a text of more than %d bytes: %w", maxToken, penates.TooLarge)
			}
			w.texts[n-1] = append(w.texts[n-1], t...)
		}
	case xml.EndElement:
		return w.end()
	}
	return nil
}

func (w *Walk) start(t xml.StartElement) error {
	if len(w.path) >= maxDepth {
		return fmt.Errorf("elements nested more than %d deep: %w", maxDepth, penates.TooLarge)
	}
	line, _ := w.dec.InputPos()
	n := &Node{Name: t.Name.Local, Attr: t.Attr, Line: line}
	switch {
	case w.root >= 0:
		if w.nodes++; w.nodes > maxNodes {
			return fmt.Errorf("more than %d elements in one: %w", maxNodes, penates.TooLarge)
		}
		up := w.path[len(w.path)-1]
		up.Kids = append(up.Kids, n)
	case w.Whole[n.Name]:
		w.root, w.nodes = len(w.path), 0
	case w.Begin != nil:
		if err := w.Begin(n, w.path); err != nil {
			return err
		}
	}
	w.path = append(w.path, n)
	w.texts = append(w.texts, nil)
	return nil
}

func (w *Walk) end() error {
	last := len(w.path) - 1
	n := w.path[last]
	n.Text = string(bytes.TrimSpace(w.texts[last]))
	w.path, w.texts = w.path[:last], w.texts[:last]
	if w.root >= 0 && last > w.root {
		return nil
	}
	w.root, w.held = -1, 0
	return w.End(n, w.path)
}

// ahead bounds what the decoder reads for one token.
type ahead struct {
	r   io.Reader
	n   int
	err error // that is not the end of the file
}

func (a *ahead) Read(p []byte) (int, error) {
	if a.n > maxToken {
		a.err = fmt.Errorf("a text or tag of more than %d bytes: %w", maxToken, penates.TooLarge)
		return 0, a.err
	}
	n, err := a.r.Read(p)
	a.n += n
	if err != nil && err != io.EOF {
		a.err = err
	}
	return n, err
}

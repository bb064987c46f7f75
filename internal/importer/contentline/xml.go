package contentline

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/locale"
)

const (
	maxElements = 20_000   // of one property
	maxXMLToken = 64 << 20 // bytes of one property
)

// XML reads xCard (RFC 6351) and xCal (RFC 6321), and calls do for each property
// and each BEGIN and END, as a Reader gives them. head is how the file begins.
func XML(r io.Reader, head []byte, do func(Line) error) error {
	text, _ := locale.UTF8(r, locale.XMLCharset(head))
	x := &xmlLines{do: do, limited: &limited{r: text, left: maxXMLToken}}
	x.dec = xml.NewDecoder(x.limited)
	x.dec.Strict = false
	x.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	for {
		x.limited.left, x.elements = maxXMLToken, 0
		token, err := x.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF) && len(x.path) == 0:
			return nil
		case err != nil:
			return x.explain(err)
		}
		if err := x.token(token); err != nil {
			return err
		}
	}
}

type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("an element of more than %d bytes: %w", maxXMLToken, penates.TooLarge)
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

type xmlLines struct {
	do       func(Line) error
	dec      *xml.Decoder
	limited  *limited
	path     []string // open elements that are no properties
	elements int
}

func (x *xmlLines) explain(err error) error {
	line, _ := x.dec.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("line %d: no well-formed XML from here: %w", line, penates.Damaged)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

func (x *xmlLines) token(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		name := strings.ToLower(token.Name.Local)
		line, _ := x.dec.InputPos()
		if group, ok := x.inside(name); ok {
			e, err := x.element(token, 0)
			if err != nil {
				return x.explain(err)
			}
			if l, ok := e.property(name, group, line).line(); ok {
				return x.do(l)
			}
			return nil
		}
		if len(x.path) >= maxDepth {
			return fmt.Errorf("line %d: more than %d elements in each other: %w", line, maxDepth, penates.TooLarge)
		}
		if name == "group" {
			name += " " + attr(token, "name")
		}
		x.path = append(x.path, name)
		return x.delimit("BEGIN", name, line)
	case xml.EndElement:
		if len(x.path) == 0 {
			return nil
		}
		name := x.path[len(x.path)-1]
		x.path = x.path[:len(x.path)-1]
		line, _ := x.dec.InputPos()
		return x.delimit("END", name, line)
	}
	return nil
}

// delimit says that a component begins or ends: all elements but those that only
// hold others together.
func (x *xmlLines) delimit(name, kind string, line int) error {
	if !strings.HasPrefix(kind, "v") && kind != "standard" && kind != "daylight" || kind == "vcards" {
		return nil
	}
	kind = strings.ToUpper(kind)
	return x.do(Line{Number: line, Name: name, Value: kind, Raw: name + ":" + kind})
}

// inside reports whether an element that begins here is a property, and of which
// group.
func (x *xmlLines) inside(name string) (group string, ok bool) {
	if len(x.path) == 0 {
		return "", false
	}
	switch up := x.path[len(x.path)-1]; {
	case up == "properties":
		return "", true
	case up == "vcard":
		return "", name != "group"
	case strings.HasPrefix(up, "group "):
		return up[len("group "):], true
	}
	return "", false
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// An element is one of a property, with what it holds.
type element struct {
	name string
	text string
	kids []*element
}

func (x *xmlLines) element(start xml.StartElement, depth int) (*element, error) {
	e := &element{name: strings.ToLower(start.Name.Local)}
	var text strings.Builder
	for {
		if x.elements++; x.elements > maxElements || depth > maxDepth {
			return nil, fmt.Errorf("more than %d elements, or %d in each other: %w", maxElements, maxDepth, penates.TooLarge)
		}
		token, err := x.dec.RawToken()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.EndElement:
			e.text = text.String()
			return e, nil
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			kid, err := x.element(token, depth+1)
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, kid)
		}
	}
}

// structured are the parts of properties whose elements are no types (RFC 6351,
// appendix A; RFC 6321, appendix A).
var structured = map[string][]string{
	"n":              {"surname", "given", "additional", "prefix", "suffix"},
	"adr":            {"pobox", "ext", "street", "locality", "region", "code", "country"},
	"gender":         {"sex", "identity"},
	"clientpidmap":   {"sourceid", "uri"},
	"request-status": {"code", "description", "data"},
	"geo":            {"latitude", "longitude"},
}

// property reads an element as a property.
func (e *element) property(name, group string, line int) *typed {
	p := &typed{group: group, name: name, number: line}
	var values []*element
	for _, kid := range e.kids {
		if kid.name != "parameters" {
			values = append(values, kid)
			continue
		}
		for _, param := range kid.kids {
			p.params = append(p.params, Param{param.name, param.texts()})
		}
	}
	if parts, ok := structured[name]; ok && len(values) > 0 && values[0].name != "uri" && values[0].name != "text" {
		for _, part := range parts {
			p.fields = append(p.fields, nil)
			for _, v := range values {
				if v.name == part {
					p.fields[len(p.fields)-1] = append(p.fields[len(p.fields)-1], strings.TrimSpace(v.text))
				}
			}
		}
		return p
	}
	if len(values) == 0 {
		p.kind, p.values = "text", [][]string{{strings.TrimSpace(e.text)}}
		return p
	}
	p.kind = values[0].name
	for _, v := range values {
		switch {
		case v.name == "recur":
			p.values = append(p.values, []string{v.recur()})
		case v.name == "period":
			p.values = append(p.values, []string{strings.Join(basics(v.texts()), "/")})
		case name == "org":
			p.fields = append(p.fields, []string{v.text})
		default:
			p.values = append(p.values, []string{v.value()})
		}
	}
	return p
}

func (e *element) value() string {
	if e.name == "text" {
		return e.text
	}
	return strings.TrimSpace(e.text)
}

// texts returns the values an element holds, or its own.
func (e *element) texts() (list []string) {
	for _, kid := range e.kids {
		list = append(list, kid.value())
	}
	if len(list) == 0 {
		list = append(list, strings.TrimSpace(e.text))
	}
	return list
}

func (e *element) recur() string {
	var parts [][2]string
	for _, kid := range e.kids {
		parts = append(parts, [2]string{kid.name, strings.TrimSpace(kid.text)})
	}
	return recur(parts)
}

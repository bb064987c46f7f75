package fhir

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
)

// XML reads FHIR in XML (hl7.org/fhir/R4/xml.html). A resource is turned into what
// it is in JSON: an element that stands once is one value there, where the JSON
// of the standard may have a list of one; a node is asked the same way for both.
var XML = importer.Format{Name: connector, Title: "FHIR health records (XML)", Recognise: recogniseXML, Read: read}

const (
	fhirSpace   = "http://hl7.org/fhir"
	maxInside   = 60
	maxElements = 200_000 // of one resource
)

func isXML(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft([]byte(locale.Decode(head[:min(len(head), 200)], "")), "\uFEFF \t\r\n"), []byte("<"))
}

// recogniseXML looks for a first element that is named as resources are, in the
// namespace of FHIR.
func recogniseXML(h importer.Head) int {
	if !isXML(h.Bytes) {
		return 0
	}
	dec := decoder(strings.NewReader(locale.Decode(h.Bytes, locale.XMLCharset(h.Bytes))))
	for {
		token, err := dec.Token()
		if err != nil {
			return 0
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Space == fhirSpace && isType(start.Name.Local) {
				return 95
			}
			return 0
		}
	}
}

func decoder(r io.Reader) *xml.Decoder {
	dec := xml.NewDecoder(r)
	dec.Strict = false
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	return dec
}

// bounded fails when an element is longer than a resource may be.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a resource of more than %d bytes: %w", maxResource, penates.TooLarge)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// An xmlReader turns resources into JSON.
type xmlReader struct {
	*reader
	dec      *xml.Decoder
	budget   *bounded
	elements int
}

// xmlPass goes through a file in XML once.
func (r *reader) xmlPass(text io.Reader) error {
	b := &bounded{text, maxResource}
	x := &xmlReader{reader: r, dec: decoder(b), budget: b}
	for {
		token, err := x.dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return x.explain(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "Bundle" {
			err = x.bundle()
		} else {
			err = x.resource(start, entry{})
		}
		if err != nil {
			return x.explain(err)
		}
	}
}

func (x *xmlReader) explain(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		line, _ := x.dec.InputPos()
		return fmt.Errorf("line %d: no well-formed XML from here: %w", line, penates.Damaged)
	}
	return err
}

// bundle reads the members of a Bundle; its entries are taken one by one.
func (x *xmlReader) bundle() error {
	history := false
	return x.children(func(start xml.StartElement) error {
		switch start.Name.Local {
		case "type":
			history = attribute(start, "value") == "history"
		case "entry":
			return x.entry(history)
		}
		return x.dec.Skip()
	})
}

func (x *xmlReader) entry(history bool) error {
	url := ""
	return x.children(func(start xml.StartElement) error {
		switch start.Name.Local {
		case "fullUrl":
			url = attribute(start, "value")
		case "resource":
			return x.children(func(inner xml.StartElement) error { return x.resource(inner, entry{url: url, history: history}) })
		}
		return x.dec.Skip()
	})
}

// children calls do for each element of the one that is open; do reads it to its end.
func (x *xmlReader) children(do func(xml.StartElement) error) error {
	for {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		token, err := x.dec.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := do(token); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// resource reads one resource and hands it on.
func (x *xmlReader) resource(start xml.StartElement, e entry) error {
	e.first, _ = x.dec.InputPos()
	x.elements, x.budget.left = 0, maxResource
	value, err := x.object(start.Name.Local, 0)
	if err != nil {
		return err
	}
	e.last, _ = x.dec.InputPos()
	if e.raw, err = json.Marshal(value); err != nil {
		return err
	}
	return x.take(e)
}

// object reads the members of an element whose start was read; resource is its type
// where it is one.
func (x *xmlReader) object(resource string, depth int) (map[string]any, error) {
	members := map[string]any{}
	if resource != "" {
		members["resourceType"] = resource
	}
	return members, x.children(func(start xml.StartElement) error {
		if x.elements++; x.elements > maxElements || depth > maxInside {
			return fmt.Errorf("more than %d elements, or %d in each other: %w", maxElements, maxInside, penates.TooLarge)
		}
		v, err := x.value(start, depth)
		if err != nil {
			return err
		}
		switch was := members[start.Name.Local].(type) {
		case nil:
			members[start.Name.Local] = v
		case []any:
			members[start.Name.Local] = append(was, v)
		default:
			members[start.Name.Local] = []any{was, v}
		}
		return nil
	})
}

// value reads an element: a text (div), a resource (contained), the value of its
// attribute, or what it holds.
func (x *xmlReader) value(start xml.StartElement, depth int) (any, error) {
	switch start.Name.Local {
	case "div":
		return x.prose()
	case "contained", "resource":
		var inner any
		err := x.children(func(s xml.StartElement) (err error) {
			inner, err = x.object(s.Name.Local, depth+1)
			return err
		})
		return inner, err
	}
	members, err := x.object("", depth+1)
	if err != nil {
		return nil, err
	}
	value, url := attribute(start, "value"), attribute(start, "url")
	if value != "" && len(members) == 0 {
		return value, nil
	}
	for name, v := range map[string]string{"value": value, "url": url, "id": attribute(start, "id")} {
		if _, there := members[name]; v != "" && !there {
			members[name] = v
		}
	}
	return members, nil
}

// prose returns the text of an XHTML element, a space between its parts.
func (x *xmlReader) prose() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := x.dec.Token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
			b.WriteByte(' ')
		case xml.CharData:
			b.Write(token)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
}

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

package solid

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"penates"
)

// A parser reads Turtle (RDF 1.1 Turtle, W3C Recommendation of 2014), of which
// N-Triples is a part.
type parser struct {
	s        string
	i        int
	line     int
	base     string
	prefixes map[string]string
	blanks   int
	depth    int
	graph    *graph
	pending  []triple // of the statement in hand
}

type triple struct {
	subject, predicate string
	object             value
	line               int
}

func (p *parser) add(subject, predicate string, object value) error {
	if len(p.pending) > maxTriples {
		return fmt.Errorf("a statement of more than %d triples: %w", maxTriples, penates.TooLarge)
	}
	p.pending = append(p.pending, triple{subject, predicate, object, p.line})
	return nil
}

// keep adds the triples of a statement that was read to its end.
func (p *parser) keep() error {
	for _, t := range p.pending {
		if err := p.graph.add(t.subject, t.predicate, t.object, t.line); err != nil {
			return err
		}
	}
	return nil
}

// maxNesting bounds how deep blank nodes and lists may lie in one another.
const maxNesting = 100

// parseTurtle adds the triples of s to g. A statement that cannot be read is told
// to refuse, with its line, and the reading goes on behind it.
func parseTurtle(s, base string, g *graph, refuse func(line int, err error) error) error {
	p := &parser{s: s, line: 1, base: base, prefixes: map[string]string{}, graph: g}
	for {
		p.space()
		if p.i >= len(p.s) {
			return nil
		}
		start, line := p.i, p.line
		p.pending = p.pending[:0]
		err := p.statement()
		if err == nil {
			if err := p.keep(); err != nil {
				return err
			}
			continue
		}
		if err := refuse(p.line, err); err != nil {
			return err
		}
		p.i, p.line = start, line
		p.recover()
	}
}

// recover goes behind the end of a statement: a point at the end of a line.
func (p *parser) recover() {
	for p.i < len(p.s) {
		end := strings.IndexByte(p.s[p.i:], '\n')
		text := p.s[p.i:]
		if end >= 0 {
			text = text[:end]
			p.line++
		}
		p.i += len(text) + min(end+1, 1)
		if strings.HasSuffix(strings.TrimSpace(text), ".") || end < 0 {
			return
		}
	}
}

func (p *parser) bad(what string) error {
	near := p.s[min(p.i, len(p.s)):]
	return fmt.Errorf("%s near %q: %w", what, clip(near, 30), penates.Invalid)
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; c {
		case '\n':
			p.line++
			p.i++
		case ' ', '\t', '\r':
			p.i++
		case '#':
			if end := strings.IndexByte(p.s[p.i:], '\n'); end >= 0 {
				p.i += end
			} else {
				p.i = len(p.s)
			}
		default:
			return
		}
	}
}

// take passes over text if it comes next.
func (p *parser) take(text string) bool {
	if strings.HasPrefix(p.s[p.i:], text) {
		p.i += len(text)
		return true
	}
	return false
}

// word passes over a keyword, in any case, that a blank follows.
func (p *parser) word(w string) bool {
	rest := p.s[p.i:]
	if len(rest) > len(w) && strings.EqualFold(rest[:len(w)], w) && strings.ContainsRune(" \t\r\n<", rune(rest[len(w)])) {
		p.i += len(w)
		return true
	}
	return false
}

func (p *parser) point() error {
	if p.space(); !p.take(".") {
		return p.bad("a point is missing")
	}
	return nil
}

func (p *parser) statement() error {
	switch at := p.take("@"); {
	case p.word("prefix"):
		return p.prefix(at)
	case p.word("base"):
		return p.setBase(at)
	case at:
		return p.bad("no directive")
	}
	var subject string
	var err error
	if strings.HasPrefix(p.s[p.i:], "[") {
		if subject, err = p.blank(); err != nil {
			return err
		}
		if p.space(); p.take(".") {
			return nil
		}
	} else if subject, err = p.subject(); err != nil {
		return err
	}
	if err := p.predicates(subject); err != nil {
		return err
	}
	return p.point()
}

func (p *parser) prefix(at bool) error {
	p.space()
	colon := strings.IndexByte(p.s[p.i:], ':')
	if colon < 0 || strings.ContainsAny(p.s[p.i:p.i+colon], " \t\r\n<>") {
		return p.bad("a prefix without colon")
	}
	name := p.s[p.i : p.i+colon]
	p.i += colon + 1
	p.space()
	iri, err := p.iri()
	if err != nil {
		return err
	}
	p.prefixes[name] = iri
	if at {
		return p.point()
	}
	return nil
}

func (p *parser) setBase(at bool) error {
	p.space()
	iri, err := p.iri()
	if err != nil {
		return err
	}
	p.base = iri
	if at {
		return p.point()
	}
	return nil
}

// iri reads an IRI between angle brackets and resolves it.
func (p *parser) iri() (string, error) {
	if !p.take("<") {
		return "", p.bad("an IRI is missing")
	}
	end := strings.IndexByte(p.s[p.i:], '>')
	if end < 0 || strings.ContainsAny(p.s[p.i:p.i+end], " \t\r\n<\"{}|^`") {
		return "", p.bad("an IRI that does not end")
	}
	text := p.s[p.i : p.i+end]
	p.i += end + 1
	if strings.Contains(text, `\`) {
		var err error
		if text, err = unescape(text); err != nil {
			return "", err
		}
	}
	return resolve(p.base, text), nil
}

// name reads a prefixed name.
func (p *parser) name() (string, error) {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != ':' {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if !isNameRune(r) {
			p.i = start
			return "", p.bad("a name is missing")
		}
		p.i += n
	}
	prefix, ok := p.prefixes[p.s[start:p.i]]
	if p.i >= len(p.s) || !ok {
		p.i = start
		return "", p.bad("a prefix that is not declared")
	}
	p.i++
	var b strings.Builder
	b.WriteString(prefix)
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if r == '\\' && p.i+1 < len(p.s) {
			b.WriteByte(p.s[p.i+1])
			p.i += 2
			continue
		}
		if !isNameRune(r) && r != ':' && r != '%' || r == '.' && !p.goesOn(p.i+1) {
			break
		}
		b.WriteRune(r)
		p.i += n
	}
	return b.String(), nil
}

// goesOn reports whether a name goes on at i, behind a point.
func (p *parser) goesOn(i int) bool {
	r, _ := utf8.DecodeRuneInString(p.s[i:])
	return i < len(p.s) && (isNameRune(r) || r == ':' || r == '%')
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '·'
}

func (p *parser) subject() (string, error) {
	switch {
	case strings.HasPrefix(p.s[p.i:], "<"):
		return p.iri()
	case strings.HasPrefix(p.s[p.i:], "_:"):
		return p.blankName()
	case strings.HasPrefix(p.s[p.i:], "("):
		v, err := p.collection()
		return v.text, err
	}
	return p.name()
}

func (p *parser) blankName() (string, error) {
	start := p.i
	p.i += 2
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if !isNameRune(r) || r == '.' && !p.goesOn(p.i+1) {
			break
		}
		p.i += n
	}
	if p.i == start+2 {
		return "", p.bad("a blank node without name")
	}
	return p.s[start:p.i], nil
}

func (p *parser) newBlank() string {
	p.blanks++
	return "_:\x00" + strconv.Itoa(p.blanks)
}

// blank reads a blank node in brackets.
func (p *parser) blank() (string, error) {
	if p.depth++; p.depth > maxNesting {
		return "", fmt.Errorf("nodes within %d others: %w", maxNesting, penates.TooLarge)
	}
	defer func() { p.depth-- }()
	p.i++
	node := p.newBlank()
	if p.space(); p.take("]") {
		return node, nil
	}
	if err := p.predicates(node); err != nil {
		return "", err
	}
	if p.space(); !p.take("]") {
		return "", p.bad("a bracket is missing")
	}
	return node, nil
}

// predicates reads predicates and their objects, and adds the triples.
func (p *parser) predicates(subject string) error {
	for {
		p.space()
		predicate := rdf + "type"
		if !p.word("a") {
			var err error
			if strings.HasPrefix(p.s[p.i:], "<") {
				predicate, err = p.iri()
			} else {
				predicate, err = p.name()
			}
			if err != nil {
				return err
			}
		}
		for {
			p.space()
			object, err := p.object()
			if err != nil {
				return err
			}
			if err := p.add(subject, predicate, object); err != nil {
				return err
			}
			if p.space(); !p.take(",") {
				break
			}
		}
		more := false
		for p.space(); p.take(";"); p.space() {
			more = true
		}
		if !more || p.i >= len(p.s) || p.s[p.i] == '.' || p.s[p.i] == ']' {
			return nil
		}
	}
}

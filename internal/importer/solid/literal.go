package solid

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"penates"
)

// object reads what a triple says of its subject.
func (p *parser) object() (value, error) {
	if p.i >= len(p.s) {
		return value{}, p.bad("an object is missing")
	}
	switch c := p.s[p.i]; {
	case c == '[':
		node, err := p.blank()
		return value{text: node, node: true}, err
	case c == '(':
		return p.collection()
	case c == '"' || c == '\'':
		return p.literal()
	case c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.':
		return p.number()
	case p.boolean("true"):
		return value{text: "true"}, nil
	case p.boolean("false"):
		return value{text: "false"}, nil
	}
	node, err := p.subject()
	return value{text: node, node: true}, err
}

func (p *parser) boolean(word string) bool {
	rest, ok := strings.CutPrefix(p.s[p.i:], word)
	if ok && (rest == "" || strings.ContainsRune(" \t\r\n.,;])", rune(rest[0]))) {
		p.i += len(word)
		return true
	}
	return false
}

// collection reads a list in parentheses, which is kept as a node with its
// elements as values.
func (p *parser) collection() (value, error) {
	if p.depth++; p.depth > maxNesting {
		return value{}, fmt.Errorf("lists within %d others: %w", maxNesting, penates.TooLarge)
	}
	defer func() { p.depth-- }()
	p.i++
	node := p.newBlank()
	for {
		if p.space(); p.take(")") {
			return value{text: node, node: true}, nil
		}
		element, err := p.object()
		if err == nil {
			err = p.add(node, rdf+"first", element)
		}
		if err != nil {
			return value{}, err
		}
	}
}

func (p *parser) number() (value, error) {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("0123456789+-eE", p.s[p.i]) >= 0 ||
		p.i+1 < len(p.s) && p.s[p.i] == '.' && strings.IndexByte("0123456789eE", p.s[p.i+1]) >= 0 {
		p.i++
	}
	text := p.s[start:p.i]
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return value{}, p.bad("no number")
	}
	return value{text: text}, nil
}

// literal reads quoted text, with its language or type.
func (p *parser) literal() (value, error) {
	quote := p.s[p.i : p.i+1]
	long := strings.HasPrefix(p.s[p.i:], strings.Repeat(quote, 3))
	if long {
		quote = strings.Repeat(quote, 3)
	}
	p.i += len(quote)
	text, err := p.quoted(quote, long)
	if err != nil {
		return value{}, err
	}
	v := value{text: text}
	switch {
	case p.take("^^"):
		if strings.HasPrefix(p.s[p.i:], "<") {
			v.datatype, err = p.iri()
		} else {
			v.datatype, err = p.name()
		}
	case p.take("@"):
		for p.i < len(p.s) && (p.s[p.i] == '-' || p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z') {
			p.i++
		}
	}
	return v, err
}

func (p *parser) quoted(quote string, long bool) (string, error) {
	start, escaped := p.i, false
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '\\':
			escaped = true
			p.i += 2
			continue
		case c == '\n':
			if !long {
				return "", p.bad("text that does not end")
			}
			p.line++
		case c == quote[0] && strings.HasPrefix(p.s[p.i:], quote):
			// Quotes before the last three of a long text are its own.
			for long && strings.HasPrefix(p.s[p.i+1:], quote) {
				p.i++
			}
			text := p.s[start:p.i]
			p.i += len(quote)
			if escaped {
				return unescape(text)
			}
			return text, nil
		}
		p.i++
	}
	p.i = len(p.s)
	return "", p.bad("text that does not end")
}

var escapes = map[byte]byte{'t': '\t', 'b': '\b', 'n': '\n', 'r': '\r', 'f': '\f', '"': '"', '\'': '\'', '\\': '\\'}

// unescape resolves the escapes of Turtle, 6.4.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i >= len(s) {
			return "", fmt.Errorf("an escape that does not end: %w", penates.Invalid)
		}
		if c, ok := escapes[s[i]]; ok {
			b.WriteByte(c)
			continue
		}
		digits := map[byte]int{'u': 4, 'U': 8}[s[i]]
		if digits == 0 || i+digits >= len(s) {
			return "", fmt.Errorf("escape %q: %w", clip(s[i-1:], 10), penates.Invalid)
		}
		n, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
		if err != nil || !utf8.ValidRune(rune(n)) {
			return "", fmt.Errorf("escape %q: %w", clip(s[i-1:], 10), penates.Invalid)
		}
		b.WriteRune(rune(n))
		i += digits
	}
	return b.String(), nil
}

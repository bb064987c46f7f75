package pdfdoc

import (
	"bytes"
	"strconv"
)

// The types a PDF object (ISO 32000-2, 7.3) is read as; beside them int64,
// float64, bool, nil, []byte for strings and []any for arrays.
type (
	name     string
	dict     map[name]any
	operator string // of a content stream; also a keyword out of place
	ref      struct{ number, generation int64 }
)

const (
	maxNesting = 64      // arrays and dictionaries in one another
	maxItems   = 500_000 // objects in one object
)

// A parser reads objects from bytes. It never fails: what is no object is read
// as an operator, and the end as endOfData.
type parser struct {
	data  []byte
	at    int
	refs  bool // whether "1 0 R" is a reference, as everywhere but in content
	items int  // read of the object so far
}

const endOfData operator = ""

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0
}

func (p *parser) skipSpace() {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case isSpace(c):
			p.at++
		case c == '%':
			for p.at < len(p.data) && p.data[p.at] != '\n' && p.data[p.at] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

func (p *parser) object() any {
	p.items = 0
	return p.nested(0)
}

func (p *parser) nested(depth int) any {
	p.skipSpace()
	if p.items++; p.at >= len(p.data) || depth > maxNesting || p.items > maxItems {
		p.at = len(p.data)
		return endOfData
	}
	switch c := p.data[p.at]; {
	case c == '<' && p.at+1 < len(p.data) && p.data[p.at+1] == '<':
		p.at += 2
		return p.dict(depth)
	case c == '<':
		return p.hex()
	case c == '(':
		return p.literal()
	case c == '[':
		p.at++
		return p.array(depth)
	case c == '/':
		p.at++
		return name(p.unescape(p.word()))
	case c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.':
		return p.number()
	case isDelimiter(c):
		p.at++
		if c == '>' && p.at < len(p.data) && p.data[p.at] == '>' {
			p.at++
			return operator(">>")
		}
		return operator(c)
	}
	switch word := p.word(); string(word) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		return operator(word)
	}
}

// word takes the bytes up to the next blank or delimiter.
func (p *parser) word() []byte {
	from := p.at
	for p.at < len(p.data) && !isSpace(p.data[p.at]) && !isDelimiter(p.data[p.at]) {
		p.at++
	}
	return p.data[from:p.at]
}

// unescape reads the #xx of a name.
func (p *parser) unescape(word []byte) []byte {
	if bytes.IndexByte(word, '#') < 0 {
		return word
	}
	var out []byte
	for i := 0; i < len(word); i++ {
		if word[i] == '#' && i+2 < len(word) {
			if n, err := strconv.ParseUint(string(word[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, word[i])
	}
	return out
}

func (p *parser) number() any {
	word := p.word()
	n, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(string(word), 64)
		if err != nil {
			return operator(word)
		}
		return f
	}
	if !p.refs || n < 0 {
		return n
	}
	// "12 0 R" is a reference.
	back := p.at
	p.skipSpace()
	generation, err := strconv.ParseInt(string(p.word()), 10, 64)
	if err == nil && generation >= 0 {
		p.skipSpace()
		if string(p.word()) == "R" {
			return ref{n, generation}
		}
	}
	p.at = back
	return n
}

func (p *parser) array(depth int) any {
	var out []any
	for {
		v := p.nested(depth + 1)
		if op, ok := v.(operator); ok {
			if op == "]" || op == endOfData {
				return out
			}
			continue
		}
		out = append(out, v)
	}
}

func (p *parser) dict(depth int) any {
	out := dict{}
	for {
		key := p.nested(depth + 1)
		k, ok := key.(name)
		if !ok {
			if op, isOperator := key.(operator); isOperator && (op == ">>" || op == endOfData || op == "stream" || op == "endobj") {
				return out
			}
			continue
		}
		value := p.nested(depth + 1)
		if op, isOperator := value.(operator); isOperator {
			if op == ">>" || op == endOfData {
				return out
			}
			continue
		}
		out[k] = value
	}
}

func (p *parser) hex() any {
	p.at++
	out := []byte{}
	half, high := false, byte(0)
	for p.at < len(p.data) {
		c := p.data[p.at]
		p.at++
		if c == '>' {
			break
		}
		digit, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			continue
		}
		if half {
			out = append(out, high|byte(digit))
		}
		half, high = !half, byte(digit)<<4
	}
	if half {
		out = append(out, high)
	}
	return out
}

var literalEscapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

func (p *parser) literal() any {
	p.at++
	out := []byte{}
	for depth := 1; p.at < len(p.data); {
		c := p.data[p.at]
		p.at++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return out
			}
		case '\\':
			out = p.escaped(out)
			continue
		}
		out = append(out, c)
	}
	return out
}

// escaped reads what follows a backslash.
func (p *parser) escaped(out []byte) []byte {
	if p.at >= len(p.data) {
		return out
	}
	c := p.data[p.at]
	p.at++
	switch {
	case c == '\r':
		if p.at < len(p.data) && p.data[p.at] == '\n' {
			p.at++
		}
		return out
	case c == '\n':
		return out
	case c >= '0' && c <= '7':
		n := int(c - '0')
		for i := 0; i < 2 && p.at < len(p.data) && p.data[p.at] >= '0' && p.data[p.at] <= '7'; i++ {
			n = n*8 + int(p.data[p.at]-'0')
			p.at++
		}
		return append(out, byte(n))
	}
	if plain, ok := literalEscapes[c]; ok {
		c = plain
	}
	return append(out, c)
}

package mail

import (
	"bytes"
	"strings"
)

// maxFields and maxValue bound the header fields that are looked at and the
// length of each; more is no message but an attack.
const (
	maxFields = 2000
	maxValue  = 1 << 20
)

// A header is the fields of a message or part in their order, names in lower
// case, values unfolded but not decoded.
type header []field

type field struct {
	name  string
	value []byte
	// own says that value was folded, and is a copy.
	own bool
}

// unfold adds a folded line to the value.
func (f *field) unfold(line []byte) {
	line = bytes.TrimLeft(line, " \t")
	if len(f.value)+len(line) > maxValue {
		return
	}
	if !f.own {
		f.value, f.own = append(make([]byte, 0, len(f.value)+len(line)+1), f.value...), true
	}
	f.value = append(append(f.value, ' '), line...)
}

// get returns the first value of name, or nil.
func (h header) get(name string) []byte {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// text returns the first non-empty value of name with its encoded words read.
func (h header) text(name string) string {
	for _, f := range h {
		if f.name == name {
			if s := decodeWords(f.value); s != "" {
				return s
			}
		}
	}
	return ""
}

// all returns the values of every field called name, joined by commas, as lists
// of addresses are.
func (h header) all(name string) []byte {
	var values [][]byte
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	if len(values) == 1 {
		return values[0]
	}
	joined := bytes.Join(values, []byte(", "))
	return joined[:min(len(joined), maxValue)]
}

// splitHeader reads the header fields at the beginning of raw (RFC 5322, 2.2)
// and returns what follows the empty line. A line that is no field is skipped
// when fields go on after it; otherwise the body begins there, as in messages
// whose empty line was lost.
func splitHeader(raw []byte) (h header, body []byte) {
	rest := raw
	for len(rest) > 0 {
		line, after := cutLine(rest)
		switch {
		case len(bytes.TrimRight(line, " \t")) == 0 && !(len(line) > 0 && continues(after)):
			return h, after
		case (line[0] == ' ' || line[0] == '\t') && len(h) > 0:
			h[len(h)-1].unfold(line)
		default:
			name, value, ok := splitField(line)
			if !ok && !continues(after) {
				return h, rest
			}
			if ok && len(h) < maxFields {
				h = append(h, field{name: name, value: value[:min(len(value), maxValue)]})
			}
		}
		rest = after
	}
	return h, nil
}

// continues reports whether rest begins with another header field.
func continues(rest []byte) bool {
	line, _ := cutLine(rest)
	_, _, ok := splitField(line)
	return ok
}

// splitField reads "Name: value". Names are the printable ASCII that RFC 5322
// allows, with blanks before the colon as old mailers wrote.
func splitField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 100 {
		return "", nil, false
	}
	key := bytes.TrimRight(line[:colon], " \t")
	for _, c := range key {
		if c <= ' ' || c >= 0x7F {
			return "", nil, false
		}
	}
	if len(key) == 0 {
		return "", nil, false
	}
	return strings.ToLower(string(key)), bytes.TrimSpace(line[colon+1:]), true
}

// cutLine returns the first line of b without its end, and the rest.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.TrimSuffix(b, []byte("\r")), nil
	}
	line, rest = b[:i], b[i+1:]
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, rest
}

// parseParameters reads the value of Content-Type or Content-Disposition: the
// token before the first semicolon in lower case, and the parameters (RFC 2045,
// 5.1) with the continuations and charsets of RFC 2231. It reads what mailers
// wrote wrong too: values with blanks and no quotes, quotes never closed.
func parseParameters(value []byte) (token string, params map[string]string) {
	s := string(value)
	head, rest, _ := strings.Cut(s, ";")
	token = strings.ToLower(strings.TrimSpace(head))
	if i := strings.IndexAny(token, " \t("); i > 0 {
		token = token[:i]
	}
	params = map[string]string{}
	var extended []extendedParam
	for range maxFields {
		rest = strings.TrimLeft(rest, " \t;")
		if rest == "" {
			break
		}
		var name, val string
		name, val, rest = cutParameter(rest)
		switch {
		case name == "":
		case strings.Contains(name, "*"):
			extended = append(extended, extendedParam{name, val})
		default:
			if _, dup := params[name]; !dup {
				params[name] = val
			}
		}
	}
	joinExtended(params, extended)
	return token, params
}

// cutParameter takes one name=value off the front of s.
func cutParameter(s string) (name, value, rest string) {
	i := strings.IndexAny(s, "=;")
	if i < 0 || s[i] == ';' {
		if i < 0 {
			return "", "", ""
		}
		return "", "", s[i+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i = 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			_, rest, _ = strings.Cut(s[i+1:], ";")
			return name, b.String(), rest
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return name, b.String(), ""
}

type extendedParam struct{ name, value string }

// joinExtended puts the parameters of RFC 2231 together: name*=charset'lang'%41,
// name*0=, name*1*= …
func joinExtended(params map[string]string, list []extendedParam) {
	type state struct {
		charset string
		bytes   []byte
	}
	joined := map[string]*state{}
	var order []string
	for _, p := range list {
		base, index, _ := strings.Cut(p.name, "*")
		st := joined[base]
		if st == nil {
			st = &state{}
			joined[base] = st
			order = append(order, base)
		}
		val := p.value
		encoded := index == "" || strings.HasSuffix(index, "*")
		if encoded && len(st.bytes) == 0 {
			if charset, tail, ok := strings.Cut(val, "'"); ok {
				if _, text, ok := strings.Cut(tail, "'"); ok {
					st.charset, val = charset, text
				}
			}
		}
		if encoded {
			st.bytes = append(st.bytes, unpercent(val)...)
		} else {
			st.bytes = append(st.bytes, val...)
		}
	}
	for _, base := range order {
		params[base] = decodeText(joined[base].bytes, joined[base].charset)
	}
}

func unpercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := hexByte(s[i+1], s[i+2]); ok {
				out = append(out, c)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

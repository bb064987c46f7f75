// Package contentline reads the lines that vCard (RFC 6350 and 2426, and
// the older vCard 2.1) and iCalendar (RFC 5545, and vCalendar 1.0) are made of:
// "group.NAME;PARAM=value:text", folded over several physical lines.
//
// It reads what programs write, which is more than the standards allow: any line
// end, text that goes on without being folded, characters cut in two by a fold,
// quoted-printable, parameters without a name, charsets that are not declared.
package contentline

import (
	"encoding/base64"
	"strings"

	"penates/internal/locale"
)

// A Line is one property.
type Line struct {
	// Number is the physical line it begins at, from 1.
	Number int
	// Raw is the line as it was written, without folds, as UTF-8.
	Raw string
	// Group is the word before the point in front of the name, as in "item1".
	Group string
	// Name is in upper case.
	Name   string
	Params []Param
	// Value is what follows the colon, still encoded and escaped.
	Value string
	// Cut says that the line was longer than MaxLine and its end is missing.
	Cut bool

	charset string
}

// A Param is one parameter; its name is in upper case. A parameter that vCard
// 2.1 writes without a name has the one it means, TYPE or ENCODING.
type Param struct {
	Name   string
	Values []string
}

// Param returns the first value of a parameter, or "".
func (l *Line) Param(name string) string {
	for _, p := range l.Params {
		if p.Name == name && len(p.Values) > 0 {
			return p.Values[0]
		}
	}
	return ""
}

// Has reports whether a parameter has a value, in any case.
func (l *Line) Has(name, value string) bool {
	for _, p := range l.Params {
		if p.Name != name {
			continue
		}
		for _, v := range p.Values {
			if strings.EqualFold(v, value) {
				return true
			}
		}
	}
	return false
}

// Text returns the value as text: decoded and without escapes.
func (l *Line) Text() string { return Unescape(l.Decoded()) }

// Fields returns the parts of a structured value between semicolons, without
// escapes.
func (l *Line) Fields() []string { return unescapeAll(Split(l.Decoded(), ';')) }

// List returns the parts of a value between commas, without escapes.
func (l *Line) List() []string { return unescapeAll(Split(l.Decoded(), ',')) }

func unescapeAll(parts []string) []string {
	for i, p := range parts {
		parts[i] = strings.TrimSpace(Unescape(p))
	}
	return parts
}

// Decoded returns the value with its transfer encoding and charset undone.
func (l *Line) Decoded() string {
	switch strings.ToUpper(l.Param("ENCODING")) {
	case "QUOTED-PRINTABLE":
		return locale.Decode(quotedPrintable(l.Value), l.charset)
	case "BASE64", "B":
		return locale.Decode(l.Bytes(), l.charset)
	}
	return l.Value
}

// Bytes returns a value in base64 as bytes; nil when it is none.
func (l *Line) Bytes() []byte {
	text := strings.Map(func(r rune) rune {
		switch {
		case r <= ' ' || r == '=' || r == '\\':
			return -1
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		}
		return r
	}, l.Value)
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// quotedPrintable undoes quoted-printable; what is not valid stays.
func quotedPrintable(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			if hi, lo := hex(s[i+1]), hex(s[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

func hex(c byte) int {
	if c > 0x7F {
		return -1
	}
	return strings.IndexByte("0123456789ABCDEF", strings.ToUpper(string(rune(c)))[0])
}

// Unescape undoes the backslashes of text values (RFC 6350, 3.4; RFC 5545,
// 3.3.11). A backslash before anything else stays.
func Unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case '\\', ';', ',', ':', '"':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Split cuts s at each sep that no backslash precedes; escapes stay.
func Split(s string, sep byte) []string {
	const most = 10_000
	var out []string
	start := 0
	for i := 0; i < len(s) && len(out) < most; i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// parse reads the unfolded line raw; ok is false when it is no property.
func parse(raw string) (l Line, ok bool) {
	i := nameEnd(raw)
	if i <= 0 {
		return Line{}, false
	}
	l.Raw, l.Name = raw, raw[:i]
	if dot := strings.LastIndexByte(l.Name, '.'); dot >= 0 {
		l.Group, l.Name = l.Name[:dot], l.Name[dot+1:]
	}
	if l.Name == "" {
		return Line{}, false
	}
	l.Name = strings.ToUpper(l.Name)
	rest := raw[i:]
	for strings.HasPrefix(rest, ";") {
		var p Param
		p, rest = cutParam(rest[1:])
		if p.Name != "" && len(l.Params) < 100 {
			l.Params = append(l.Params, p)
		}
	}
	value, ok := strings.CutPrefix(rest, ":")
	l.Value = value
	return l, ok
}

// nameEnd returns where the name of a property ends, or 0 when raw does not
// begin with one.
func nameEnd(raw string) int {
	for i := 0; i < len(raw) && i < 100; i++ {
		switch c := raw[i]; {
		case c == ':' || c == ';':
			return i
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_':
		default:
			return 0
		}
	}
	return 0
}

// cutParam takes one parameter off the front of s.
func cutParam(s string) (p Param, rest string) {
	i := strings.IndexAny(s, "=;:")
	if i < 0 {
		return Param{}, ""
	}
	name := strings.ToUpper(strings.TrimSpace(s[:i]))
	if s[i] != '=' {
		switch name {
		case "":
			return Param{}, s[i:]
		case "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT":
			return Param{"ENCODING", []string{name}}, s[i:]
		}
		return Param{"TYPE", []string{s[:i]}}, s[i:]
	}
	p.Name, rest = name, s[i+1:]
	if end := zoneEnd(name, rest); end > 0 {
		p.Values = []string{Unescape(strings.TrimSpace(rest[:end]))}
		return p, rest[end:]
	}
	for {
		var v string
		v, rest = cutValue(rest)
		p.Values = append(p.Values, v)
		if !strings.HasPrefix(rest, ",") || len(p.Values) > 100 {
			break
		}
		rest = rest[1:]
	}
	// "TYPE=\"home,work\"" is meant as two.
	if p.Name == "TYPE" && len(p.Values) == 1 {
		p.Values = strings.Split(p.Values[0], ",")
	}
	if len(rest) > 0 && rest[0] == ',' {
		if end := strings.IndexAny(rest, ";:"); end >= 0 {
			rest = rest[end:]
		}
	}
	return p, rest
}

// zoneEnd returns where a TZID ends that is the name Windows shows of a zone, as in
// "(UTC+01:00) Amsterdam, Berlin", and that a program wrote without the quotes it
// needs for its colon and commas; 0 for any other. No value of a time has a colon.
func zoneEnd(name, s string) int {
	if name != "TZID" || !strings.HasPrefix(s, "(") {
		return 0
	}
	end := strings.LastIndexByte(s, ':')
	if semicolon := strings.IndexByte(s[:max(end, 0)], ';'); semicolon >= 0 {
		end = semicolon
	}
	if end < strings.IndexByte(s, ')') {
		return 0
	}
	return end
}

// cutValue takes one parameter value off the front of s, with the escapes of
// RFC 6868 undone.
func cutValue(s string) (value, rest string) {
	if strings.HasPrefix(s, `"`) {
		if end := strings.IndexByte(s[1:], '"'); end >= 0 {
			value, rest = s[1:1+end], s[end+2:]
			if i := strings.IndexAny(rest, ",;:"); i > 0 {
				rest = rest[i:]
			}
			return caret.Replace(value), rest
		}
	}
	i := strings.IndexAny(s, ",;:")
	if i < 0 {
		return caret.Replace(s), ""
	}
	return caret.Replace(strings.TrimSpace(s[:i])), s[i:]
}

var caret = strings.NewReplacer("^n", "\n", "^'", `"`, "^^", "^")

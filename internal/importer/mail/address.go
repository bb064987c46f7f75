package mail

import (
	"bytes"
	"strings"

	"penates"
	"penates/internal/locale"
)

// maxParties bounds the recipients of one message that are kept.
const maxParties = 1000

// An address is a mailbox of an address list (RFC 5322, 3.4).
type address struct{ name, mail string }

// String returns the address as mail programs show it.
func (a address) String() string {
	switch {
	case a.mail == "":
		return a.name
	case a.name == "":
		return a.mail
	}
	return a.name + " <" + a.mail + ">"
}

// parseAddresses reads an address list. It accepts what mailers write wrong:
// commas in names without quotes, semicolons as separators, addresses without
// brackets or with too many, encoded words anywhere. Of a group it returns the
// members, or its name when it has none ("undisclosed-recipients:;").
func parseAddresses(value []byte) []address {
	var list []address
	var pending string // a name's beginning that a comma has cut off
	for _, s := range splitAddresses(value) {
		a := s.address()
		switch {
		case a == (address{}):
		case a.mail == "" && !s.group:
			pending = joinName(pending, a.name)
			continue
		case pending != "" && s.angle != nil:
			a.name = joinName(pending, a.name)
			pending = ""
		}
		if pending != "" {
			list = append(list, address{name: pending})
			pending = ""
		}
		if a != (address{}) && len(list) < maxParties {
			list = append(list, a)
		}
	}
	if pending != "" {
		list = append(list, address{name: pending})
	}
	return list
}

func joinName(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// A mailboxText is one element of an address list before it is read.
type mailboxText struct {
	words   []byte // outside of brackets and comments
	angle   []byte // within <>, nil when there are none
	comment []byte
	group   bool // the name of a group without members
}

// splitAddresses cuts a list at its commas and semicolons, but for those within
// quotes, brackets, comments and encoded words.
func splitAddresses(v []byte) []mailboxText {
	var list []mailboxText
	var cur mailboxText
	end := func() {
		list = append(list, cur)
		cur = mailboxText{}
	}
	for i := 0; i < len(v); i++ {
		switch c := v[i]; c {
		case '"':
			var text []byte
			text, i = quoted(v, i)
			cur.words = append(cur.words, text...)
		case '(':
			var text []byte
			text, i = comment(v, i)
			cur.comment = append(append(cur.comment, ' '), text...)
		case '<':
			stop := bytes.IndexAny(v[i:], ">")
			if stop < 0 {
				stop = len(v) - i
			}
			if inner := v[i+1 : i+stop]; len(inner) > 0 || cur.angle == nil {
				cur.angle = inner
			}
			i += stop
		case ',', ';':
			end()
		case ':':
			// "Group: a@x, b@y;", unless it is "mailto:a@x" or stands in an address.
			if bytes.IndexByte(cur.words, '@') >= 0 || strings.EqualFold(string(bytes.TrimSpace(cur.words)), "mailto") {
				cur.words = append(cur.words, c)
				continue
			}
			if rest := bytes.TrimSpace(v[i+1:]); len(rest) == 0 || rest[0] == ';' {
				cur.group = true
				end()
				continue
			}
			cur.words = cur.words[:0]
		case '=':
			if i+1 < len(v) && v[i+1] == '?' {
				if _, n := cutWord(v[i:]); n > 0 {
					cur.words = append(cur.words, v[i:i+n]...)
					i += n - 1
					continue
				}
			}
			cur.words = append(cur.words, c)
		default:
			cur.words = append(cur.words, c)
		}
	}
	end()
	return list
}

// quoted returns the text of the quoted string at v[i] and where it ends. One
// that is never closed is an ordinary character.
func quoted(v []byte, i int) (text []byte, end int) {
	for k := i + 1; k < len(v); k++ {
		switch {
		case v[k] == '"':
			return text, k
		case v[k] == '\\' && k+1 < len(v):
			k++
		}
		text = append(text, v[k])
	}
	return nil, i
}

// comment returns the text of the comment at v[i] and where it ends.
func comment(v []byte, i int) (text []byte, end int) {
	depth := 0
	for k := i; k < len(v); k++ {
		switch {
		case v[k] == '(':
			if depth++; depth == 1 {
				continue
			}
		case v[k] == ')':
			if depth--; depth == 0 {
				return text, k
			}
		case v[k] == '\\' && k+1 < len(v):
			k++
		}
		text = append(text, v[k])
	}
	return text, len(v)
}

// address reads one element.
func (t *mailboxText) address() address {
	words := decodeWords(t.words)
	if t.angle != nil {
		a := address{name: cleanName(words), mail: cleanMail(string(t.angle))}
		if a.mail == "" && a.name == "" {
			a.name = cleanName(decodeWords(t.angle))
		}
		if a.mail == "" && strings.Contains(words, "@") {
			a = address{mail: cleanMail(words)}
		}
		if a.name == "" {
			a.name = cleanName(decodeWords(t.comment))
		}
		if strings.EqualFold(a.name, a.mail) {
			a.name = ""
		}
		return a
	}
	fields := strings.Fields(words)
	for i, f := range fields {
		mail := cleanMail(f)
		if mail == "" {
			continue
		}
		name := cleanName(strings.Join(append(fields[:i:i], fields[i+1:]...), " "))
		if name == "" {
			name = cleanName(decodeWords(t.comment))
		}
		return address{name: name, mail: mail}
	}
	if name := cleanName(words); name != "" {
		return address{name: name}
	}
	return address{name: cleanName(decodeWords(t.comment))}
}

// cleanName removes the quotes and blanks around a name.
func cleanName(s string) string {
	s = strings.Trim(locale.Line(s), "<> ")
	if n := strings.Count(s, `"`); n == 1 || n == 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(strings.Trim(s, `"`))
	}
	if len(s) > 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = s[1 : len(s)-1]
	}
	return clipText(s, 500)
}

// cleanMail returns an e-mail address in lower case, or "" when s is none. A
// source route ("@relay:joe@host", RFC 5322, 4.4) is dropped.
func cleanMail(s string) string {
	s = strings.Trim(decodeWords([]byte(s)), `<>"'(),; `)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") {
		_, s, _ = strings.Cut(s, ":")
	}
	if i := strings.LastIndexByte(s, '@'); i <= 0 || i == len(s)-1 || len(s) > 320 {
		return ""
	}
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}

// parties returns the addresses as parties of a document.
func parties(role string, list []address) []penates.Party {
	out := make([]penates.Party, 0, len(list))
	for _, a := range list {
		out = append(out, penates.Party{Role: role, Literal: a.name, Address: a.mail})
	}
	return out
}

// oneLine joins addresses as mail programs show them.
func oneLine(list []address) string {
	const most = 4 << 10
	var b strings.Builder
	for i, a := range list {
		if b.Len() > most {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}

package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"penates/internal/locale"
)

// decodeWords returns a header value as one line of text: encoded words
// (RFC 2047) are read wherever they stand, also within quotes, and bytes that no
// word declares are read as UTF-8 or by what reads best.
func decodeWords(value []byte) string {
	if !bytes.Contains(value, []byte("=?")) {
		if isASCII(value) {
			return locale.Line(string(value))
		}
		return locale.Line(locale.Decode(value, ""))
	}
	var out strings.Builder
	var run encodedRun
	rest := value
	for len(rest) > 0 {
		start := bytes.Index(rest, []byte("=?"))
		if start < 0 {
			break
		}
		w, n := cutWord(rest[start:])
		if n == 0 {
			run.flush(&out)
			out.WriteString(locale.Decode(rest[:start+2], ""))
			rest = rest[start+2:]
			continue
		}
		// Blanks between two encoded words belong to neither.
		if gap := rest[:start]; len(bytes.TrimSpace(gap)) > 0 || run.empty() {
			run.flush(&out)
			out.WriteString(locale.Decode(gap, ""))
		}
		run.add(&out, w)
		rest = rest[start+n:]
	}
	run.flush(&out)
	out.WriteString(locale.Decode(rest, ""))
	return locale.Line(out.String())
}

// An encodedRun gathers neighbouring words of one charset, because some mailers
// cut characters of several bytes between two words.
type encodedRun struct {
	charset string
	bytes   []byte
	open    bool
}

func (r *encodedRun) empty() bool { return !r.open }

func (r *encodedRun) add(out *strings.Builder, w word) {
	if r.open && !strings.EqualFold(r.charset, w.charset) {
		r.flush(out)
	}
	r.open, r.charset = true, w.charset
	r.bytes = append(r.bytes, w.bytes...)
}

func (r *encodedRun) flush(out *strings.Builder) {
	if r.open {
		out.WriteString(decodeText(r.bytes, r.charset))
	}
	*r = encodedRun{bytes: r.bytes[:0]}
}

type word struct {
	charset string
	bytes   []byte
}

// cutWord reads the encoded word that s begins with and returns its length, or
// 0 when it is none. Blanks and question marks within the text are tolerated.
func cutWord(s []byte) (word, int) {
	const longest = 16 << 10
	s = s[:min(len(s), longest)]
	charset, rest, ok := bytes.Cut(s[2:], []byte("?"))
	if !ok || len(charset) == 0 || len(charset) > 60 || len(rest) < 2 || rest[1] != '?' {
		return word{}, 0
	}
	end := bytes.Index(rest[2:], []byte("?="))
	if end < 0 {
		return word{}, 0
	}
	text := rest[2 : 2+end]
	n := len(s) - len(rest) + 2 + end + 2
	name, _, _ := strings.Cut(string(charset), "*") // RFC 2231: charset*language
	switch rest[0] {
	case 'q', 'Q':
		// A text that begins with "=41" puts the end mark one character early.
		if end == 0 && len(rest) > 4 {
			if next := bytes.Index(rest[3:], []byte("?=")); next >= 0 {
				text, n = rest[2:3+next], n+next+1
			}
		}
		return word{name, decodeQ(text)}, n
	case 'b', 'B':
		return word{name, decodeBase64(text)}, n
	}
	return word{}, 0
}

func decodeQ(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
			continue
		case s[i] == '=' && i+2 < len(s):
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

// decodeText returns b as text. A declared charset of several bytes a character
// is believed when it reads without errors, because two of its bytes may also
// look like UTF-8; others are left to package locale.
func decodeText(b []byte, declared string) string {
	name := strings.ToLower(strings.Trim(strings.TrimSpace(declared), `"'`))
	if rest, ok := strings.CutPrefix(name, "charset="); ok {
		name = rest
	}
	switch {
	case name == "utf-7" || name == "unicode-1-1-utf-7" || name == "x-unicode-2-0-utf-7":
		return locale.Decode(decodeUTF7(b, '+'), "")
	case multibyte(name):
		if enc, err := htmlindex.Get(name); err == nil {
			if out, err := enc.NewDecoder().Bytes(b); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
				return string(out)
			}
		}
	case utf8.Valid(b) && bytes.IndexByte(b, 0) < 0: // most text
		return strings.TrimPrefix(string(b), "\uFEFF")
	}
	return locale.Decode(b, name)
}

func multibyte(name string) bool {
	for _, prefix := range []string{"gb", "big5", "euc-", "shift", "sjis", "x-sjis", "iso-2022", "ks_c", "windows-949", "utf-16"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// decodeUTF7 reads UTF-7 (RFC 2152), and the mailbox names of IMAP (RFC 3501,
// 5.1.3) when shift is '&'. What is not valid stays as it is.
func decodeUTF7(b []byte, shift byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] != shift {
			out = append(out, b[i])
			continue
		}
		end := i + 1
		for end < len(b) && isBase64(b[end], shift == '&') {
			end++
		}
		coded := bytes.ReplaceAll(b[i+1:end], []byte(","), []byte("/"))
		units, err := base64.RawStdEncoding.DecodeString(string(coded))
		switch {
		case len(coded) == 0 && end < len(b) && b[end] == '-':
			out = append(out, shift)
			i = end
			continue
		case err != nil && len(units) < 2, len(coded) == 0:
			out = append(out, b[i])
			continue
		}
		points := make([]uint16, len(units)/2)
		for k := range points {
			points[k] = binary.BigEndian.Uint16(units[2*k:])
		}
		out = append(out, string(utf16.Decode(points))...)
		if end < len(b) && b[end] == '-' {
			end++
		}
		i = end - 1
	}
	return out
}

func isBase64(c byte, imap bool) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' && !imap || c == ',' && imap
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line returns s as one line: every run of blanks, line ends and control
// characters becomes one blank, none is left at the ends, and bytes that are
// not UTF-8 are dropped.
func Line(s string) string {
	if isLine(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	blank := false
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
		case unicode.IsSpace(r) || unicode.IsControl(r) || r == '\uFEFF':
			blank = true
		default:
			if blank && len(b) > 0 {
				b = append(b, ' ')
			}
			blank = false
			b = utf8.AppendRune(b, r)
		}
	}
	return string(b)
}

// isLine reports whether s is certainly what Line would return; only ASCII is
// looked at.
func isLine(s string) bool {
	blank := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank || s == ""
}

// Fold returns s in lower case without accents and with single blanks, for
// comparing words that people and programs write with more or less care:
// "Libellé  opération" and "LIBELLE OPERATION" fold to the same.
func Fold(s string) string {
	s = strings.ToLower(Line(s))
	if isASCII(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'œ':
			b = append(b, "oe"...)
		case r == 'æ':
			b = append(b, "ae"...)
		case r == 'ß':
			b = append(b, "ss"...)
		case r == 'ł':
			b = append(b, 'l')
		case r == 'ø':
			b = append(b, 'o')
		case r == '’':
			b = append(b, '\'')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return Line(string(b))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

package locale

import (
	"unicode"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// candidates are the one-byte charsets of Western European files, the most
// common first, which wins a tie.
var candidates = []struct {
	name string
	enc  *charmap.Charmap
}{
	{"windows-1252", charmap.Windows1252},
	{"iso-8859-15", charmap.ISO8859_15},
	{"ibm850", charmap.CodePage850},
	{"macintosh", charmap.Macintosh},
}

// guess returns the charset b reads best in. Western text has a few accented
// letters among plain ones; when most letters are beyond ASCII the alphabet is
// another one and the statistics of other languages are asked.
func guess(b []byte) (string, encoding.Encoding) {
	plain, high := 0, 0
	for _, c := range b {
		switch {
		case c >= utf8.RuneSelf:
			high++
		case isLetter(c):
			plain++
		}
	}
	if high > plain && high >= 8 {
		r := chardet.Detect(b[:min(len(b), 4<<10)])
		if name, enc := byName(r.Charset); enc != nil && r.Confidence > 0.5 {
			return name, enc
		}
	}
	best, most := 0, 0
	for i, c := range candidates {
		if s := score(b, c.enc); i == 0 || s > most {
			best, most = i, s
		}
	}
	return candidates[best].name, candidates[best].enc
}

// score says how well b reads in a charset, by what each byte beyond ASCII
// becomes and where it stands.
func score(b []byte, enc *charmap.Charmap) (total int) {
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		inWord := i > 0 && isLetter(b[i-1]) || i+1 < len(b) && isLetter(b[i+1])
		lower := i > 0 && b[i-1] >= 'a' && b[i-1] <= 'z' || i+1 < len(b) && b[i+1] >= 'a' && b[i+1] <= 'z'
		total += weigh(enc.DecodeByte(c), inWord, lower, i > 0 && b[i-1] >= '0' && b[i-1] <= '9')
	}
	return total
}

func weigh(r rune, inWord, lower, afterDigit bool) int {
	switch {
	case r == utf8.RuneError || unicode.IsControl(r):
		return -20
	case common[r] && inWord:
		if unicode.IsUpper(r) && lower { // as in "pÉre"; but "École" is right
			return 2
		}
		return 6
	case r == '€' || r == '°' || r == '«' || r == '»' || r == '’' || r == '\u00A0' || r == '²' || r == '³' || r == '–' || r == '…':
		if r == '€' && afterDigit {
			return 6
		}
		return 3
	case unicode.IsLetter(r) && inWord:
		return 1
	case inWord:
		return -6
	}
	return -2
}

// common holds the letters beyond ASCII of Western European languages.
var common = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "àâäáãåçéèêëîïíìñôöóòõùûüúÿœæßøÀÂÄÁÃÅÇÉÈÊËÎÏÍÌÑÔÖÓÒÕÙÛÜÚŸŒÆØ" {
		m[r] = true
	}
	return m
}()

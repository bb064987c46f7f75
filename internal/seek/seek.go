// Package seek takes apart what a person types to search for, says where in a
// document the words are, and whether a document has them at all.
package seek

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"penates/internal/locale"
)

const maxTerms = 20

// Terms are what a person typed, taken apart.
type Terms struct {
	Match   string   // FTS5 expression, "" when there are no words
	With    string   // the same without what is excluded
	Words   []string // to be marked where they are found
	Amounts []float64
	Days    []string
	with    []term
	without []term
}

// A term is a word or a phrase.
type term struct {
	words []string
	open  bool // any ending of the last word will do
}

// Empty reports whether nothing is looked for.
func (t *Terms) Empty() bool { return t.Match == "" && len(t.Days) == 0 && len(t.Amounts) == 0 }

// Parse reads words, "phrases", -exclusions, amounts ("70,61 €") and days
// ("12/03/2024").
func Parse(s string) *Terms {
	t := &Terms{}
	for _, token := range tokens(s) {
		word, minus := strings.CutPrefix(token, "-")
		if phrase, ok := strings.CutPrefix(word, `"`); ok {
			if words := split(strings.ToLower(phrase)); len(words) > 0 {
				t.add(term{words: words}, words, minus)
			}
			continue
		}
		if t.number(token) || minus && t.number(word) {
			continue
		}
		for _, w := range split(strings.ToLower(word)) {
			if minus {
				t.add(term{words: []string{w}}, nil, minus)
			} else {
				t.add(loose(w), []string{w}, minus)
			}
		}
	}
	t.with, t.without = t.with[:min(len(t.with), maxTerms)], t.without[:min(len(t.without), maxTerms)]
	t.With = join(t.with, " AND ")
	t.Match = t.With
	if len(t.with) > 0 && len(t.without) > 0 {
		t.Match = "(" + t.With + ") NOT (" + join(t.without, " OR ") + ")"
	}
	return t
}

func (t *Terms) add(x term, mark []string, minus bool) {
	if minus {
		t.without = append(t.without, x)
		return
	}
	t.with, t.Words = append(t.with, x), append(t.Words, mark...)
}

func join(terms []term, by string) string {
	parts := make([]string, len(terms))
	for i, x := range terms {
		parts[i] = `"` + strings.ReplaceAll(strings.Join(x.words, " "), `"`, "") + `"`
		if x.open {
			parts[i] += "*"
		}
	}
	return strings.Join(parts, by)
}

func tokens(s string) (out []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		start := strings.TrimPrefix(s, "-")
		if strings.HasPrefix(start, `"`) {
			if end := strings.IndexByte(start[1:], '"'); end >= 0 {
				cut := len(s) - len(start) + end + 2
				out, s = append(out, s[:cut]), s[cut:]
				continue
			}
		}
		cut := strings.IndexFunc(s, unicode.IsSpace)
		if cut < 0 {
			cut = len(s)
		}
		out, s = append(out, s[:cut]), s[cut:]
	}
	return out
}

// number takes token as an amount or a day, if it is one.
func (t *Terms) number(token string) bool {
	token = strings.Trim(token, "€$£,;")
	if !strings.ContainsAny(token, "0123456789") {
		return token == ""
	}
	if strings.Count(token, "/") == 2 || strings.Count(token, "-") == 2 {
		if m, err := locale.Day(token, locale.DMY); err == nil {
			t.Days = append(t.Days, m.Date())
			return true
		}
	}
	if strings.ContainsAny(token, ",.") {
		if d, err := locale.Amount(token); err == nil {
			t.Amounts = append(t.Amounts, d.Float())
			return true
		}
	}
	return false
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
}

// loose makes the term of one word: any ending of it will do, and a French or
// English plural finds the singular.
func loose(w string) term {
	if utf8.RuneCountInString(w) < 3 {
		return term{words: []string{w}}
	}
	return term{words: []string{stem(w)}, open: true}
}

func stem(w string) string {
	if n := utf8.RuneCountInString(w); n > 4 {
		if s, ok := strings.CutSuffix(w, "aux"); ok && n > 5 {
			return s + "a" // journaux, journal
		}
		for _, plural := range []string{"s", "x"} {
			if s, ok := strings.CutSuffix(w, plural); ok {
				return s
			}
		}
	}
	return w
}

var fold = transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)

// folded lowers s and drops its accents, as the index does, keeping one rune a
// rune so that positions can be told.
func folded(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < utf8.RuneSelf {
			out = append(out, unicode.ToLower(r))
			continue
		}
		f, _, err := transform.String(fold, string(r))
		if first, n := utf8.DecodeRuneInString(f); err == nil && n > 0 && n == len(f) {
			r = first
		}
		out = append(out, unicode.ToLower(r))
	}
	return out
}

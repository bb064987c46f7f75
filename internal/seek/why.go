package seek

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"penates"
	"penates/internal/schema"
)

// Around the first word found, a hit shows this much.
const (
	whyBefore = 60  // runes
	whyLength = 220 // runes
)

// Why returns an excerpt of the document around the words that were found in
// it, and where they are.
func Why(doc []byte, text string, t *Terms) (string, [][2]int) {
	var d penates.Document
	if json.Unmarshal(doc, &d) != nil {
		return Excerpt([]string{text}, t)
	}
	return Excerpt(Passages(&d), t)
}

// Excerpt returns the same of the passages, of which the first is shown when the
// words are in none.
func Excerpt(passages []string, t *Terms) (string, [][2]int) {
	var best string
	var marks [][2]int
	for _, candidate := range passages {
		excerpt, found := mark(candidate, t.Words)
		if len(found) > 0 {
			if best == "" || distinct(excerpt, found) > distinct(best, marks) {
				best, marks = excerpt, found
			}
		}
	}
	if best == "" {
		best, marks = mark(passages[0], nil)
	}
	return best, marks
}

func distinct(s string, marks [][2]int) int {
	seen := map[string]bool{}
	for _, m := range marks {
		seen[strings.ToLower(s[m[0]:m[1]])] = true
	}
	return len(seen)
}

// Passages are the texts of a document that search knows it by, in the order
// they are preferred as an excerpt: its own text first.
func Passages(d *penates.Document) []string {
	out := []string{d.Text}
	if k, err := schema.Of(d.Type); err == nil {
		if body, err := k.Decode(d.Body); err == nil {
			out = append(out, strings.TrimSpace(schema.Words(body)))
		}
	}
	for _, p := range d.Parties {
		out = append(out, strings.TrimSpace(p.Literal+" "+p.Address))
	}
	for _, r := range d.Refs {
		out = append(out, r.Value)
	}
	return out
}

// mark cuts an excerpt out of s around the first of the words and marks all of
// them in it.
func mark(s string, words []string) (string, [][2]int) {
	rs, fs := []rune(s), folded(s)
	if len(rs) != len(fs) {
		return clip(s), nil
	}
	var spans [][2]int // in runes
	for _, w := range words {
		fw := folded(stem(w))
		for i := 0; i+len(fw) <= len(fs); i++ {
			if (i == 0 || !wordRune(fs[i-1])) && slices.Equal(fs[i:i+len(fw)], fw) {
				end := i + len(fw)
				for end < len(fs) && wordRune(fs[end]) {
					end++
				}
				spans = append(spans, [2]int{i, end})
			}
		}
	}
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	start := 0
	if len(spans) > 0 && spans[0][0] > whyBefore {
		start = spans[0][0] - whyBefore
	}
	end := min(len(rs), start+whyLength)
	prefix, suffix := "", ""
	if start > 0 {
		prefix = "… "
	}
	if end < len(rs) {
		suffix = " …"
	}
	var marks [][2]int
	last := -1
	for _, m := range spans {
		if m[0] >= start && m[1] <= end && m[0] > last {
			from := len(prefix) + len(string(rs[start:m[0]]))
			marks = append(marks, [2]int{from, from + len(string(rs[m[0]:m[1]]))})
			last = m[1]
		}
	}
	return prefix + string(rs[start:end]) + suffix, marks
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func clip(s string) string {
	rs := []rune(s)
	return string(rs[:min(len(rs), whyLength)])
}

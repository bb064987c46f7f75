package seek

import (
	"slices"
	"strings"
	"unicode"
)

// In reports whether the passages, taken together, have all that is looked for
// and nothing of what is excluded. It reads words as the index does, so that
// a document with some fields left out can be searched as if it had no others.
func (t *Terms) In(passages []string) bool {
	tokens := make([][]string, len(passages))
	for i, p := range passages {
		tokens[i] = indexed(p)
	}
	has := func(x term) bool {
		want := indexed(strings.Join(x.words, " "))
		return slices.ContainsFunc(tokens, func(words []string) bool { return holds(words, want, x.open) })
	}
	return !slices.ContainsFunc(t.with, func(x term) bool { return !has(x) }) && !slices.ContainsFunc(t.without, has)
}

// holds reports whether want stands in words; open lets its last word go on.
func holds(words, want []string, open bool) bool {
	if len(want) == 0 {
		return false
	}
	last := len(want) - 1
	for i := 0; i+last < len(words); i++ {
		at := words[i : i+len(want)]
		if slices.Equal(at[:last], want[:last]) && (at[last] == want[last] || open && strings.HasPrefix(at[last], want[last])) {
			return true
		}
	}
	return false
}

// indexed returns the words of s, folded: runs of letters and numbers, as the
// tokenizer unicode61 has them.
func indexed(s string) []string {
	return strings.FieldsFunc(string(folded(s)), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Co, unicode.M)
	})
}

package vault

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

const (
	maxSearch = 500 // bytes of words
	maxTerms  = 20
)

// Search finds documents by their words, best first. See SearchQuery.
func (s *Session) Search(ctx context.Context, q SearchQuery) (*Found, error) {
	if err := s.allow(penates.Read, "", "search"); err != nil {
		return nil, err
	}
	if len(q.Words) > maxSearch {
		return nil, fmt.Errorf("a search of more than %d bytes: %w", maxSearch, penates.TooLarge)
	}
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit = min(q.Limit, 200)
	terms := parseTerms(q.Words)
	found := &Found{Types: map[penates.Type]int{}}
	if len(terms.any()) == 0 {
		return found, nil
	}
	types := map[penates.Type]int{}
	err := s.read(ctx, func(c *conn) error {
		sql, args := terms.sql(s.codes(q.Filter.Types), q.Filter)
		err := c.each("SELECT d.type, count(*) "+sql+" GROUP BY d.type", func(r *sqlite3.Stmt) error {
			if k := schema.OfCode(r.ColumnInt(0)); k != nil {
				found.Types[k.Type] = r.ColumnInt(1)
				found.Total += r.ColumnInt(1)
			}
			return nil
		}, args...)
		if err != nil {
			return err
		}
		return c.each("SELECT "+summaryColumns+", json(d.doc) "+sql+terms.order()+" LIMIT ? OFFSET ?", func(r *sqlite3.Stmt) error {
			m, err := readSummary(r)
			if err != nil {
				return err
			}
			types[m.Type]++
			hit := Hit{Summary: m}
			hit.Why, hit.Marks = why(r.ColumnRawText(12), m.Text, terms)
			found.Hits = append(found.Hits, hit)
			return nil
		}, append(args, q.Limit, q.Offset)...)
	})
	if err != nil {
		return nil, err
	}
	if next := q.Offset + len(found.Hits); next < found.Total && len(found.Hits) > 0 {
		found.Next = next
	}
	return found, s.record(penates.Read, "search", types)
}

// terms are what a person typed, taken apart.
type terms struct {
	match   string // FTS5 expression, "" when there are no words
	words   []string
	amounts []float64
	days    []string
}

func (t *terms) any() string {
	return t.match + strings.Join(t.days, "") + strings.Repeat("x", len(t.amounts))
}

// parseTerms reads words, "phrases", -exclusions, amounts ("70,61 €") and days
// ("12/03/2024").
func parseTerms(s string) *terms {
	t := &terms{}
	var with, without []string
	for _, token := range tokens(s) {
		word, minus := strings.CutPrefix(token, "-")
		if phrase, ok := strings.CutPrefix(word, `"`); ok {
			if m := phraseMatch(strings.TrimSuffix(phrase, `"`), t, minus); m != "" {
				if minus {
					without = append(without, m)
				} else {
					with = append(with, m)
				}
			}
			continue
		}
		if t.number(token) || minus && t.number(word) {
			continue
		}
		for _, w := range split(strings.ToLower(word)) {
			if minus {
				without = append(without, quote(w))
				continue
			}
			t.words = append(t.words, w)
			with = append(with, loose(w))
		}
	}
	with, without = with[:min(len(with), maxTerms)], without[:min(len(without), maxTerms)]
	t.match = strings.Join(with, " AND ")
	if len(with) > 0 && len(without) > 0 {
		t.match = "(" + t.match + ") NOT (" + strings.Join(without, " OR ") + ")"
	}
	return t
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
func (t *terms) number(token string) bool {
	token = strings.Trim(token, "€$£,;")
	if !strings.ContainsAny(token, "0123456789") {
		return token == ""
	}
	if strings.Count(token, "/") == 2 || strings.Count(token, "-") == 2 {
		if m, err := locale.Day(token, locale.DMY); err == nil {
			t.days = append(t.days, m.Date())
			return true
		}
	}
	if strings.ContainsAny(token, ",.") {
		if d, err := locale.Amount(token); err == nil {
			t.amounts = append(t.amounts, d.Float())
			return true
		}
	}
	return false
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
}

func quote(w string) string { return `"` + strings.ReplaceAll(w, `"`, "") + `"` }

func phraseMatch(s string, t *terms, minus bool) string {
	ws := split(s)
	if len(ws) == 0 {
		return ""
	}
	if !minus {
		t.words = append(t.words, ws...)
	}
	return quote(strings.Join(ws, " "))
}

// loose makes the FTS5 expression of one word: any ending of it will do, and a
// French or English plural finds the singular.
func loose(w string) string {
	if utf8.RuneCountInString(w) < 3 {
		return quote(w)
	}
	return quote(stem(w)) + "*"
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

// sql returns FROM and WHERE of the search over documents d, and their arguments.
func (t *terms) sql(codes []int, f Filter) (string, []any) {
	var args []any
	from, where := " FROM stored_documents d", "TRUE"
	if t.match != "" {
		from = " FROM words JOIN stored_documents d ON d.n = words.rowid"
		where = "words MATCH ?"
		args = append(args, t.match)
	}
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(codes), " ", ","), "[]")
	where += " AND d.type IN (" + list + ")"
	for _, a := range t.amounts {
		where, args = where+" AND abs(abs(d.amount) - ?) < 0.005", append(args, max(a, -a))
	}
	for _, day := range t.days {
		where, args = where+" AND d.day = ?", append(args, day)
	}
	if f.From != "" {
		where, args = where+" AND d.day >= ?", append(args, f.From)
	}
	if f.To != "" {
		where, args = where+" AND d.day <= ?", append(args, f.To)
	}
	if f.Source != "" {
		where, args = where+" AND d.source IN (SELECT n FROM sources WHERE connector = ?)", append(args, f.Source)
	}
	return from + " WHERE " + where, args
}

// order puts documents whose own text has the words before those that only
// mention them, and the later first among equals.
func (t *terms) order() string {
	if t.match == "" {
		return " ORDER BY d.day DESC, d.n DESC"
	}
	return " ORDER BY bm25(words, 8, 1), d.day DESC"
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

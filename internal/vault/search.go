package vault

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/form"
	"penates/internal/schema"
	"penates/internal/seek"
)

const maxSearch = 500 // bytes of words

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
	terms := seek.Parse(q.Words)
	found := &Found{Types: map[penates.Type]int{}}
	if terms.Empty() {
		return found, nil
	}
	if !s.scope.All() {
		return s.searchShown(ctx, q, terms)
	}
	types := map[penates.Type]int{}
	err := s.read(ctx, func(c *conn) error {
		sql, args := searchSQL(terms, terms.Match, s.codes(q.Filter.Types), q.Filter)
		err := c.Each("SELECT d.type, count(*) "+sql+" GROUP BY d.type", func(r *sqlite3.Stmt) error {
			if k := schema.OfCode(r.ColumnInt(0)); k != nil {
				found.Types[k.Type] = r.ColumnInt(1)
				found.Total += r.ColumnInt(1)
			}
			return nil
		}, args...)
		if err != nil {
			return err
		}
		return c.Each("SELECT "+form.SummaryColumns+", json(d.doc) "+sql+searchOrder(terms)+" LIMIT ? OFFSET ?", func(r *sqlite3.Stmt) error {
			m, err := form.ReadSummary(r)
			if err != nil {
				return err
			}
			types[m.Type]++
			hit := Hit{Summary: m}
			hit.Why, hit.Marks = seek.Why(r.ColumnRawText(12), m.Text, terms)
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

// searchSQL returns FROM and WHERE of the search over documents d, of which the
// words match, and their arguments.
func searchSQL(t *seek.Terms, match string, codes []int, f Filter) (string, []any) {
	var args []any
	from, where := " FROM stored_documents d", "TRUE"
	if match != "" {
		from = " FROM words JOIN stored_documents d ON d.n = words.rowid"
		where = "words MATCH ?"
		args = append(args, match)
	}
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(codes), " ", ","), "[]")
	where += " AND d.type IN (" + list + ")"
	for _, a := range t.Amounts {
		where, args = where+" AND abs(abs(d.amount) - ?) < 0.005", append(args, max(a, -a))
	}
	for _, day := range t.Days {
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

// searchOrder puts documents whose own text has the words before those that only
// mention them, and the later first among equals.
func searchOrder(t *seek.Terms) string {
	if t.Match == "" {
		return " ORDER BY d.day DESC, d.n DESC"
	}
	return " ORDER BY bm25(words, 8, 1), d.day DESC"
}

// A match is a document found under a grant. What has the words in its own text
// comes first, then the latest: the rank of full-text search would tell how often
// words are met in documents that are not shown.
type match struct {
	n    int64
	kind penates.Type
	text bool
	day  string
	id   penates.DocumentID
}

func (m match) compare(o match) int {
	if m.text != o.text {
		if m.text {
			return -1
		}
		return 1
	}
	return cmp.Or(strings.Compare(o.day, m.day), strings.Compare(string(m.id), string(o.id)))
}

// searchShown searches what the grant shows, as if there were nothing else.
func (s *Session) searchShown(ctx context.Context, q SearchQuery, terms *seek.Terms) (*Found, error) {
	found := &Found{Types: map[penates.Type]int{}}
	types := map[penates.Type]int{}
	ctx, cancel := context.WithTimeoutCause(ctx, maxTimeUnder, errTooLong)
	defer cancel()
	err := s.read(ctx, func(c *conn) error {
		var matches []match
		for _, code := range s.codes(q.Filter.Types) {
			some, err := s.matches(c, code, q.Filter, terms)
			if err != nil {
				return err
			}
			if len(some) > 0 {
				found.Types[some[0].kind] = len(some)
			}
			matches = append(matches, some...)
		}
		slices.SortFunc(matches, match.compare)
		found.Total = len(matches)
		start := min(max(q.Offset, 0), len(matches))
		for _, m := range matches[start:min(start+q.Limit, len(matches))] {
			summary, doc, err := s.summarise(c, m.n)
			if err != nil {
				return err
			}
			types[m.kind]++
			hit := Hit{Summary: summary}
			hit.Why, hit.Marks = seek.Excerpt(seek.Passages(&doc.Document), terms)
			found.Hits = append(found.Hits, hit)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if next := q.Offset + len(found.Hits); next < found.Total && len(found.Hits) > 0 {
		found.Next = next
	}
	return found, s.record(penates.Read, "search", types)
}

// matches finds documents of one type. Where some fields are not shown, the index
// knows more than it may tell: it only says where to look.
func (s *Session) matches(c *conn, code int, f Filter, t *seek.Terms) (out []match, err error) {
	p := s.scope.Of(schema.OfCode(code).Type)
	dated, paid := p.Shows("day") && p.Shows("start"), p.Shows("amount")
	if !dated && (len(t.Days) > 0 || f.From != "" || f.To != "") || !paid && len(t.Amounts) > 0 || f.Source != "" && !p.Shows("source") {
		return nil, nil
	}
	words := t.Match
	if p.Masked() {
		words = t.With
	}
	sql, args := searchSQL(t, words, []int{code}, f)
	err = c.Each("SELECT d.n, d.day, d.id, json(d.doc) "+sql+p.Rows(), func(r *sqlite3.Stmt) error {
		m := match{n: r.ColumnInt64(0), kind: p.Kind.Type, id: penates.DocumentID(r.ColumnText(2))}
		if dated && !p.Cut() {
			m.day = r.ColumnText(1)
		}
		d, err := form.Decode(r.ColumnRawText(3))
		if err != nil {
			return err
		}
		if err := s.scope.Mask(&d.Document); err != nil {
			return err
		}
		passages := seek.Passages(&d.Document)
		if p.Masked() {
			m.id = s.ids.Own(m.id)
			if !t.In(passages) {
				return nil
			}
		}
		m.text = t.In(passages[:1])
		out = append(out, m)
		return nil
	}, args...)
	return out, err
}

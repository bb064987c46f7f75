package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/vault"
)

type searchPage struct {
	Words, Total   string
	Type, From, To string
	Facets         []choice
	Hits           []vault.Hit
	Next           string
}

const (
	searchLimit = 25
	maxWords    = 300
)

func (v *visit) search() error {
	q := v.r.URL.Query()
	p := searchPage{Words: strings.TrimSpace(q.Get("q")), Type: q.Get("type"), From: q.Get("from"), To: q.Get("to")}
	if len(p.Words) > 4*maxWords {
		return penates.TooLarge
	}
	if p.Words == "" {
		return v.show("search", p)
	}
	f, err := filterOf(q)
	if err != nil {
		return err
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	query := vault.SearchQuery{Words: p.Words, Filter: f, Offset: max(offset, 0), Limit: searchLimit}
	found, err := v.s.Search(v.ctx(), query)
	if err != nil {
		return err
	}
	p.Hits, p.Total = found.Hits, v.l.N("search.total", found.Total)
	if p.Facets, err = v.facets(query, found); err != nil {
		return err
	}
	if found.Next > 0 {
		p.Next = with(v.r.URL, "offset", strconv.Itoa(found.Next))
	}
	return v.show("search", p)
}

// facets counts what was found by type. When one type is chosen the others are
// still offered.
func (v *visit) facets(q vault.SearchQuery, found *vault.Found) (list []choice, err error) {
	chosen := q.Filter.Types
	if len(chosen) > 0 {
		q.Filter.Types, q.Offset, q.Limit = nil, 0, 1
		if found, err = v.s.Search(v.ctx(), q); err != nil {
			return nil, err
		}
	}
	base := *v.r.URL
	base.RawQuery = strings.TrimPrefix(with(&base, "offset", ""), base.Path+"?")
	list = append(list, choice{Label: v.l.T("filter.all"), Count: found.Total, Here: len(chosen) == 0, Href: with(&base, "type", "")})
	types := slices.SortedFunc(maps.Keys(found.Types), func(a, b penates.Type) int {
		if n := found.Types[b] - found.Types[a]; n != 0 {
			return n
		}
		return strings.Compare(string(a), string(b))
	})
	for _, t := range types {
		list = append(list, choice{
			Label: v.l.N("type."+string(t), 2), Count: found.Types[t], Here: slices.Contains(chosen, t), Href: with(&base, "type", string(t)),
		})
	}
	return list, nil
}

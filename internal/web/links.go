package web

import (
	"strconv"

	"penates"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// A linkGroup holds the links of one relation, seen from one end.
type linkGroup struct {
	Sentence string
	Count    int
	Lines    []linkLine
	More     string // address of those that are not shown
}

type linkLine struct {
	ID         penates.LinkID
	Why, State string
	Other      vault.Summary
}

// A page shows a few links of each relation, and many of the one asked for.
const (
	fewLinks  = 5
	manyLinks = 40
)

// linkGroups puts the links of a document in groups by relation. The address may ask
// for one relation, from the n-th link on.
func (v *visit) linkGroups(d *vault.Stored, links []vault.Linked) (groups []*linkGroup) {
	q := v.r.URL.Query()
	asked := q.Get("rel")
	from, _ := strconv.Atoi(q.Get("at"))
	byKey := map[string]*linkGroup{}
	for _, l := range links {
		key := string(l.Rel) + ".in"
		if l.Outgoing {
			key = string(l.Rel) + ".out"
		}
		g := byKey[key]
		if g == nil {
			g = &linkGroup{Sentence: string(l.Rel)}
			if v.l.Has("rel." + key) {
				g.Sentence = v.l.T("rel." + key)
			}
			byKey[key] = g
			groups = append(groups, g)
		}
		first, room := 0, fewLinks
		if key == asked {
			first, room = max(from, 0), manyLinks
		}
		if g.Count >= first && len(g.Lines) < room {
			g.Lines = append(g.Lines, linkLine{ID: l.ID, Why: v.why(l.Link, v.common(d, &l)), State: string(l.State), Other: l.Other})
		} else if g.Count >= first && g.More == "" {
			u := *v.r.URL
			u.RawQuery = "rel=" + key
			g.More = with(&u, "at", strconv.Itoa(g.Count))
		}
		g.Count++
	}
	return groups
}

// why says which rule made a link, with what both ends have in common, and how sure
// it is.
func (v *visit) why(l penates.Link, common string) string {
	reason := l.Rule
	if key := "rule." + l.Rule; v.l.Has(key) {
		reason = v.l.T(key)
	}
	if key := "rule." + l.Rule + ".common"; common != "" && v.l.Has(key) {
		reason = v.l.T(key, common)
	}
	return v.l.T("link.why", words.Capital(reason), v.l.Percent(l.Confidence, false))
}

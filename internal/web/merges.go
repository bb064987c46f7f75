package web

import (
	"penates"
	"penates/internal/vault"
)

// A merge is two contacts that are one person's, or may be, and why.
type merge struct {
	Link            penates.LinkID
	Name, Other     string
	Href, OtherHref string
	Why             string
	Confirmed       bool
}

// shownMerges bounds each list of the page.
const shownMerges = 40

// merges lists the contacts that links say are one person's, and those of which it
// is a question, with what the person said of them.
func (v *visit) merges() (merged, asked []merge, err error) {
	rows, err := v.ask(`SELECT l.id, a.id, a.fullName, b.id, b.fullName, l.rule, l.confidence, l.state
		FROM links l JOIN contacts a ON a.id = l."from" JOIN contacts b ON b.id = l."to"
		WHERE l.rel = 'same_as' ORDER BY l.state = '' DESC, b.fullName, a.fullName, l.id LIMIT 500`, 500)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		l := penates.Link{ID: penates.LinkID(text(r[0])), From: penates.DocumentID(text(r[1])), To: penates.DocumentID(text(r[3])),
			Rel: penates.SameAs, Rule: text(r[5]), Confidence: amount(r[6]).Float(), State: penates.LinkState(text(r[7]))}
		list := &asked
		if l.State == penates.Confirmed || l.Confidence >= vault.Sure {
			list = &merged
		}
		if len(*list) == shownMerges {
			continue
		}
		m := merge{Link: l.ID, Name: titleOf(v.l, text(r[2])), Other: titleOf(v.l, text(r[4])), Confirmed: l.State == penates.Confirmed,
			Href: "/documents/" + string(l.From), OtherHref: "/documents/" + string(l.To)}
		if m.Why, err = v.mergeReason(l); err != nil {
			return nil, nil, err
		}
		*list = append(*list, m)
	}
	return merged, asked, nil
}

// mergeReason says why two contacts are taken for one person's.
func (v *visit) mergeReason(l penates.Link) (string, error) {
	d, err := v.s.Document(v.ctx(), l.From)
	if err != nil {
		return "", err
	}
	return v.why(l, v.common(d, &vault.Linked{Link: l, Outgoing: true, Other: vault.Summary{ID: l.To}})), nil
}

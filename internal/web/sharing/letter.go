package sharing

import (
	"strings"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// A Letter asks a third party to erase what it read.
type Letter struct{ Subject, Body string }

// Erasure writes the request for erasure (GDPR, article 17) to a third party, from
// the person called owner, with what was given and read filled in.
func (v Voice) Erasure(to, owner string, given []vault.Granted, read *Read, now time.Time) Letter {
	day := func(at time.Time) string { return v.Day(penates.DayOf(at.In(v.Zone()))) }
	var consents, things []string
	for i := range given {
		g := &given[i]
		line := v.T("letter.grant", day(g.Added), g.ID)
		if p := v.Purpose(g.Purpose); p != "" {
			line = v.T("letter.grant.for", day(g.Added), g.ID, p)
		}
		consents = append(consents, line)
	}
	for _, k := range schema.Kinds() {
		if n := read.Types[k.Type]; n > 0 {
			things = append(things, v.N("type."+string(k.Type)+".n", n))
		}
	}
	seen := v.T("letter.unseen")
	if len(things) > 0 {
		seen = v.T("letter.seen", v.List(things), day(read.First), day(read.Last))
	}
	if owner == "" {
		owner = v.T("letter.name")
	}
	return Letter{v.T("letter.subject"), v.T("letter.body", to, seen, strings.Join(consents, "\n"), day(now), owner)}
}

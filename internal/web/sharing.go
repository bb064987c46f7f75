package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/journal"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/sharing"
)

// A held is a grant as the page tells it.
type held struct {
	ID, Name, Actor, Statement, Purpose string
	Given, Until, Ended                 string // days
	Active                              bool
	Back                                string // where to go after it was stopped
}

// A reader is what somebody else did with the vault, by the journal.
type reader struct {
	Name, Href    string
	Things        string // as in "12 bills and 3 messages"
	First, Last   time.Time
	Calls, Denied int
}

// findingDays is how many days back the page tells of what was unusual.
const findingDays = 7

// unusual tells what was unusual lately in what others did.
func (v *visit) unusual(uses []journal.Use, names map[penates.Actor]string) (out []string) {
	for n := range findingDays {
		day := v.now().UTC().AddDate(0, 0, -n).Format(time.DateOnly)
		for _, f := range journal.Unusual(uses, day) {
			if sharing.Outside(f.Actor) {
				out = append(out, v.voice().Finding(f, v.called(f.Actor, names)))
			}
		}
	}
	return out[:min(len(out), 20)]
}

// names are what actors are called, by the grants they were given.
func (v *visit) names() (map[penates.Actor]string, []vault.Granted, error) {
	list, err := v.s.Grants(v.ctx(), vault.GrantFilter{Limit: 1000})
	names := map[penates.Actor]string{}
	for i := range list {
		g := &list[i]
		if g.Client != nil && names[g.Grantee] == "" {
			names[g.Grantee] = sharing.ClientName(g.Client)
		}
	}
	return names, list, err
}

// held puts a grant into words.
func (v *visit) held(g *vault.Granted, names map[penates.Actor]string, back string) held {
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return v.l.Day(penates.DayOf(at.In(v.l.Zone())))
	}
	h := held{
		ID: string(g.ID), Actor: string(g.Grantee), Name: v.called(g.Grantee, names), Statement: g.Statement, Purpose: v.voice().Purpose(g.Purpose),
		Given: day(g.Added), Until: day(g.Expires), Ended: day(g.Ended), Back: back,
	}
	h.Active = g.Ended.IsZero() && (g.Expires.IsZero() || g.Expires.After(v.now()))
	if h.Statement == "" {
		var sentences []string
		for i := range g.Selections {
			sentences = append(sentences, v.l.T("sharing.may", h.Name, v.voice().Acts(g.Actions), v.voice().Which(&g.Selections[i])))
		}
		h.Statement = strings.Join(sentences, " ")
	}
	return h
}

// called is what a page calls an actor.
func (v *visit) called(a penates.Actor, names map[penates.Actor]string) string {
	if name := names[a]; name != "" {
		return name
	}
	return v.actorName(a)
}

func whoHref(a penates.Actor) string {
	return "/journal/who?" + url.Values{"actor": {string(a)}}.Encode()
}

// readers tells of all that others did, the latest first, and what was unusual.
func (v *visit) readers(names map[penates.Actor]string) (out []reader, unusual []string, err error) {
	uses, err := v.s.Uses(v.ctx(), "", "", "")
	if err != nil {
		return nil, nil, err
	}
	for _, r := range sharing.Count(uses) {
		if sharing.Outside(r.Actor) {
			out = append(out, reader{v.called(r.Actor, names), whoHref(r.Actor), v.things(r.Types), r.First, r.Last, r.Calls, r.Denied})
		}
	}
	return out, v.unusual(uses, names), nil
}

type whoPage struct {
	Name, Actor string
	Now, Before []held // grants that hold, and those that are over
	Reader      *reader
	ByType      []counted
	ByDay       []counted
	Lines       []logLine
	Letter      sharing.Letter
	NothingSeen bool
	Unusual     []string
	Client      string // its page
	MoreDays    int
}

// A counted is a line of a sum.
type counted struct {
	Icon, Label, Things string
}

// shownDays is how many days the page of one actor lists.
const shownDays = 60

// who tells what one app, service or person may see, and what it ever saw.
func (v *visit) who() error {
	actor := penates.Actor(v.r.URL.Query().Get("actor"))
	names, grants, err := v.names()
	if err != nil {
		return err
	}
	uses, err := v.s.Uses(v.ctx(), actor, "", "")
	if err != nil {
		return err
	}
	p := whoPage{Name: v.called(actor, names), Actor: string(actor)}
	var given []vault.Granted
	for i := range grants {
		if g := &grants[i]; g.Grantee == actor {
			h := v.held(g, names, whoHref(actor))
			given = append(given, *g)
			if g.Client != nil {
				p.Client = g.Client.URI
			}
			if h.Active {
				p.Now = append(p.Now, h)
			} else {
				p.Before = append(p.Before, h)
			}
		}
	}
	if actor == "" || len(uses)+len(p.Now)+len(p.Before) == 0 {
		return fmt.Errorf("actor: %w", penates.NotExist)
	}
	u := sharing.NewRead(actor)
	if counted := sharing.Count(uses); len(counted) > 0 {
		u = counted[0]
	}
	p.Unusual = v.unusual(uses, names)
	p.NothingSeen = len(u.Types) == 0
	p.Reader = &reader{p.Name, "", v.things(u.Types), u.First, u.Last, u.Calls, u.Denied}
	p.ByType, p.ByDay, p.MoreDays = v.byType(u), v.byDay(u), max(0, len(u.Days)-shownDays)
	entries, err := v.s.Journal(v.ctx(), vault.JournalFilter{Actor: actor, Limit: journalLimit})
	if err != nil {
		return err
	}
	p.Lines = v.logLines(entries, names)
	p.Letter = v.voice().Erasure(p.Name, v.name, given, u, v.now())
	return v.show("who", p)
}

func (v *visit) byType(u *sharing.Read) (out []counted) {
	for _, k := range schema.Kinds() {
		if n := u.Types[k.Type]; n > 0 {
			out = append(out, counted{typeIcon(k.Type), v.l.N("type."+string(k.Type)+".n", n), ""})
		}
	}
	return out
}

func (v *visit) byDay(u *sharing.Read) (out []counted) {
	days := slices.SortedFunc(maps.Keys(u.Days), func(a, b string) int { return cmp.Compare(b, a) })
	for _, day := range days[:min(len(days), shownDays)] {
		out = append(out, counted{"", v.l.ISODay(day), v.things(u.Days[day])})
	}
	return out
}

// stop ends a grant at once.
func (v *visit) stop() error {
	if err := v.r.ParseForm(); err != nil {
		return badForm(err)
	}
	if err := v.s.Revoke(v.ctx(), penates.GrantID(v.r.PathValue("id"))); err != nil {
		return err
	}
	back := local(v.r.PostForm.Get("back"))
	sep := "?"
	if strings.Contains(back, "?") {
		sep = "&"
	}
	v.redirect(back + sep + "done=stopped")
	return nil
}

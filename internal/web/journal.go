package web

import (
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/sharing"
)

type journalPage struct {
	Truth   string
	Others  bool
	Now     []held // grants that hold
	MoreNow int
	Readers []reader
	Unusual []string
	Lines   []logLine
	Older   string
}

// shownGrants is how many grants the page lists before it counts the rest.
const shownGrants = 50

// A logLine is an entry of the journal as a sentence.
type logLine struct {
	Number           int64
	At               time.Time
	Sentence, Detail string
	Refused, Reason  string
	Hash             string
	Open             bool
}

const journalLimit = 50

func (v *visit) journal() error {
	q := v.r.URL.Query()
	f := vault.JournalFilter{Limit: journalLimit, Others: q.Get("who") == "others"}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	asked, _ := strconv.ParseInt(q.Get("entry"), 10, 64)
	if asked > 0 {
		f.Before = asked + 10
	}
	entries, err := v.s.Journal(v.ctx(), f)
	if err != nil {
		return err
	}
	names, grants, err := v.names()
	if err != nil {
		return err
	}
	p := journalPage{Others: f.Others, Lines: v.logLines(entries, names)}
	for i := range grants {
		if h := v.held(&grants[i], names, "/journal"); h.Active {
			p.Now = append(p.Now, h)
		}
	}
	p.MoreNow = max(0, len(p.Now)-shownGrants)
	p.Now = p.Now[:min(len(p.Now), shownGrants)]
	if p.Readers, p.Unusual, err = v.readers(names); err != nil {
		return err
	}
	for i := range p.Lines {
		p.Lines[i].Open = p.Lines[i].Number == asked
	}
	if p.Truth, _, err = v.truth(); err != nil {
		return err
	}
	if len(entries) == journalLimit {
		u := *v.r.URL
		u.RawQuery = strings.TrimPrefix(with(&u, "entry", ""), u.Path+"?")
		p.Older = with(&u, "before", strconv.FormatInt(entries[len(entries)-1].Number, 10))
	}
	return v.show("journal", p)
}

func (v *visit) logLines(entries []vault.Entry, names map[penates.Actor]string) (lines []logLine) {
	for _, e := range entries {
		line := logLine{Number: e.Number, At: e.At, Hash: e.Hash, Refused: v.refusal(e.Refused), Sentence: v.sentence(e, names)}
		if strings.Contains(e.Refused, ": ") { // the reason in full, as whoever was refused was told
			line.Reason = e.Refused
		}
		if e.Calls > 1 {
			line.Detail = v.l.N("journal.calls", e.Calls)
		}
		lines = append(lines, line)
	}
	return lines
}

// sentence says who did what, as in "You looked at 12 bank operations".
func (v *visit) sentence(e vault.Entry, names map[penates.Actor]string) string {
	for _, act := range [...]struct{ before, between, key string }{{"grant ", " to ", "journal.you.give"}, {"stop grant ", " of ", "journal.you.stop"}} {
		rest, ok := strings.CutPrefix(e.What, act.before)
		if _, to, found := strings.Cut(rest, act.between); ok && found && e.Actor == penates.Owner {
			return v.l.T(act.key, v.called(penates.Actor(to), names))
		}
	}
	who := "other"
	if e.Actor == penates.Owner {
		who = "you"
	}
	things := v.things(e.Types)
	if act := "consent.do." + string(e.Action); e.Refused != "" && who == "other" && v.l.Has(act) {
		return v.l.T("journal.other.tried", v.l.T(act), v.called(e.Actor, names))
	}
	key := "journal." + who + "." + e.What
	if things == "" || !v.l.Has(key) {
		if bare := key + ".bare"; things == "" && v.l.Has(bare) {
			key = bare
		} else if !v.l.Has(key) {
			key = "journal." + who + "." + string(e.Action)
		}
	}
	if things == "" {
		things = v.l.T("journal.nothing")
	}
	return v.l.T(key, things, v.called(e.Actor, names))
}

// refusal says why an access was refused.
func (v *visit) refusal(why string) string {
	kind := why[strings.LastIndex(why, ": ")+1:]
	if key := "refused." + strings.ReplaceAll(strings.TrimSpace(kind), " ", "."); v.l.Has(key) {
		return v.l.T(key)
	}
	return why
}

// things counts documents by type, as in "3 bills and 12 bank operations".
func (v *visit) things(types map[penates.Type]int) string {
	var parts []string
	for _, k := range schema.Kinds() {
		if n := types[k.Type]; n > 0 {
			parts = append(parts, v.l.N("type."+string(k.Type)+".n", n))
		}
	}
	if len(parts) > 4 {
		parts = append(parts[:3:3], v.l.N("journal.more", len(parts)-3))
	}
	return v.l.List(parts)
}

// actorName says who an actor is.
func (v *visit) actorName(a penates.Actor) string {
	kind, name, _ := strings.Cut(string(a), ":")
	if key := "actor." + kind; v.l.Has(key) {
		return v.l.T(key, name)
	}
	return string(a)
}

// truth says since when nothing has left the vault, by its journal, and who has
// read in it.
func (v *visit) truth() (left, seen string, err error) {
	since, whole, readers := v.s.Created(), true, 0
	uses, err := v.s.Uses(v.ctx(), "", "", "")
	if err != nil {
		return "", "", err
	}
	for _, r := range sharing.Count(uses) {
		if !sharing.Outside(r.Actor) || r.Calls == 0 {
			continue
		}
		readers++
		if r.Read.After(since) {
			since, whole = r.Read, false
		}
	}
	exported, err := v.lastExport()
	if err != nil {
		return "", "", err
	}
	day := v.l.Day(penates.DayOf(since.In(v.l.Zone())))
	switch {
	case exported.After(since):
		left = v.l.T("home.truth.exported", v.l.Day(penates.DayOf(exported.In(v.l.Zone()))))
	case whole:
		left = v.l.T("home.truth.never", day)
	default:
		left = v.l.T("home.truth.since", day)
	}
	if readers == 0 {
		return left, v.l.T("home.seen.you"), nil
	}
	return left, v.l.N("home.seen.others", readers), nil
}

// lastExport returns when the owner last took data out, or the zero time.
func (v *visit) lastExport() (time.Time, error) {
	entries, err := v.s.Journal(v.ctx(), vault.JournalFilter{Actor: penates.Owner, Limit: 1000})
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range entries {
		if e.Refused == "" && (e.Action == penates.Share || e.What == "export" || e.What == "dump") {
			return later(e.At, e.Until), nil
		}
	}
	return time.Time{}, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

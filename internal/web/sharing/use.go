package sharing

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/journal"
)

// A Read is what an actor did with the vault, counted.
type Read struct {
	Actor         penates.Actor
	Types         map[penates.Type]int
	Days          map[string]map[penates.Type]int // by day, UTC
	First, Last   time.Time
	Read          time.Time // of the last access that was not refused
	Calls, Denied int
}

// Count sums uses up by actor, those of the latest first.
func Count(uses []journal.Use) []*Read {
	all := map[penates.Actor]*Read{}
	for i := range uses {
		u := &uses[i]
		r := all[u.Actor]
		if r == nil {
			r = NewRead(u.Actor)
			all[u.Actor] = r
		}
		r.add(u)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *Read) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Actor, b.Actor))
	})
}

// NewRead returns what an actor did who did nothing yet.
func NewRead(actor penates.Actor) *Read {
	return &Read{Actor: actor, Types: map[penates.Type]int{}, Days: map[string]map[penates.Type]int{}}
}

func (r *Read) add(u *journal.Use) {
	if r.First.IsZero() || u.First.Before(r.First) {
		r.First = u.First
	}
	if u.Last.After(r.Last) {
		r.Last = u.Last
	}
	if u.Calls > 0 && u.Last.After(r.Read) {
		r.Read = u.Last
	}
	if u.Type == "" {
		r.Calls += int(u.Calls)
		r.Denied += int(u.Refused)
		return
	}
	r.Types[u.Type] += int(u.Rows)
	if r.Days[u.Day] == nil {
		r.Days[u.Day] = map[penates.Type]int{}
	}
	r.Days[u.Day][u.Type] += int(u.Rows)
}

// Outside reports whether an actor is not part of the vault: what it reads leaves.
func Outside(a penates.Actor) bool {
	kind, _, _ := strings.Cut(string(a), ":")
	return !slices.Contains(inside, kind)
}

// inside are the kinds of actor that work within the vault.
var inside = []string{"owner", "insight", "link", "importer"}

// Finding says what is unusual about what an actor called name did on a day.
func (v Voice) Finding(f journal.Finding, name string) string {
	day := v.ISODay(f.Day)
	switch f.Kind {
	case journal.FirstRead:
		return v.T("finding.first", name, day, v.plural(f.Type))
	case journal.MoreThan:
		return v.T("finding.more", name, day, v.Number(int(f.Figure)), v.Number(int(f.Usual)))
	case journal.NewHour:
		return v.T("finding.hour", name, day, v.Number(int(f.Figure)))
	case journal.ManyRefused:
		return v.T("finding.refused", name, day, v.Number(int(f.Figure)))
	}
	return v.T("finding.other", name, day)
}

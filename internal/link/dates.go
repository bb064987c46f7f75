package link

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// sameUID is why two entries of calendars are said to be one.
const sameUID = "same/uid"

// sameDates finds events and to-dos that are in several calendars, or came in
// several formats: UIDs are one world-wide (RFC 5545, section 3.8.4.7).
var sameDates = Rule{
	Name:  "same/dates",
	Reads: []penates.Type{penates.Events, penates.Todos},
	Makes: []string{sameUID},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		var entries []CalendarEntry
		for _, q := range []query.Select{
			{Key: "id", Columns: "uid, day, title, recurrenceId, description, location, rrule, status, zone", From: "events", Where: "uid <> ''"},
			{Key: "id", Columns: "uid, coalesce(day, due), title, '', description, '', rrule, status, due", From: "todos", Where: "uid <> ''"},
		} {
			err := query.Each(ctx, s, q, func(row []any) error {
				entries = append(entries, CalendarEntry{
					ID: penates.DocumentID(figure.Text(row[0])), Of: q.From, UID: figure.Text(row[1]), Day: figure.Text(row[2]), Title: figure.Text(row[3]),
					Recurrence: figure.Text(row[4]), Told: told(row[2:]),
				})
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		return SameEntries(entries, judged), nil
	},
}

// A CalendarEntry is what is compared of an event or a to-do.
type CalendarEntry struct {
	ID         penates.DocumentID
	Of         string // events or todos
	UID        string
	Recurrence string // which occurrence it replaces
	Day, Title string
	Told       int
}

// SameEntries returns the links between entries of one UID and occurrence. Where
// neither title nor day is the same they may be two all the same, by programs that
// count UIDs from one.
func SameEntries(entries []CalendarEntry, judged Judged) (links []penates.Link) {
	type key struct{ of, uid, recurrence string }
	groups := map[key][]*CalendarEntry{}
	for i := range entries {
		e := &entries[i]
		k := key{e.Of, strings.ToLower(e.UID), digitsOf(e.Recurrence)}
		groups[k] = append(groups[k], e)
	}
	for _, g := range groups {
		if len(g) < 2 || len(g) > mostAlike {
			continue
		}
		slices.SortFunc(g, func(a, b *CalendarEntry) int {
			return cmp.Or(cmp.Compare(b.Told, a.Told), strings.Compare(string(a.ID), string(b.ID)))
		})
		ids := make([]penates.DocumentID, len(g))
		for i, e := range g {
			ids[i] = e.ID
		}
		links = append(links, star(ids, judged, func(from, to int) (float64, string) {
			a, b := g[from], g[to]
			if a.Day == b.Day || slices.Equal(company.Words(a.Title), company.Words(b.Title)) {
				return 1, sameUID
			}
			return 0.6, sameUID
		})...)
	}
	return sorted(links)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

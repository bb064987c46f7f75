package link

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Why two messages, or two files, are said to be one.
const (
	sameMessageID = "same/message-id"
	sameBytes     = "same/bytes"
)

// sameMessages finds mails that several sources bring: a Message-ID is one
// world-wide (RFC 5322, section 3.6.4).
var sameMessages = Rule{
	Name:  "same/messages",
	Reads: []penates.Type{penates.Messages},
	Makes: []string{sameMessageID},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		sources, err := s.Sources(ctx, penates.Messages)
		if err != nil || len(sources) < 2 {
			return nil, err // one source gives a mail once
		}
		return sameKeys(ctx, s, sameMessageID, query.Select{
			Key: "m.id", Columns: "r.value, m.source || ' ' || m.connection, m.subject, m.content, m.folder, m.flags, m.attachments, m.thread",
			From: "messages m JOIN refs r ON r.document = m.id", Where: "r.scheme = 'message-id'",
		}, true)
	},
}

// sameFiles finds files that have the same bytes.
var sameFiles = Rule{
	Name:  "same/files",
	Reads: []penates.Type{penates.Files},
	Makes: []string{sameBytes},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		return sameKeys(ctx, s, sameBytes, query.Select{
			Key: "id", Columns: "blob, '', day, label, content, lat, folder", From: "files", Where: "blob <> ''",
		}, false)
	},
}

// A Keyed is a document with what it shares with nothing but itself.
type Keyed struct {
	ID          penates.DocumentID
	Key, Source string
	Told        int
}

func sameKeys(ctx context.Context, s *vault.Session, rule string, q query.Select, apart bool) ([]penates.Link, error) {
	var all []Keyed
	err := query.Each(ctx, s, q, func(row []any) error {
		all = append(all, Keyed{penates.DocumentID(figure.Text(row[0])), figure.Text(row[1]), figure.Text(row[2]), told(row[3:])})
		return nil
	})
	if err != nil || len(all) < 2 {
		return nil, err
	}
	judged, err := judgedOf(ctx, s, penates.SameAs)
	if err != nil {
		return nil, err
	}
	return SameKeys(all, rule, apart, judged), nil
}

// SameKeys returns the links of documents that have one key, to the fullest of them.
// When apart is set, documents of one source are never one.
func SameKeys(all []Keyed, rule string, apart bool, judged Judged) (links []penates.Link) {
	groups := map[string][]*Keyed{}
	for i := range all {
		if d := &all[i]; d.Key != "" {
			groups[d.Key] = append(groups[d.Key], d)
		}
	}
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		slices.SortFunc(g, func(a, b *Keyed) int {
			return cmp.Or(cmp.Compare(b.Told, a.Told), strings.Compare(string(a.ID), string(b.ID)))
		})
		ids := make([]penates.DocumentID, len(g))
		for i, d := range g {
			ids[i] = d.ID
		}
		links = append(links, star(ids, judged, func(from, to int) (float64, string) {
			if apart && g[from].Source == g[to].Source {
				return 0, ""
			}
			return 1, rule
		})...)
	}
	return sorted(links)
}

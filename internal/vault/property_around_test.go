package vault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// What is around documents: links, earlier revisions, raw bytes.

// filled keeps a content for each file among items.
func filled(t *rapid.T, owner *vault.Session, items []vaulttest.Item) map[penates.BlobID]string {
	all := map[penates.BlobID]string{}
	for i := range items {
		f, ok := items[i].Body.(schema.File)
		if !ok {
			continue
		}
		text := "content of " + items[i].Document.Source.NativeID
		b, err := owner.Keep(t.Context(), f.Name, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		f.Blob = b.ID
		items[i].Body, all[b.ID] = f, text
	}
	return all
}

// surround edits some of the documents, and links some.
func surround(t *rapid.T, owner *vault.Session, n int, items []vaulttest.Item) {
	var ids []penates.DocumentID
	for _, i := range items {
		if i.Document == nil {
			continue
		}
		ids = append(ids, i.Document.ID)
		for range rapid.IntRange(0, 2).Draw(t, "edits") {
			text := pick(t, someWords...)
			if _, err := owner.Edit(t.Context(), i.Document.ID, func(d *penates.Document) error { d.Text = text; return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	var links []penates.Link
	for range rapid.IntRange(0, 4).Draw(t, "links") {
		if len(ids) > 1 {
			from, to := pick(t, ids...), pick(t, ids...)
			if from != to {
				links = append(links, penates.Link{From: from, Rel: pick(t, penates.Pays, penates.PartOf), To: to, Confidence: .5})
			}
		}
	}
	if err := owner.SetLinks(t.Context(), fmt.Sprint("test", n), links); err != nil {
		t.Fatal(err)
	}
}

// lets reports whether all of a chain let a row of the owner's view through.
func lets(chain []grant.Grant, typ penates.Type, row map[string]any) bool {
	return !slices.ContainsFunc(chain, func(g grant.Grant) bool {
		return !slices.ContainsFunc(g.Selections, func(s grant.Selection) bool { return s.Type == typ && fulfils(s, row) })
	})
}

// checkAround compares the links and the history of documents, and the contents of
// files, with what the owner sees.
func (r *reference) checkAround(t *rapid.T, owner, s *vault.Session, own map[penates.DocumentID]penates.DocumentID, chain []grant.Grant, items []vaulttest.Item, contents map[penates.BlobID]string) {
	types := r.ids()
	for _, i := range items {
		if i.Document == nil {
			continue
		}
		id := i.Document.ID
		if types[id] == "" {
			_, err := s.Links(t.Context(), id)
			_, err2 := s.History(t.Context(), id)
			_, err3 := s.History(t.Context(), "doc_aaaaaaaaaaaaaaaaaaaaaaaaaa")
			if !errors.Is(err, penates.NotExist) || !errors.Is(err2, penates.NotExist) || strings.ReplaceAll(err2.Error(), string(id), "") != strings.ReplaceAll(err3.Error(), "doc_aaaaaaaaaaaaaaaaaaaaaaaaaa", "") {
				t.Fatalf("around what is hidden: %v; %v; of what is not there: %v", err, err2, err3)
			}
			continue
		}
		r.checkLinks(t, owner, s, id, own)
		r.checkHistory(t, owner, s, id, own, chain)
	}
	r.checkLinkView(t, owner, s, own)
	r.checkContents(t, s, contents)
}

// link is a link as it is compared.
func link(from, rel, to any, confidence any) string {
	return fmt.Sprint(from, " ", rel, " ", to, " ", confidence)
}

func (r *reference) checkLinks(t *rapid.T, owner, s *vault.Session, id penates.DocumentID, own map[penates.DocumentID]penates.DocumentID) {
	types := r.ids()
	got, err := s.Links(t.Context(), own[id])
	all, err2 := owner.Links(t.Context(), id)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var seen, want []string
	for _, l := range got {
		seen = append(seen, link(l.From, l.Rel, l.To, l.Confidence)+l.Rule)
	}
	for _, l := range all {
		if types[l.From] == "" || types[l.To] == "" {
			continue
		}
		if r.fields[types[l.From]] != nil || r.fields[types[l.To]] != nil {
			l.Confidence, l.Rule = 0, ""
		}
		want = append(want, link(own[l.From], l.Rel, own[l.To], l.Confidence)+l.Rule)
	}
	if slices.Sort(seen); !slices.Equal(seen, slices.Sorted(slices.Values(want))) {
		t.Fatalf("links %v, want %v", seen, want)
	}
}

func (r *reference) checkLinkView(t *rapid.T, owner, s *vault.Session, own map[penates.DocumentID]penates.DocumentID) {
	const sql = `SELECT "from", rel, "to", confidence FROM links`
	types := r.ids()
	all, err := owner.Query(t.Context(), sql, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	var seen, want []string
	for _, row := range all.Rows {
		from, to := penates.DocumentID(row[0].(string)), penates.DocumentID(row[2].(string))
		if types[from] == "" || types[to] == "" {
			continue
		}
		if r.fields[types[from]] != nil || r.fields[types[to]] != nil {
			row[3] = nil
		}
		want = append(want, link(own[from], row[1], own[to], row[3]))
	}
	got, err := s.Query(t.Context(), sql, 100_000)
	if err != nil && !(errors.Is(err, penates.Invalid) && len(want) == 0) { // no view where nothing is shown
		t.Fatal(err)
	}
	if err == nil {
		for _, row := range got.Rows {
			seen = append(seen, link(row[0], row[1], row[2], row[3]))
		}
	}
	if slices.Sort(seen); !slices.Equal(seen, slices.Sorted(slices.Values(want))) {
		t.Fatalf("the view links shows %v, want %v", seen, want)
	}
}

func (r *reference) checkHistory(t *rapid.T, owner, s *vault.Session, id penates.DocumentID, own map[penates.DocumentID]penates.DocumentID, chain []grant.Grant) {
	typ := r.ids()[id]
	past, err := owner.History(t.Context(), id)
	got, err2 := s.History(t.Context(), own[id])
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var want []string
	if r.fields[typ] == nil {
		i := slices.IndexFunc(r.rows[typ], func(row map[string]any) bool { return row["id"] == string(id) })
		row := map[string]any{}
		for name, v := range r.rows[typ][i] {
			row[name] = v
		}
		for _, p := range past {
			var d penates.Document
			if err := json.Unmarshal(p.Document, &d); err != nil {
				t.Fatal(err)
			}
			if row["text"] = d.Text; d.Text == "" {
				row["text"] = nil
			}
			if !lets(chain, typ, row) {
				continue
			}
			d.Source.Raw, d.Source.Job, d.Source.Locator = "", "", ""
			b, _ := json.Marshal(d) // it was read from JSON
			want = append(want, fmt.Sprint(p.Revision, string(b)))
		}
	}
	var seen []string
	for _, p := range got {
		seen = append(seen, fmt.Sprint(p.Revision, string(p.Document)))
	}
	if !slices.Equal(seen, want) {
		t.Fatalf("history of a %s under %+v\n got %v\nwant %v", typ, chain, seen, want)
	}
}

// checkContents reads the contents of files, and parts of them: those of files that
// are shown whole, and no others.
func (r *reference) checkContents(t *rapid.T, s *vault.Session, contents map[penates.BlobID]string) {
	shown := map[string]bool{}
	if r.fields[penates.Files] == nil {
		for _, row := range r.rows[penates.Files] {
			if id, ok := row["blob"].(string); ok {
				shown[id] = true
			}
		}
	}
	for id, text := range contents {
		b, _, err := s.Blob(t.Context(), id)
		if !shown[string(id)] {
			if !errors.Is(err, penates.NotExist) {
				t.Fatalf("the content of a hidden file: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, len(text)).Draw(t, "from")
		if _, err := b.Seek(int64(from), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(b)
		if err := errors.Join(err, b.Close()); err != nil || string(got) != text[from:] || b.Size() != int64(len(text)) {
			t.Fatalf("content from %d is %q, want %q; %v", from, got, text[from:], err)
		}
	}
}

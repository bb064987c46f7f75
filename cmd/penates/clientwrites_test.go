package main_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"penates/client"
)

// TestClientWrites is a program that may read, add, change and delete: all that
// package client does beside asking and reading documents, on a real server.
func TestClientWrites(t *testing.T) {
	h := newHouse(t)
	h.imported(h.file("recette.txt", strings.Repeat("un kilo de farine, ", 20)))
	c := h.asker("Carnet")
	q, err := c.Ask(t.Context(), client.Wish{
		Actions: []string{"read", "add", "change", "delete"}, Purpose: "dpv:ServiceProvision", Expires: newYearsEve(),
		Selections: []client.Selection{{Type: "penates.notes"}, {Type: "io.cozy.files"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Finish(t.Context(), q, h.decide(q.URL, url.Values{"answer": {"accept"}}))
	if err != nil {
		t.Fatal(err)
	}
	g, err := a.Grant(t.Context())
	if err != nil || g.Purpose != "dpv:ServiceProvision" || len(g.Selections) != 2 || !strings.Contains(strings.Join(g.Sentences["en"], " "), "to provide a service to you") {
		t.Errorf("grant: %+v, %v", g, err)
	}
	if r, err := a.Receipt(t.Context()); err != nil || strings.Count(r.Signed, ".") != 2 || !strings.Contains(string(r.Receipt), g.Grant) {
		t.Errorf("receipt: %+v, %v", r, err)
	}
	written(t, a)
	parts(t, a)
	if _, err := a.Figures(t.Context(), client.FigureQuestion{View: "notes"}); refusal(err).Status != http.StatusBadRequest {
		t.Errorf("figures under a grant of documents: %v", err)
	}
}

// written adds a note, changes it, finds it, and deletes it.
func written(t *testing.T, a *client.Access) {
	t.Helper()
	note, err := a.AddAs(t.Context(), "n1", "penates.notes", map[string]any{"text": "Courses", "body": map[string]any{"title": "Courses", "content": "du pain"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.AddAs(t.Context(), "n1", "penates.notes", map[string]any{"text": "Courses"}); refusal(err).Status != http.StatusConflict {
		t.Errorf("the same name again: %v", err)
	}
	changed, err := a.Change(t.Context(), note, map[string]any{"text": "Courses du samedi"})
	if err != nil || changed.Attributes["text"] != "Courses du samedi" || changed.Tag == note.Tag {
		t.Fatalf("changed: %+v, %v", changed, err)
	}
	if _, err := a.Change(t.Context(), note, map[string]any{"text": "x"}); refusal(err).Status != http.StatusPreconditionFailed {
		t.Errorf("a change of what is no more: %v", err)
	}
	past, err := a.History(t.Context(), note.ID)
	if err != nil || len(past) != 1 || past[0].Document["text"] != "Courses" {
		t.Errorf("history: %+v, %v", past, err)
	}
	if links, err := a.Links(t.Context(), note.ID); err != nil || len(links) != 0 {
		t.Errorf("links: %+v, %v", links, err)
	}
	found, err := a.Search(t.Context(), client.Search{Words: "samedi", Types: []string{"penates.notes"}, Size: 5})
	if err != nil || found.Total != 1 || len(found.Hits) != 1 || found.Hits[0].ID != note.ID {
		t.Errorf("search: %+v, %v", found, err)
	}
	var seen []string
	err = a.KeepFollowing(t.Context(), "", func(c client.Change) error {
		if seen = append(seen, c.ID); c.ID == note.ID {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Errorf("changes %v, %v", seen, err)
	}
	if err := a.Delete(t.Context(), changed); err != nil {
		t.Error(err)
	}
	if _, err := a.Document(t.Context(), note.ID); refusal(err).Status != http.StatusNotFound {
		t.Errorf("what was deleted: %v", err)
	}
}

// parts reads a file, and a part of it.
func parts(t *testing.T, a *client.Access) {
	t.Helper()
	table, err := a.Query(t.Context(), "SELECT blob FROM files WHERE name = 'recette.txt'")
	if err != nil || len(table.Rows) != 1 {
		t.Fatalf("files: %v, %v", table, err)
	}
	id := fmt.Sprint(table.Rows[0][0])
	for _, x := range []struct {
		from, n int64
		want    string
	}{{0, 7, "un kilo"}, {11, 6, "farine"}, {int64(20*19 - 2), 0, ", "}} {
		b, err := a.Blob(t.Context(), id, x.from, x.n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(b)
		_ = b.Close() // all is read
		if err != nil || string(got) != x.want || b.Size != int64(len(x.want)) {
			t.Errorf("%d bytes from %d: %q, %v", x.n, x.from, got, err)
		}
	}
	if _, err := a.Blob(t.Context(), id, 1<<30, 5); refusal(err).Status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a part beyond the end: %v", err)
	}
	if _, err := a.Blob(t.Context(), "sha256-"+strings.Repeat("0", 64), 0, 0); refusal(err).Status != http.StatusNotFound {
		t.Errorf("no blob: %v", err)
	}
}

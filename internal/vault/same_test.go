package vault_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/twice"
	"penates/internal/vault/vaulttest"
)

// told lists the notes with the one that tells them more fully.
func told(t *testing.T, s *vault.Session) string {
	t.Helper()
	table, err := s.Query(t.Context(), "SELECT title, duplicate_of FROM notes ORDER BY title", 0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(table.Rows)
}

func same(from, to string, confidence float64) penates.Link {
	return penates.Link{From: penates.DocumentID("doc_" + from), Rel: penates.SameAs, To: penates.DocumentID("doc_" + to), Confidence: confidence}
}

func threeNotes(t *testing.T) *vault.Session {
	s := vaulttest.New(t)
	for _, id := range []string{"a", "b", "c"} {
		put(t, s, &penates.Document{ID: penates.DocumentID("doc_" + id), Source: penates.Source{Connector: "test", NativeID: id}}, schema.Note{Title: id})
	}
	return s
}

func linkOf(t *testing.T, s *vault.Session, from, to string) penates.LinkID {
	t.Helper()
	links, err := s.Links(t.Context(), penates.DocumentID("doc_"+from))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Outgoing && l.To == penates.DocumentID("doc_"+to) {
			return l.ID
		}
	}
	t.Fatalf("no link from %s to %s", from, to)
	return ""
}

// TestDuplicates has a link that is sure, one that is a question, and all that may
// become of them.
func TestDuplicates(t *testing.T) {
	s := threeNotes(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(want string) {
		t.Helper()
		if got := told(t, s); got != want {
			t.Errorf("duplicates %s, want %s", got, want)
		}
	}
	none := "[[a <nil>] [b <nil>] [c <nil>]]"
	want(none)
	must(s.SetLinks(t.Context(), "rule", []penates.Link{same("a", "b", twice.Sure), same("a", "c", 0.5), {From: "doc_b", Rel: penates.PartOf, To: "doc_c", Confidence: 1}}))
	want("[[a doc_b] [b <nil>] [c <nil>]]")
	must(s.JudgeLink(t.Context(), linkOf(t, s, "a", "c"), penates.Confirmed))
	want("[[a doc_c] [b <nil>] [c <nil>]]") // the person is surer than the rule
	must(s.Trash(t.Context(), "doc_c"))
	want("[[a doc_b] [b <nil>]]")
	must(s.Trash(t.Context(), "doc_b"))
	want("[[a <nil>]]")
	must(s.Restore(t.Context(), "doc_b", "doc_c"))
	want("[[a doc_c] [b <nil>] [c <nil>]]")
	must(s.Trash(t.Context(), "doc_a"))
	want("[[b <nil>] [c <nil>]]")
	must(s.Restore(t.Context(), "doc_a"))
	want("[[a doc_c] [b <nil>] [c <nil>]]")
	must(s.JudgeLink(t.Context(), linkOf(t, s, "a", "c"), penates.Rejected))
	want("[[a doc_b] [b <nil>] [c <nil>]]")
	must(s.JudgeLink(t.Context(), linkOf(t, s, "a", "b"), penates.Rejected))
	want(none)
	must(s.JudgeLink(t.Context(), linkOf(t, s, "a", "b"), ""))
	want("[[a doc_b] [b <nil>] [c <nil>]]")
	must(s.SetLinks(t.Context(), "rule", nil))
	want(none)
}

func TestDuplicatesOfAnImportAndOfAnotherVault(t *testing.T) {
	s := threeNotes(t)
	job, err := s.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Link("doc_c", penates.SameAs, "doc_b"); err != nil {
		t.Fatal(err)
	}
	if err := job.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "[[a <nil>] [b <nil>] [c doc_b]]"
	if got := told(t, s); got != want {
		t.Errorf("duplicates %s, want %s", got, want)
	}
	other := vaulttest.New(t)
	move(t, s, other)
	if diff := cmp.Diff(want, told(t, other)); diff != "" {
		t.Error("in the other vault: " + diff)
	}
	counts, err := other.Query(t.Context(), "SELECT count(*) FROM documents WHERE duplicate_of IS NULL AND connection = ''", 0)
	if err != nil || fmt.Sprint(counts.Rows) != "[[2]]" {
		t.Errorf("%v, %v, want two told once", counts, err)
	}
}

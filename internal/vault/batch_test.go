package vault_test

import (
	"fmt"
	"testing"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// TestManyAtOnce imports documents that are written many with one statement: new
// ones, known ones, one that comes twice and one that was thrown away.
func TestManyAtOnce(t *testing.T) {
	s := vaulttest.New(t)
	bring := func(from, to int, twice bool) vault.Tally {
		t.Helper()
		job, err := s.StartJob(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		c := job.Counter()
		give := func(i int, title string) {
			d := &penates.Document{Text: title, Source: penates.Source{Connector: "test", NativeID: fmt.Sprint(i)}}
			if err := job.Document(c, d, schema.Note{Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		for i := from; i < to; i++ {
			give(i, fmt.Sprintf("carnet n%d", i))
			if twice && i%7 == 0 {
				give(i, fmt.Sprintf("cahier n%d", i))
			}
		}
		if err := job.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		return job.Counts(c)[penates.Notes]
	}
	find := func(words string, want int) {
		t.Helper()
		found, err := s.Search(t.Context(), vault.SearchQuery{Words: words})
		if err != nil {
			t.Fatal(err)
		}
		if found.Total != want {
			t.Errorf("%q finds %d documents, want %d", words, found.Total, want)
		}
	}
	if got := bring(0, 500, false); got != (vault.Tally{Added: 500}) {
		t.Errorf("first: %+v", got)
	}
	find("carnet", 500)
	find("n123 carnet", 1)
	if got := bring(400, 900, false); got != (vault.Tally{Added: 400, Unchanged: 100}) {
		t.Errorf("half of them known: %+v", got)
	}
	find("carnet", 900)
	// 903, 910, … come twice, and say something else the second time.
	if got := bring(900, 1400, true); got != (vault.Tally{Added: 500, Updated: 71}) {
		t.Errorf("some of them twice: %+v", got)
	}
	find("carnet", 900+500-71)
	find("cahier", 71)
	find("n903 cahier", 1)
	if err := s.Trash(t.Context(), penates.NewDocumentID("test", "", "123")); err != nil {
		t.Fatal(err)
	}
	if got := bring(100, 200, false); got != (vault.Tally{Unchanged: 100}) {
		t.Errorf("one of them thrown away: %+v", got)
	}
	find("carnet", 900+500-71-1)
	checked, err := s.CheckDeep(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range checked.Problems {
		t.Error(f)
	}
}

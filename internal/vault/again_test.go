package vault_test

import (
	"strings"
	"testing"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// TestReadInTurn reads files that disagree of one document, in turn and again: what
// was read before brings back nothing, a later file that says what an early one
// said does.
func TestReadInTurn(t *testing.T) {
	s := vaulttest.New(t)
	read := func(files ...string) vault.Tally {
		t.Helper()
		job, err := s.StartJob(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		c := job.Counter()
		for _, f := range files {
			b, err := job.Keep(t.Context(), f, "text/plain", strings.NewReader(f))
			if err != nil {
				t.Fatal(err)
			}
			_, title, _ := strings.Cut(f, ":")
			d := &penates.Document{Text: title, Source: penates.Source{Connector: "test", NativeID: "1", Raw: b.ID}}
			if err := job.Document(c, d, schema.Note{Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		if err := job.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		return job.Counts(c)[penates.Notes]
	}
	for _, step := range []struct {
		files []string
		want  vault.Tally
		title string
	}{
		{[]string{"1:early", "2:early", "3:early", "4:late"}, vault.Tally{Added: 1, Unchanged: 2, Updated: 1}, "late"},
		{[]string{"1:early", "2:early", "3:early", "4:late"}, vault.Tally{Unchanged: 4}, "late"},
		{[]string{"5:early"}, vault.Tally{Updated: 1}, "early"},
		{[]string{"4:late", "2:early", "5:early", "3:early"}, vault.Tally{Unchanged: 4}, "early"},
		{[]string{"6:late", "7:early"}, vault.Tally{Updated: 2}, "early"},
		{[]string{"6:late", "7:early"}, vault.Tally{Unchanged: 2}, "early"},
	} {
		if got := read(step.files...); got != step.want {
			t.Errorf("%v: %+v, want %+v", step.files, got, step.want)
		}
		d, err := s.Document(t.Context(), penates.NewDocumentID("test", "", "1"))
		if err != nil {
			t.Fatal(err)
		}
		if d.Text != step.title {
			t.Errorf("after %v it says %q, want %q", step.files, d.Text, step.title)
		}
	}
}

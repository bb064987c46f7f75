package intake_test

import (
	"fmt"
	"testing"
	"time"

	"penates/internal/importer/mapping"
	"penates/internal/intake"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

func rowsOf(t *testing.T, s *vault.Session) string {
	t.Helper()
	table, err := s.Query(t.Context(), "SELECT day, amount, currency, label FROM bank_operations ORDER BY day, label", 0)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(table.Rows)
}

// A statement nobody knows is kept as a file; once its columns are named, it and
// later ones are read, by an import and by a reparse. Days that were read in the wrong
// order go to the trash when the order is corrected.
func TestRelearn(t *testing.T) {
	s := vaulttest.New(t)
	gather(t, s, map[string]string{"a.csv": "Quand;Quoi;Combien\n03/04/2026;CAFE;-4,50\n03/05/2026;PAIN;-1,20\n", "b.csv": "Autre;Table;Que;Voici\n1;2;3;4\n"})
	if got := rowsOf(t, s); got != "[]" {
		t.Fatal(got)
	}
	m := mapping.Mapping{Headings: []string{"Quand", "Quoi", "Combien"}, Order: "dmy", Columns: map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2}}
	learn := func(want, shows string) {
		t.Helper()
		if err := mapping.Save(t.Context(), s, &m, time.Now()); err != nil {
			t.Fatal(err)
		}
		done, err := intake.Relearn(t.Context(), s, &m, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(done.Blobs, done.Added, done.Trashed, done.Refused); got != want {
			t.Errorf("files, added, trashed, refused: %s, want %s", got, want)
		}
		if got := rowsOf(t, s); got != shows {
			t.Errorf("%s, want %s", got, shows)
		}
	}
	learn("1 2 1 0", "[[2026-04-03 -4.5 EUR CAFE] [2026-05-03 -1.2 EUR PAIN]]") // the file of its own went to the trash
	m.Order = "mdy"
	learn("1 2 2 0", "[[2026-03-04 -4.5 EUR CAFE] [2026-03-05 -1.2 EUR PAIN]]")
	m.Columns = map[mapping.Role]int{mapping.Date: 1, mapping.Label: 0, mapping.Amount: 2}
	learn("1 0 0 2", "[[2026-03-04 -4.5 EUR CAFE] [2026-03-05 -1.2 EUR PAIN]]") // reads nothing: it takes nothing away
	m.Columns = map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2}
	if err := mapping.Save(t.Context(), s, &m, time.Now()); err != nil {
		t.Fatal(err)
	}
	gather(t, s, map[string]string{"c.csv": "quand ;quoi;combien\n03/06/2026;THE;-3,00\n"})
	const all = "[[2026-03-04 -4.5 EUR CAFE] [2026-03-05 -1.2 EUR PAIN] [2026-03-06 -3 EUR THE]]"
	if got := rowsOf(t, s); got != all {
		t.Error(got)
	}
	again, err := intake.Again(t.Context(), s, nil, nil)
	if err != nil || again.Added > 0 || again.Updated > 0 {
		t.Errorf("%v, %v", again.Report, err)
	}
	if got := rowsOf(t, s); got != all {
		t.Error(got)
	}
}

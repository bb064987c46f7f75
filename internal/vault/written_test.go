package vault_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
)

// TestWritesAndTheirJournalAreOne lets many add at once under a grant of so many
// documents a day: what the limit refuses leaves no document, and what it does not
// is in the journal as often as in the vault.
func TestWritesAndTheirJournalAreOne(t *testing.T) {
	const most, tries = 5, 20
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	g := grant.Grant{Grantee: "app:writer", Actions: []penates.Action{penates.Add, penates.Read}, Selections: []grant.Selection{{Type: penates.BankOperations}}}
	g.Limits.RowsPerDay = most
	s := give(t, v, owner, g)
	var all sync.WaitGroup
	errs := make([]error, tries)
	for i := range tries {
		all.Go(func() {
			d, body := operation(i, fmt.Sprintf("CB %d", i))
			_, errs[i] = s.Put(t.Context(), d, body)
		})
	}
	all.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, penates.Denied) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != tries-most {
		t.Errorf("%d were refused", refused)
	}
	if rows := query(t, owner, "SELECT * FROM bank_operations"); len(rows) != most {
		t.Errorf("%d documents are there", len(rows))
	}
	entries, err := owner.Journal(t.Context(), vault.JournalFilter{Actor: g.Grantee})
	if err != nil {
		t.Fatal(err)
	}
	added := int64(0)
	for _, e := range entries {
		if e.Action == penates.Add && e.Refused == "" {
			added += e.Rows
		}
	}
	if added != most {
		t.Errorf("the journal tells of %d documents", added)
	}
}

package vault_test

import (
	"sync"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/journal"
	"penates/internal/vault"
)

// TestWhatAGranteeEverSaw asks the journal, and the sums drawn from it, who saw how
// much of what.
func TestWhatAGranteeEverSaw(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	family(t, owner)
	s := give(t, v, owner, budget())
	passed, err := s.Delegate(t.Context(), grant.Grant{Grantee: "service:tax", Actions: []penates.Action{penates.Read},
		Selections: []grant.Selection{{Type: penates.BankOperations, Fields: []string{"amount"}}}})
	if err != nil {
		t.Fatal(err)
	}
	query(t, s, "SELECT * FROM bank_operations")
	query(t, under(t, v, passed.ID), "SELECT * FROM bank_operations LIMIT 1")
	if _, err := s.Document(t.Context(), "doc_nothing"); err == nil {
		t.Fatal("a document that is not there")
	}
	today := time.Now().UTC().Format(time.DateOnly)
	for _, test := range []struct {
		name   string
		filter vault.JournalFilter
		want   int
	}{
		{"by grantee", vault.JournalFilter{Actor: "app:budget"}, 3},
		{"by grant", vault.JournalFilter{Grant: passed.ID}, 1},
		{"by type", vault.JournalFilter{Type: penates.BankOperations, Others: true}, 2},
		{"by another type", vault.JournalFilter{Type: penates.Notes, Others: true}, 0},
		{"by day", vault.JournalFilter{From: today, To: today, Others: true}, 4},
		{"by another day", vault.JournalFilter{To: "2020-01-01"}, 0},
		{"refused", vault.JournalFilter{Refused: true}, 1},
	} {
		if entries, err := owner.Journal(t.Context(), test.filter); err != nil || len(entries) != test.want {
			t.Errorf("%s: %d entries, %v; want %d: %+v", test.name, len(entries), err, test.want, entries)
		}
	}
	uses, err := owner.Uses(t.Context(), "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[[2]string][2]int64{}
	for _, u := range uses {
		got[[2]string{string(u.Actor), string(u.Type)}] = [2]int64{u.Rows, u.Refused}
	}
	want := map[[2]string][2]int64{
		{"app:budget", ""}: {3, 1}, {"app:budget", string(penates.BankOperations)}: {2, 0},
		{"service:tax", ""}: {1, 0}, {"service:tax", string(penates.BankOperations)}: {1, 0},
	}
	for key, figures := range want {
		if got[key] != figures {
			t.Errorf("%v: %v, want %v", key, got[key], figures)
		}
	}
	if len(got) != len(want) {
		t.Errorf("uses %v", got)
	}
}

// TestEveryReadIsInTheJournal reads from many goroutines at a time, whose entries
// share commits, and stops without letting the vault write what waits.
func TestEveryReadIsInTheJournal(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	family(t, owner)
	s := give(t, v, owner, budget())
	const readers, reads = 8, 20
	var wait sync.WaitGroup
	for range readers {
		wait.Go(func() {
			for range reads {
				if _, err := s.Query(t.Context(), "SELECT id FROM bank_operations LIMIT 1", 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	entries, err := owner.Journal(t.Context(), vault.JournalFilter{Actor: "app:budget", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	var sum journal.Entry
	for _, e := range entries {
		if e.What == "query" {
			calls += max(e.Calls, 1)
			sum.Rows += e.Rows
		}
	}
	if calls != readers*reads || sum.Rows != readers*reads {
		t.Errorf("the journal counts %d calls and %d rows of %d", calls, sum.Rows, readers*reads)
	}
	if len(entries) > readers*reads {
		t.Errorf("%d entries", len(entries))
	}
}

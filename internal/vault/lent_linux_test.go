package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"penates"
	"penates/internal/vault"
)

// connections counts those of the vault in dir.
func connections(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(filepath.Join(dir, "vault.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && name == want {
			n++
		}
	}
	return n
}

// TestOneConnection opens a vault that is only read, and then written to: one
// connection does both in turn. A machine that takes seconds for that meets the
// journal being written on the way, and then need not have as few.
func TestOneConnection(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	family(t, session(t, v))
	for n := range 3 {
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		var s *vault.Session
		began := time.Now()
		has := func(want int, what string) {
			t.Helper()
			if got := connections(t, dir); got != want && time.Since(began) < 4*time.Second {
				t.Errorf("%d connections of a vault that was %s", got, what)
			}
		}
		v, s = open(t, dir)
		if got := len(query(t, s, "SELECT id FROM bank_operations")); got != 3+n {
			t.Errorf("%d operations, not %d", got, 3+n)
		}
		has(1, "read")
		put(t, s, first(operation(100+n, "Pain")), second(operation(100+n, "Pain")))
		has(1, "read, then written")
		if got := len(query(t, s, "SELECT id FROM bank_operations")); got != 4+n {
			t.Errorf("%d operations, not %d", got, 4+n)
		}
		has(2, "read and written")
		for _, sql := range hostile {
			if _, err := s.Query(t.Context(), sql, 0); err == nil {
				t.Errorf("%.100q was answered", sql)
			}
		}
	}
}

// TestWriteBesideLentRead writes while the only connection answers a question that
// never ends.
func TestWriteBesideLentRead(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v, s := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		_, err := s.Query(ctx, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c", 1)
		asked <- err
	}()
	for n := range 20 {
		put(t, s, first(operation(n, "Pain")), second(operation(n, "Pain")))
	}
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("the question ended with %v", err)
	}
	if got := len(query(t, s, "SELECT id FROM bank_operations")); got != 20 {
		t.Errorf("%d operations", got)
	}
	if err := v.Lock(); err != nil {
		t.Error(err)
	}
	if got := connections(t, dir); got != 0 {
		t.Errorf("%d connections of a locked vault", got)
	}
}

// TestUnlockingIsNoted unlocks, reads and closes, and finds it in the journal, in that
// order.
func TestUnlockingIsNoted(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	for range 2 {
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		var s *vault.Session
		v, s = open(t, dir)
		query(t, s, "SELECT id FROM bank_operations")
	}
	entries, err := session(t, v).Journal(t.Context(), vault.JournalFilter{Actor: penates.Owner})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range entries {
		got = fmt.Sprint(e.What, " ", got)
	}
	if want := "create unlock query unlock query "; got != want {
		t.Errorf("the journal says %q, not %q", got, want)
	}
}

// TestViewsHideNoTable makes sure that no view is called what a table is: statements of
// the vault itself run on connections that have views too, and must mean the tables.
func TestViewsHideNoTable(t *testing.T) {
	steps, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(steps) == 0 {
		t.Fatal(steps, err)
	}
	tables := map[string]bool{}
	for _, step := range steps {
		text, err := os.ReadFile(step)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`CREATE (?:VIRTUAL )?(?:TABLE|VIEW) (\w+)`).FindAllStringSubmatch(string(text), -1) {
			tables[m[1]] = true
		}
	}
	if !tables["stored_documents"] || !tables["words"] {
		t.Fatal(tables)
	}
	for _, name := range vault.ViewNames() {
		if tables[name] {
			t.Errorf("%s is a table and a view", name)
		}
	}
}

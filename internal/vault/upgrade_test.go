package vault_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penates/internal/vault"
)

// former copies the vault that a release with schema n wrote.
func former(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(fmt.Sprintf("testdata/schema%d", n))); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "keys.copy"), keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// whole makes sure that dir holds what the former releases wrote.
func whole(t *testing.T, dir string) {
	t.Helper()
	v, s := open(t, dir)
	defer v.Close()
	if got := fmt.Sprint(query(t, s, "SELECT count(*), sum(amount), sum(label = 'PRLV SEPA VOLTELUNE MARS') FROM bank_operations")); got != "[[11 -77.77 1]]" {
		t.Error(got)
	}
	found, err := s.Search(t.Context(), vault.SearchQuery{Words: "voltelune mars"})
	if err != nil || len(found.Hits) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if history, err := s.History(t.Context(), found.Hits[0].ID); err != nil || len(history) != 1 {
		t.Errorf("%d former revisions, %v", len(history), err)
	}
	if trash, err := s.List(t.Context(), vault.Filter{Trash: true}); err != nil || len(trash.Items) != 1 {
		t.Errorf("trash: %+v, %v", trash, err)
	}
	k, err := s.Check(t.Context(), nil)
	if err != nil || len(k.Problems) > 0 || k.Entries < 3 {
		t.Errorf("%+v, %v", k, err)
	}
	d, b := operation(100, "CB BOULANGERIE")
	put(t, s, d, b)
	if left, _ := filepath.Glob(filepath.Join(dir, "vault.db.before*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestFormerVaults(t *testing.T) {
	known, err := filepath.Glob("testdata/schema*")
	migrations, err2 := filepath.Glob("migrations/*.sql")
	if err != nil || err2 != nil || len(known) < len(migrations)-2 {
		t.Errorf("%d vaults of former schemas for %d migrations: add those of the schemas that were released", len(known), len(migrations))
	}
	for n := range known {
		t.Run(fmt.Sprintf("schema%d", n+1), func(t *testing.T) {
			whole(t, former(t, n+1))
		})
	}
}

// A process that dies while it upgrades leaves the copy beside what it has made
// of the database by then.
func TestUpgradeDies(t *testing.T) {
	dir := former(t, 1)
	database := filepath.Join(dir, "vault.db")
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := open(t, dir)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	// What remembers the last commit is told of the upgraded database only at the end.
	if err := os.Remove(filepath.Join(dir, "anchor")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{".before": before, ".before.new": before[:5000], "-wal": []byte("half of a frame")} {
		if err := os.WriteFile(database+name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	whole(t, dir)
}

// Without room for the copy nothing is changed, and what to do is said.
func TestUpgradeWithoutRoom(t *testing.T) {
	dir := former(t, 2)
	database := filepath.Join(dir, "vault.db")
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in the copy's place stands for a disk that does not take it.
	if err := os.MkdirAll(filepath.Join(database+".before.new", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Unlock(t.Context(), []byte(phrase)); err == nil || !strings.Contains(err.Error(), "upgrade") {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(database); err != nil || string(after) != string(before) {
		t.Errorf("the database was changed, %v", err)
	}
	if err := os.RemoveAll(database + ".before.new"); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	whole(t, dir)
}

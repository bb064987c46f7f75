package migrations_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/scope"
	"penates/internal/vault/migrations"
)

func open(t *testing.T, path string) *engine.Conn {
	t.Helper()
	c, err := migrations.Open(path, func() (*engine.Conn, error) {
		c, err := sqlite3.Open("file:" + filepath.ToSlash(path))
		if err == nil {
			err = fts5.Register(c)
		}
		return engine.New(c, func(err error) error { return err }), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(t *testing.T, c *engine.Conn, sql string, args ...any) (all []string) {
	t.Helper()
	err := c.Each(sql, func(s *sqlite3.Stmt) error {
		all = append(all, s.ColumnText(s.ColumnCount()-1))
		return nil
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every field that a schema marks is looked up in its index, through the view of its type.
func TestFieldsAreLookedUp(t *testing.T) {
	c := open(t, filepath.Join(t.TempDir(), "vault.db"))
	defer c.Close()
	all := grant.Owner()
	owner, err := scope.Compile(&all)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, k := range schema.Kinds() {
		view, _ := owner.View(k.View, "own")
		for _, f := range k.Fields {
			if !f.Index {
				continue
			}
			looked++
			field, index := sqlite3.QuoteIdentifier(f.Name), "filled_"+k.View+"_"+f.Name
			for _, question := range []string{
				"SELECT id FROM (" + view + ") WHERE " + field + " = 'x'",
				"SELECT id FROM (" + view + ") WHERE " + field + " = ?1",
			} {
				plan := strings.Join(names(t, c, "EXPLAIN QUERY PLAN "+question), "\n")
				if !strings.Contains(plan, "USING INDEX "+index+" ") {
					t.Errorf("%s: %s", question, plan)
				}
			}
		}
	}
	if looked == 0 {
		t.Error("no field is indexed")
	}
}

// A database of a release that indexed fields left empty, too, is brought to what
// this one indexes; opening it again changes nothing.
func TestFormerIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault.db")
	c := open(t, path)
	want := names(t, c, "SELECT name FROM sqlite_schema ORDER BY name")
	if err := c.Exec("PRAGMA application_id = 7; DROP INDEX filled_bank_operations_account; CREATE INDEX field_bank_operations_account ON stored_documents (doc ->> '$.body.account') WHERE type = 2"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = open(t, path)
		if got := names(t, c, "SELECT name FROM sqlite_schema ORDER BY name"); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := names(t, c, "SELECT k || ' ' || v FROM words_config WHERE k IN ('hashsize', 'automerge') ORDER BY k"); strings.Join(got, ", ") != "automerge 8, hashsize 4194304" {
		t.Errorf("full-text search: %q", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

package vault_test

import (
	"errors"
	"strings"
	"testing"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
)

// hostile are statements that must be refused.
var hostile = []string{
	"", ";", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE stored_documents",
	"INSERT INTO bank_operations (id) VALUES (1)", "UPDATE bank_operations SET label = ''", "DELETE FROM stored_documents", "DROP VIEW bank_operations",
	"CREATE TEMP TABLE x (a)", "ATTACH 'x.db' AS x", "DETACH main", "VACUUM INTO 'x.db'", "PRAGMA table_info(stored_documents)", "PRAGMA query_only = OFF",
	"BEGIN", "COMMIT", "SAVEPOINT a", "ANALYZE", "REINDEX", "EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN SELECT * FROM bank_operations",
	"SELECT * FROM stored_documents", "SELECT count(*) FROM main.stored_documents", "SELECT * FROM main.bank_operations", "SELECT * FROM sqlite_master",
	"SELECT * FROM temp.sqlite_master", "SELECT * FROM sqlite_schema", "SELECT * FROM journal", "SELECT * FROM grants", "SELECT * FROM settings", "SELECT * FROM trash",
	"SELECT * FROM words WHERE words MATCH 'pain'", "SELECT * FROM words_data", "SELECT * FROM revisions", "SELECT * FROM pragma_table_info('stored_documents')",
	"SELECT * FROM pragma_function_list", "SELECT * FROM dbstat", "SELECT * FROM bytecode('SELECT 1')", "SELECT load_extension('x')",
	"WITH bank_operations AS (SELECT * FROM main.stored_documents) SELECT * FROM bank_operations",
	"WITH documents AS (SELECT * FROM stored_documents) SELECT * FROM documents",
	"SELECT * FROM (SELECT * FROM main.journal) AS bank_operations",
	"SELECT (SELECT entry FROM main.journal LIMIT 1) FROM bank_operations",
	"SELECT * FROM bank_operations WHERE EXISTS (SELECT 1 FROM grants)",
	"SELECT id FROM bank_operations UNION SELECT name FROM sqlite_master",
	"SELECT * FROM bills JOIN main.stored_links l ON l.\"to\" = bills.id",
	"VALUES (1) UNION SELECT value FROM settings", "SELECT ?", "SELECT * FROM nothing", "SELEC 1", strings.Repeat("(", 5000),
}

func TestHostileQueries(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	put(t, s, first(operation(1, "Pain")), second(operation(1, "Pain")))
	for _, name := range vault.ViewNames() { // all views exist on the connections
		if name != "judgements" {
			query(t, s, "SELECT count(*) FROM "+name)
		}
	}
	for _, sql := range hostile {
		table, err := s.Query(t.Context(), sql, 0)
		if err == nil {
			t.Errorf("%.100q answered %d rows", sql, len(table.Rows))
		} else if !errors.Is(err, penates.Denied) && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Errorf("%.100q: an error without a kind: %v", sql, err)
		}
	}
	if n := len(query(t, s, "SELECT id FROM bank_operations")); n != 1 {
		t.Error("something was changed")
	}
}

func TestViews(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	for _, k := range schema.Kinds() {
		table, err := s.Query(t.Context(), "SELECT * FROM "+k.View, 0)
		if err != nil {
			t.Errorf("%s: %v", k.View, err)
			continue
		}
		columns := strings.ToLower(strings.Join(table.Columns, " ") + " ")
		for _, f := range k.Fields {
			if !strings.Contains(columns, strings.ToLower(f.Name)+" ") {
				t.Errorf("%s has no column %s", k.View, f.Name)
			}
		}
	}
}

// Whatever is asked, no stored table is read but through a view, and nothing
// changes.
func FuzzQuery(f *testing.F) {
	for _, sql := range hostile {
		f.Add(sql)
	}
	f.Add("SELECT label, sum(amount) OVER (ORDER BY day) FROM bank_operations WHERE amount < 0")
	f.Add("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT n FROM c")
	v, _ := create(f, f.TempDir())
	s := session(f, v)
	const secret = "the journal names nobody"
	if err := s.SetSetting(f.Context(), "name", secret); err != nil {
		f.Fatal(err)
	}
	put(f, s, first(operation(1, "Pain")), second(operation(1, "Pain")))
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.Contains(strings.ToLower(sql), "recursive") {
			return // may run for its whole minute
		}
		table, err := s.Query(t.Context(), sql, 100)
		if err != nil {
			return
		}
		for _, row := range table.Rows {
			for _, cell := range row {
				if text, ok := cell.(string); ok && strings.Contains(text, secret) && !strings.Contains(sql, secret) {
					t.Errorf("%q tells a setting", sql)
				}
			}
		}
		if n := len(query(t, s, "SELECT id FROM bank_operations")); n != 1 {
			t.Errorf("%q changed something", sql)
		}
	})
}

package vault_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/vault"
)

// prying are statements that try to learn of rows that are not shown: by errors,
// which are raised for a row before it is left out, by what the engine knows of
// its tables, by taking the names of views.
var prying = []string{
	"SELECT count(*) FROM bank_operations WHERE CASE WHEN amount = -666 THEN json('{') ELSE 1 END",
	"SELECT count(*) FROM bank_operations WHERE json_extract(label, '$') IS NULL",
	"SELECT 1 FROM bank_operations WHERE abs(CASE WHEN label LIKE '%CANARY%' THEN -9223372036854775808 ELSE 1 END)",
	"SELECT id FROM bank_operations WHERE day > '2025-01-01' AND CASE WHEN day > '2026' THEN json('{') END",
	"SELECT id FROM bank_operations ORDER BY CASE WHEN amount < -600 THEN json('{') END",
	"SELECT sum(CASE WHEN amount < -600 THEN json('{') END) OVER () FROM bank_operations",
	"SELECT max(amount), min(amount), count(DISTINCT label), group_concat(label) FROM bank_operations",
	"SELECT a.id FROM bank_operations a LEFT JOIN bank_operations b ON b.amount = -666 WHERE b.id IS NULL",
	"SELECT * FROM documents", "SELECT * FROM parties", "SELECT * FROM refs", "SELECT * FROM links", "SELECT * FROM judgements", "SELECT * FROM notes",
	"SELECT * FROM bank_operations WHERE text MATCH 'canary'", "SELECT highlight(bank_operations, 0, '', '') FROM bank_operations",
	"SELECT value FROM bank_operations, json_each(bank_operations.splits)", "SELECT * FROM json_each((SELECT doc FROM stored_documents))",
	"SELECT * FROM json_tree((SELECT json_group_array(label) FROM bank_operations))",
	"WITH stored_documents AS (SELECT * FROM bank_operations) SELECT * FROM stored_documents",
	"WITH bank_operations AS (SELECT * FROM main.stored_documents) SELECT * FROM bank_operations",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10) SELECT i, (SELECT count(*) FROM bank_operations) FROM n",
	"WITH d AS (SELECT * FROM bank_operations) SELECT d.doc FROM d", "SELECT d.doc FROM bank_operations d", "SELECT d.doc FROM bank_operations",
	"SELECT rowid FROM bank_operations", "SELECT _rowid_, oid FROM documents", "SELECT * FROM bank_operations WHERE source IN (SELECT connector FROM sources)",
	"SELECT sqlite_offset(id) FROM bank_operations", "SELECT changes(), total_changes(), last_insert_rowid()", "SELECT sqlite_source_id()",
	"SELECT load_extension('x')", "SELECT fts5(1)", "SELECT randomblob(8)", "SELECT zeroblob(1000000000)", "SELECT printf('%1000000000d', 1)",
	"SELECT replace(hex(label), '4', hex(label)) FROM bank_operations", "ATTACH 'x' AS y", "PRAGMA table_list", "SELECT * FROM pragma_table_list",
	"SELECT * FROM sqlite_master", "SELECT * FROM temp.sqlite_master", "SELECT sql FROM sqlite_temp_schema", "EXPLAIN SELECT * FROM bank_operations",
	"EXPLAIN QUERY PLAN SELECT * FROM bank_operations", "SELECT * FROM words", "SELECT * FROM words('canary')", "SELECT * FROM fts5vocab", "SELECT * FROM sqlite_stat1",
	"SELECT bank_operations FROM bank_operations", "SELECT nothing FROM bank_operations", "SELECT id, id FROM bank_operations a, bank_operations b WHERE id",
	"VALUES ((SELECT count(*) FROM bank_operations))", "SELECT * FROM bank_operations NATURAL JOIN documents", "SELECT duplicate_of, connection FROM bank_operations",
	"SELECT * FROM bank_operations INDEXED BY documents_day", "SELECT * FROM bank_operations NOT INDEXED", "SELECT DISTINCT type FROM documents GROUP BY ROLLUP(type)",
	"SELECT total(amount), avg(amount), median(amount) FROM bank_operations", "SELECT id FROM bank_operations LIMIT 1 OFFSET 1", "SELECT count(*) FROM bank_operations LIMIT -1",
}

// hidden returns sessions of two vaults under the same grant: what it shows is the
// same, what it does not show is only in the first.
var hidden = sync.OnceValues(func() (sessions [2]*vault.Session, err error) {
	sel := grant.Selection{Type: penates.BankOperations, From: "2025-01-01", Until: "2025-12-31",
		Where: []grant.Condition{{Field: "label", Op: grant.Prefix, Values: []string{"Shown"}}}}
	for i := range sessions {
		v, err := secondVault()
		if err != nil {
			return sessions, err
		}
		owner, err := v.As(penates.Owner, "")
		if err != nil {
			return sessions, err
		}
		for n := range 12 {
			d, b := operation(n, fmt.Sprintf("Shown %d", n))
			switch d.Time.Start = penates.Day(2025, 1, 1+n); {
			case n%3 == 1:
				d.Time.Start = penates.Day(2026, 1, 1+n)
			case n%3 == 2:
				b.Label = "CANARY label"
			}
			if n%3 > 0 {
				d.Text, d.Money, d.Parties[0].Literal = "CANARY text", &penates.Money{Amount: "-666", Currency: "CANARY"}, "CANARY party"
			}
			if n%3 > 0 && i > 0 {
				continue
			}
			if _, err := owner.Put(background(), d, b); err != nil {
				return sessions, err
			}
			if i == 0 {
				if _, err := owner.Put(background(), &penates.Document{Source: penates.Source{Connector: "canary", NativeID: fmt.Sprint(n)}, Text: "CANARY"}, schema.Note{Content: "CANARY"}); err != nil {
					return sessions, err
				}
			}
		}
		g, err := owner.AddGrant(background(), grant.Grant{Grantee: "app:hostile", Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{sel}})
		if err != nil {
			return sessions, err
		}
		if sessions[i], err = v.Under(g.ID, ""); err != nil {
			return sessions, err
		}
	}
	return sessions, nil
})

// check runs sql on both and compares.
func checkHidden(t *testing.T, sql string) {
	t.Helper()
	sessions, err := hidden()
	if err != nil {
		t.Fatal(err)
	}
	var rows [2][][]any
	var failed [2]string
	for i, s := range sessions {
		table, err := s.Query(t.Context(), sql, 1000)
		if err != nil {
			if !errors.Is(err, penates.Denied) && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) && !errors.Is(err, penates.TooLong) {
				t.Errorf("%.200q: an error without a kind: %v", sql, err)
			}
			failed[i] = err.Error()
			continue
		}
		rows[i] = table.Rows
		if text := fmt.Sprint(table.Columns, table.Rows); strings.Contains(text, "CANARY") && !strings.Contains(sql, "CANARY") {
			t.Errorf("%.200q shows %.300s", sql, text)
		}
	}
	if failed[0] != failed[1] || !reflect.DeepEqual(rows[0], rows[1]) {
		t.Errorf("%.200q tells of what is not shown:\n%s\n%s\n%.500v\n%.500v", sql, failed[0], failed[1], rows[0], rows[1])
	}
	if strings.Contains(failed[0], "v_") && !strings.Contains(sql, "v_") {
		t.Errorf("%.200q tells a name nobody may know: %s", sql, failed[0])
	}
}

func TestPryingQueries(t *testing.T) {
	for _, sql := range append(append([]string{}, prying...), hostile...) {
		checkHidden(t, sql)
	}
	sessions, err := hidden()
	if err != nil {
		t.Fatal(err)
	}
	if rows := query(t, sessions[0], "SELECT count(*), count(DISTINCT id), max(day) FROM bank_operations"); fmt.Sprint(rows) != "[[4 4 2025-01-10]]" {
		t.Errorf("the grant shows %v", rows)
	}
}

func FuzzQueriesUnderAGrant(f *testing.F) {
	for _, sql := range append(append([]string{}, prying...), hostile...) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		low := strings.ToLower(sql)
		for _, now := range []string{"now", "current", "date", "time", "julian", "recursive"} { // differ by the moment, or never end
			if strings.Contains(low, now) {
				return
			}
		}
		checkHidden(t, sql)
	})
}

func secondVault() (*vault.Vault, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	v, _, err := vault.Create(background(), dir, []byte(phrase), vault.CreateOptions{Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	return v, err
}

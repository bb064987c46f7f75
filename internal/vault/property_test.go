package vault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// The reference of this file filters and masks in Go what the owner sees, and
// answers questions from tables that hold nothing else. What a session under a
// grant answers must be the same.

var someWords = []string{"pain", "Été", "gaz", "loyer", "école"}

func pick[T any](t *rapid.T, from ...T) T { return rapid.SampledFrom(from).Draw(t, "pick") }

func drawMoment(t *rapid.T) penates.Moment {
	day := penates.Day(2024+rapid.IntRange(0, 2).Draw(t, "year"), 1, rapid.IntRange(1, 365).Draw(t, "day"))
	switch rapid.IntRange(0, 3).Draw(t, "kind of time") {
	case 0:
		return penates.Moment{}
	case 1:
		m, _ := penates.ParseMoment(day.Date() + "T23:30:00+02:00")
		return m
	}
	return day
}

func drawItem(t *rapid.T, n int) vaulttest.Item {
	word := func() string { return pick(t, someWords...) }
	d := &penates.Document{
		Source: penates.Source{Connector: pick(t, "csv", "ofx"), Connection: pick(t, "a", "b"), NativeID: strconv.Itoa(n), Locator: "line=1"},
		Time:   penates.Span{Start: drawMoment(t)}, Text: word() + " " + word(),
		Money:   &penates.Money{Amount: penates.Decimal(strconv.Itoa(rapid.IntRange(-5, 5).Draw(t, "amount"))), Currency: pick(t, "EUR", "CHF")},
		Parties: []penates.Party{{Role: "from", Literal: word()}},
		Refs:    []penates.Ref{{Scheme: "uid", Value: word()}},
	}
	switch rapid.IntRange(0, 4).Draw(t, "type") {
	case 0:
		return vaulttest.Item{Document: d, Body: schema.Bill{Vendor: word(), IsRefund: rapid.Bool().Draw(t, "refund"), NetTotal: "3.5"}}
	case 1:
		return vaulttest.Item{Document: d, Body: schema.File{Name: word(), Folder: pick(t, "", "Impôts", "Impôts/2025", "Impôtsbis"), Size: int64(n)}}
	case 2:
		s := &penates.Series{Type: penates.Energy, Source: d.Source, Kind: "electricity", Measure: "daily", Unit: "kW.h", Step: "P1D", Text: word()}
		for i := range rapid.IntRange(1, 5).Draw(t, "points") {
			s.Points = append(s.Points, penates.Point{Start: penates.Day(2025, 1, 28+i), Value: penates.Decimal(strconv.Itoa(i)), Quality: pick(t, "A", "B")})
		}
		return vaulttest.Item{Series: s}
	}
	return vaulttest.Item{Document: d, Body: schema.BankOperation{Label: word(), Account: pick(t, "1", "2"), Category: word()}}
}

// comparable are the fields that selections of the test choose by.
var comparable = map[penates.Type][]string{
	penates.BankOperations: {"day", "amount", "currency", "label", "account", "source", "text"},
	penates.Bills:          {"vendor", "isRefund", "netTotal", "day", "connection"},
	penates.Files:          {"name", "size", "folder"},
	penates.Energy:         {"day", "value", "quality", "unit", "source"},
}

var numbers = map[string]bool{"amount": true, "netTotal": true, "size": true, "value": true}

func drawSelection(t *rapid.T, typ penates.Type, fields []string) grant.Selection {
	s := grant.Selection{Type: typ, Fields: fields}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		c := grant.Condition{Field: pick(t, comparable[typ]...), Op: pick(t, grant.Equal, grant.NotEqual, grant.Less, grant.AtMost, grant.Greater, grant.AtLeast, grant.In, grant.Prefix)}
		value := func() string {
			switch {
			case c.Field == "isRefund":
				return pick(t, "true", "false")
			case numbers[c.Field]:
				return pick(t, "-2", "0", "3.5", "1e1")
			case c.Field == "day":
				return pick(t, "2025-01-30", "2025-06", "2026-01-01")
			}
			return pick(t, append(slices.Clone(someWords), "1", "EUR", "csv", "a", "A", "it's", "")...)
		}
		if c.Values = []string{value()}; c.Op == grant.In {
			c.Values = append(c.Values, value())
		}
		if numbers[c.Field] && c.Op == grant.Prefix || c.Field == "isRefund" {
			c.Op, c.Values = grant.Equal, c.Values[:1]
		}
		s.Where = append(s.Where, c)
	}
	if rapid.Bool().Draw(t, "from") {
		s.From = pick(t, "2024-06-01", "2025-01-30")
	}
	if rapid.Bool().Draw(t, "until") {
		s.Until = pick(t, "2025-01-31", "2025-12-31")
	}
	if typ == penates.Files && rapid.Bool().Draw(t, "folder") {
		s.Folder = pick(t, "Impôts", "Impôts/", "Impôts/2025")
	}
	if rapid.Bool().Draw(t, "source") {
		s.Source = pick(t, "csv", "ofx")
	}
	return s
}

func drawGrant(t *rapid.T, columns map[penates.Type][]string, share bool) grant.Grant {
	g := grant.Grant{Grantee: "app:test", Actions: []penates.Action{penates.Read}}
	if share {
		g.Actions = append(g.Actions, penates.Share)
	}
	for _, typ := range slices.Sorted(maps.Keys(comparable)) {
		if rapid.Bool().Draw(t, "with "+string(typ)) {
			continue
		}
		var fields []string
		if rapid.Bool().Draw(t, "fields") {
			fields = rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Clone(columns[typ]), "parties", "refs")), 1, 12, rapid.ID[string]).Draw(t, "shown")
		}
		for range rapid.IntRange(1, 2).Draw(t, "selections") {
			g.Selections = append(g.Selections, drawSelection(t, typ, fields))
		}
	}
	if len(g.Selections) == 0 {
		g.Selections = []grant.Selection{{Type: penates.Notes}}
	}
	return g
}

// fulfils says whether a row of the owner's view, by its columns, is selected.
func fulfils(s grant.Selection, row map[string]any) bool {
	for _, c := range s.Where {
		if !holds(c, row[c.Field]) {
			return false
		}
	}
	day, dated := row["day"].(string)
	if s.From != "" && (!dated || day < s.From) || s.Until != "" && (!dated || day > s.Until) {
		return false
	}
	if s.Folder != "" {
		folder, _ := row["folder"].(string)
		want := strings.TrimSuffix(s.Folder, "/")
		if folder != want && !strings.HasPrefix(folder, want+"/") {
			return false
		}
	}
	return s.Source == "" || row["source"] == s.Source
}

func holds(c grant.Condition, value any) bool {
	if value == nil {
		return false
	}
	compare := func(want string) int {
		switch v := value.(type) {
		case int64:
			if want == "true" {
				want = "1"
			} else if want == "false" {
				want = "0"
			}
			n, _ := strconv.ParseFloat(want, 64)
			return cmpFloat(float64(v), n)
		case float64:
			n, _ := strconv.ParseFloat(want, 64)
			return cmpFloat(v, n)
		}
		return strings.Compare(value.(string), want)
	}
	switch n := compare(c.Values[0]); c.Op {
	case grant.Equal:
		return n == 0
	case grant.NotEqual:
		return n != 0
	case grant.Less:
		return n < 0
	case grant.AtMost:
		return n <= 0
	case grant.Greater:
		return n > 0
	case grant.AtLeast:
		return n >= 0
	case grant.In:
		return slices.ContainsFunc(c.Values, func(v string) bool { return compare(v) == 0 })
	case grant.Prefix:
		return strings.HasPrefix(value.(string), c.Values[0])
	}
	return false
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A reference is what a chain of grants lets through, by view.
type reference struct {
	columns map[penates.Type][]string
	rows    map[penates.Type][]map[string]any // of the owner's view, whole, that are let through
	fields  map[penates.Type][]string         // shown; nil is all
}

func refer(t *rapid.T, owner *vault.Session, chain ...grant.Grant) *reference {
	r := &reference{map[penates.Type][]string{}, map[penates.Type][]map[string]any{}, map[penates.Type][]string{}}
	for typ := range comparable {
		table := owners(t, owner, typ)
		covered := true
		for _, g := range chain {
			covered = covered && slices.ContainsFunc(g.Selections, func(s grant.Selection) bool { return s.Type == typ })
		}
		if !covered {
			continue
		}
		r.fields[typ] = nil
		for _, g := range chain {
			if i := slices.IndexFunc(g.Selections, func(s grant.Selection) bool { return s.Type == typ }); len(g.Selections[i].Fields) > 0 {
				shown := append([]string{"id", "type"}, g.Selections[i].Fields...)
				if r.fields[typ] != nil {
					shown = slices.DeleteFunc(shown, func(f string) bool { return !slices.Contains(r.fields[typ], f) })
				}
				r.fields[typ] = shown
			}
		}
		for _, name := range table.Columns {
			if r.fields[typ] == nil || slices.Contains(r.fields[typ], name) {
				r.columns[typ] = append(r.columns[typ], name)
			}
		}
		for _, cells := range table.Rows {
			row := map[string]any{}
			for i, name := range table.Columns {
				row[name] = cells[i]
			}
			if lets(chain, typ, row) {
				r.rows[typ] = append(r.rows[typ], row)
			}
		}
	}
	return r
}

func owners(t *rapid.T, owner *vault.Session, typ penates.Type) *vault.Table {
	k, err := schema.Of(typ)
	if err != nil {
		t.Fatal(err)
	}
	table, err := owner.Query(t.Context(), "SELECT * FROM "+k.View, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// database holds the rows that are let through, and nothing else, in tables with
// the names of the views; own are the ids that the grant shows.
func (r *reference) database(t *rapid.T, own map[penates.DocumentID]penates.DocumentID) *sqlite3.Conn {
	db, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	for typ, columns := range r.columns {
		k, _ := schema.Of(typ)
		var sql strings.Builder
		fmt.Fprintf(&sql, "CREATE TABLE %s (%s);", k.View, `"`+strings.Join(columns, `", "`)+`"`)
		for _, row := range r.rows[typ] {
			values := make([]string, len(columns))
			for i, c := range columns {
				v := row[c]
				if c == "id" {
					v = string(own[penates.DocumentID(v.(string))])
				}
				values[i] = sqlite3.Quote(v)
			}
			fmt.Fprintf(&sql, "INSERT INTO %s VALUES (%s);", k.View, strings.Join(values, ", "))
		}
		if err := db.Exec(sql.String()); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func answers(t *rapid.T, db *sqlite3.Conn, sql string) (rows []string) {
	s, _, err := db.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer s.Close()
	for s.Step() {
		row := make([]any, s.ColumnCount())
		for i := range row {
			switch s.ColumnType(i) {
			case sqlite3.INTEGER:
				row[i] = s.ColumnInt64(i)
			case sqlite3.FLOAT:
				row[i] = s.ColumnFloat(i)
			case sqlite3.TEXT:
				row[i] = s.ColumnText(i)
			}
		}
		rows = append(rows, fmt.Sprint(row))
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	sort.Strings(rows)
	return rows
}

func drawQuery(t *rapid.T, view string, columns []string) string {
	column := func() string { return `"` + pick(t, columns...) + `"` }
	where := pick(t, "", " WHERE "+column()+" IS NOT NULL", " WHERE "+column()+" > 'M'", " WHERE "+column()+" < 1", " WHERE instr("+column()+", 'a') OR "+column()+" = 'EUR'",
		" WHERE json_valid("+column()+")")
	return pick(t,
		"SELECT * FROM "+view+where,
		"SELECT count(*), min("+column()+"), max("+column()+") FROM "+view+where,
		"SELECT "+column()+", count(*) FROM "+view+where+" GROUP BY 1 HAVING count(*) > 1",
		"SELECT DISTINCT "+column()+", "+column()+" FROM "+view+where,
		"WITH x AS (SELECT * FROM "+view+where+") SELECT a.id, b."+column()+" FROM x a JOIN "+view+" b USING (id)",
		"SELECT id, row_number() OVER (PARTITION BY "+column()+" ORDER BY id) FROM "+view+where,
		"SELECT id FROM "+view+" WHERE id IN (SELECT id FROM "+view+where+") EXCEPT SELECT "+column()+" FROM "+view,
	)
}

// TestGrantsShowTheReference draws data, grants (passed on too) and questions.
func TestGrantsShowTheReference(t *testing.T) {
	v, owner := vaulttest.Vault(t)
	columns := map[penates.Type][]string{}
	for typ := range comparable {
		k, _ := schema.Of(typ)
		table, err := owner.Query(t.Context(), "SELECT * FROM "+k.View+" LIMIT 0", 1)
		if err != nil {
			t.Fatal(err)
		}
		columns[typ] = table.Columns
	}
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		var items []vaulttest.Item
		for range rapid.IntRange(1, 8).Draw(t, "documents") {
			n++
			items = append(items, drawItem(t, n))
		}
		kept := filled(t, owner, items)
		fill(t, owner, items)
		surround(t, owner, n, items)
		chain := []grant.Grant{drawGrant(t, columns, true)}
		g, err := owner.AddGrant(t.Context(), chain[0])
		if err != nil {
			t.Fatalf("%+v: %v", chain[0], err)
		}
		s, err := v.Under(g.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "passed on") {
			child := drawGrant(t, columns, false)
			if g, err = s.Delegate(t.Context(), child); errors.Is(err, penates.Denied) {
				return // more than was given: TestDelegateGivesNoMore
			} else if err != nil {
				t.Fatal(err)
			}
			chain = append(chain, child)
			if s, err = v.Under(g.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		r := refer(t, owner, chain...)
		own := r.checkFeed(t, owner, s)
		r.checkViews(t, s, own)
		r.checkDocuments(t, owner, s, own)
		r.checkLists(t, s, own)
		r.checkAround(t, owner, s, own, chain, items, kept)
	})
}

func fill(t *rapid.T, s *vault.Session, items []vaulttest.Item) {
	job, err := s.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Series != nil {
			err = job.Points(job.Counter(), i.Series)
		} else {
			err = job.Document(job.Counter(), i.Document, i.Body)
			hiddenTexts[string(i.Document.ID)] = map[string]string{"parties": i.Document.Parties[0].Literal, "refs": i.Document.Refs[0].Value}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := job.End(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r *reference) ids() map[penates.DocumentID]penates.Type {
	ids := map[penates.DocumentID]penates.Type{}
	for typ, rows := range r.rows {
		for _, row := range rows {
			ids[penates.DocumentID(row["id"].(string))] = typ
		}
	}
	return ids
}

// checkFeed compares the change feed with the owner's and returns, from the two,
// the ids that the grant shows.
func (r *reference) checkFeed(t *rapid.T, owner, s *vault.Session) map[penates.DocumentID]penates.DocumentID {
	all, err := owner.Changes(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	visible := r.ids()
	all = slices.DeleteFunc(all, func(c vault.Change) bool { return visible[c.ID] == "" })
	got, err := s.Changes(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(c vault.Change) bool { return c.Deleted })
	if len(got) != len(all) {
		t.Fatalf("the feed has %d documents, want %d", len(got), len(all))
	}
	own := map[penates.DocumentID]penates.DocumentID{}
	for i, c := range all {
		own[c.ID] = got[i].ID
		if got[i].Type != c.Type || (got[i].ID == c.ID) != (r.fields[c.Type] == nil) {
			t.Fatalf("the feed tells %+v of %+v", got[i], c)
		}
	}
	return own
}

func (r *reference) checkViews(t *rapid.T, s *vault.Session, own map[penates.DocumentID]penates.DocumentID) {
	db := r.database(t, own)
	defer db.Close()
	for typ := range comparable {
		k, _ := schema.Of(typ)
		if r.columns[typ] == nil {
			if _, err := s.Query(t.Context(), "SELECT * FROM "+k.View, 0); !errors.Is(err, penates.Invalid) {
				t.Fatalf("%s, which is not granted: %v", k.View, err)
			}
			continue
		}
		for _, sql := range []string{"SELECT * FROM " + k.View, drawQuery(t, k.View, r.columns[typ]), drawQuery(t, k.View, r.columns[typ])} {
			table, err := s.Query(t.Context(), sql, 100_000)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			var got []string
			for _, row := range table.Rows {
				got = append(got, fmt.Sprint(row))
			}
			sort.Strings(got)
			if want := answers(t, db, sql); !slices.Equal(got, want) {
				t.Fatalf("%s\n got %d %v\nwant %d %v", sql, len(got), got, len(want), want)
			}
		}
	}
}

// checkDocuments reads every document there is, by each id it may go by.
func (r *reference) checkDocuments(t *rapid.T, owner, s *vault.Session, own map[penates.DocumentID]penates.DocumentID) {
	visible := r.ids()
	all, err := owner.Changes(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > 12 {
		all = all[len(all)-12:]
	}
	for _, c := range all {
		d, err := s.Document(t.Context(), c.ID)
		if shown := own[c.ID]; shown != c.ID && !errors.Is(err, penates.NotExist) {
			t.Fatalf("document %s answers to the vault's id: %v", c.ID, err)
		} else if shown != "" {
			if d, err = s.Document(t.Context(), shown); err != nil {
				t.Fatal(err)
			}
		}
		if visible[c.ID] == "" {
			continue
		}
		whole, err := owner.Document(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Type != penates.Energy {
			if got, want := canonical(t, d), canonical(t, r.mask(t, whole, own[c.ID])); got != want {
				t.Fatalf("document\n got %s\nwant %s", got, want)
			}
			continue
		}
		points := 0
		for _, row := range r.rows[penates.Energy] {
			if row["id"] == string(c.ID) {
				points++
			}
		}
		if len(d.Points) != points {
			t.Fatalf("%d points of a series, want %d", len(d.Points), points)
		}
	}
}

func canonical(t *rapid.T, d *vault.Stored) string {
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// mask leaves of a document what the reference shows.
func (r *reference) mask(t *rapid.T, d *vault.Stored, id penates.DocumentID) *vault.Stored {
	fields := r.fields[d.Type]
	if fields == nil {
		d.Source.Locator, d.Source.Job, d.Source.Raw = "", "", ""
		return d
	}
	has := func(f string) bool { return slices.Contains(fields, f) }
	out := &vault.Stored{}
	out.ID, out.Type = id, d.Type
	if has("source") {
		out.Source.Connector = d.Source.Connector
	}
	if has("connection") {
		out.Source.Connection = d.Source.Connection
	}
	if has("start") {
		out.Time.Start = d.Time.Start
	} else if has("day") {
		out.Time.Start, _ = penates.ParseMoment(d.Time.Start.Date())
	}
	if has("end") {
		out.Time.End = d.Time.End
	}
	if has("amount") || has("currency") {
		out.Money = &penates.Money{}
		if has("amount") {
			out.Money.Amount = d.Money.Amount
		}
		if has("currency") {
			out.Money.Currency = d.Money.Currency
		}
	}
	if has("text") {
		out.Text = d.Text
	}
	if has("parties") {
		out.Parties = d.Parties
	}
	if has("refs") {
		out.Refs = d.Refs
	}
	body := map[string]any{}
	if err := json.Unmarshal(d.Body, &body); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(body, func(name string, _ any) bool { return !has(name) })
	out.Body, _ = json.Marshal(body)
	return out
}

// checkLists compares counts, lists and searches.
func (r *reference) checkLists(t *rapid.T, s *vault.Session, own map[penates.DocumentID]penates.DocumentID) {
	want, listed := map[penates.Type]map[penates.DocumentID]bool{}, map[penates.DocumentID]bool{}
	for id, typ := range r.ids() {
		if want[typ] == nil {
			want[typ] = map[penates.DocumentID]bool{}
		}
		want[typ][own[id]] = true
		if f := r.fields[typ]; f == nil || slices.Contains(f, "day") && slices.Contains(f, "start") {
			listed[own[id]] = true
		}
	}
	counts, err := s.Counts(t.Context())
	if err != nil || len(counts) != len(want) {
		t.Fatalf("counts %+v, want of %d types; %v", counts, len(want), err)
	}
	for _, c := range counts {
		if c.Documents != len(want[c.Type]) {
			t.Fatalf("count of %s is %d, want %d", c.Type, c.Documents, len(want[c.Type]))
		}
	}
	got := map[penates.DocumentID]bool{}
	for before, more := "", true; more; {
		page, err := s.List(t.Context(), vault.Filter{Before: before, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			if got[m.ID] {
				t.Fatalf("%s is listed twice", m.ID)
			}
			got[m.ID] = true
		}
		before, more = page.Next, page.Next != ""
	}
	if !maps.Equal(got, listed) {
		t.Fatalf("%d documents are listed, want %d", len(got), len(listed))
	}
	for _, word := range someWords {
		found, err := s.Search(t.Context(), vault.SearchQuery{Words: word, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for typ := range comparable {
			if n := r.having(typ, word); found.Types[typ] != n {
				t.Fatalf("search for %q finds %d of %s (fields %v), want %d", word, found.Types[typ], typ, r.fields[typ], n)
			}
		}
	}
}

// having counts the documents of which a text that is shown has word.
func (r *reference) having(typ penates.Type, word string) int {
	texts := map[penates.Type][]string{
		penates.BankOperations: {"text", "label", "category"}, penates.Bills: {"text", "vendor"}, penates.Files: {"text", "name", "folder"}, penates.Energy: {"text"},
	}[typ]
	all := map[string]bool{}
	for _, row := range r.rows[typ] {
		for _, field := range append(slices.Clone(texts), "parties", "refs") {
			if f := r.fields[typ]; f != nil && !slices.Contains(f, field) {
				continue
			}
			text, _ := row[field].(string)
			if p := hiddenTexts[row["id"].(string)]; field == "parties" || field == "refs" {
				text = p[field]
			}
			if slices.ContainsFunc(strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '/' }), func(w string) bool { return strings.EqualFold(w, word) }) {
				all[row["id"].(string)] = true
			}
		}
	}
	return len(all)
}

// hiddenTexts are the parties and refs of documents, which are in no column.
var hiddenTexts = map[string]map[string]string{}

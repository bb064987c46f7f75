package vault_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
)

// budget is the grant of a budget app: bank operations of 2025, without labels.
func budget() grant.Grant {
	return grant.Grant{
		Grantee: "app:budget", Actions: []penates.Action{penates.Read, penates.Share}, Purpose: "a budget check",
		Selections: []grant.Selection{{
			Type: penates.BankOperations, From: "2025-01-01", Until: "2025-12-31",
			Fields: []string{"start", "day", "amount", "currency", "account"},
		}},
	}
}

func give(t testing.TB, v *vault.Vault, s *vault.Session, g grant.Grant) *vault.Session {
	t.Helper()
	g, err := s.AddGrant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return under(t, v, g.ID)
}

func under(t testing.TB, v *vault.Vault, id penates.GrantID) *vault.Session {
	t.Helper()
	s, err := v.Under(id, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// family fills a vault with operations of 2024 and 2025, a note, and a link.
func family(t testing.TB, s *vault.Session) (of2024, of2025, note penates.DocumentID) {
	t.Helper()
	for n, day := range []string{"2024-12-31", "2025-01-01", "2025-06-15"} {
		d, b := operation(n, "Secret "+day)
		m, err := penates.ParseMoment(day)
		if err != nil {
			t.Fatal(err)
		}
		d.Time.Start = m
		id := put(t, s, d, b).ID
		if of2025 = id; n == 0 {
			of2024 = id
		}
	}
	note = put(t, s, &penates.Document{Source: penates.Source{Connector: "test", NativeID: "n"}, Text: "Diary"}, schema.Note{}).ID
	err := s.SetLinks(t.Context(), "test/rule", []penates.Link{{From: of2025, Rel: penates.Documents, To: note, Confidence: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return of2024, of2025, note
}

func TestGrantShowsWhatItSays(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	of2024, of2025, note := family(t, owner)
	s := give(t, v, owner, budget())
	ctx := t.Context()

	rows := query(t, s, "SELECT * FROM bank_operations ORDER BY day")
	if len(rows) != 2 || len(rows[0]) != 7 || rows[0][3] != "2025-01-01" {
		t.Errorf("rows %v", rows)
	}
	own := penates.DocumentID(rows[1][0].(string))
	if own == of2025 {
		t.Error("a grant that hides fields shows the vault's ids")
	}
	d, err := s.Document(ctx, own)
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != own || d.Text != "" || len(d.Parties)+len(d.Refs) > 0 || d.Source != (penates.Source{}) || string(d.Body) != `{"account":"FR7630001000"}` || d.Money == nil || d.Revision != 0 {
		t.Errorf("document %+v", d)
	}
	for _, id := range []penates.DocumentID{of2024, of2025, note, "doc_", "x"} {
		if _, err := s.Document(ctx, id); !errors.Is(err, penates.NotExist) || err.Error() != fmt.Sprintf("document %s: not found", id) {
			t.Errorf("document %s: %v", id, err)
		}
	}
	page, err := s.List(ctx, vault.Filter{Limit: 1})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != own || page.Items[0].Text != "" || page.Items[0].Who != "" {
		t.Fatalf("list %+v, %v", page, err)
	}
	if strings.Contains(page.Next, "2025") {
		t.Errorf("the place in the list can be read: %s", page.Next)
	}
	page, err = s.List(ctx, vault.Filter{Limit: 5, Before: page.Next})
	if err != nil || len(page.Items) != 1 || page.Next != "" {
		t.Errorf("second page %+v, %v", page, err)
	}
	for words, want := range map[string]int{"secret": 0, "diary": 0, "boulangerie": 0, "FR7630001000": 0, "15/06/2025": 1, "-secret 15/06/2025": 1} {
		if found, err := s.Search(ctx, vault.SearchQuery{Words: words}); err != nil || found.Total != want {
			t.Errorf("search %q: %+v, %v", words, found, err)
		}
	}
	if links, err := s.Links(ctx, own); err != nil || len(links) != 0 {
		t.Errorf("links %v, %v", links, err)
	}
	if past, err := s.History(ctx, own); err != nil || len(past) != 0 {
		t.Errorf("history %v, %v", past, err)
	}
	counts, err := s.Counts(ctx)
	if err != nil || len(counts) != 1 || counts[0].Documents != 2 || counts[0].First != "2025-01-01" {
		t.Errorf("counts %+v, %v", counts, err)
	}
	changes, err := s.Changes(ctx, 0, 10)
	if err != nil || len(changes) != 2 || changes[1].ID != own {
		t.Fatalf("changes %+v, %v", changes, err)
	}
	if more, err := s.Changes(ctx, changes[0].Seq, 10); err != nil || len(more) != 1 || more[0] != changes[1] {
		t.Errorf("changes after the first %+v, %v", more, err)
	}
	if names := query(t, s, "SELECT count(*) FROM documents"); names[0][0] != int64(2) {
		t.Errorf("documents %v", names)
	}
	for _, sql := range []string{
		"SELECT label FROM bank_operations", "SELECT 1 FROM bank_operations WHERE text LIKE '%'", "SELECT * FROM notes", "SELECT * FROM bills", "SELECT * FROM judgements",
		"SELECT raw FROM documents WHERE raw IS NOT NULL", "SELECT * FROM parties", "SELECT * FROM refs", "SELECT * FROM links",
	} {
		if table, err := s.Query(ctx, sql, 0); err == nil && len(table.Rows) > 0 {
			t.Errorf("%s: %v", sql, table.Rows)
		}
	}
	for name, call := range map[string]func() error{
		"jobs": func() error { _, err := s.Jobs(ctx, 1); return err }, "settings": func() error { _, err := s.Setting(ctx, "name"); return err },
		"hashes": func() error { _, err := s.Hashes(ctx); return err }, "journal": func() error { _, err := s.Journal(ctx, vault.JournalFilter{}); return err },
		"grants": func() error { _, err := s.AddGrant(ctx, budget()); return err }, "import": func() error { _, err := s.StartJob(ctx, "x"); return err },
		"trash": func() error { return s.Trash(ctx, own) }, "purge": func() error { return s.Purge(ctx, own) },
		"state": func() error { _, err := s.Recall(ctx, "a", "b"); return err },
		"put": func() error {
			_, err := s.Put(ctx, &penates.Document{Source: penates.Source{NativeID: "1"}}, schema.BankOperation{})
			return err
		},
	} {
		if err := call(); !errors.Is(err, penates.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRevokedGrantEndsAtOnce(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	family(t, owner)
	s := give(t, v, owner, budget())
	passed, err := s.Delegate(t.Context(), grant.Grant{Grantee: "service:tax", Actions: []penates.Action{penates.Read},
		Selections: []grant.Selection{{Type: penates.BankOperations, Fields: []string{"amount", "day", "start"}}}})
	if err != nil {
		t.Fatal(err)
	}
	child := under(t, v, passed.ID)
	if rows := query(t, child, "SELECT * FROM bank_operations"); len(rows) != 2 || len(rows[0]) != 5 {
		t.Errorf("passed on: %v", rows)
	}
	waits := make(chan error)
	for _, x := range []*vault.Session{s, child} {
		changes, err := x.Changes(t.Context(), 0, 10)
		if err != nil || len(changes) != 2 {
			t.Fatal(changes, err)
		}
		go func() { waits <- x.Wait(t.Context(), changes[1].Seq) }()
	}
	if err := owner.Revoke(t.Context(), s.Grant().ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-waits; !errors.Is(err, penates.Denied) {
			t.Errorf("a wait ended with %v", err)
		}
	}
	for _, x := range []*vault.Session{s, child} {
		if _, err := x.Query(t.Context(), "SELECT * FROM bank_operations", 0); !errors.Is(err, penates.Denied) {
			t.Errorf("after the stop: %v", err)
		}
		if _, err := v.Under(x.Grant().ID, ""); !errors.Is(err, penates.Denied) {
			t.Errorf("a session under a stopped grant: %v", err)
		}
	}
	if err := v.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := v.Unlock(t.Context(), []byte(phrase)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Under(passed.ID, ""); !errors.Is(err, penates.Denied) {
		t.Errorf("after a restart: %v", err)
	}
	entries, err := session(t, v).Journal(t.Context(), vault.JournalFilter{Actor: "app:budget"})
	if err != nil || !slices.ContainsFunc(entries, func(e vault.Entry) bool { return e.Refused == "the grant was stopped: not allowed" }) {
		t.Errorf("the journal does not say why: %+v, %v", entries, err)
	}
}

func TestDelegateGivesNoMore(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	family(t, owner)
	parent := budget()
	parent.Expires = time.Now().Add(time.Hour)
	s := give(t, v, owner, parent)
	good := grant.Grant{Grantee: "service:tax", Actions: []penates.Action{penates.Read}, Expires: parent.Expires,
		Selections: []grant.Selection{{Type: penates.BankOperations, Fields: []string{"amount", "day"}}}}
	for name, spoil := range map[string]func(*grant.Grant){
		"later":          func(g *grant.Grant) { g.Expires = g.Expires.Add(time.Minute) },
		"for ever":       func(g *grant.Grant) { g.Expires = time.Time{} },
		"another action": func(g *grant.Grant) { g.Actions = []penates.Action{penates.Delete} },
		"another type":   func(g *grant.Grant) { g.Selections[0].Type = penates.Notes },
		"all fields":     func(g *grant.Grant) { g.Selections[0].Fields = nil },
		"another field":  func(g *grant.Grant) { g.Selections[0].Fields = []string{"label"} },
		"by a hidden field": func(g *grant.Grant) {
			g.Selections[0].Where = []grant.Condition{{Field: "label", Op: grant.Prefix, Values: []string{"S"}}}
		},
		"by a hidden source":    func(g *grant.Grant) { g.Selections[0].Source = "test" },
		"administer":            func(g *grant.Grant) { g.Administer, g.Selections = true, nil },
		"to the owner":          func(g *grant.Grant) { g.Grantee = penates.Owner },
		"started before":        func(g *grant.Grant) { g.Starts = time.Now().Add(-time.Hour) },
		"to administer nothing": func(g *grant.Grant) { g.Administer = true },
	} {
		g := good
		g.Selections = slices.Clone(good.Selections)
		spoil(&g)
		if _, err := s.Delegate(t.Context(), g); !errors.Is(err, penates.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, err := s.Delegate(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under(t, v, g.ID).Delegate(t.Context(), good); !errors.Is(err, penates.Denied) {
		t.Errorf("passed on without share: %v", err)
	}
	mine, err := s.Grants(t.Context(), vault.GrantFilter{})
	if err != nil || len(mine) != 1 || mine[0].ID != g.ID || mine[0].Parent != s.Grant().ID {
		t.Errorf("grants passed on: %+v, %v", mine, err)
	}
	if err := s.Revoke(t.Context(), s.Grant().ID); !errors.Is(err, penates.NotExist) {
		t.Errorf("it stops its own: %v", err)
	}
	if err := s.Revoke(t.Context(), g.ID); err != nil {
		t.Error(err)
	}
}

func TestLimitsAreKeptAcrossARestart(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	owner := session(t, v)
	family(t, owner)
	g := budget()
	g.Limits.RowsPerDay = 5
	s := give(t, v, owner, g)
	for range 2 {
		query(t, s, "SELECT * FROM bank_operations")
	}
	if err := v.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := v.Unlock(t.Context(), []byte(phrase)); err != nil {
		t.Fatal(err)
	}
	s = under(t, v, s.Grant().ID)
	if _, err := s.Query(t.Context(), "SELECT * FROM bank_operations", 0); !errors.Is(err, penates.Denied) || !strings.Contains(err.Error(), "5 rows a day") {
		t.Errorf("beyond the limit: %v", err)
	}
	if rows := query(t, s, "SELECT * FROM bank_operations LIMIT 1"); len(rows) != 1 {
		t.Error("within the limit")
	}
}

func TestPreviewShowsTheRowsTheGranteeReads(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	family(t, owner)
	shown, err := owner.Preview(t.Context(), budget(), 1)
	if err != nil || len(shown) != 1 || shown[0].Rows != 2 || len(shown[0].Table.Rows) != 1 || len(shown[0].Table.Columns) != 7 {
		t.Fatalf("%+v, %v", shown, err)
	}
	if _, err := give(t, v, owner, budget()).Preview(t.Context(), budget(), 1); !errors.Is(err, penates.Denied) {
		t.Errorf("somebody else previews: %v", err)
	}
	wrong := budget()
	wrong.Selections[0].Fields = []string{"nothing"}
	if _, err := owner.Preview(t.Context(), wrong, 1); !errors.Is(err, penates.Invalid) {
		t.Errorf("a field that is not there: %v", err)
	}
}

func TestWaitWakesForWhatTheGrantShows(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	s := give(t, v, owner, budget())
	ctx, cancel := context.WithCancel(t.Context())
	woke := make(chan error, 1)
	go func() { woke <- s.Wait(ctx, 0) }()
	put(t, owner, &penates.Document{Source: penates.Source{Connector: "test", NativeID: "n"}}, schema.Note{})
	d, b := operation(1, "of 2024")
	put(t, owner, d, b)
	cancel()
	if err := <-woke; !errors.Is(err, context.Canceled) {
		t.Errorf("woken by what it does not show: %v", err)
	}
	go func() { woke <- s.Wait(t.Context(), 0) }()
	d.Time.Start = penates.Day(2025, 5, 5)
	put(t, owner, d, b)
	if err := <-woke; err != nil {
		t.Error(err)
	}
}

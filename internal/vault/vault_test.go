package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/vault"
)

const phrase = "correct horse battery"

// cheap is a cost of guessing that suits tests.
var cheap = seal.Cost{Memory: 64, Passes: 1, Lanes: 1}

func create(t testing.TB, dir string) (*vault.Vault, string) {
	t.Helper()
	v, sheet, err := vault.Create(t.Context(), dir, []byte(phrase), vault.CreateOptions{
		Name: "Germaine", Language: "fr", Zone: "Europe/Paris", Country: "FR", Cost: cheap,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() }) // it may be closed already
	return v, sheet
}

func session(t testing.TB, v *vault.Vault) *vault.Session {
	t.Helper()
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, dir string) (*vault.Vault, *vault.Session) {
	t.Helper()
	v, err := vault.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() }) // it may be closed already
	if err := v.Unlock(t.Context(), []byte(phrase)); err != nil {
		t.Fatal(err)
	}
	return v, session(t, v)
}

func operation(n int, label string) (*penates.Document, schema.BankOperation) {
	d := &penates.Document{
		Source:  penates.Source{Connector: "test", Connection: "account", NativeID: fmt.Sprint(n), Locator: fmt.Sprintf("line=%d", n)},
		Time:    penates.Span{Start: penates.Day(2024, 1, 1+n%700)},
		Money:   &penates.Money{Amount: penates.Decimal(fmt.Sprintf("-%d.%02d", n%900, n%100)), Currency: "EUR"},
		Parties: []penates.Party{{Role: "counterparty", Literal: "Boulangerie du Parc"}},
		Refs:    []penates.Ref{penates.NewRef(penates.RefIBAN, "FR76 3000 1000 0100")},
		Text:    label,
	}
	return d, schema.BankOperation{Label: label, Account: "FR7630001000", Status: "booked"}
}

func put(t testing.TB, s *vault.Session, d *penates.Document, b schema.Body) *vault.Stored {
	t.Helper()
	out, err := s.Put(t.Context(), d, b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func query(t testing.TB, s *vault.Session, sql string, args ...any) [][]any {
	t.Helper()
	table, err := s.Query(t.Context(), sql, 0, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return table.Rows
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	v, sheet := create(t, dir)
	put(t, session(t, v), first(operation(1, "Pain")), second(operation(1, "Pain")))
	s := session(t, v)
	if err := v.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Counts(t.Context()); !errors.Is(err, penates.Locked) {
		t.Errorf("a session after lock: %v", err)
	}
	if _, err := v.As(penates.Owner, ""); !errors.Is(err, penates.Locked) {
		t.Errorf("a locked vault gives a session: %v", err)
	}
	if err := v.Unlock(t.Context(), []byte("wrong horse battery")); !errors.Is(err, penates.WrongKey) {
		t.Errorf("wrong passphrase: %v", err)
	}
	if err := v.Recover(t.Context(), sheet[:len(sheet)-1]+"?", []byte("a new passphrase")); !errors.Is(err, penates.Invalid) {
		t.Errorf("mistyped sheet: %v", err)
	}
	if err := v.Recover(t.Context(), strings.ToLower(sheet), []byte("a new passphrase")); err != nil {
		t.Fatal(err)
	}
	if n := len(query(t, session(t, v), "SELECT id FROM bank_operations")); n != 1 {
		t.Errorf("%d documents after recovery", n)
	}
	if err := v.ChangePassphrase(t.Context(), []byte(phrase), []byte("yet another one")); !errors.Is(err, penates.WrongKey) {
		t.Errorf("change with the passphrase of before: %v", err)
	}
	if err := v.ChangePassphrase(t.Context(), []byte("a new passphrase"), []byte("short")); !errors.Is(err, penates.Invalid) {
		t.Errorf("too short: %v", err)
	}
	if err := v.ChangePassphrase(t.Context(), []byte("a new passphrase"), []byte(phrase)); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func first[A, B any](a A, _ B) A  { return a }
func second[A, B any](_ A, b B) B { return b }

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := vault.Open(filepath.Join(dir, "none")); !errors.Is(err, penates.NotExist) {
		t.Errorf("no vault: %v", err)
	}
	v, _ := create(t, filepath.Join(dir, "v"))
	if _, err := vault.Open(v.Dir()); !errors.Is(err, penates.InUse) {
		t.Errorf("held by another: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := vault.Create(t.Context(), v.Dir(), []byte(phrase), vault.CreateOptions{Cost: cheap}); !errors.Is(err, penates.Exists) {
		t.Errorf("a second vault in the same folder: %v", err)
	}
	for _, name := range []string{"keys", "keys.copy"} {
		if err := os.WriteFile(filepath.Join(v.Dir(), name), []byte("penates-keys nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := vault.Open(v.Dir()); !errors.Is(err, penates.Damaged) {
		t.Errorf("damaged keys: %v", err)
	}
}

func TestDocuments(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s, ctx := session(t, v), t.Context()
	d := put(t, s, first(operation(7, "CB Épicerie à Crécy")), second(operation(7, "CB Épicerie à Crécy")))
	if d.Revision != 1 || d.Type != penates.BankOperations || d.Text != "CB Épicerie à Crécy" {
		t.Errorf("stored %+v", d)
	}
	for _, words := range []string{"epicerie", "ÉPICERIES crecy", "crec", "7,07", "08/01/2024", `"épicerie à"`, "banque janvier 2024", "boulangerie"} {
		if f, err := s.Search(ctx, vault.SearchQuery{Words: words}); err != nil || f.Total != 1 {
			t.Errorf("search %q: %+v, %v", words, f, err)
		}
	}
	for _, words := range []string{"pharmacie", "épicerie -crécy", "8,08", "", "-", `"`, "*", "AND", "NEAR(", `épicerie AND "`} {
		if f, err := s.Search(ctx, vault.SearchQuery{Words: words}); err != nil || f.Total != 0 {
			t.Errorf("search %q: %+v, %v", words, f, err)
		}
	}
	edited, err := s.Edit(ctx, d.ID, func(d *penates.Document) error { d.Text = "Courses"; return nil })
	if err != nil || edited.Revision != 2 || !edited.Edited {
		t.Fatalf("edited %+v, %v", edited, err)
	}
	put(t, s, first(operation(7, "CB ÉPICERIE (again)")), second(operation(7, "CB ÉPICERIE (again)")))
	if again, err := s.Document(ctx, d.ID); err != nil || again.Text != "Courses" {
		t.Errorf("an import undid an edit: %+v, %v", again, err)
	}
	if past, err := s.History(ctx, d.ID); err != nil || len(past) != 1 || !bytes.Contains(past[0].Document, []byte("Crécy")) {
		t.Errorf("history %+v, %v", past, err)
	}
}

// A statement of last year says less of an account than this year's.
func TestSnapshot(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	for _, year := range []int{2024, 2025, 2023} {
		put(t, s, &penates.Document{
			Source: penates.Source{Connector: "ofx", NativeID: "account"}, Time: penates.Span{Start: penates.Day(year, 12, 31)},
			Money: &penates.Money{Amount: penates.Decimal(fmt.Sprint(year)), Currency: "EUR"},
		}, schema.BankAccount{Number: "1", BalanceDate: fmt.Sprintf("%d-12-31", year)})
	}
	if got := fmt.Sprint(query(t, s, "SELECT amount, day, balanceDate FROM bank_accounts")); got != "[[2025 2025-12-31 2025-12-31]]" {
		t.Error(got)
	}
}

// Two exports disagree about the same contact: the later one wins, and reading
// either of them again changes nothing.
func TestReadAgain(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	read := func(raw, phone, note string) vault.Tally {
		job, err := s.StartJob(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		c := job.Counter()
		d := &penates.Document{Source: penates.Source{Connector: "vcard", NativeID: "zoe", Raw: penates.BlobID(raw)}, Text: "Zoé"}
		if err := errors.Join(job.Document(c, d, schema.Contact{Phone: []string{phone}, Note: note}), job.End(t.Context())); err != nil {
			t.Fatal(err)
		}
		return job.Counts(c)[penates.Contacts]
	}
	for i, step := range []struct {
		raw, phone, note string
		want             vault.Tally
	}{
		{"first", "1", "from school", vault.Tally{Added: 1}},
		{"second", "2", "", vault.Tally{Updated: 1}},
		{"first", "1", "from school", vault.Tally{Unchanged: 1}},
		{"second", "2", "", vault.Tally{Unchanged: 1}},
		{"third", "1", "from school", vault.Tally{Updated: 1}}, // a new export: the phone changed back
	} {
		if got := read(step.raw, step.phone, step.note); got != step.want {
			t.Errorf("step %d: %+v, want %+v", i, got, step.want)
		}
	}
	if got := fmt.Sprint(query(t, s, "SELECT phone, note FROM contacts")); got != `[[["1"] from school]]` {
		t.Error(got)
	}
}

func TestTrash(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s, ctx := session(t, v), t.Context()
	d := put(t, s, first(operation(1, "Pain")), second(operation(1, "Pain")))
	if err := s.Purge(ctx, d.ID); !errors.Is(err, penates.Invalid) {
		t.Errorf("purge what is not in the trash: %v", err)
	}
	if err := s.Trash(ctx, d.ID); err != nil {
		t.Fatal(err)
	}
	put(t, s, first(operation(1, "Pain")), second(operation(1, "Pain")))
	if n := len(query(t, s, "SELECT id FROM bank_operations")); n != 0 {
		t.Error("an import brought back what was thrown away")
	}
	if f, err := s.Search(ctx, vault.SearchQuery{Words: "pain"}); err != nil || f.Total != 0 {
		t.Errorf("found in the trash: %+v, %v", f, err)
	}
	if p, err := s.List(ctx, vault.Filter{Trash: true}); err != nil || len(p.Items) != 1 {
		t.Errorf("trash: %+v, %v", p, err)
	}
	if err := s.Restore(ctx, d.ID); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Search(ctx, vault.SearchQuery{Words: "pain"}); err != nil || f.Total != 1 {
		t.Errorf("after restore: %+v, %v", f, err)
	}
	if err := errors.Join(s.Trash(ctx, d.ID), s.Purge(ctx, d.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(ctx, d.ID); !errors.Is(err, penates.NotExist) {
		t.Errorf("purged: %v", err)
	}
	changes, err := s.Changes(ctx, 0, 100)
	if err != nil || len(changes) == 0 || !changes[len(changes)-1].Deleted {
		t.Errorf("changes %+v, %v", changes, err)
	}
}

func TestLinks(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s, ctx := session(t, v), t.Context()
	pay := put(t, s, first(operation(1, "EDF")), second(operation(1, "EDF")))
	bill := put(t, s, &penates.Document{Source: penates.Source{Connector: "test", NativeID: "b"}}, schema.Bill{Vendor: "EDF"})
	link := penates.Link{From: pay.ID, Rel: penates.Pays, To: bill.ID, Confidence: 0.9}
	if err := s.SetLinks(ctx, "rule", []penates.Link{link}); err != nil {
		t.Fatal(err)
	}
	linked, err := s.Links(ctx, bill.ID)
	if err != nil || len(linked) != 1 || linked[0].Outgoing || linked[0].Other.ID != pay.ID {
		t.Fatalf("links %+v, %v", linked, err)
	}
	if err := s.JudgeLink(ctx, linked[0].ID, penates.Rejected); err != nil {
		t.Fatal(err)
	}
	if err := s.SetLinks(ctx, "rule", []penates.Link{link}); err != nil {
		t.Fatal(err)
	}
	if rows := query(t, s, "SELECT * FROM links"); len(rows) != 0 {
		t.Errorf("a rejected link is back: %v", rows)
	}
	if err := s.JudgeLink(ctx, "lnk_none", penates.Confirmed); !errors.Is(err, penates.NotExist) {
		t.Errorf("no such link: %v", err)
	}
}

func TestSeries(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	series := func(value string, from, to int) *penates.Series {
		out := &penates.Series{Type: penates.Energy, Kind: "electricity", Measure: "load-curve", Unit: "W.h", Step: "PT30M",
			Source: penates.Source{Connector: "test", Connection: "12345678901234", NativeID: "load-curve"}}
		day := penates.Day(2024, 3, 30).Time()
		for i := from; i < to; i++ {
			at := day.Add(time.Duration(i) * 30 * time.Minute)
			out.Points = append(out.Points, penates.Point{Start: penates.At(at), End: penates.At(at.Add(30 * time.Minute)), Value: penates.Decimal(value)})
		}
		return out
	}
	for _, step := range []struct {
		points                    *penates.Series
		added, updated, unchanged int
	}{
		{series("100", 0, 60), 60, 0, 0},
		{series("100", 0, 60), 0, 0, 60},
		{series("100", 50, 70), 10, 0, 10},
		{series("101", 69, 71), 1, 1, 0},
	} {
		job, err := s.StartJob(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		c := job.Counter()
		if err := errors.Join(job.Points(c, step.points), job.End(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := job.Counts(c)[penates.Energy]; got != (vault.Tally{Added: step.added, Updated: step.updated, Unchanged: step.unchanged}) {
			t.Errorf("%+v, want %d %d %d", got, step.added, step.updated, step.unchanged)
		}
	}
	if got := fmt.Sprint(query(t, s, "SELECT count(*), sum(value), min(start), max(day), meter FROM energy")); got != "[[71 7102 2024-03-30T00:00:00Z 2024-03-31 12345678901234]]" {
		t.Error(got)
	}
}

func TestList(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s, ctx := session(t, v), t.Context()
	for i := range 120 {
		put(t, s, first(operation(i, fmt.Sprint("op ", i))), second(operation(i, fmt.Sprint("op ", i))))
	}
	put(t, s, &penates.Document{Source: penates.Source{Connector: "test", NativeID: "undated"}, Text: "undated"}, schema.Note{Title: "x"})
	seen, before, last := map[penates.DocumentID]bool{}, "", "9999"
	for {
		page, err := s.List(ctx, vault.Filter{Limit: 17, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			if seen[m.ID] || m.Start.Date() > last {
				t.Errorf("%s twice, or out of order", m.ID)
			}
			seen[m.ID], last = true, m.Start.Date()
		}
		if before = page.Next; before == "" {
			break
		}
	}
	if len(seen) != 121 {
		t.Errorf("listed %d", len(seen))
	}
	if _, err := s.List(ctx, vault.Filter{Before: "nonsense"}); !errors.Is(err, penates.Invalid) {
		t.Errorf("bad cursor: %v", err)
	}
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	s, ctx := session(t, v), t.Context()
	for range 5 {
		query(t, s, "SELECT 1")
	}
	entries, err := s.Journal(ctx, vault.JournalFilter{})
	if err != nil || len(entries) != 2 || entries[0].What != "query" || entries[0].Calls != 5 {
		t.Fatalf("%+v, %v", entries, err)
	}
	if _, err := v.As("app:budget", "budget check"); !errors.Is(err, penates.Denied) {
		t.Errorf("an app without a grant: %v", err)
	}
	if k, err := s.Check(ctx, nil); err != nil || len(k.Problems) != 0 || k.Entries < 2 {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestCanceled(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Query(ctx, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c", 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if rows := query(t, s, "SELECT 1"); len(rows) != 1 {
		t.Error("the connection is of no use after an interrupt")
	}
}

package vault_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
)

// spending fills a vault with 12 operations of each of three months, one of which
// is of a shop of its own.
func spending(t testing.TB, s *vault.Session) {
	t.Helper()
	for n := range 36 {
		d, b := operation(n, "Label")
		d.Time.Start = penates.Day(2025, 1, 1+(n%3)*31)
		d.Money.Amount, b.Category = "10", "food"
		if n == 35 {
			d.Money.Amount, b.Category = "777", "doctor"
		}
		put(t, s, d, b)
	}
}

func figuresOnly(k, budget int) grant.Grant {
	return grant.Grant{Grantee: "app:figures", Actions: []penates.Action{penates.Read, penates.Share}, Limits: grant.Limits{Aggregate: &grant.Aggregate{MinGroup: k, Budget: budget}},
		Selections: []grant.Selection{{Type: penates.BankOperations, Fields: []string{"day", "amount", "category"}}}}
}

func TestFiguresOnly(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	spending(t, owner)
	s := give(t, v, owner, figuresOnly(5, 4))
	ctx := t.Context()
	byMonth := grant.Question{View: "bank_operations", Sum: []string{"amount"}, By: []string{"month"}}
	first, err := s.Figures(ctx, byMonth)
	if err != nil || fmt.Sprint(first) != "[{[2025-01] 12 [120]} {[2025-02] 12 [120]} {[2025-03] 12 [887]}]" {
		t.Fatalf("%v, %v", first, err)
	}
	// Everything but the doctor: the difference would be what the doctor cost.
	but := byMonth
	but.Where = []grant.Condition{{Field: "category", Op: grant.NotEqual, Values: []string{"doctor"}}}
	if second, err := s.Figures(ctx, but); err != nil || fmt.Sprint(second) != fmt.Sprint(first) {
		t.Errorf("a difference tells of one document: %v, %v", second, err)
	}
	for range 5 { // an equal question costs nothing
		if again, err := s.Figures(ctx, byMonth); err != nil || fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("again: %v, %v", again, err)
		}
	}
	only := grant.Question{View: "bank_operations", Where: []grant.Condition{{Field: "category", Op: grant.Equal, Values: []string{"doctor"}}}}
	none := grant.Question{View: "bank_operations", Where: []grant.Condition{{Field: "category", Op: grant.Equal, Values: []string{"lawyer"}}}}
	for _, q := range []grant.Question{only, none} {
		if got, err := s.Figures(ctx, q); err != nil || len(got) != 0 {
			t.Errorf("%v: %v, %v", q, got, err)
		}
	}
	if _, err := s.Figures(ctx, grant.Question{View: "bank_operations"}); !errors.Is(err, penates.Denied) {
		t.Errorf("beyond the budget: %v", err)
	}
	for name, call := range map[string]func() error{
		"query":   func() error { _, err := s.Query(ctx, "SELECT avg(amount) FROM bank_operations", 0); return err },
		"list":    func() error { _, err := s.List(ctx, vault.Filter{}); return err },
		"search":  func() error { _, err := s.Search(ctx, vault.SearchQuery{Words: "x"}); return err },
		"counts":  func() error { _, err := s.Counts(ctx); return err },
		"days":    func() error { _, err := s.Days(ctx, vault.Filter{}); return err },
		"changes": func() error { _, err := s.Changes(ctx, 0, 1); return err },
		"wait":    func() error { return s.Wait(ctx, 0) },
		"sources": func() error { _, err := s.Sources(ctx); return err },
		"blob":    func() error { _, _, err := s.Blob(ctx, "sha256-x"); return err },
		"links":   func() error { _, err := s.Links(ctx, "doc_x"); return err },
	} {
		if err := call(); !errors.Is(err, penates.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFiguresAreAskedByShownFields(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	spending(t, owner)
	s := give(t, v, owner, figuresOnly(5, 9))
	for name, q := range map[string]grant.Question{
		"where":        {View: "bank_operations", Where: []grant.Condition{{Field: "label", Op: grant.Equal, Values: []string{"x"}}}},
		"by":           {View: "bank_operations", By: []string{"account"}},
		"by id":        {View: "bank_operations", By: []string{"id"}},
		"sum":          {View: "bank_operations", Sum: []string{"fees"}},
		"sum of words": {View: "bank_operations", Sum: []string{"category"}},
		"view":         {View: "documents"},
		"another view": {View: "bills"},
		"sql":          {View: "bank_operations", By: []string{"1); --"}},
	} {
		if _, err := s.Figures(t.Context(), q); !errors.Is(err, penates.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := give(t, v, owner, budget()).Figures(t.Context(), grant.Question{View: "bank_operations"}); !errors.Is(err, penates.Invalid) {
		t.Errorf("under a grant of documents: %v", err)
	}
}

// TestGrantsOfOneGranteeShareTheCells gives an app two grants, one of which shows
// one document less, and passes one on: what they tell together is not more.
func TestGrantsOfOneGranteeShareTheCells(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	spending(t, owner)
	ctx := t.Context()
	all := give(t, v, owner, figuresOnly(5, 9))
	total := grant.Question{View: "bank_operations", Sum: []string{"amount"}}
	first, err := all.Figures(ctx, total)
	if err != nil || first[0].Sums[0] != 1127 {
		t.Fatal(first, err)
	}
	less := figuresOnly(5, 9)
	less.Selections[0].Where = []grant.Condition{{Field: "category", Op: grant.Equal, Values: []string{"food"}}}
	passed := less
	passed.Selections = slices.Clone(less.Selections)
	passed.Grantee = "app:friend"
	child, err := all.Delegate(ctx, passed)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*vault.Session{give(t, v, owner, less), under(t, v, child.ID)} {
		// It is not shown the one, and the cell cannot be cut: there is no figure.
		if got, err := s.Figures(ctx, total); err != nil || len(got) != 0 {
			t.Errorf("%s: %v, %v", s.Actor(), got, err)
		}
	}
	loose := passed
	loose.Limits = grant.Limits{}
	looser, err := all.Delegate(ctx, loose)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under(t, v, looser.ID).Query(ctx, "SELECT * FROM bank_operations", 0); !errors.Is(err, penates.Denied) {
		t.Errorf("passed on without the limit: %v", err)
	}
}

func TestFiguresOfSeries(t *testing.T) {
	v, _ := create(t, t.TempDir())
	owner := session(t, v)
	job, err := owner.StartJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	s := &penates.Series{Type: penates.Energy, Source: penates.Source{Connector: "test", Connection: "m", NativeID: "n"}, Kind: "electricity", Measure: "load-curve", Unit: "kW.h", Step: "PT12H"}
	for day := range 10 {
		for _, hour := range []string{"T00:00:00Z", "T12:00:00Z"} {
			m, err := penates.ParseMoment(penates.Day(2025, 1, 25+day).Date() + hour)
			if err != nil {
				t.Fatal(err)
			}
			s.Points = append(s.Points, penates.Point{Start: m, Value: "1.5"})
		}
	}
	if err := job.Points(job.Counter(), s); err != nil {
		t.Fatal(err)
	}
	if err := job.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := figuresOnly(3, 3)
	g.Selections = []grant.Selection{{Type: penates.Energy}}
	got, err := give(t, v, owner, g).Figures(t.Context(), grant.Question{View: "energy", Sum: []string{"value"}, By: []string{"month"}})
	if err != nil || fmt.Sprint(got) != "[{[2025-01] 7 [21]} {[2025-02] 3 [9]}]" {
		t.Errorf("%v, %v", got, err)
	}
}

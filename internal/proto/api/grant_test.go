package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/api"
	"penates/internal/receipt"
	"penates/internal/vault"
)

// TestShowGrant tells a program what its token may do, and gives it the receipt.
func TestShowGrant(t *testing.T) {
	var w *world
	w = newWorld(t, api.Config{Receipt: func(ctx context.Context, id penates.GrantID) ([]byte, error) {
		list, err := w.s.Grants(ctx, vault.GrantFilter{ID: id})
		if err != nil {
			return nil, err
		}
		return receipt.File(&list[0], w.s, "fr")
	}}).fill(1)
	g := w.under("budget", grant.Grant{
		Actions: []penates.Action{penates.Read}, Purpose: "dpv:CreditChecking", Limits: grant.Limits{RowsPerDay: 100},
		Selections: []grant.Selection{{Type: penates.BankOperations, From: "2025-01-01", Until: "2025-12-31", Fields: []string{"day", "amount"},
			Where: []grant.Condition{{Field: "amount", Op: grant.Less, Values: []string{"0"}}}}},
	})
	got := w.ask("GET", "/grant", "", "Authorization", "Bearer budget")
	for _, want := range []string{string(g.ID), `"purpose":"dpv:CreditChecking"`, `"rows_per_day":100`, "read your bank operations of 2025", "opérations bancaires de 2025", "to check your credit", "vérifier votre solvabilité"} {
		if !strings.Contains(string(got.body), want) {
			t.Errorf("the grant does not say %q: %s", want, got.body)
		}
	}
	if got := w.ask("GET", "/grant/receipt", "", "Authorization", "Bearer budget"); got.status != http.StatusOK || !strings.Contains(string(got.body), `"signed"`) {
		t.Errorf("receipt: %d %s", got.status, got.body)
	}
	if got := w.ask("GET", "/grant", ""); got.status != http.StatusOK {
		t.Errorf("the owner's: %d %s", got.status, got.body)
	}
	if got := w.ask("GET", "/grant/receipt", ""); got.status != http.StatusNotFound {
		t.Errorf("receipt of the owner's: %d", got.status)
	}
}

// TestChangeUnderAGrant changes a document that is shown whole, and not one of which
// only some fields are shown; the refusal says why, to the caller and in the journal.
func TestChangeUnderAGrant(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(2)
	write := []penates.Action{penates.Read, penates.Change}
	w.under("whole", grant.Grant{Actions: write, Selections: []grant.Selection{{Type: penates.Bills}}})
	w.under("part", grant.Grant{Actions: write, Selections: []grant.Selection{{Type: penates.BankOperations, Fields: []string{"day", "amount"}}}})
	patch := func(token, id, typ, attributes string) answer {
		path := "/documents/" + id
		tag := w.ask("GET", path, "", "Authorization", "Bearer "+token).header.Get("ETag")
		return w.ask("PATCH", path, fmt.Sprintf(`{"data":{"type":%q,"id":%q,"attributes":%s}}`, typ, id, attributes), "If-Match", tag, "Authorization", "Bearer "+token)
	}
	bill := w.id("SELECT id FROM bills")
	if got := patch("whole", bill, "io.cozy.bills", `{"text":"Électricité"}`); got.status != http.StatusOK || !strings.Contains(string(got.body), "Électricité") {
		t.Errorf("a bill: %d %s", got.status, got.body)
	}
	list := w.ask("GET", "/documents?type=io.cozy.bank.operations", "", "Authorization", "Bearer part").list(t)
	got := patch("part", list.Data[0].ID, "io.cozy.bank.operations", `{"money":{"amount":"1"}}`)
	const reason = "the grant shows only parts of io.cozy.bank.operations, which it cannot write"
	if got.status != http.StatusForbidden || !strings.Contains(string(got.body), reason) {
		t.Errorf("an operation shown in part: %d %s", got.status, got.body)
	}
	entries, err := w.s.Journal(t.Context(), vault.JournalFilter{Refused: true, Others: true})
	if err != nil || !slices.ContainsFunc(entries, func(e vault.Entry) bool { return strings.Contains(e.Refused, reason) }) {
		t.Errorf("the journal does not say why: %v %v", entries, err)
	}
}

// TestRefusalsSayWhy: who is refused is told by which rule of its own grant, and so is
// the journal.
func TestRefusalsSayWhy(t *testing.T) {
	w := newWorld(t, api.Config{}).fill(3)
	read := []penates.Action{penates.Read}
	bills, operations := []grant.Selection{{Type: penates.Bills}}, []grant.Selection{{Type: penates.BankOperations}}
	w.under("bills", grant.Grant{Actions: read, Selections: bills})
	w.under("few", grant.Grant{Actions: read, Selections: operations, Limits: grant.Limits{RowsPerDay: 1}})
	w.under("figures", grant.Grant{Actions: read, Selections: operations, Limits: grant.Limits{Aggregate: &grant.Aggregate{MinGroup: 3, Budget: 1}}})
	stopped := w.under("stopped", grant.Grant{Actions: read, Selections: bills})
	if err := w.s.Revoke(t.Context(), stopped.ID); err != nil {
		t.Fatal(err)
	}
	sum := `{"view":"bank_operations","sum":["amount"]}`
	if got := w.ask("POST", "/figures", sum, "Authorization", "Bearer figures"); got.status != http.StatusOK || !strings.Contains(string(got.body), `"documents":3`) {
		t.Errorf("figures: %d %s", got.status, got.body)
	}
	for _, test := range []struct{ token, method, path, body, why string }{
		{"bills", "POST", "/documents", `{"data":{"type":"io.cozy.bills","attributes":{"text":"x"}}}`, "may not add"},
		{"few", "POST", "/query", `{"sql":"SELECT day FROM bank_operations"}`, "the grant gives 1 rows a day"},
		{"figures", "GET", "/documents", "", "the grant gives figures over groups only"},
		{"figures", "POST", "/figures", `{"view":"bank_operations","by":["month"]}`, "the grant answers 1 questions, which were asked"},
		{"stopped", "GET", "/documents", "", "the grant was stopped"},
	} {
		got := w.ask(test.method, test.path, test.body, "Authorization", "Bearer "+test.token)
		if got.status != http.StatusForbidden || !strings.Contains(string(got.body), test.why) {
			t.Errorf("%s %s: %d %s, want %q", test.token, test.path, got.status, got.body, test.why)
		}
		entries, err := w.s.Journal(t.Context(), vault.JournalFilter{Refused: true, Actor: penates.Actor("app:" + test.token)})
		if err != nil || !slices.ContainsFunc(entries, func(e vault.Entry) bool { return strings.Contains(e.Refused, test.why) }) {
			t.Errorf("%s %s: the journal does not say why: %v %v", test.token, test.path, entries, err)
		}
	}
}

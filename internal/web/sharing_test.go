package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"penates"
	"penates/internal/receipt"
)

// given lets the person accept the budget app's request and the app read.
func (w *world) given(t *testing.T, b *browser) {
	t.Helper()
	w.asks(budget("r1"))
	b.enter()
	if a := b.post("/consent/r1", "answer", "accept", "ends", "7"); a.path != "/menu" {
		t.Fatalf("accepted: %d at %s", a.status, a.path)
	}
	under, err := w.house.Vault().Under(w.desk.given[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := under.Query(t.Context(), "SELECT day, amount FROM bank_operations", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := under.Query(t.Context(), "SELECT * FROM sqlite_master", 0); err == nil {
		t.Fatal("the app read the schema")
	}
}

// reads gives the budget app access and lets it read, and be refused; an older
// access of it is stopped.
func (w *world) reads(t *testing.T) {
	t.Helper()
	s, q := w.session(t), budget("")
	for i := range 2 {
		g := q.Wanted[0]
		g.Grantee, g.Client, g.Statement = q.Client.Actor, &q.Client, "Budget Lumineux demande à lire vos opérations bancaires de 2025."
		g, err := s.AddGrant(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		under, err := w.house.Vault().Under(g.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := under.Query(t.Context(), "SELECT day, amount FROM bank_operations", 0); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			_, _ = under.Query(t.Context(), "SELECT label FROM bank_operations", 0) // refused, which is the point
		}
		if i == 0 {
			if err := s.Revoke(t.Context(), g.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestWhoSawWhat(t *testing.T) {
	w := newWorld(t).withVault(t, "en").withOperations(t)
	b := w.browser(t).enter()
	has(t, b.get("/journal").body, "Who may see what now", "Nobody but you.")
	w.given(t, b)
	id := string(w.desk.given[0].ID)
	page := b.get("/journal").body
	has(t, page, "Budget Lumineux", "asks to read your bank operations of 2025", "It has seen 12 bank operations.", "It was refused 1 time.",
		"Stop now", "You gave Budget Lumineux access.", "Budget Lumineux read 12 bank operations.", "not allowed")
	if strings.Contains(page, ">app:c1") || strings.Contains(page, "read the vault") {
		t.Errorf("the page speaks of ids or of the whole vault: %s", page[strings.Index(page, "<ul class=\"log"):])
	}
	who := b.get("/journal/who?actor=app:c1").body
	has(t, who, "All it ever saw", "12 bank operations", "What it saw, by day", "Request for erasure under Article 17 of the GDPR",
		"according to the journal of my vault you read 12 bank operations"[1:], id, "for “budget check”", "Camille")
	if a := b.get("/journal/who?actor=app:other"); a.status != http.StatusNotFound {
		t.Errorf("an app that was never here: %d", a.status)
	}
	// Stopping takes one click, as accepting did.
	a := b.post("/grants/"+id+"/stop", "back", "/journal/who?actor=app:c1")
	if a.path != "/journal/who" {
		t.Errorf("stopped: %d at %s", a.status, a.path)
	}
	has(t, a.body, "It is stopped.", "What it could see before", "stopped on")
	if _, err := w.house.Vault().Under(w.desk.given[0].ID, ""); !errors.Is(err, penates.Denied) {
		t.Errorf("after it was stopped: %v", err)
	}
	has(t, b.get("/journal").body, "You stopped the access of Budget Lumineux.", "Nobody but you.")
	if a := b.post("/grants/grt_aaaaaaaaaaaaaaaaaaaaaaaaaa/stop", "back", "/journal"); a.status != http.StatusNotFound {
		t.Errorf("no such grant: %d", a.status)
	}
}

func TestReceipt(t *testing.T) {
	w := newWorld(t).withVault(t, "fr").withOperations(t)
	b := w.browser(t).enter()
	w.given(t, b)
	a := b.get("/grants/" + string(w.desk.given[0].ID) + "/receipt")
	var file struct {
		Receipt json.RawMessage
		Signed  string
	}
	if err := json.Unmarshal([]byte(a.body), &file); err != nil || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%v: %s", err, a.body)
	}
	id, public := w.session(t).Identity()
	r, err := receipt.Verify(file.Signed, public)
	if err != nil {
		t.Fatal(err)
	}
	if r.Principal != id || r.Language != "fr" || r.Purposes[0].Purpose != "budget check" || !strings.Contains(r.Statement, "opérations bancaires de 2025") ||
		r.Parties[1].Name != "Budget Lumineux" || r.Events[0].State != "given" {
		t.Errorf("%+v", r)
	}
	if a := b.get("/grants/grt_aaaaaaaaaaaaaaaaaaaaaaaaaa/receipt"); a.status != http.StatusNotFound {
		t.Errorf("no such grant: %d", a.status)
	}
}

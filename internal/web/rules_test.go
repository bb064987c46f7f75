package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"penates"
	"penates/internal/grant"
	"penates/internal/rule"
)

// energyRule is a rule as the owner fills in the form.
func energyRule() []string {
	return []string{"name", "Tariff advice", "issuer", "https://login.supplier.example/", "claim", "sub", "value", "advice", "type", "io.cozy.timeseries.energy",
		"from", "2026-01-01", "until", "", "purpose", "tariff advice", "end", time.Now().AddDate(1, 0, 0).Format(time.DateOnly), "ask", "yes"}
}

// ruled has a rule under which somebody waits.
func (w *world) ruled(t *testing.T) {
	t.Helper()
	r, err := rule.Add(t.Context(), w.session(t), rule.Rule{Name: "Conseil tarifaire", Ask: true, Expires: time.Now().AddDate(0, 6, 0),
		Proofs: []rule.Proof{{Issuer: "https://login.supplier.example", Claims: map[string]string{"sub": "advice"}}},
		Grant:  &grant.Grant{Actions: []penates.Action{penates.Read}, Purpose: "tariff advice", Selections: []grant.Selection{{Type: penates.Bills}}}})
	if err == nil {
		_, err = rule.Ask(t.Context(), w.session(t), rule.Wish{ID: r.ID + "/1", Rule: r.ID, Client: "cli_x", ClientName: "Budget Lumineux", Who: "advice", Asked: time.Now()})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRules writes a rule in sentences, decides what waits under it, and withdraws it.
func TestRules(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	has(t, b.get("/rules").body, "There are no rules")
	a := b.post("/rules", energyRule()...)
	if a.path != "/rules" {
		t.Fatalf("%d at %s", a.status, a.path)
	}
	has(t, a.body, "Whoever login.supplier.example knows as advice may read your", "Tariff advice", "asks you first")
	all, err := rule.All(t.Context(), w.session(t))
	if err != nil || len(all) != 1 || all[0].Proofs[0].Issuer != "https://login.supplier.example" || all[0].Grant.Selections[0].From != "2026-01-01" || !all[0].Ask || all[0].Expires.IsZero() {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, answer := range []string{"yes", "no"} {
		wish := rule.Wish{ID: all[0].ID + "/" + answer, Rule: all[0].ID, Client: "cli_x", ClientName: "Supplier app", Who: "advice", Asked: time.Now()}
		if _, err := rule.Ask(t.Context(), w.session(t), wish); err != nil {
			t.Fatal(err)
		}
		has(t, b.get("/rules").body, "Supplier app")
		if a := b.post("/rules/wish", "wish", wish.ID, "answer", answer); a.path != "/rules" || strings.Contains(a.body, "Supplier app") {
			t.Errorf("%s: %d at %s", answer, a.status, a.path)
		}
		if got, err := rule.Ask(t.Context(), w.session(t), wish); err != nil || got.Granted != (answer == "yes") || got.Decided.IsZero() {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
	}
	if a := b.post("/rules/" + all[0].ID + "/withdraw"); a.path != "/rules" || !strings.Contains(a.body, "There are no rules") {
		t.Errorf("withdraw: %d at %s", a.status, a.path)
	}
	if a := b.post("/rules/wish", "wish", "none", "answer", "yes"); a.status != http.StatusNotFound {
		t.Errorf("a wish there is not: %d", a.status)
	}
}

// TestRulesForm sends what is no rule: the page says so and keeps what was written.
func TestRulesForm(t *testing.T) {
	w := newWorld(t).withVault(t, "fr")
	b := w.browser(t).enter()
	for name, change := range map[string][2]string{
		"an issuer that is none": {"issuer", "supplier"}, "nobody": {"value", " "}, "no type": {"type", "io.cozy.none"}, "no end": {"end", ""}, "over": {"end", "2020-01-01"},
		"no name": {"name", " "}, "a day that is none": {"from", "soon"},
	} {
		form := energyRule()
		for i := 0; i < len(form); i += 2 {
			if form[i] == change[0] {
				form[i+1] = change[1]
			}
		}
		a := b.post("/rules", form...)
		if a.status != http.StatusOK || !strings.Contains(a.body, `role="alert"`) || !strings.Contains(a.body, `value="tariff advice"`) {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if all, err := rule.All(t.Context(), w.session(t)); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestRulesInChromium fills in the form as a person does.
func TestRulesInChromium(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := newTab(t)
	b.speak(t, "en")
	b.enter(t, w)
	form := energyRule()
	do(t, b, chromedp.Navigate(w.http.URL+"/journal"), chromedp.Click(chromedp.CSS(`a[href="/rules"]`)), chromedp.WaitVisible(chromedp.CSS("#rname")))
	for i := 0; i < len(form); i += 2 {
		if form[i] != "ask" && form[i+1] != "" {
			do(t, b, chromedp.SetValue(chromedp.CSS(`form.fields [name="`+form[i]+`"]`), form[i+1]))
		}
	}
	do(t, b, chromedp.Click(chromedp.CSS(`form.fields button`)), chromedp.WaitVisible(chromedp.CSS(`form[action$="/withdraw"] button`)))
	do(t, b, chromedp.Click(chromedp.CSS(`form[action$="/withdraw"] button`)), chromedp.WaitNotPresent(chromedp.CSS(`form[action$="/withdraw"]`)), chromedp.WaitVisible(chromedp.CSS("#rname")))
	if all, err := rule.All(t.Context(), w.session(t)); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

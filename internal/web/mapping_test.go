package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A table nobody knows is asked about on the page of its import; what the person says
// is tried, remembered, used, and removed.
func TestMapping(t *testing.T) {
	w := newWorld(t).withVault(t, "en")
	b := w.browser(t).enter()
	a := b.upload(b.token(), map[string]string{"releve.csv": "Quand;Quoi;Combien\n03/04/2026;CAFE DU PORT;-4,50\n03/15/2026;<b>PAIN</b>;-1,20\n"})
	at := regexp.MustCompile(`/mapping/sha256-[0-9a-f]+`).FindString(a.body)
	if at == "" {
		t.Fatalf("the import does not ask: %s", a.body)
	}
	a = b.get(at)
	for _, want := range []string{"releve.csv", `value="date" selected`, `value="amount" selected`, "CAFE DU PORT", "&lt;b&gt;PAIN"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q: %s", want, a.body)
		}
	}
	form := url.Values{"line": {"1"}, "do": {"try"}, "role.1": {"date"}, "role.2": {"label"}, "role.3": {"label"}, "order": {"mdy"}}
	if a = b.post(at, pairs(form)...); !strings.Contains(a.body, "Two columns hold the same thing") {
		t.Errorf("doubled: %s", a.body)
	}
	form.Set("role.3", "")
	if a = b.post(at, pairs(form)...); !strings.Contains(a.body, "No column holds the amount") {
		t.Errorf("no amount: %s", a.body)
	}
	form.Set("role.3", "amount")
	form.Set("order", "dmy")
	if a = b.post(at, pairs(form)...); !strings.Contains(a.body, "the date cannot be read: “03/15/2026”") || strings.Contains(b.get("/mapping").body, "Quand") {
		t.Errorf("a wrong order: %s", a.body)
	}
	form.Set("order", "mdy")
	form.Set("do", "save")
	form.Set("bank", "Banque du Port")
	if a = b.post(at, pairs(form)...); a.status != http.StatusOK || !strings.Contains(a.body, "Operations in them: 3") && !strings.Contains(a.body, "Operations in them: 2") {
		t.Errorf("saved: %s", a.body)
	}
	if a = b.get("/search?q=cafe"); !strings.Contains(a.body, "<mark>CAFE</mark>") {
		t.Errorf("not read: %s", a.body)
	}
	if a = b.get("/journal"); !strings.Contains(a.body, "columns of a table") {
		t.Error("the journal does not tell")
	}
	a = b.get("/mapping")
	id := regexp.MustCompile(`/mapping/remove/(map_[a-z2-7]+)`).FindString(a.body)
	if !strings.Contains(a.body, "Banque du Port") || id == "" {
		t.Fatalf("not listed: %s", a.body)
	}
	if a = b.post(id); !strings.Contains(a.body, "What was read with it stays") || strings.Contains(a.body, "Banque du Port") {
		t.Errorf("removed: %s", a.body)
	}
	if a = b.post(id); a.status != http.StatusNotFound {
		t.Errorf("removed again: status %d", a.status)
	}
	if a = b.get("/mapping/sha256-" + strings.Repeat("0", 64)); a.status != http.StatusNotFound {
		t.Errorf("a file that is not there: status %d", a.status)
	}
}

// Why a row is refused is said in the language of the page.
func TestMappingRefusalsInFrench(t *testing.T) {
	w := newWorld(t).withVault(t, "fr")
	b := w.browser(t).enter()
	a := b.upload(b.token(), map[string]string{"releve.csv": "Quand;Quoi;Sorti;Entré\n03/04/2026;CAFE DU PORT;4,50;\n31/31/2026;PAIN;1,20;\n04/04/2026;THE;beaucoup;\n05/04/2026;EAU;1,00;2,00\n06/04/2026;;1,00;\n07/04/2026;SEL\n"})
	at := regexp.MustCompile(`/mapping/sha256-[0-9a-f]+`).FindString(a.body)
	if at == "" {
		t.Fatalf("the import does not ask: %s", a.body)
	}
	form := url.Values{"line": {"1"}, "do": {"try"}, "role.1": {"date"}, "role.2": {"label"}, "role.3": {"debit"}, "role.4": {"credit"}, "order": {"dmy"}}
	a = b.post(at, pairs(form)...)
	for _, want := range []string{"CAFE DU PORT", "la date ne se lit pas", "31/31/2026\u00a0»", "le montant ne se lit pas", "beaucoup\u00a0»", "il y a un débit et un crédit", "1,00 · 2,00\u00a0»", "rien ne dit de quoi il s", "il manque des colonnes"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, `<span lang="en">`) || strings.Contains(a.body, "not valid") || t.Failed() {
		t.Errorf("English, or not said: %s", a.body)
	}
	form.Set("order", "x")
	if a = b.post(at, pairs(form)...); !strings.Contains(a.body, "Choisissez comment les dates sont écrites.") {
		t.Errorf("an order that is none: %s", a.body)
	}
}

// pairs writes a form as post takes it.
func pairs(form url.Values) (flat []string) {
	for name := range form {
		flat = append(flat, name, form.Get(name))
	}
	return flat
}

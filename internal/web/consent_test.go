package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
)

// A desk keeps requests as an authorisation server does.
type desk struct {
	mu      sync.Mutex
	waiting map[string]grant.Request
	given   []grant.Grant
	refused int
}

func (d *desk) Pending(_ context.Context, _ *vault.Session, id string) (grant.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q, ok := d.waiting[id]
	if !ok {
		return q, fmt.Errorf("request: %w", penates.NotExist)
	}
	return q, nil
}

func (d *desk) Decide(ctx context.Context, owner *vault.Session, id string, granted []grant.Grant) (string, error) {
	q, err := d.Pending(ctx, owner, id)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
	for _, g := range granted {
		g.Grantee, g.Client = q.Client.Actor, &q.Client
		if g, err = owner.AddGrant(ctx, g); err != nil {
			return "", err
		}
		d.given = append(d.given, g)
	}
	return "/menu?code=1", nil
}

func (d *desk) Refuse(ctx context.Context, owner *vault.Session, id string) (string, error) {
	if _, err := d.Pending(ctx, owner, id); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
	d.refused++
	return "/menu?error=access_denied", nil
}

// budget is a request of a fictional app: bank operations of 2025, without labels.
func budget(id string) grant.Request {
	now := time.Now()
	return grant.Request{
		ID: id, Asked: now, Expires: now.Add(time.Hour),
		Client: grant.Client{ID: "c1", Actor: "app:c1", Name: "Budget Lumineux", URI: "https://budget.example/", Policy: "https://budget.example/privacy", Returns: "budget.example"},
		Wanted: []grant.Grant{{
			Actions: []penates.Action{penates.Read}, Purpose: "budget check", Expires: now.AddDate(0, 0, 100),
			Selections: []grant.Selection{{Type: penates.BankOperations, From: "2025-01-01", Until: "2025-12-31", Fields: []string{"day", "amount", "currency", "kind", "category"}}},
		}},
	}
}

// withOperations puts bank operations of two years into the vault.
func (w *world) withOperations(t testing.TB) *world {
	t.Helper()
	for i := range 24 {
		day := time.Date(2024, time.Month(7+i), 5, 0, 0, 0, 0, time.UTC)
		_, err := w.session(t).Put(t.Context(), &penates.Document{
			Source: penates.Source{Connector: "ofx", Connection: "FR76", NativeID: fmt.Sprint(i)}, Time: penates.Span{Start: penates.DayOf(day)},
			Text: fmt.Sprint("PHARMACIE ", i), Money: &penates.Money{Amount: penates.Decimal(fmt.Sprintf("-%d.5", 10+i)), Currency: "EUR"},
		}, schema.BankOperation{Label: fmt.Sprint("PHARMACIE ", i), Kind: "card", Category: "health", Account: "FR76"})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// asks lets a request wait. The vault's clock is the real one, so the page's is too.
func (w *world) asks(q grant.Request) *world {
	w.clock.move(time.Until(w.clock.now()) * -1)
	w.desk.mu.Lock()
	defer w.desk.mu.Unlock()
	if w.desk.waiting == nil {
		w.desk.waiting = map[string]grant.Request{}
	}
	w.desk.waiting[q.ID] = q
	return w
}

func has(t *testing.T, page string, texts ...string) {
	t.Helper()
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func TestConsentShowsWhatIsAsked(t *testing.T) {
	w := newWorld(t).withVault(t, "en").withOperations(t).asks(budget("r1"))
	b := w.browser(t)
	if a := b.get("/consent/r1"); a.path != "/unlock" || !strings.Contains(a.body, `value="/consent/r1"`) {
		t.Fatalf("without a login it led to %s", a.path)
	}
	a := b.post("/unlock", "passphrase", passphrase, "next", "/consent/r1")
	if a.path != "/consent/r1" || a.status != http.StatusOK {
		t.Fatalf("after the login: %d at %s", a.status, a.path)
	}
	has(t, a.body, "Budget Lumineux asks to read your bank operations of 2025.", "It would see only: day, amount, currency, kind and category.",
		"“budget check”", "12 rows in all", "budget.example")
	if !regexp.MustCompile(`<td>[^<]*2025</td><td>−\d`).MatchString(a.body) {
		t.Errorf("no rows are shown: %.2000s", a.body[strings.Index(a.body, "<table"):])
	}
	if strings.Contains(a.body, "PHARMACIE") {
		t.Error("the preview shows labels")
	}
	if !strings.Contains(a.body, `value="7" checked`) {
		t.Error("the short term is not chosen")
	}
	if a.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the page can be framed")
	}
	foreign := b.request(http.MethodPost, "/consent/r1", "answer=accept", "Sec-Fetch-Site", "cross-site")
	if a := b.send(foreign); a.status != http.StatusForbidden || len(w.desk.given) > 0 {
		t.Errorf("a page of another site decided: %d", a.status)
	}
}

func TestConsentAccept(t *testing.T) {
	w := newWorld(t).withVault(t, "en").withOperations(t).asks(budget("r1"))
	b := w.browser(t).enter()
	if a := b.post("/consent/r1", "answer", "accept", "ends", "7"); a.path != "/menu" {
		t.Fatalf("accepted: %d at %s", a.status, a.path)
	}
	if len(w.desk.given) != 1 {
		t.Fatal(w.desk.given)
	}
	g := w.desk.given[0]
	if want := w.clock.now().AddDate(0, 0, 7).Truncate(time.Second); !g.Expires.Equal(want) {
		t.Errorf("it ends %s, want %s", g.Expires, want)
	}
	if !strings.Contains(g.Statement, "Budget Lumineux asks to read your bank operations of 2025.") || !strings.Contains(g.Statement, "Until ") {
		t.Errorf("the person agreed to %q", g.Statement)
	}
	for _, answer := range []string{"accept", "refuse"} {
		if a := b.post("/consent/r1", "answer", answer); a.status != http.StatusNotFound || !strings.Contains(a.body, "over") {
			t.Errorf("%s again: %d", answer, a.status)
		}
	}
	if len(w.desk.given) != 1 || w.desk.refused != 0 {
		t.Error("one request was decided twice")
	}
}

func TestConsentPart(t *testing.T) {
	w := newWorld(t).withVault(t, "fr").withOperations(t).asks(budget("r1"))
	b := w.browser(t).enter()
	a := b.post("/consent/r1", "part", "choose", "ends", "30")
	has(t, a.body, "Budget Lumineux demande à lire vos opérations bancaires de 2025.", "12 lignes en tout", "Accepter cette partie")
	if !strings.Contains(a.body, `value="30" checked`) {
		t.Error("the chosen end is lost")
	}
	const key = "0.io.cozy.bank.operations"
	choice := []string{"part", "chosen", "ends", "30", "give", "0.0", "from.0.0", "2025-03-01", "until.0.0", "2025-04-30"}
	for _, f := range []string{"day", "amount", "currency", "kind", "category"} {
		choice = append(choice, "offered."+key, f)
		if f != "category" && f != "kind" {
			choice = append(choice, "field."+key, f)
		}
	}
	a = b.post("/consent/r1", append([]string{"answer", "look"}, choice...)...)
	has(t, a.body, "2 lignes en tout")
	if a := b.post("/consent/r1", append([]string{"answer", "accept"}, choice...)...); a.path != "/menu" {
		t.Fatalf("accepted: %d at %s", a.status, a.path)
	}
	s := w.desk.given[0].Selections[0]
	if s.From != "2025-03-01" || s.Until != "2025-04-30" || strings.Join(s.Fields, " ") != "day amount currency" {
		t.Errorf("given: %+v", s)
	}
	under, err := w.house.Vault().Under(w.desk.given[0].ID, "")
	if err != nil {
		t.Fatal(err)
	}
	table, err := under.Query(t.Context(), "SELECT * FROM bank_operations", 0)
	if err != nil || len(table.Rows) != 2 {
		t.Errorf("%v rows, %v", table, err)
	}
}

// TestConsentGivesNoMore sends forms that no page offers.
func TestConsentGivesNoMore(t *testing.T) {
	const key = "0.io.cozy.bank.operations"
	for _, test := range []struct {
		name   string
		form   url.Values
		status int // 303 when it is given
	}{
		{"an earlier start", url.Values{"part": {"chosen"}, "give": {"0.0"}, "from.0.0": {"2020-01-01"}}, 303},
		{"a later end", url.Values{"part": {"chosen"}, "give": {"0.0"}, "until.0.0": {"2030-01-01"}}, 303},
		{"more fields", url.Values{"part": {"chosen"}, "give": {"0.0"}, "offered." + key: {"label", "iban", "day"}, "field." + key: {"label", "iban"}}, 303},
		{"no such selection", url.Values{"part": {"chosen"}, "give": {"7.3"}}, 422},
		{"nothing", url.Values{"part": {"chosen"}}, 422},
		{"no field", url.Values{"part": {"chosen"}, "give": {"0.0"}, "offered." + key: {"day", "amount", "currency", "kind", "category"}}, 422},
		{"no day", url.Values{"part": {"chosen"}, "give": {"0.0"}, "from.0.0": {"2025-99-99"}}, 422},
		{"no days", url.Values{"part": {"chosen"}, "give": {"0.0"}, "from.0.0": {"2025-06-01"}, "until.0.0": {"2025-05-01"}}, 422},
		{"no such end", url.Values{"ends": {"100000"}}, 422},
		{"as asked", url.Values{"ends": {"asked"}}, 303},
	} {
		w := newWorld(t).withVault(t, "en").asks(budget("r1"))
		b := w.browser(t).enter()
		b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		test.form.Set("answer", "accept")
		a := b.send(b.request(http.MethodPost, "/consent/r1", test.form.Encode()))
		if a.status != test.status || (a.status == 303) != (len(w.desk.given) == 1) {
			t.Errorf("%s: %d, %d given", test.name, a.status, len(w.desk.given))
			continue
		}
		for _, g := range w.desk.given {
			s, most := g.Selections[0], budget("").Wanted[0]
			if s.From < "2025-01-01" || s.Until > "2025-12-31" || strings.Contains(strings.Join(s.Fields, " "), "label") || g.Expires.After(most.Expires.Add(time.Minute)) || g.Administer {
				t.Errorf("%s gives %+v", test.name, g)
			}
		}
	}
}

func TestConsentRefuseAndSignIn(t *testing.T) {
	q := budget("r1")
	signIn := grant.Request{ID: "r2", Client: q.Client, SignIn: true, Claims: []string{"email", "given_name"}}
	w := newWorld(t).withVault(t, "en").asks(q).asks(signIn)
	b := w.browser(t).enter()
	if a := b.post("/consent/r1", "answer", "refuse"); a.path != "/menu" || w.desk.refused != 1 || len(w.desk.given) != 0 {
		t.Errorf("refused: %d at %s", a.status, a.path)
	}
	has(t, b.get("/consent/r2").body, "Budget Lumineux asks you to sign in with your vault", "your e-mail address and your first name")
	if a := b.post("/consent/r2", "answer", "accept"); a.path != "/menu" || len(w.desk.given) != 0 {
		t.Errorf("signed in: %d at %s", a.status, a.path)
	}
	w.asks(grant.Request{ID: "r3", Client: q.Client, Claims: []string{"uma_protection"}})
	has(t, b.get("/consent/r3").body, "under the protection of this vault", "It gets nothing of what is in the vault")
	if a := b.get("/consent/nothing"); a.status != http.StatusNotFound {
		t.Errorf("no such request: %d", a.status)
	}
}

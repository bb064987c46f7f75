package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"penates/client"
)

// operations2025 is a bank's statement of which five operations are of 2025, three
// of them from March to June.
const operations2025 = "Date d'opération;Date de valeur;Montant;Libellé;Solde\n" +
	"30/12/2024;30/12/2024;-11,00;CB LIBRAIRIE ECLAIR;\n" +
	"15/01/2025;15/01/2025;-12,00;CB PHARMACIE NORD;\n" +
	"10/03/2025;10/03/2025;-30,50;CB BOULANGERIE SUD;\n" +
	"20/04/2025;20/04/2025;-40,25;CB GARAGE OUEST;\n" +
	"05/06/2025;05/06/2025;-50,00;CB CLINIQUE EST;\n" +
	"02/11/2025;02/11/2025;-60,00;CB FLEURISTE GARE;\n" +
	"03/02/2026;03/02/2026;-70,00;CB OPTICIEN PORT;\n"

const backAddress = "https://budget.example/back"

// A house is a real server on a vault with operations, and the person at its page.
type house struct {
	*machine
	s      *serving
	url    string // without slash
	person *surfer
	killed bool // the server
}

// newHouse starts a server and logs the person in.
func newHouse(t *testing.T) *house {
	t.Helper()
	m := newMachine(t)
	m.imported(m.file("operations.csv", operations2025))
	h := &house{machine: m, s: m.serve()}
	t.Cleanup(func() {
		if !h.killed {
			h.s.end(os.Interrupt)
		}
	})
	h.url = strings.TrimSuffix(regexp.MustCompile(`http://\S+`).FindString(h.s.first), "/")
	h.person = newSurfer(t, backAddress)
	if status, _, _ := h.page("POST", "/unlock", url.Values{"passphrase": {passphrase}}); status != http.StatusSeeOther {
		t.Fatalf("unlock: %d", status)
	}
	return h
}

// page does what the person's browser does, once: it sends a form, or opens a page.
func (h *house) page(method, path string, form url.Values) (status int, location, text string) {
	h.t.Helper()
	if method == http.MethodGet {
		form = nil
	}
	status, header, text := h.person.send(h.person.request(h.url+path, form))
	return status, header.Get("Location"), text
}

// decide answers a question as the person does, and returns what the browser
// brings back to the program.
func (h *house) decide(address string, choices url.Values) url.Values {
	h.t.Helper()
	h.person.choices = choices
	where, page := h.person.visit(address)
	u, err := url.Parse(where)
	if err != nil || page != "" {
		h.t.Fatalf("no way back from %s: %v %.400s", where, err, page)
	}
	return u.Query()
}

// newYearsEve is noon of the next 31 December that is some days away.
func newYearsEve() time.Time {
	now := time.Now().UTC()
	return time.Date(now.AddDate(0, 0, 3).Year(), time.December, 31, 12, 0, 0, 0, time.UTC)
}

// budgetCheck asks for the bank operations of 2025, without labels.
func budgetCheck() client.Wish {
	return client.Wish{
		Actions: []string{"read"}, Purpose: "budget check", Expires: newYearsEve(),
		Selections: []client.Selection{{Type: "io.cozy.bank.operations", From: "2025-01-01", Until: "2025-12-31", Fields: []string{"day", "amount", "currency"}}},
	}
}

// asker registers a program.
func (h *house) asker(name string) *client.Client {
	h.t.Helper()
	c, err := client.Register(h.t.Context(), h.url, client.App{Name: name, Redirect: backAddress})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// days reads the days of the operations a shows.
func days(t *testing.T, a *client.Access) (all []string) {
	t.Helper()
	for d, err := range a.Documents(t.Context(), "io.cozy.bank.operations", url.Values{"page[size]": {"2"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := d.Attributes["text"]; ok || d.Attributes["label"] != nil {
			t.Errorf("a label is shown: %v", d.Attributes)
		}
		all = append(all, fmt.Sprint(d.Attributes["day"]))
	}
	return all
}

// TestClient is the whole life of a program's access to a vault: known, asking,
// given a part, reading, following, renewing, and giving back.
func TestClient(t *testing.T) {
	h := newHouse(t)
	c := h.asker("Budget Lumineux")
	reg, err := c.Registration()
	if err != nil {
		t.Fatal(err)
	}
	if c, err = client.Open(t.Context(), reg); err != nil {
		t.Fatal(err)
	}
	q, err := c.Ask(t.Context(), budgetCheck())
	if err != nil {
		t.Fatal(err)
	}
	part := url.Values{"part": {"chosen"}, "answer": {"accept"}, "give": {"0.0"}, "from.0.0": {"2025-03-01"}, "until.0.0": {"2025-06-30"}}
	back := h.decide(q.URL, part)
	if _, err := c.Finish(t.Context(), &client.Question{State: "other", Verifier: q.Verifier}, back); err == nil {
		t.Error("an answer to another question is taken")
	}
	a, err := c.Finish(t.Context(), q, back)
	if err != nil {
		t.Fatal(err)
	}
	if given := a.Given(); len(given) != 1 || given[0].Selections[0].From != "2025-03-01" || given[0].Selections[0].Until != "2025-06-30" {
		t.Errorf("given: %+v", given)
	}
	if got := days(t, a); !slices.Equal(got, []string{"2025-06-05", "2025-04-20", "2025-03-10"}) {
		t.Errorf("documents of the days %v", got)
	}
	table, err := a.Query(t.Context(), "SELECT count(*), sum(amount) FROM bank_operations WHERE amount < ?", 0)
	if err != nil || len(table.Rows) != 1 || fmt.Sprint(table.Rows[0]) != "[3 -120.75]" {
		t.Errorf("sum: %v, %v", table, err)
	}
	if _, err := a.Query(t.Context(), "SELECT label FROM bank_operations"); refusal(err).Status != http.StatusBadRequest {
		t.Errorf("labels: %v", err)
	}
	for d, err := range a.Documents(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if one, err := a.Document(t.Context(), d.ID); err != nil || one.ID != d.ID || strings.Contains(fmt.Sprint(one.Attributes), "CB ") {
			t.Errorf("one document: %v, %v", one, err)
		}
	}
	followed(t, h, a)
	kept(t, c, a)
}

func refusal(err error) *client.Error {
	var e *client.Error
	if errors.As(err, &e) {
		return e
	}
	return &client.Error{}
}

var errEnough = errors.New("enough")

// followed waits for an operation of May that comes while the program listens.
func followed(t *testing.T, h *house, a *client.Access) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	changes, cursor, err := a.Changes(ctx, "")
	if err != nil || len(changes) != 3 {
		t.Fatalf("changes: %v, %v", changes, err)
	}
	h.imported(h.file("later.csv", "Date d'opération;Date de valeur;Montant;Libellé;Solde\n"+
		"07/07/2025;07/07/2025;-1,00;CB HORS PERIODE;\n08/05/2025;08/05/2025;-2,00;CB EN PERIODE;\n"))
	var seen []client.Change
	if err := a.Follow(ctx, cursor, func(c client.Change) error { seen = append(seen, c); return errEnough }); !errors.Is(err, errEnough) {
		t.Errorf("follow: %v", err)
	}
	if len(seen) != 1 || seen[0].Type != "io.cozy.bank.operations" || seen[0].Deleted {
		t.Errorf("the stream tells %v", seen)
	}
	if changes, _, err = a.Changes(ctx, cursor); err != nil || len(changes) != 1 || changes[0].ID != seen[0].ID {
		t.Errorf("the list tells %v, %v", changes, err)
	}
}

// kept renews the tokens, goes on with them after they were kept, and gives them
// back.
func kept(t *testing.T, c *client.Client, a *client.Access) {
	t.Helper()
	old := a.Tokens()
	if err := a.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(a.Tokens())
	if err != nil {
		t.Fatal(err)
	}
	var tokens client.Tokens
	if err := json.Unmarshal(b, &tokens); err != nil || tokens.Refresh == old.Refresh || tokens.Access == old.Access {
		t.Fatalf("tokens stay the same, or %v", err)
	}
	tokens.Expires = time.Now() // so that it renews by itself
	a = c.Resume(tokens)
	if got := days(t, a); len(got) != 4 || a.Tokens().Access == tokens.Access {
		t.Errorf("after renewal: %v", got)
	}
	if got := days(t, a.Under(a.Given()[0].Grant)); len(got) != 4 {
		t.Errorf("under the grant: %v", got)
	}
	if err := a.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Query(t.Context(), "SELECT count(*) FROM bank_operations"); refusal(err).Status != http.StatusUnauthorized {
		t.Errorf("after giving back: %v", err)
	}
}

// TestClientRefused asks a person who refuses.
func TestClientRefused(t *testing.T) {
	h := newHouse(t)
	c := h.asker("Budget Lumineux")
	q, err := c.Ask(t.Context(), budgetCheck())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(t.Context(), q, h.decide(q.URL, url.Values{"answer": {"refuse"}})); refusal(err).Code != "access_denied" {
		t.Errorf("refused: %v", err)
	}
}

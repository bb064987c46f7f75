package main_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/client"
)

// journal returns what the journal says of others.
func (h *house) journal() string {
	h.t.Helper()
	return h.must("--json", "journal", "--others", "--limit", "1000")
}

// stop stops every grant there is.
func (h *house) stop() {
	h.t.Helper()
	_, _, text := h.page("GET", "/journal", nil)
	for _, path := range regexp.MustCompile(`/grants/grt_\w+/stop`).FindAllString(text, -1) {
		if status, _, text := h.page("POST", path, url.Values{"back": {"/journal"}}); status != http.StatusSeeOther {
			h.t.Fatalf("stop: %d %.400s", status, text)
		}
	}
}

// given asks for wishes, which the person grants whole.
func (h *house) given(c *client.Client, wishes ...client.Wish) *client.Access {
	h.t.Helper()
	q, err := c.Ask(h.t.Context(), wishes...)
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := c.Finish(h.t.Context(), q, h.decide(q.URL, url.Values{"answer": {"accept"}}))
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// A thief has all that a program has, and does with it as it likes.
type thief struct {
	h     *house
	c     *client.Client
	nonce string
}

// proof returns a proof for one request, made with the program's own key.
func (x *thief) proof(method, address, access string) string {
	x.h.t.Helper()
	reg, err := x.c.Registration()
	if err != nil {
		x.h.t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(reg.Key)
	if err != nil {
		x.h.t.Fatal(err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		x.h.t.Fatalf("a key of type %T", key)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private},
		(&jose.SignerOptions{}).WithType("dpop+jwt").WithHeader("jwk", jose.JSONWebKey{Key: crypto.PublicKey(&private.PublicKey)}))
	if err != nil {
		x.h.t.Fatal(err)
	}
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": address, "iat": time.Now().Unix(), "nonce": x.nonce}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	b, err := json.Marshal(claims)
	if err != nil {
		x.h.t.Fatal(err)
	}
	signed, err := signer.Sign(b)
	if err != nil {
		x.h.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		x.h.t.Fatal(err)
	}
	return text
}

// send sends a request with a proof, and returns the answer's status and text. It
// learns the nonce.
func (x *thief) send(method, address, access, proof string, form url.Values) (int, string) {
	x.h.t.Helper()
	r, err := http.NewRequestWithContext(x.h.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		x.h.t.Fatal(err)
	}
	r.Header.Set("DPoP", proof)
	if access != "" {
		r.Header.Set("Authorization", "DPoP "+access)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		x.h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		x.h.t.Fatal(err)
	}
	x.nonce = res.Header.Get("DPoP-Nonce")
	return res.StatusCode, string(b)
}

// TestStolenTokens shows a token with a proof that was used, and a token that is
// for another place.
func TestStolenTokens(t *testing.T) {
	h := newHouse(t)
	c := h.asker("Thief")
	a := h.given(c, budgetCheck())
	x, tokens, place := &thief{h: h, c: c}, a.Tokens(), h.url+"/api/v1/documents"
	x.send("GET", place, tokens.Access, x.proof("GET", place, tokens.Access), nil) // for the nonce
	proof := x.proof("GET", place, tokens.Access)
	if status, text := x.send("GET", place, tokens.Access, proof, nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if status, text := x.send("GET", place, tokens.Access, proof, nil); status != http.StatusUnauthorized {
		t.Errorf("a replayed proof: %d %s", status, text)
	}
	h.tells("the proof was used before")
	if status, text := x.send("POST", h.url+"/oauth/token", "", x.proof("POST", h.url+"/oauth/token", ""), url.Values{
		"grant_type": {"refresh_token"}, "client_id": {c.ID()}, "refresh_token": {tokens.Refresh}, "resource": {h.url + "/mcp"}}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	} else if err := json.Unmarshal([]byte(text), &struct {
		Access *string `json:"access_token"`
	}{&tokens.Access}); err != nil {
		t.Fatal(err)
	}
	if status, text := x.send("GET", place, tokens.Access, x.proof("GET", place, tokens.Access), nil); status != http.StatusUnauthorized {
		t.Errorf("a token of another audience: %d %s", status, text)
	}
	h.tells("the access token is for another resource")
}

// tells makes sure that the journal gives a reason for refusing.
func (h *house) tells(reasons ...string) {
	h.t.Helper()
	said := h.journal()
	for _, reason := range reasons {
		if !strings.Contains(said, reason) {
			h.t.Errorf("the journal does not say %q:\n%s", reason, said)
		}
	}
}

// escapes are questions that reach for what the grant excludes.
var escapes = []string{
	"SELECT label FROM bank_operations", "SELECT * FROM sqlite_master", "SELECT * FROM sqlite_temp_schema",
	"SELECT * FROM documents_fts", "SELECT sql FROM pragma_table_list", "PRAGMA database_list", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'",
	"SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "DELETE FROM bank_operations", "UPDATE bank_operations SET amount = 0",
	"CREATE TEMP VIEW bank_operations AS SELECT 1", "SELECT 1; SELECT label FROM bank_operations", "WITH RECURSIVE s AS (SELECT * FROM sqlite_schema) SELECT * FROM s",
	"SELECT text FROM documents WHERE text IS NOT NULL",
}

// endless is a question about more rows than there is time to count, and large one
// whose answer is of gigabytes.
var (
	endless = "SELECT count(*) FROM bank_operations" + strings.Repeat(", bank_operations", 20)
	large   = strings.Repeat("SELECT d || d AS d FROM (", 28) + "SELECT day AS d FROM bank_operations" + strings.Repeat(")", 28)
)

// TestHostileQuestions asks for more than the grant has, for too much, and for too
// long.
func TestHostileQuestions(t *testing.T) {
	h := newHouse(t)
	c := h.asker("Prying")
	a := h.given(c, budgetCheck())
	var slow sync.WaitGroup
	slow.Go(func() {
		if _, err := a.Query(t.Context(), endless); refusal(err).Code != "urn:penates:problem:too-long" {
			t.Errorf("a question without end: %v", err)
		}
	})
	for _, sql := range escapes {
		if table, err := a.Query(t.Context(), sql); err == nil && len(table.Rows) > 0 || err != nil && refusal(err).Status/100 != 4 {
			t.Errorf("%s: %v, %v", sql, table, err)
		}
	}
	if _, err := a.Query(t.Context(), large); refusal(err).Code != "urn:penates:problem:too-large" {
		t.Errorf("a large answer: %v", err)
	}
	slow.Wait()
	if got := days(t, a); len(got) != 5 {
		t.Errorf("after all that it reads %v", got)
	}
	h.tells(string(penates.TooLong), string(penates.TooLarge), "a query reads only the views")
	few := budgetCheck()
	few.Limits.RowsPerDay = 3
	b := h.given(h.asker("Greedy"), few)
	if _, err := b.Query(t.Context(), "SELECT day FROM bank_operations"); refusal(err).Status/100 != 4 {
		t.Errorf("five rows where three are allowed: %v", err)
	}
	h.tells("rows a day")
	figures := budgetCheck()
	figures.Actions, figures.Limits.Aggregate = []string{"read", "compute"}, &client.Aggregate{MinGroup: 3, Budget: 2}
	d := h.given(h.asker("Differencing"), figures)
	for _, sql := range []string{"SELECT sum(amount) FROM bank_operations", "SELECT sum(amount) FROM bank_operations WHERE day <> '2025-06-05'"} {
		if table, err := d.Query(t.Context(), sql); refusal(err).Status != http.StatusForbidden {
			t.Errorf("%s: %v, %v", sql, table, err)
		}
	}
	h.tells("figures")
	total := client.FigureQuestion{View: "bank_operations", Sum: []string{"amount"}}
	all, err := d.Figures(t.Context(), total)
	if err != nil || len(all) != 1 || all[0].Documents != 5 || all[0].Sums[0] != -192.75 {
		t.Fatalf("figures: %v, %v", all, err)
	}
	total.Where = []client.Condition{{Field: "day", Op: "ne", Values: []string{"2025-06-05"}}}
	less, err := d.Figures(t.Context(), total)
	if err != nil || len(less) > 0 && all[0].Documents != less[0].Documents {
		t.Errorf("a difference singles out a document: %v, %v", less, err)
	}
	total.Where[0].Values[0] = "2025-04-20"
	if more, err := d.Figures(t.Context(), total); refusal(err).Status != http.StatusForbidden {
		t.Errorf("beyond the budget: %v, %v", more, err)
	}
	if _, err := a.Figures(t.Context(), total); refusal(err).Status != http.StatusBadRequest {
		t.Errorf("figures under a grant of documents: %v", err)
	}
}

// TestStoppedStream stops a grant while the program follows changes.
func TestStoppedStream(t *testing.T) {
	h := newHouse(t)
	a := h.given(h.asker("Follower"), budgetCheck())
	heard, ended := make(chan client.Change, 100), make(chan error, 1)
	go func() {
		ended <- a.Follow(t.Context(), "", func(c client.Change) error { heard <- c; return nil })
	}()
	<-heard // it listens
	h.stop()
	select {
	case err := <-ended:
		if refusal(err).Code != "urn:penates:problem:denied" {
			t.Errorf("the stream ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the stream goes on")
	}
	for name, read := range map[string]func() error{
		"changes": func() error { _, _, err := a.Changes(t.Context(), ""); return err },
		"stream": func() error {
			return a.Follow(t.Context(), "", func(client.Change) error { return errors.New("a change") })
		},
		"query": func() error { _, err := a.Query(t.Context(), "SELECT 1"); return err },
	} {
		if err := read(); refusal(err).Status != http.StatusUnauthorized {
			t.Errorf("%s after the stop: %v", name, err)
		}
	}
	h.tells("the grant was stopped")
	if said := fmt.Sprint(a.Refresh(t.Context())); strings.Contains(said, a.Tokens().Access) {
		t.Errorf("an error tells the token: %s", said)
	}
}

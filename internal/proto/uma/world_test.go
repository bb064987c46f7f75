package uma_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/proto/oidc"
	"penates/internal/proto/uma"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/serve"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

type keeper struct{ v *vault.Vault }

func (k keeper) Vault() *vault.Vault { return k.v }

// A house is a vault with its servers.
type house struct {
	t     testing.TB
	v     *vault.Vault
	auth  *oauth.Server
	faces []*serve.Mux
	http  *httptest.Server
}

func newHouse(t testing.TB, name string) *house {
	t.Helper()
	v, _, err := vault.Create(t.Context(), t.TempDir(), []byte("for this test only"), vault.CreateOptions{Name: name, Language: "fr", Zone: "Europe/Paris", Country: "FR",
		Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, v: v}
	h.http = httptest.NewUnstartedServer(h)
	issuer, err := url.Parse("http://" + h.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	h.auth = oauth.New(oauth.Config{Vault: keeper{v}, Issuer: issuer})
	provider := oidc.New(h.auth)
	rules, err := uma.New(h.auth, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.faces = []*serve.Mux{h.auth.Mux(), provider.Mux(), rules.Mux()}
	h.http.Start()
	t.Cleanup(func() { h.http.Close(); _ = v.Close() })
	return h
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, m := range h.faces {
		if m.Knows(r) {
			m.ServeHTTP(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

func (h *house) owner() *vault.Session {
	h.t.Helper()
	s, err := h.v.As(penates.Owner, "page")
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// fill puts operations of two years into the vault.
func (h *house) fill() {
	h.t.Helper()
	var items []vaulttest.Item
	for id, day := range map[string]string{"1": "2025-03-01", "2": "2024-03-01"} {
		m, err := penates.ParseMoment(day)
		if err != nil {
			h.t.Fatal(err)
		}
		items = append(items, vaulttest.Item{Document: &penates.Document{Type: penates.BankOperations, Source: penates.Source{NativeID: id}, Time: penates.Span{Start: m}, Text: "in " + day[:4]},
			Body: schema.BankOperation{Label: "in " + day[:4]}})
	}
	vaulttest.Fill(h.t, h.owner(), items...)
}

type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (r reply) str(name string) string { s, _ := r.json[name].(string); return s }

func (h *house) do(c *http.Client, method, path, body string, header ...string) reply {
	h.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = h.http.URL + path
	}
	r, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	res, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	out := reply{status: res.StatusCode, header: res.Header, text: string(b)}
	_ = json.Unmarshal(b, &out.json) // not every answer is an object
	return out
}

var straight = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 2 * time.Minute}

func (h *house) send(method, path, body string, header ...string) reply {
	h.t.Helper()
	return h.do(straight, method, path, body, header...)
}

func (h *house) get(path, token string) reply {
	h.t.Helper()
	if token != "" {
		token = "Bearer " + token
	}
	return h.send("GET", path, "", "Authorization", token)
}

func (h *house) object(method, path, token, body string) reply {
	h.t.Helper()
	return h.send(method, path, body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

func (h *house) form(path string, v url.Values, header ...string) reply {
	h.t.Helper()
	return h.send("POST", path, v.Encode(), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
}

// A client is one with a secret.
type client struct {
	h                *house
	id, secret, back string
}

func (h *house) register(back, more string) *client {
	h.t.Helper()
	r := h.send("POST", "/oauth/register", `{"client_name":"Client","redirect_uris":["`+back+`"]`+more+`}`, "Content-Type", "application/json")
	if r.status != http.StatusCreated {
		h.t.Fatalf("register: %d %s", r.status, r.text)
	}
	return &client{h, r.str("client_id"), r.str("client_secret"), back}
}

func (h *house) asker() *client {
	return h.register("https://asker.test/", `,"grant_types":["authorization_code","`+uma.GrantType+`"],"scope":"view print","claims_redirect_uris":["https://asker.test/claims?a=b"]`)
}

func (c *client) basic() []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(c.id+":"+c.secret))}
}

var onward = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)

func leads(r reply) string {
	m := onward.FindStringSubmatch(r.text)
	if m == nil {
		return ""
	}
	return strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(m[1])
}

var link = regexp.MustCompile(`<a href="([^"]*)"`)

// offered returns where the one link of a page leads.
func offered(r reply) string {
	m := link.FindStringSubmatch(r.text)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// agree lets the owner agree to what an authorisation request asks, and returns
// what comes back.
func (h *house) agree(at string) url.Values {
	h.t.Helper()
	r := h.send("GET", at, "")
	id, ok := strings.CutPrefix(leads(r), "/consent/")
	if !ok {
		h.t.Fatalf("authorize: %d %s", r.status, r.text)
	}
	target, err := h.auth.Decide(h.t.Context(), h.owner(), id, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	u, err := url.Parse(leads(h.send("GET", target, "")))
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Query()
}

// tokens lets the owner agree to scopes and returns the tokens.
func (c *client) tokens(scope, nonce string) reply {
	c.h.t.Helper()
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	back := c.h.agree("/oauth/authorize?" + url.Values{"client_id": {c.id}, "response_type": {"code"}, "scope": {scope}, "nonce": {nonce},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}.Encode())
	r := c.h.form("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {back.Get("code")}, "code_verifier": {verifier}}, c.basic()...)
	if r.status != http.StatusOK {
		c.h.t.Fatalf("token: %d %s", r.status, r.text)
	}
	return r
}

// redeem shows a ticket.
func (c *client) redeem(ticket string, more ...string) reply {
	c.h.t.Helper()
	v := url.Values{"grant_type": {uma.GrantType}, "ticket": {ticket}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return c.h.form("/oauth/token", v, c.basic()...)
}

var ticketIn = regexp.MustCompile(`UMA realm="[^"]*", as_uri="([^"]*)", ticket="([^"]*)"`)

// ticket asks the vault for operations without a token.
func (h *house) ticket() string { h.t.Helper(); return h.ticketFor(penates.BankOperations) }

func (h *house) ticketFor(name penates.Type) string {
	h.t.Helper()
	r := h.get("/uma/vault/"+string(name), "")
	m := ticketIn.FindStringSubmatch(r.header.Get("WWW-Authenticate"))
	if r.status != http.StatusUnauthorized || m == nil || m[1] != h.http.URL {
		h.t.Fatalf("without a token: %d %v", r.status, r.header)
	}
	return m[2]
}

// browser follows redirects and keeps cookies, as one does.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 2 * time.Minute}
}

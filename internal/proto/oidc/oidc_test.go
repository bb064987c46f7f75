package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/proto/oauth"
	"penates/internal/proto/oidc"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/serve"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

type keeper struct{ v *vault.Vault }

func (k keeper) Vault() *vault.Vault { return k.v }

// A site is a vault that people sign in with.
type site struct {
	t     *testing.T
	v     *vault.Vault
	auth  *oauth.Server
	http  *httptest.Server
	faces []*serve.Mux
	ahead atomic.Int64 // how far the server's clock is
}

func newSite(t *testing.T) *site {
	t.Helper()
	v, _, err := vault.Create(t.Context(), t.TempDir(), []byte("for this test only"), vault.CreateOptions{Name: "Camille", Language: "fr", Zone: "Europe/Paris", Country: "FR",
		Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, v: v}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	issuer, err := url.Parse("http://" + s.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.auth = oauth.New(oauth.Config{Vault: keeper{v}, Issuer: issuer, Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }})
	s.faces = []*serve.Mux{s.auth.Mux(), oidc.New(s.auth).Mux()}
	s.http.Start()
	t.Cleanup(func() { s.http.Close(); _ = v.Close() })
	vaulttest.Fill(t, s.owner(), vaulttest.Item{
		Document: &penates.Document{Type: penates.Identities, Source: penates.Source{NativeID: "id"}, Text: "Camille Martin"},
		Body:     schema.Identity{Given: "Camille", Family: "Martin", Email: "camille@example.org", BirthDate: "1980-02-03"},
	})
	return s
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	for _, m := range s.faces {
		if m.Knows(r) {
			m.ServeHTTP(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

func (s *site) owner() *vault.Session {
	s.t.Helper()
	o, err := s.v.As(penates.Owner, "page")
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

type reply struct {
	status int
	text   string
	json   map[string]any
}

func (r reply) str(name string) string { x, _ := r.json[name].(string); return x }

func (s *site) send(method, path, body string, header ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.http.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	out := reply{status: res.StatusCode, text: string(b)}
	_ = json.Unmarshal(b, &out.json) // not every answer is an object
	return out
}

// register registers a client whose ID tokens are signed with ES256, which costs
// less to make keys for.
func (s *site) register(host string) (id string) {
	s.t.Helper()
	r := s.send("POST", "/oauth/register", `{"client_name":"Allotments","redirect_uris":["https://`+host+`/back"],"post_logout_redirect_uris":["https://`+host+`/bye?a=b"],
		"token_endpoint_auth_method":"none","id_token_signed_response_alg":"ES256"}`, "Content-Type", "application/json")
	if r.status != http.StatusCreated {
		s.t.Fatal(r.text)
	}
	return r.str("client_id")
}

const verifier = "a-verifier-of-more-than-forty-three-characters"

var onward = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)

func leads(r reply) string {
	if m := onward.FindStringSubmatch(r.text); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

// ask sends the browser with a request, and returns where a page leads it.
func (s *site) ask(client string, more ...string) string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	v := url.Values{"client_id": {client}, "response_type": {"code"}, "scope": {"openid"}, "nonce": {"n-1"}, "state": {"s"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return leads(s.send("GET", "/oauth/authorize?"+v.Encode(), ""))
}

// signIn goes all the way, and returns the answer of the token endpoint with what
// the ID token says.
func (s *site) signIn(client string, more ...string) (reply, map[string]any) {
	s.t.Helper()
	id, ok := strings.CutPrefix(s.ask(client, more...), "/consent/")
	if !ok {
		s.t.Fatalf("no consent page: %s", id)
	}
	target, err := s.auth.Decide(s.t.Context(), s.owner(), id, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	u, err := url.Parse(leads(s.send("GET", target, "")))
	if err != nil {
		s.t.Fatal(err)
	}
	r := s.send("POST", "/oauth/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {client}, "code": {u.Query().Get("code")}, "code_verifier": {verifier}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
	if r.status != http.StatusOK {
		s.t.Fatalf("token: %d %s", r.status, r.text)
	}
	return r, s.says(r.str("id_token"))
}

// says verifies an ID token with the keys the vault shows, as a client does.
func (s *site) says(token string) (claims map[string]any) {
	s.t.Helper()
	keys, err := jwt.ParseKeys([]byte(s.send("GET", "/oauth/keys", "").text))
	if err != nil {
		s.t.Fatal(err)
	}
	payload, err := jwt.Signed(token, keys)
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return claims
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.register("garden.test")
	r, claims := s.signIn(client)
	sum := sha256.Sum256([]byte(r.str("access_token")))
	if claims["iss"] != s.http.URL || claims["aud"] != client || claims["nonce"] != "n-1" || claims["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:16]) || claims["sub"] == "" {
		t.Errorf("%v", claims)
	}
	now := float64(time.Now().Unix())
	for name, want := range map[string]float64{"iat": now, "auth_time": now, "exp": now + 600} {
		if got, ok := claims[name].(float64); !ok || got > want+1 || got < want-300 {
			t.Errorf("%s is %v", name, claims[name])
		}
	}
	for _, name := range []string{"email", "name", "birthdate", "acr", "amr"} {
		if claims[name] != nil {
			t.Errorf("nobody asked for %s: %v", name, claims)
		}
	}
}

// TestClaimsParameter asks for single facts, in the ID token or by the user
// information endpoint; what was not asked for is not told.
func TestClaimsParameter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.register("garden.test")
	r, claims := s.signIn(client, "claims", `{"id_token":{"email":{"essential":true},"unknown":null},"userinfo":{"birthdate":null}}`)
	info := s.send("GET", "/oidc/userinfo", "", "Authorization", "Bearer "+r.str("access_token"))
	if claims["email"] != "camille@example.org" || claims["email_verified"] != false || claims["birthdate"] != nil || claims["unknown"] != nil {
		t.Errorf("ID token: %v", claims)
	}
	if info.str("birthdate") != "1980-02-03" || info.str("email") == "" || info.json["family_name"] != nil || info.str("sub") != claims["sub"] {
		t.Errorf("userinfo: %s", info.text)
	}
	sub, _ := claims["sub"].(string)
	if at := s.ask(client, "claims", `{"id_token":{"sub":{"value":"`+sub+`"}}}`); !strings.HasPrefix(at, "/consent/") {
		t.Errorf("the owner by name: %q", at)
	}
	for param, code := range map[string]string{
		`{"id_token":{"sub":{"value":"somebody else"}}}`: "login_required",
		`{"id_token":{"acr":{"essential":true}}}`:        "unmet_authentication_requirements",
		`[`:                  "invalid_request",
		`{"userinfo":"all"}`: "invalid_request",
	} {
		if at := s.ask(client, "claims", param); !strings.HasPrefix(at, "https://garden.test/back?") || !strings.Contains(at, "error="+code) {
			t.Errorf("%s leads to %q", param, at)
		}
	}
}

// TestPrompts asks that the person log in again, be asked, or not be asked.
func TestPrompts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.register("garden.test")
	s.signIn(client) // from now on the client is one the person agreed to
	for _, test := range []struct{ name, value, leads string }{
		{"prompt", "none", "https://garden.test/back?error=login_required"},
		{"prompt", "login", "/unlock?next="},
		{"prompt", "consent", "/consent/"},
		{"prompt", "select_account", "/consent/"},
		{"prompt", "none login", "https://garden.test/back?error=invalid_request"},
		{"prompt", "dance", "https://garden.test/back?error=invalid_request"},
		{"max_age", "soon", "https://garden.test/back?error=invalid_request"},
		{"max_age", "3600", "/consent/"},
		{"login_hint", "camille@example.org", "/consent/"},
		{"ui_locales", "en fr", "/consent/"},
		{"acr_values", "gold", "/consent/"},
		{"display", "popup", "/consent/"},
	} {
		if at := s.ask(client, test.name, test.value); !strings.HasPrefix(at, test.leads) {
			t.Errorf("%s=%s leads to %q", test.name, test.value, at)
		}
	}
	// Who logged in longer ago than max_age has to do so again before they decide.
	old := s.owner()
	time.Sleep(time.Until(old.Began().Truncate(time.Second).Add(time.Second))) // auth_time counts seconds
	id := strings.TrimPrefix(s.ask(client, "max_age", "0"), "/consent/")
	if to, err := s.auth.Decide(t.Context(), old, id, nil); err != nil || !strings.HasPrefix(to, "/unlock?") {
		t.Errorf("an old login decides, and goes to %q: %v", to, err)
	}
	if to, err := s.auth.Decide(t.Context(), s.owner(), id, nil); err != nil || !strings.HasPrefix(to, "/oauth/return/") {
		t.Errorf("a fresh login goes to %q: %v", to, err)
	}
}

// TestKeysOverlap lets the signing keys be followed by new ones: what the former one
// signed is verified with the keys shown, until long after it ended.
func TestKeysOverlap(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.register("garden.test")
	r, _ := s.signIn(client)
	kids := func() (ids []string) {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal([]byte(s.send("GET", "/oauth/keys", "").text), &set); err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			if k.Algorithm == "ES256" {
				ids = append(ids, k.KeyID)
			}
		}
		return ids
	}
	first := kids()
	s.ahead.Store(int64(91 * 24 * time.Hour))
	both := kids()
	if len(first) != 1 || len(both) != 2 || !slices.Contains(both, first[0]) {
		t.Fatalf("keys %v, then %v", first, both)
	}
	if claims := s.says(r.str("id_token")); claims["aud"] != client {
		t.Errorf("what the former key signed: %v", claims)
	}
	s.ahead.Store(int64(121 * 24 * time.Hour))
	if last := kids(); slices.Contains(last, first[0]) && len(last) < 2 {
		t.Errorf("keys %v", last)
	}
}

// TestLogout sends the person to the end of a session, with an ID token or without,
// and nowhere that the client did not register.
func TestLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client, other := s.register("garden.test"), s.register("other.test")
	r, _ := s.signIn(client)
	token := r.str("id_token")
	for _, test := range []struct {
		name   string
		params url.Values
		status int
		leads  string // by itself
		offers string
	}{
		{"with its token", url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b"}, "state": {"x&y"}}, 200, "https://garden.test/bye?a=b&state=x%26y", ""},
		{"by its id", url.Values{"client_id": {client}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b"}}, 200, "", "https://garden.test/bye?a=b"},
		{"nothing said", url.Values{}, 200, "", "/"},
		{"an address alone", url.Values{"post_logout_redirect_uri": {"https://evil.test/"}}, 200, "", "/"},
		{"another address", url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://evil.test/"}}, 400, "", ""},
		{"the address and a bit", url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b&c"}}, 400, "", ""},
		{"a redirect_uri", url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://garden.test/back"}}, 400, "", ""},
		{"another client's token", url.Values{"id_token_hint": {token}, "client_id": {other}, "post_logout_redirect_uri": {"https://other.test/bye?a=b"}}, 400, "", ""},
		{"a token of its own", url.Values{"id_token_hint": {token + "x"}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b"}}, 400, "", ""},
		{"an unknown client", url.Values{"client_id": {"cli_none"}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b"}}, 400, "", ""},
		{"twice", url.Values{"client_id": {client, other}}, 400, "", ""},
	} {
		r := s.send("GET", "/oidc/logout?"+test.params.Encode(), "", "Accept-Language", "en")
		if r.status != test.status || leads(r) != test.leads || test.offers != "" && !strings.Contains(html.UnescapeString(r.text), `<a href="`+test.offers+`"`) || strings.Contains(r.text, "evil.test") {
			t.Errorf("%s: %d, leads to %q: %s", test.name, r.status, leads(r), r.text)
		}
	}
	if r := s.send("POST", "/oidc/logout", url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://garden.test/bye?a=b"}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded"); leads(r) != "https://garden.test/bye?a=b" {
		t.Errorf("by a form: %s", r.text)
	}
	if meta := s.send("GET", "/.well-known/openid-configuration", ""); meta.str("end_session_endpoint") != s.http.URL+"/oidc/logout" || meta.json["claims_parameter_supported"] != true {
		t.Errorf("metadata: %s", meta.text)
	}
}

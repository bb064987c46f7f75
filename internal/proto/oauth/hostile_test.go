package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/vault"
)

// TestCodeIsGoodOnce replays a code: whoever stole it, what it gave is void.
func TestCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	code := w.accept(a.authorize(a.ask())).Get("code")
	first := a.redeem(false, code)
	if first.status != http.StatusOK {
		t.Fatal(first.text)
	}
	if r := a.redeem(false, code); r.str("error") != "invalid_grant" {
		t.Errorf("a second time: %d %s", r.status, r.text)
	}
	if rows := a.read(false, first.str("access_token")); rows.status != http.StatusUnauthorized {
		t.Errorf("what a stolen code gave reads: %d", rows.status)
	}
	if !strings.Contains(w.refusals(penates.Actor("app:"+a.id)), "code was used twice") {
		t.Error("the journal does not say so")
	}
}

// TestCodeRace redeems one code many times at once.
func TestCodeRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	code := w.accept(a.authorize(a.ask())).Get("code")
	var good atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if a.redeem(false, code).status == http.StatusOK {
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() > 1 {
		t.Errorf("a code was taken %d times", good.Load())
	}
}

// TestCodeInjection has a thief with a code but not what belongs to it.
func TestCodeInjection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, thief := w.register(budget), w.register(budget)
	code := w.accept(a.authorize(a.ask())).Get("code")
	form := func(change ...string) url.Values {
		v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier}, "client_id": {a.id}}
		for i := 0; i+1 < len(change); i += 2 {
			if v.Set(change[i], change[i+1]); change[i+1] == "" {
				v.Del(change[i])
			}
		}
		return v
	}
	for name, v := range map[string]url.Values{
		"another client":         form("client_id", thief.id),
		"another verifier":       form("code_verifier", thief.verifier),
		"no verifier":            form("code_verifier", ""),
		"the challenge itself":   form("code_verifier", a.challenge()),
		"another redirect_uri":   form("redirect_uri", "https://evil.test/"),
		"a changed code":         form("code", code[:len(code)-2]+"xx"),
		"another's id in a code": form("code", "pc"+strings.Repeat("a", 26)+code[28:]),
	} {
		if r := w.post("/oauth/token", v); r.str("error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	if r := w.post("/oauth/token", form()); r.status != http.StatusOK {
		t.Errorf("the thief's attempts spoiled it for the client: %s", r.text)
	}
}

// TestRefreshReuse replays a refresh token: the family is void.
func TestRefreshReuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	first := a.tokens(false)
	refresh := func(token string) reply {
		return a.token(false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	}
	second := refresh(first.str("refresh_token"))
	if r := refresh(first.str("refresh_token")); r.str("error") != "invalid_grant" {
		t.Fatalf("a spent token: %s", r.text)
	}
	if r := refresh(second.str("refresh_token")); r.str("error") != "invalid_grant" {
		t.Errorf("its successor: %s", r.text)
	}
	for _, token := range []string{first.str("access_token"), second.str("access_token")} {
		if rows := a.read(false, token); rows.status != http.StatusUnauthorized {
			t.Errorf("an access token of the family: %d", rows.status)
		}
	}
	if !strings.Contains(w.refusals(penates.Actor("app:"+a.id)), "refresh token was used twice") {
		t.Error("the journal does not say so")
	}
	grants, err := w.owner().Grants(t.Context(), vault.GrantFilter{Grantee: penates.Actor("app:" + a.id), Active: true})
	if err != nil || len(grants) != 0 {
		t.Errorf("%d grants are left, %v", len(grants), err)
	}
}

// TestBoundTokens has a thief with a token but not the key.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, thief := w.register(budget), w.register(budget)
	tokens := a.tokens(true)
	token := tokens.str("access_token")
	thief.nonce = a.nonce
	proof := a.proof("GET", "/data/operations", token, nil)
	show := func(scheme, proof string) reply {
		header := []string{"Authorization", scheme + " " + token}
		if proof != "" {
			header = append(header, "DPoP", proof)
		}
		return w.get("/data/operations", header...)
	}
	if r := show("DPoP", proof); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.text)
	}
	for name, r := range map[string]reply{
		"a replayed proof":       show("DPoP", proof),
		"as a bearer token":      show("Bearer", ""),
		"bearer with a proof":    show("Bearer", a.proof("GET", "/data/operations", token, nil)),
		"without a proof":        show("DPoP", ""),
		"the thief's key":        show("DPoP", thief.proof("GET", "/data/operations", token, nil)),
		"another method":         show("DPoP", a.proof("POST", "/data/operations", token, nil)),
		"another address":        show("DPoP", a.proof("GET", "/data/bills", token, nil)),
		"a proof without token":  show("DPoP", a.proof("GET", "/data/operations", "", nil)),
		"another token's proof":  show("DPoP", a.proof("GET", "/data/operations", token+"x", nil)),
		"without a nonce":        show("DPoP", a.proof("GET", "/data/operations", token, map[string]any{"nonce": ""})),
		"an old proof":           show("DPoP", a.proof("GET", "/data/operations", token, map[string]any{"iat": time.Now().Add(-time.Hour).Unix()})),
		"in the address":         w.get("/data/operations?access_token=" + token),
		"in a form":              w.post("/data/operations", url.Values{"access_token": {token}}),
		"the refresh token":      w.get("/data/operations", "Authorization", "Bearer "+tokens.str("refresh_token")),
		"the token and a little": w.get("/data/operations", "Authorization", "DPoP "+token+" x"),
	} {
		if r.status != http.StatusUnauthorized && r.status != http.StatusNotFound { // there is no form to send
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
		if r.status == http.StatusUnauthorized && len(r.header.Values("WWW-Authenticate")) == 0 {
			t.Errorf("%s: no challenge", name)
		}
	}
	if log := w.refusals(penates.Actor("app:" + a.id)); !strings.Contains(log, "used before") || !strings.Contains(log, "another key") {
		t.Errorf("the journal says %q", log)
	}
	thief.id = a.id
	if r := thief.token(true, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.str("refresh_token")}}); r.str("error") != "invalid_grant" {
		t.Errorf("the thief refreshes: %s", r.text)
	}
	if r := a.token(true, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.str("refresh_token")}}); r.status != http.StatusOK {
		t.Errorf("the thief spoiled it for the client: %s", r.text)
	}
}

// TestAudience shows a token where it was not given for.
func TestAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	mcp := a.tokens(false, "resource", w.http.URL+"/mcp")
	if r := a.read(false, mcp.str("access_token")); r.status != http.StatusUnauthorized || !strings.Contains(r.text, "another resource") {
		t.Errorf("a token of another audience: %d %s", r.status, r.text)
	}
	if !strings.Contains(w.refusals(penates.Actor("app:"+a.id)), "another resource") {
		t.Error("the journal does not say so")
	}
	here := a.tokens(false, "resource", w.http.URL+"/data")
	if r := a.read(false, here.str("access_token")); r.status != http.StatusOK {
		t.Errorf("a token of this audience: %d %s", r.status, r.text)
	}
	wider := a.token(false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {here.str("refresh_token")}, "resource": {w.http.URL}})
	if wider.str("error") != "invalid_target" {
		t.Errorf("a wider audience by refresh: %s", wider.text)
	}
	for _, bad := range []string{"https://elsewhere.test/", w.http.URL + "#x", "/data", w.http.URL + ".evil.test/"} {
		if r := w.post("/oauth/par", a.ask("resource", bad)); r.str("error") != "invalid_target" {
			t.Errorf("resource %s: %s", bad, r.text)
		}
	}
}

// TestRequestTricks has requests that would lead people or codes astray. Nobody is
// sent anywhere by them.
func TestRequestTricks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(`{"client_name":"App","redirect_uris":["https://app.test/back","http://127.0.0.1/back","com.example.app:/back"],"token_endpoint_auth_method":"none"}`)
	for _, uri := range []string{
		"https://evil.test/", "https://app.test/back/", "https://app.test/back?x", "https://app.test/BACK", "https://app.test:8443/back", "https://APP.test/back",
		"https://app.test/back#", "https://app.test/back/../x", "http://app.test/back", "https://app.test@evil.test/back", "https://app.test\\back", "https://app.test/back%00",
		"http://127.0.0.1:80@evil.test/back", "http://127.0.0.1:1234/other", "http://127.0.0.2:1234/back", "http://localhost:1234/back", "https://127.0.0.1:1234/back",
		"com.example.app:/other", "com.example.app://back", "javascript:alert(1)", "",
	} {
		r := w.get("/oauth/authorize?" + a.ask("redirect_uri", uri).Encode())
		if r.status != http.StatusBadRequest || leads(r) != "" || r.header.Get("Location") != "" || strings.Contains(r.text, "href") {
			t.Errorf("redirect_uri %q: %d, leads to %q", uri, r.status, leads(r))
		}
	}
	for _, uri := range []string{"https://app.test/back", "http://127.0.0.1:49152/back", "com.example.app:/back"} {
		a.redirect = uri
		a.authorize(a.ask())
	}
	twice := a.ask()
	twice.Add("redirect_uri", "https://evil.test/")
	if r := w.get("/oauth/authorize?" + twice.Encode()); r.status != http.StatusBadRequest || leads(r) != "" {
		t.Errorf("redirect_uri twice: %d", r.status)
	}
	for name, v := range map[string]url.Values{
		"plain PKCE":             a.ask("code_challenge_method", "plain"),
		"no PKCE":                a.ask("code_challenge", "", "code_challenge_method", ""),
		"PKCE without a method":  a.ask("code_challenge_method", ""),
		"no hash":                a.ask("code_challenge", "x"),
		"implicit":               a.ask("response_type", "token"),
		"hybrid":                 a.ask("response_type", "code token"),
		"fragment":               a.ask("response_mode", "fragment"),
		"a signed request":       a.ask("request", "eyJhbGciOiJub25lIn0.e30."),
		"nothing asked":          a.ask("authorization_details", ""),
		"another type of detail": a.ask("authorization_details", `[{"type":"payment"}]`),
		"a grant id of its own":  a.ask("authorization_details", strings.Replace(wantOperations, `"actions"`, `"grant":"grt_x","actions"`, 1)),
		"to administer":          a.ask("authorization_details", strings.Replace(wantOperations, `"actions"`, `"administer":true,"actions"`, 1)),
		"over already":           a.ask("authorization_details", strings.Replace(wantOperations, `"actions"`, `"expires":"2020-01-01T00:00:00Z","actions"`, 1)),
		"too long a state":       a.ask("nonce", strings.Repeat("x", 3000)),
		"an unknown prompt":      a.ask("prompt", "now"),
		"no prompt with another": a.ask("prompt", "none login"),
		"no person to be asked":  a.ask("prompt", "none"),
		"a max_age of words":     a.ask("max_age", "soon"),
	} {
		r := w.get("/oauth/authorize?" + v.Encode())
		// Nobody agreed to this client yet: a link, but no way that goes by itself.
		if leads(r) != "" || r.header.Get("Location") != "" || !strings.Contains(r.text, "iss=") || r.status != http.StatusBadRequest {
			t.Errorf("%s: %d, leads to %q: %s", name, r.status, leads(r), r.text)
		}
	}
	if r := w.get("/oauth/authorize?" + a.ask("client_id", "cli_nobody").Encode()); r.status != http.StatusBadRequest || strings.Contains(r.text, "href") {
		t.Errorf("an unknown client: %d %s", r.status, r.text)
	}
	if r := w.get("/oauth/authorize?" + url.Values{"client_id": {a.id}, "request_uri": {"https://evil.test/request"}}.Encode()); r.status != http.StatusBadRequest {
		t.Errorf("a request_uri elsewhere: %d", r.status)
	}
}

// TestErrorsComeBackToTrusted lets an error go back by itself once the person
// agreed to the client, with who it is from.
func TestErrorsComeBackToTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	a.tokens(false)
	u, err := url.Parse(leads(w.get("/oauth/authorize?" + a.ask("prompt", "none").Encode())))
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); u.Host != "budget.test" || q.Get("error") != "login_required" || q.Get("iss") != w.http.URL || q.Get("state") != "st&te" {
		t.Errorf("it leads to %v", u)
	}
}

// TestConsentIsForWhoDecides has a thief who begins a request and lets the owner
// decide it: the code goes to the owner's browser alone.
func TestConsentIsForWhoDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	id := a.authorize(a.ask())
	owner := w.owner()
	q, err := w.auth.Pending(t.Context(), owner, id)
	if err != nil {
		t.Fatal(err)
	}
	target, err := w.auth.Decide(t.Context(), owner, id, q.Wanted)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(target, id) {
		t.Error("who knows the request can guess where its answer is")
	}
	if r := w.get("/oauth/return/" + id); r.status != http.StatusNotFound {
		t.Errorf("by the request's id: %d", r.status)
	}
	if got := w.back(target); got.Get("code") == "" {
		t.Error("the owner's browser gets no code")
	}
	if r := w.get(target); r.status != http.StatusNotFound {
		t.Errorf("a second time: %d", r.status)
	}
	if _, err := w.auth.Decide(t.Context(), owner, id, q.Wanted); err == nil {
		t.Error("one request is decided twice")
	}
	for _, name := range []string{"", "x", strings.Repeat("a", 26), "../client", strings.Repeat("x", 5000)} {
		if _, err := w.auth.Pending(t.Context(), owner, name); err == nil {
			t.Errorf("a request %.30q is found", name)
		}
	}
}

func TestNotMoreThanAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	owner := w.owner()
	id := a.authorize(a.ask())
	q, err := w.auth.Pending(t.Context(), owner, id)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(){
		"another action": func() { q.Wanted[0].Actions = []penates.Action{penates.Read, penates.Delete} },
		"another type":   func() { q.Wanted[0].Selections[0].Type = penates.Health },
		"to administer":  func() { q.Wanted[0].Administer = true },
	} {
		if q, err = w.auth.Pending(t.Context(), owner, id); err != nil {
			t.Fatal(err)
		}
		spoil()
		if _, err := w.auth.Decide(t.Context(), owner, id, q.Wanted); err == nil {
			t.Errorf("%s is given", name)
		}
	}
	target, err := w.auth.Decide(t.Context(), owner, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if back := w.back(target); back.Get("error") != "access_denied" || back.Get("code") != "" {
		t.Errorf("refused: %v", back)
	}
}

// TestPages makes sure that what the server shows cannot be framed, runs nothing
// and takes no cookie.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	for name, r := range map[string]reply{
		"on the way": w.get("/oauth/authorize?" + a.ask().Encode()),
		"an error":   w.get("/oauth/authorize?client_id=%3Cscript%3E&redirect_uri=%22%3E%3Cscript%3E"),
		"no return":  w.get("/oauth/return/x"),
		"a posted":   w.post("/oauth/authorize", a.ask(), "Origin", "https://evil.test"),
	} {
		policy := r.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") || r.header.Get("X-Frame-Options") != "DENY" ||
			r.header.Get("Access-Control-Allow-Origin") != "" || r.header.Get("Set-Cookie") != "" || r.header.Get("Referrer-Policy") != "no-referrer" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, r.header)
		}
		if strings.Contains(r.text, "<script") {
			t.Errorf("%s: %s", name, r.text)
		}
	}
}

// TestClientAuthentication has clients that show who they are in another way than
// they registered for.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.register(`{"redirect_uris":["https://box.test/"]}`)
	public := w.register(budget)
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public.key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	signing := w.register(`{"redirect_uris":["https://key.test/"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + string(raw) + `}`)
	basic := func(id, secret string) []string {
		return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}
	}
	assertion := func(alg jose.SignatureAlgorithm, key any, sub, aud string) url.Values {
		claims := map[string]any{"iss": sub, "sub": sub, "aud": aud, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": penates.NewID("x")}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(b)
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"client_assertion": {text}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	}
	of := func(id string) url.Values { return url.Values{"client_id": {id}} }
	replayed := assertion(jose.ES256, public.key, signing.id, w.http.URL)
	for _, test := range []struct {
		name   string
		form   url.Values
		header []string
		ok     bool
	}{
		{"the secret", url.Values{}, basic(secret.id, secret.secret), true},
		{"a wrong secret", url.Values{}, basic(secret.id, secret.secret[1:]+"x"), false},
		{"no secret", of(secret.id), nil, false},
		{"the secret in the form", url.Values{"client_id": {secret.id}, "client_secret": {secret.secret}}, nil, false},
		{"two ids", of(public.id), basic(secret.id, secret.secret), false},
		{"public", of(public.id), nil, true},
		{"public with a secret", url.Values{}, basic(public.id, "x"), false},
		{"nobody", of("cli_nobody"), nil, false},
		{"a bearer token", of(public.id), []string{"Authorization", "Bearer x"}, false},
		{"a key", replayed, nil, true},
		{"a replayed assertion", replayed, nil, false},
		{"an assertion for another server", assertion(jose.ES256, public.key, signing.id, "https://other.test"), nil, false},
		{"an assertion of another key", assertion(jose.ES256, secret.key, signing.id, w.http.URL), nil, false},
		{"an assertion with the public key as secret", assertion(jose.HS256, raw, signing.id, w.http.URL), nil, false},
		{"an assertion for a client with a secret", assertion(jose.HS256, []byte(strings.Repeat(secret.secret, 2)), secret.id, w.http.URL), nil, false},
		{"a client with a key, without it", of(signing.id), nil, false},
	} {
		test.form.Set("token", "x")
		r := w.post("/oauth/revoke", test.form, test.header...)
		if (r.status == http.StatusOK) != test.ok || !test.ok && (r.status != http.StatusUnauthorized || r.str("error") != "invalid_client") {
			t.Errorf("%s: %d %s", test.name, r.status, r.text)
		}
	}
	if !strings.Contains(w.refusals(penates.Actor("app:"+secret.id)), "wrong secret") {
		t.Error("the journal does not say so")
	}
}

// TestRevokeIsOfOnesOwn has a client that gives back what another was given.
func TestRevokeIsOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, other := w.register(budget), w.register(budget)
	tokens := a.tokens(false)
	for _, token := range []string{tokens.str("access_token"), tokens.str("refresh_token"), "pa" + strings.Repeat("a", 69), "x", strings.Repeat("x", 5000)} {
		if r := w.post("/oauth/revoke", url.Values{"client_id": {other.id}, "token": {token}}); r.status != http.StatusOK {
			t.Errorf("revoke answers %d %s", r.status, r.text)
		}
	}
	if rows := a.read(false, tokens.str("access_token")); rows.status != http.StatusOK {
		t.Errorf("another client made the token void: %d", rows.status)
	}
	if r := w.post("/oauth/revoke", url.Values{"client_id": {a.id}, "token": {tokens.str("access_token")}}); r.status != http.StatusOK {
		t.Error(r.text)
	}
	if rows := a.read(false, tokens.str("access_token")); rows.status != http.StatusUnauthorized {
		t.Errorf("a revoked token reads: %d", rows.status)
	}
}

// TestTooMuch sends more than is taken.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	long := strings.Repeat("x", 70<<10)
	for name, r := range map[string]reply{
		"a long form":         w.post("/oauth/token", url.Values{"client_id": {a.id}, "grant_type": {"authorization_code"}, "code": {long}}),
		"a long registration": w.send(w.request("POST", "/oauth/register", `{"client_name":"`+long+`"}`, "Content-Type", "application/json")),
		"long details":        w.post("/oauth/par", a.ask("authorization_details", "["+strings.Repeat(" ", 40<<10)+"]")),
		"many details":        w.post("/oauth/par", a.ask("authorization_details", "["+strings.Repeat(strings.Trim(wantOperations, "[]")+",", 11)+strings.Trim(wantOperations, "[]")+"]")),
		"deep details":        w.post("/oauth/par", a.ask("authorization_details", strings.Repeat("[", 20000))),
		"a field twice":       w.post("/oauth/token", url.Values{"client_id": {a.id}, "grant_type": {"refresh_token", "authorization_code"}}),
		"another content":     w.send(w.request("POST", "/oauth/token", "{}", "Content-Type", "application/json")),
	} {
		if r.status < 400 || r.status >= 500 || r.str("error") == "" {
			t.Errorf("%s: %d %.200s", name, r.status, r.text)
		}
	}
	limited := false
	for range 100 {
		if r := w.post("/oauth/par", a.ask()); r.status == http.StatusTooManyRequests {
			limited = true
			break
		}
	}
	if !limited {
		t.Error("anybody may fill the vault")
	}
}

// TestFreshLogin asks that the person shows again who they are.
func TestFreshLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	before := w.owner()
	time.Sleep(1100 * time.Millisecond) // times of OpenID Connect are in seconds
	r := w.get("/oauth/authorize?" + a.ask("prompt", "login").Encode())
	next, err := url.Parse(leads(r))
	if err != nil || next.Path != "/unlock" {
		t.Fatalf("it leads to %q", leads(r))
	}
	id := strings.TrimPrefix(next.Query().Get("next"), "/consent/")
	q, err := w.auth.Pending(t.Context(), before, id)
	if err != nil {
		t.Fatal(err)
	}
	if target, err := w.auth.Decide(t.Context(), before, id, q.Wanted); err != nil || !strings.HasPrefix(target, "/unlock?") {
		t.Errorf("a session from before decides: %q, %v", target, err)
	}
	if target, err := w.auth.Decide(t.Context(), w.owner(), id, q.Wanted); err != nil || !strings.HasPrefix(target, "/oauth/return/") {
		t.Errorf("after login: %q, %v", target, err)
	}
}

// TestNothingReadable looks for secrets in what the server keeps.
func TestNothingReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(`{"redirect_uris":["https://box.test/"],"grant_types":["authorization_code","refresh_token"]}`)
	answer := w.accept(a.authorize(a.ask()))
	tokens := a.redeem(false, answer.Get("code"))
	kept := ""
	for _, kind := range []string{"oauth.client", "oauth.authorization", "oauth.pending", "oauth.pushed"} {
		if err := w.owner().RecallEach(context.Background(), kind, "", func(key string, value []byte) error { kept += key + string(value); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for name, secret := range map[string]string{"client secret": a.secret, "registration token": a.manage, "code": answer.Get("code"), "access token": tokens.str("access_token"), "refresh token": tokens.str("refresh_token")} {
		if secret == "" || strings.Contains(kept, secret) || strings.Contains(kept, secret[max(0, len(secret)-43):]) {
			t.Errorf("the %s is kept", name)
		}
	}
	if !strings.Contains(kept, a.id) {
		t.Error("nothing is kept")
	}
}

func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	a := w.register(budget)
	f.Add(a.ask().Encode())
	f.Add(a.ask("authorization_details", "[[[").Encode())
	f.Add("client_id=" + a.id + "&request_uri=urn:ietf:params:oauth:request_uri:x")
	f.Fuzz(func(t *testing.T, query string) {
		rw := &recorder{header: http.Header{}}
		r, err := http.NewRequest("GET", "/oauth/authorize?"+query, nil)
		if err != nil {
			return
		}
		w.serve(rw, r)
		if rw.status >= 500 && rw.status != http.StatusServiceUnavailable || rw.header.Get("Location") != "" {
			t.Errorf("%q: %d", query, rw.status)
		}
	})
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

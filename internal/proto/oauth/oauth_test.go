package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"penates"
)

// TestCodeFlow goes through all of it: registration, request, consent, tokens,
// rows, refresh, giving back.
func TestCodeFlow(t *testing.T) {
	t.Parallel()
	for _, bound := range []bool{false, true} {
		w := newWorld(t)
		a := w.register(budget)
		id := a.authorize(a.ask())
		q, err := w.auth.Pending(t.Context(), w.owner(), id)
		if err != nil {
			t.Fatal(err)
		}
		if q.Client.Name != "Budget" || q.Client.Returns != "budget.test" || len(q.Wanted) != 1 || q.Wanted[0].Purpose != "a budget check" {
			t.Errorf("the person sees %+v", q)
		}
		answer := w.accept(id)
		if answer.Get("state") != "st&te" || answer.Get("iss") != w.http.URL || answer.Get("x") != "1" || answer.Get("at") != "https://budget.test/back" {
			t.Errorf("the client gets %v", answer)
		}
		first := a.redeem(bound, answer.Get("code"))
		if first.status != http.StatusOK || first.header.Get("Cache-Control") != "no-store" || first.str("token_type") != map[bool]string{false: "Bearer", true: "DPoP"}[bound] {
			t.Fatalf("token: %d %s", first.status, first.text)
		}
		details := first.json["authorization_details"].([]any)[0].(map[string]any)
		if details["type"] != "penates_grant" || !strings.HasPrefix(details["grant"].(string), "grt_") {
			t.Errorf("it is told of %v", details)
		}
		if rows := a.read(bound, first.str("access_token")); rows.status != http.StatusOK || rows.text != `[["2025-03-01","Boulangerie"]]`+"\n" {
			t.Errorf("it reads %d %s", rows.status, rows.text)
		}
		second := a.token(bound, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.str("refresh_token")}})
		if second.status != http.StatusOK || second.str("refresh_token") == first.str("refresh_token") {
			t.Fatalf("refresh: %d %s", second.status, second.text)
		}
		if rows := a.read(bound, second.str("access_token")); rows.status != http.StatusOK {
			t.Errorf("after the refresh it reads %d %s", rows.status, rows.text)
		}
		if r := w.post("/oauth/revoke", url.Values{"client_id": {a.id}, "token": {second.str("refresh_token")}}); r.status != http.StatusOK {
			t.Errorf("revoke: %d %s", r.status, r.text)
		}
		for _, token := range []string{first.str("access_token"), second.str("access_token")} {
			if rows := a.read(bound, token); rows.status != http.StatusUnauthorized {
				t.Errorf("after it was given back it reads %d %s", rows.status, rows.text)
			}
		}
	}
}

// TestStopBitesAtOnce stops the grant as the owner does: the next read fails.
func TestStopBitesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	tokens := a.tokens(false)
	if rows := a.read(false, tokens.str("access_token")); rows.status != http.StatusOK {
		t.Fatalf("%d %s", rows.status, rows.text)
	}
	id := tokens.json["authorization_details"].([]any)[0].(map[string]any)["grant"].(string)
	if err := w.owner().Revoke(t.Context(), penates.GrantID(id)); err != nil {
		t.Fatal(err)
	}
	if rows := a.read(false, tokens.str("access_token")); rows.status != http.StatusUnauthorized || !strings.Contains(rows.header.Get("WWW-Authenticate")+rows.text, "stopped") {
		t.Errorf("after stop: %d %s", rows.status, rows.text)
	}
}

func TestPushedRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, other := w.register(budget), w.register(budget)
	pushed := w.post("/oauth/par", a.ask())
	if pushed.status != http.StatusCreated || pushed.json["expires_in"].(float64) <= 0 {
		t.Fatalf("push: %d %s", pushed.status, pushed.text)
	}
	uri := pushed.str("request_uri")
	// Parameters beside the request_uri do not count.
	by := url.Values{"client_id": {a.id}, "request_uri": {uri}, "redirect_uri": {"https://evil.test/"}, "authorization_details": {"[]"}}
	if r := w.get("/oauth/authorize?" + url.Values{"client_id": {other.id}, "request_uri": {uri}}.Encode()); r.status != http.StatusBadRequest {
		t.Errorf("another client uses it: %d", r.status)
	}
	id := a.authorize(by)
	if again := a.authorize(by); again != id {
		t.Error("a page loaded again is another request")
	}
	answer := w.accept(id)
	if r := a.redeem(false, answer.Get("code")); r.status != http.StatusOK {
		t.Errorf("token: %d %s", r.status, r.text)
	}
	if r := w.get("/oauth/authorize?" + by.Encode()); r.status != http.StatusBadRequest {
		t.Errorf("a decided request is asked again: %d", r.status)
	}
	if r := w.post("/oauth/par", a.ask("request_uri", uri)); r.str("error") != "invalid_request" {
		t.Errorf("a pushed request_uri: %s", r.text)
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, bad := range []string{
		`{"redirect_uris":[]}`,
		`{"redirect_uris":["http://budget.test/"]}`,
		`{"redirect_uris":["javascript:alert(1)"]}`,
		`{"redirect_uris":["data:text/html,x"]}`,
		`{"redirect_uris":["https://budget.test/#frag"]}`,
		`{"redirect_uris":["https://user@budget.test/"]}`,
		`{"redirect_uris":["https://budget.test\\@evil.test/"]}`,
		`{"redirect_uris":["//budget.test/"]}`,
		`{"redirect_uris":["budget:/back"]}`,
		`{"redirect_uris":["http://127.0.0.1.evil.test/"]}`,
		`{"redirect_uris":["https://*.budget.test/ "]}`,
		`{"redirect_uris":["https://b.test/"],"token_endpoint_auth_method":"client_secret_post"}`,
		`{"redirect_uris":["https://b.test/"],"grant_types":["implicit"]}`,
		`{"redirect_uris":["https://b.test/"],"response_types":["token"]}`,
		`{"redirect_uris":["https://b.test/"],"client_uri":"javascript:x"}`,
		`{"redirect_uris":["https://b.test/"],"token_endpoint_auth_method":"private_key_jwt"}`,
		`{"redirect_uris":["https://b.test/"],"id_token_signed_response_alg":"none"}`,
		`{"redirect_uris":["https://b.test/"],"client_name":"x\u202ey"}`,
		`{`,
	} {
		if r := w.send(w.request("POST", "/oauth/register", bad, "Content-Type", "application/json")); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
	a := w.register(`{"client_name":"Box","redirect_uris":["https://box.test/"]}`)
	at := "/oauth/register/" + a.id
	if r := w.get(at, "Authorization", "Bearer "+a.manage[:len(a.manage)-1]+"x"); r.status != http.StatusUnauthorized {
		t.Errorf("a wrong token sees the registration: %d", r.status)
	}
	r := w.get(at, "Authorization", "Bearer "+a.manage)
	if r.status != http.StatusOK || r.str("client_name") != "Box" {
		t.Fatalf("%d %s", r.status, r.text)
	}
	manage := a.manage
	r = w.send(w.request("PUT", at, `{"client_id":"`+a.id+`","client_name":"Boîte","redirect_uris":["https://box.test/"]}`, "Authorization", "Bearer "+manage, "Content-Type", "application/json"))
	if r.status != http.StatusOK || r.str("client_name") != "Boîte" {
		t.Fatalf("change: %d %s", r.status, r.text)
	}
	if r.str("client_secret") != "" || r.str("registration_access_token") != manage {
		t.Error("a change of the name changes the secrets")
	}
	token := a.tokens(false).str("access_token")
	if r := w.send(w.request("DELETE", at, "", "Authorization", "Bearer "+manage)); r.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", r.status, r.text)
	}
	if rows := a.read(false, token); rows.status != http.StatusUnauthorized {
		t.Errorf("a client that is gone reads: %d", rows.status)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		r := w.get(path, "Origin", "https://app.test")
		if r.status != http.StatusOK || r.str("issuer") != w.http.URL || r.header.Get("Access-Control-Allow-Origin") != "*" || r.str("userinfo_endpoint") == "" {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
		if got := r.json["code_challenge_methods_supported"]; len(got.([]any)) != 1 || got.([]any)[0] != "S256" {
			t.Errorf("challenges: %v", got)
		}
	}
	keys := w.get("/oauth/keys")
	if keys.status != http.StatusOK || strings.Contains(keys.text, `"d"`) || len(keys.json["keys"].([]any)) != 2 {
		t.Errorf("keys: %d", keys.status)
	}
}

// TestLockedVault makes sure that a locked vault answers nothing but that it is.
func TestLockedVault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	tokens := a.tokens(false)
	if err := w.v.Lock(); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]reply{
		"read":     a.read(false, tokens.str("access_token")),
		"refresh":  a.token(false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.str("refresh_token")}}),
		"register": w.send(w.request("POST", "/oauth/register", budget, "Content-Type", "application/json")),
		"push":     w.post("/oauth/par", a.ask()),
		"keys":     w.get("/oauth/keys"),
	} {
		if r.status != http.StatusServiceUnavailable || !strings.Contains(r.text, "unlock") {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	next, err := url.Parse(leads(w.get("/oauth/authorize?" + a.ask().Encode())))
	if err != nil || next.Path != "/unlock" || !strings.HasPrefix(next.Query().Get("next"), "/oauth/authorize?") || next.Host != "" {
		t.Errorf("the browser is led to %v, %v", next, err)
	}
	if err := w.v.Unlock(t.Context(), []byte(phrase)); err != nil {
		t.Fatal(err)
	}
	if rows := a.read(false, tokens.str("access_token")); rows.status != http.StatusOK {
		t.Errorf("unlocked again: %d %s", rows.status, rows.text)
	}
	// What the browser carried through the door is asked again.
	if r := w.get(next.Query().Get("next")); !strings.HasPrefix(leads(r), "/consent/") {
		t.Errorf("after the door: %d %s", r.status, r.text)
	}
}

// TestNarrowTokens asks for a token that shows one of two grants.
func TestNarrowTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	two := strings.TrimSuffix(wantOperations, "]") + "," + strings.TrimPrefix(strings.ReplaceAll(wantOperations, "2025", "2024"), "[")
	tokens := a.tokens(false, "authorization_details", two)
	list := tokens.json["authorization_details"].([]any)
	if len(list) != 2 {
		t.Fatalf("%d grants", len(list))
	}
	second := list[1].(map[string]any)["grant"].(string)
	r := w.get("/data/operations", "Authorization", "Bearer "+tokens.str("access_token"), "Penates-Grant", second)
	if !strings.Contains(r.text, "Librairie") || strings.Contains(r.text, "Boulangerie") {
		t.Errorf("under the second grant it reads %s", r.text)
	}
	narrow := a.token(false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.str("refresh_token")},
		"authorization_details": {`[{"type":"penates_grant","grant":"` + second + `"}]`}})
	if narrow.status != http.StatusOK {
		t.Fatalf("%d %s", narrow.status, narrow.text)
	}
	if r := a.read(false, narrow.str("access_token")); !strings.Contains(r.text, "Librairie") {
		t.Errorf("the narrow token reads %s", r.text)
	}
	first := list[0].(map[string]any)["grant"].(string)
	if r := w.get("/data/operations", "Authorization", "Bearer "+narrow.str("access_token"), "Penates-Grant", first); r.status != http.StatusForbidden {
		t.Errorf("the narrow token shows the first grant too: %d", r.status)
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	box, other := w.register(`{"redirect_uris":["https://box.test/"]}`), w.register(`{"redirect_uris":["https://other.test/"]}`)
	token := box.tokens(true).str("access_token")
	ask := func(a *app) reply {
		r := w.request("POST", "/oauth/introspect", url.Values{"token": {token}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(a.id, a.secret)
		return w.send(r)
	}
	if r := ask(box); r.json["active"] != true || r.str("client_id") != box.id || r.json["cnf"] == nil {
		t.Errorf("its own: %s", r.text)
	}
	if r := ask(other); r.status != http.StatusOK || r.json["active"] != false || len(r.json) != 1 {
		t.Errorf("another's: %s", r.text)
	}
	if r := w.post("/oauth/introspect", url.Values{"token": {token}}); r.status != http.StatusUnauthorized {
		t.Errorf("nobody's: %d", r.status)
	}
}

func BenchmarkTokenCheck(b *testing.B) {
	w := newWorld(b)
	a := w.register(budget)
	r := w.request("GET", "/data/operations", "", "Authorization", "Bearer "+a.tokens(false).str("access_token"))
	if _, err := w.auth.Session(r); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := w.auth.Session(r); err != nil {
			b.Fatal(err)
		}
	}
}

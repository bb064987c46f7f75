package uma_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/uma"
	rules "penates/internal/rule"
	"penates/internal/vault"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	r := h.get("/.well-known/uma2-configuration", "")
	if r.status != http.StatusOK || r.str("issuer") != h.http.URL || !strings.Contains(r.text, `"`+uma.GrantType+`"`) {
		t.Fatalf("%d %s", r.status, r.text)
	}
	for _, name := range []string{"token_endpoint", "claims_interaction_endpoint", "permission_endpoint", "resource_registration_endpoint", "introspection_endpoint"} {
		if !strings.HasPrefix(r.str(name), h.http.URL+"/") {
			t.Errorf("%s is %q", name, r.str(name))
		}
	}
}

// tariffs is the rule of the tests: whom the issuer calls sub may read the
// operations of 2025.
func tariffs(issuer, sub string) rules.Rule {
	return rules.Rule{Name: "tariff advice", Proofs: []rules.Proof{{Issuer: issuer, Claims: map[string]string{"sub": sub}}}, Expires: time.Now().Add(24 * time.Hour),
		Grant: &grant.Grant{Actions: []penates.Action{penates.Read}, Purpose: "tariff advice",
			Selections: []grant.Selection{{Type: penates.BankOperations, From: "2025-01-01", Until: "2025-12-31", Fields: []string{"day", "text"}}}}}
}

// A scene is a vault with rows, another person's vault that says who they are, and
// a client of both.
type scene struct {
	home, other *house
	asker       *client // at home
	at          *client // the same at the other vault
	sub         string
	rule        rules.Rule
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{home: newHouse(t, "Camille"), other: newHouse(t, "Zoé")}
	s.home.fill()
	s.asker = s.home.asker()
	s.at = s.other.register("https://asker.test/", "")
	info := s.other.get("/oidc/userinfo", s.at.tokens("openid", "").str("access_token"))
	if s.sub = info.str("sub"); s.sub == "" {
		t.Fatalf("userinfo: %d %s", info.status, info.text)
	}
	rule := tariffs(s.other.http.URL, s.sub)
	rule.Proofs[0].Audience = s.at.id
	var err error
	if s.rule, err = rules.Add(t.Context(), s.home.owner(), rule); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) proof() []string {
	return []string{"claim_token", s.at.tokens("openid", "").str("id_token"), "claim_token_format", uma.TokenFormat}
}

// TestRuleDecides obtains by ticket what a rule gives, without the owner; then the
// rule is withdrawn, and the next read fails.
func TestRuleDecides(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ticket := s.home.ticket()
	ask := s.asker.redeem(ticket)
	if ask.status != http.StatusForbidden || ask.str("error") != "need_info" || ask.str("ticket") == "" || ask.str("ticket") == ticket ||
		ask.str("redirect_user") == "" || !strings.Contains(ask.text, s.other.http.URL) {
		t.Fatalf("without a proof: %d %s", ask.status, ask.text)
	}
	got := s.asker.redeem(ask.str("ticket"), s.proof()...)
	if got.status != http.StatusOK || got.str("token_type") != "Bearer" || got.str("access_token") == "" {
		t.Fatalf("with a proof: %d %s", got.status, got.text)
	}
	read := func() reply {
		return s.home.get("/uma/vault/"+string(penates.BankOperations), got.str("access_token"))
	}
	rows := read()
	if rows.status != http.StatusOK || !strings.Contains(rows.text, "in 2025") || strings.Contains(rows.text, "in 2024") || len(rows.json["rows"].([]any)) != 1 {
		t.Fatalf("it reads %d %s", rows.status, rows.text)
	}
	if r := s.home.get("/uma/vault/"+string(penates.Bills), got.str("access_token")); r.status != http.StatusUnauthorized {
		t.Errorf("another type: %d %s", r.status, r.text)
	}
	if again := s.asker.redeem(s.home.ticket(), s.proof()...); again.status != http.StatusOK {
		t.Fatalf("again: %s", again.text)
	}
	grants, err := s.home.owner().Grants(t.Context(), vault.GrantFilter{Active: true})
	if err != nil || len(grants) != 1 || grants[0].Purpose != "tariff advice" || !strings.Contains(grants[0].Statement, s.sub) {
		t.Errorf("the owner sees %+v, %v", grants, err)
	}
	if err := rules.Withdraw(t.Context(), s.home.owner(), s.rule.ID); err != nil {
		t.Fatal(err)
	}
	if r := read(); r.status != http.StatusUnauthorized {
		t.Errorf("after the rule is withdrawn it reads %d %s", r.status, r.text)
	}
	if r := s.asker.redeem(s.home.ticket(), s.proof()...); r.status != http.StatusForbidden || r.str("error") != "request_denied" {
		t.Errorf("and asks again: %d %s", r.status, r.text)
	}
}

func TestVaultAsResourceServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	first, second := h.ticket(), h.ticket()
	if first == second || len(first) < 43 {
		t.Errorf("tickets %q and %q", first, second)
	}
	if r := h.get("/uma/vault/io.cozy.none", ""); r.status != http.StatusNotFound {
		t.Errorf("a type there is not: %d", r.status)
	}
	if r := h.get("/uma/vault/"+string(penates.Health), "x"); r.status != http.StatusUnauthorized || !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "UMA ") {
		t.Errorf("a token that is none: %d", r.status)
	}
}

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, test := range []struct {
		name   string
		ticket string
		more   []string
		status int
		code   string
	}{
		{"no ticket", "", nil, 400, "invalid_request"},
		{"an unknown ticket", "x", nil, 400, "invalid_grant"},
		{"a proof without its format", s.home.ticket(), []string{"claim_token", "x"}, 400, "invalid_request"},
		{"a format without a proof", s.home.ticket(), []string{"claim_token_format", uma.TokenFormat}, 400, "invalid_request"},
		{"a scope of none", s.home.ticket(), []string{"scope", "paint"}, 400, "invalid_scope"},
		{"a format not taken", s.home.ticket(), []string{"claim_token", "x", "claim_token_format", "urn:saml"}, 403, "need_info"},
	} {
		if r := s.asker.redeem(test.ticket, test.more...); r.status != test.status || r.str("error") != test.code {
			t.Errorf("%s: %d %s", test.name, r.status, r.text)
		}
	}
	if r := s.home.form("/oauth/token", url.Values{"grant_type": {uma.GrantType}, "ticket": {s.home.ticket()}}); r.str("error") != "invalid_client" {
		t.Errorf("nobody: %s", r.text)
	}
	if err := rules.Withdraw(t.Context(), s.home.owner(), s.rule.ID); err != nil {
		t.Fatal(err)
	}
	if r := s.asker.redeem(s.home.ticket()); r.status != http.StatusForbidden || r.str("error") != "request_denied" {
		t.Errorf("no rule: %d %s", r.status, r.text)
	}
}

func TestTicketIsGoodOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ticket := s.home.ticket()
	ask := s.asker.redeem(ticket)
	if r := s.asker.redeem(ticket); r.str("error") != "invalid_grant" {
		t.Errorf("a second time: %s", r.text)
	}
	thief := s.home.asker()
	if r := thief.redeem(ask.str("ticket"), s.proof()...); r.str("error") != "invalid_grant" {
		t.Errorf("another client: %d %s", r.status, r.text)
	}
}

// TestOnlyWhatTheRuleGives asks for more scopes than the rule gives.
func TestOnlyWhatTheRuleGives(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	rs, pat := s.home.server()
	id := s.home.object("POST", "/uma/resources", pat, `{"resource_scopes":["view","print"]}`).str("_id")
	rule := rules.Rule{Name: "photos", Proofs: s.rule.Proofs, Server: rs.id, Permissions: []rules.Permission{{Resource: id, Scopes: []string{"view"}}}}
	if _, err := rules.Add(t.Context(), s.home.owner(), rule); err != nil {
		t.Fatal(err)
	}
	ticket := s.home.object("POST", "/uma/permission", pat, `{"resource_id":"`+id+`","resource_scopes":["view"]}`).str("ticket")
	got := s.asker.redeem(ticket, append(s.proof(), "scope", "print")...)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.text)
	}
	look := s.home.form("/uma/introspect", url.Values{"token": {got.str("access_token")}}, "Authorization", "Bearer "+pat)
	if !strings.Contains(look.text, `"view"`) || strings.Contains(look.text, "print") {
		t.Errorf("the token holds %s", look.text)
	}
	only := s.home.object("POST", "/uma/permission", pat, `{"resource_id":"`+id+`","resource_scopes":["print"]}`).str("ticket")
	if r := s.asker.redeem(only, s.proof()...); r.str("error") != "request_denied" {
		t.Errorf("what no rule gives: %s", r.text)
	}
	// Neither is a token for the vault, nor is a client of the rule another's.
	if r := s.home.get("/uma/vault/"+string(penates.BankOperations), got.str("access_token")); r.status == http.StatusOK {
		t.Errorf("it reads the vault: %s", r.text)
	}
}

func TestTokenIsGivenBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	token := s.asker.redeem(s.home.ticket(), s.proof()...).str("access_token")
	if r := s.home.form("/oauth/revoke", url.Values{"token": {token}}, s.asker.basic()...); r.status != http.StatusOK {
		t.Fatal(r.text)
	}
	if r := s.home.get("/uma/vault/"+string(penates.BankOperations), token); r.status != http.StatusUnauthorized {
		t.Errorf("it reads %d", r.status)
	}
}

// server registers a resource server and returns its token.
func (h *house) server() (*client, string) {
	h.t.Helper()
	rs := h.register("https://photos.test/", "")
	return rs, rs.tokens("uma_protection", "").str("access_token")
}

func TestProtectionNeedsItsToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	plain := h.register("https://x.test/", "").tokens("openid", "").str("access_token")
	for _, path := range []string{"/uma/resources", "/uma/permission", "/uma/introspect"} {
		if r := h.object("POST", path, plain, `{}`); r.status != http.StatusForbidden {
			t.Errorf("%s with another token: %d %s", path, r.status, r.text)
		}
		if r := h.send("POST", path, `{}`, "Content-Type", "application/json"); r.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d %s", path, r.status, r.text)
		}
	}
	public := h.register("https://x.test/", `,"token_endpoint_auth_method":"none"`)
	r := h.get("/oauth/authorize?"+url.Values{"client_id": {public.id}, "response_type": {"code"}, "scope": {"uma_protection"},
		"code_challenge": {strings.Repeat("x", 43)}, "code_challenge_method": {"S256"}}.Encode(), "")
	if r.status != http.StatusBadRequest || !strings.Contains(r.text, "invalid_scope") {
		t.Errorf("a client without a secret: %d %s", r.status, r.text)
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	_, pat := h.server()
	_, other := h.server()
	made := h.object("POST", "/uma/resources", pat, `{"resource_scopes":["view"],"name":"Photos","unknown":1}`)
	id := made.str("_id")
	if made.status != http.StatusCreated || id == "" || made.header.Get("Location") != h.http.URL+"/uma/resources/"+id {
		t.Fatalf("%d %v %s", made.status, made.header, made.text)
	}
	if r := h.get("/uma/resources/"+id, pat); r.str("_id") != id || r.str("name") != "Photos" {
		t.Errorf("read: %s", r.text)
	}
	if r := h.object("PUT", "/uma/resources/"+id, pat, `{"resource_scopes":["view","print"]}`); r.status != http.StatusOK || r.str("_id") != id {
		t.Errorf("replace: %s", r.text)
	}
	if r := h.get("/uma/resources/"+id, pat); r.str("name") != "" || !strings.Contains(r.text, "print") {
		t.Errorf("what was left out stays: %s", r.text)
	}
	if r := h.get("/uma/resources", pat); r.text != `["`+id+`"]`+"\n" {
		t.Errorf("list: %s", r.text)
	}
	if r := h.get("/uma/resources", other); r.text != "[]\n" {
		t.Errorf("another's list: %s", r.text)
	}
	for _, bad := range []string{`{}`, `{"resource_scopes":[]}`, `{"resource_scopes":[""]}`, `[]`, `{"resource_scopes":["` + strings.Repeat("x", 3000) + `"]}`} {
		if r := h.object("POST", "/uma/resources", pat, bad); r.status != http.StatusBadRequest {
			t.Errorf("%.60s: %d", bad, r.status)
		}
	}
	for _, method := range []string{"GET", "DELETE"} {
		if r := h.object(method, "/uma/resources/"+id, other, ""); r.status != http.StatusNotFound {
			t.Errorf("another's %s: %d", method, r.status)
		}
	}
	if r := h.object("PUT", "/uma/resources/"+id, other, `{"resource_scopes":["x"]}`); r.status != http.StatusNotFound {
		t.Errorf("another's PUT: %d", r.status)
	}
	if r := h.object("DELETE", "/uma/resources/"+id, pat, ""); r.status != http.StatusNoContent {
		t.Errorf("delete: %d", r.status)
	}
	if r := h.get("/uma/resources/"+id, pat); r.status != http.StatusNotFound || r.str("error") != "not_found" {
		t.Errorf("after it: %d %s", r.status, r.text)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	rs, pat := s.home.server()
	_, other := s.home.server()
	id := s.home.object("POST", "/uma/resources", pat, `{"resource_scopes":["view"]}`).str("_id")
	for body, code := range map[string]string{
		`{"resource_id":"none","resource_scopes":["view"]}`:                          "invalid_resource_id",
		`{"resource_id":"` + id + `","resource_scopes":["print"]}`:                   "invalid_scope",
		`{"resource_id":"vault:io.cozy.bank.operations","resource_scopes":["read"]}`: "invalid_resource_id",
		`[]`: "invalid_request",
		`[{"resource_id":"` + id + `","resource_scopes":["view"]},{"resource_id":"x","resource_scopes":[]}]`: "invalid_resource_id",
		`{"resource_id":"` + id + `"}`: "invalid_request",
		`{"resource_scopes":["view"]}`: "invalid_request",
	} {
		if r := s.home.object("POST", "/uma/permission", pat, body); r.status != http.StatusBadRequest || r.str("error") != code {
			t.Errorf("%s: %d %s", body, r.status, r.text)
		}
	}
	if r := s.home.object("POST", "/uma/permission", other, `{"resource_id":"`+id+`","resource_scopes":["view"]}`); r.str("error") != "invalid_resource_id" {
		t.Errorf("another's resource: %s", r.text)
	}
	rule := rules.Rule{Name: "photos", Proofs: s.rule.Proofs, Server: rs.id, Permissions: []rules.Permission{{Resource: id, Scopes: []string{"view"}}}}
	rule, err := rules.Add(t.Context(), s.home.owner(), rule)
	if err != nil {
		t.Fatal(err)
	}
	one := s.home.object("POST", "/uma/permission", pat, `{"resource_id":"`+id+`","resource_scopes":["view"]}`)
	several := s.home.object("POST", "/uma/permission", pat, `[{"resource_id":"`+id+`","resource_scopes":["view"]}]`)
	if one.status != http.StatusCreated || several.status != http.StatusCreated || one.str("ticket") == "" {
		t.Fatalf("%s %s", one.text, several.text)
	}
	token := s.asker.redeem(one.str("ticket"), s.proof()...).str("access_token")
	look := func(pat, token string) reply {
		return s.home.form("/uma/introspect", url.Values{"token": {token}}, "Authorization", "Bearer "+pat)
	}
	if r := look(pat, token); r.json["active"] != true || r.str("client_id") != s.asker.id || len(r.json["permissions"].([]any)) != 1 || !strings.Contains(r.text, id) {
		t.Errorf("introspection: %s", r.text)
	}
	vaults := s.asker.redeem(s.home.ticket(), s.proof()...).str("access_token")
	for name, r := range map[string]reply{
		"another server":   look(other, token),
		"a token of none":  look(pat, "x"),
		"a vault's token":  look(pat, vaults),
		"the server's own": look(pat, pat),
	} {
		if r.status != http.StatusOK || r.text != `{"active":false}`+"\n" {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	if err := rules.Withdraw(t.Context(), s.home.owner(), rule.ID); err != nil {
		t.Fatal(err)
	}
	if r := look(pat, token); r.text != `{"active":false}`+"\n" {
		t.Errorf("after the rule is withdrawn: %s", r.text)
	}
}

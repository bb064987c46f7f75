package uma_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/uma"
	rules "penates/internal/rule"
	"penates/internal/vault"
)

// alsoBills adds a rule about bills for whom the scene's asker acts for.
func (s *scene) alsoBills() rules.Rule {
	s.home.t.Helper()
	r := tariffs(s.other.http.URL, s.sub)
	r.Name, r.Proofs[0].Audience = "bills", s.at.id
	r.Grant = &grant.Grant{Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{{Type: penates.Bills}}}
	r, err := rules.Add(s.home.t.Context(), s.home.owner(), r)
	if err != nil {
		s.home.t.Fatal(err)
	}
	return r
}

// photos registers two resources of another server, with a rule that gives view of
// both, and returns the server's token and their ids.
func (s *scene) photos() (pat string, ids []string, rule rules.Rule) {
	s.home.t.Helper()
	rs, pat := s.home.server()
	rule = rules.Rule{Name: "photos", Proofs: s.rule.Proofs, Server: rs.id}
	for range 2 {
		id := s.home.object("POST", "/uma/resources", pat, `{"resource_scopes":["view","print"]}`).str("_id")
		ids, rule.Permissions = append(ids, id), append(rule.Permissions, rules.Permission{Resource: id, Scopes: []string{"view"}})
	}
	rule, err := rules.Add(s.home.t.Context(), s.home.owner(), rule)
	if err != nil {
		s.home.t.Fatal(err)
	}
	return pat, ids, rule
}

// wants asks for a ticket on a resource of the server with a token.
func (s *scene) wants(pat, id string, scopes ...string) string {
	s.home.t.Helper()
	list := `[]`
	if len(scopes) > 0 {
		list = `["` + strings.Join(scopes, `","`) + `"]`
	}
	r := s.home.object("POST", "/uma/permission", pat, `{"resource_id":"`+id+`","resource_scopes":`+list+`}`)
	if r.status != http.StatusCreated {
		s.home.t.Fatalf("permission: %d %s", r.status, r.text)
	}
	return r.str("ticket")
}

func (s *scene) look(pat, token string) reply {
	s.home.t.Helper()
	return s.home.form("/uma/introspect", url.Values{"token": {token}}, "Authorization", "Bearer "+pat)
}

// TestUpgrade shows a token beside a ticket: the new one holds both, the former is
// void, and the vault gives the rows of each type under the grant of its own.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.alsoBills()
	first := s.asker.redeem(s.home.ticket(), s.proof()...)
	both := s.asker.redeem(s.home.ticketFor(penates.Bills), append(s.proof(), "rpt", first.str("access_token"))...)
	if both.status != http.StatusOK || both.json["upgraded"] != true || first.json["upgraded"] != nil {
		t.Fatalf("%d %s", both.status, both.text)
	}
	for _, name := range []penates.Type{penates.BankOperations, penates.Bills} {
		if r := s.home.get("/uma/vault/"+string(name), both.str("access_token")); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	if r := s.home.get("/uma/vault/"+string(penates.BankOperations), first.str("access_token")); r.status != http.StatusUnauthorized {
		t.Errorf("the former token reads: %d", r.status)
	}
	// Another client's token, and one of another person, are not joined.
	thief := s.home.asker()
	if r := thief.redeem(s.home.ticketFor(penates.Bills), append(s.proof(), "rpt", both.str("access_token"))...); r.status != http.StatusOK || r.json["upgraded"] != nil {
		t.Errorf("another client's: %d %s", r.status, r.text)
	}
	pat, ids, _ := s.photos()
	if r := s.asker.redeem(s.wants(pat, ids[0], "view"), append(s.proof(), "rpt", both.str("access_token"))...); r.status != http.StatusOK || r.json["upgraded"] != nil {
		t.Errorf("across resource servers: %d %s", r.status, r.text)
	}
	if r := s.home.get("/uma/vault/"+string(penates.Bills), both.str("access_token")); r.status != http.StatusOK {
		t.Errorf("what was not joined is void: %d", r.status)
	}
}

// TestUpgradeKeepsPermissions does the same with another server's resources.
func TestUpgradeKeepsPermissions(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pat, ids, _ := s.photos()
	first := s.asker.redeem(s.wants(pat, ids[0], "view"), s.proof()...)
	if r := s.look(pat, first.str("access_token")); strings.Contains(r.text, ids[1]) || !strings.Contains(r.text, ids[0]) {
		t.Fatalf("first: %s", r.text)
	}
	both := s.asker.redeem(s.wants(pat, ids[1], "view"), append(s.proof(), "rpt", first.str("access_token"))...)
	if r := s.look(pat, both.str("access_token")); !strings.Contains(r.text, ids[0]) || !strings.Contains(r.text, ids[1]) || strings.Contains(r.text, `"rule"`) || strings.Contains(r.text, s.sub) {
		t.Errorf("both: %s", r.text)
	}
	if r := s.look(pat, first.str("access_token")); r.json["active"] != false {
		t.Errorf("the former: %s", r.text)
	}
}

// TestPersistedClaims proves once and asks again with the token that stands for it.
func TestPersistedClaims(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	got := s.asker.redeem(s.home.ticket(), s.proof()...)
	pct := got.str("pct")
	if len(pct) < 43 || strings.Contains(got.text, s.sub) {
		t.Fatalf("pct %q in %s", pct, got.text)
	}
	if r := s.home.asker().redeem(s.home.ticket(), "pct", pct); r.str("error") != "need_info" {
		t.Errorf("another client's: %d %s", r.status, r.text)
	}
	again := s.asker.redeem(s.home.ticket(), "pct", pct)
	if again.status != http.StatusOK || again.json["pct"] != nil {
		t.Fatalf("again: %d %s", again.status, again.text)
	}
	s.alsoBills()
	if r := s.asker.redeem(s.home.ticketFor(penates.Bills), "pct", pct, "rpt", again.str("access_token")); r.json["upgraded"] != true {
		t.Errorf("for another resource, joined: %d %s", r.status, r.text)
	}
	// Proving again gives a new one, and the former is void.
	renewed := s.asker.redeem(s.home.ticket(), append(s.proof(), "pct", pct)...).str("pct")
	if r := s.asker.redeem(s.home.ticket(), "pct", pct); renewed == pct || r.str("error") != "need_info" {
		t.Errorf("the former: %d %s", r.status, r.text)
	}
	for _, test := range []struct {
		by   *client
		want int
	}{{s.home.asker(), http.StatusOK}, {s.asker, http.StatusForbidden}} {
		if r := s.home.form("/oauth/revoke", url.Values{"token": {renewed}, "token_type_hint": {"pct"}}, test.by.basic()...); r.status != http.StatusOK {
			t.Errorf("give back: %d", r.status)
		}
		if r := s.asker.redeem(s.home.ticket(), "pct", renewed); r.status != test.want {
			t.Errorf("after it was given back: %d %s", r.status, r.text)
		}
	}
}

// TestPersistedLittle looks at what is kept of a proof: what the rule asks for.
func TestPersistedLittle(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.asker.redeem(s.home.ticket(), s.proof()...)
	kept := ""
	if err := s.home.owner().RecallEach(t.Context(), "uma.persisted", "", func(key string, value []byte) error {
		kept += key + " " + string(value)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(kept, `"claims":{"sub":"`+s.sub+`"}`) || strings.Contains(kept, "at_hash") || strings.Contains(kept, " pp") {
		t.Errorf("kept: %s", kept)
	}
}

// TestOwnerHasTheLastWord asks under a rule that waits for the owner: they are asked
// once, the client polls with tickets that are good once, and gets what they said.
func TestOwnerHasTheLastWord(t *testing.T) {
	t.Parallel()
	for _, yes := range []bool{true, false} {
		s := newScene(t)
		if err := rules.Withdraw(t.Context(), s.home.owner(), s.rule.ID); err != nil {
			t.Fatal(err)
		}
		rule := tariffs(s.other.http.URL, s.sub)
		rule.Proofs[0].Audience, rule.Ask = s.at.id, true
		if _, err := rules.Add(t.Context(), s.home.owner(), rule); err != nil {
			t.Fatal(err)
		}
		ticket := s.home.ticket()
		for range 3 {
			var proof []string
			if strings.Contains(ticket, s.home.http.URL) {
				t.Fatal("a ticket that says something")
			}
			if list, err := rules.Wishes(t.Context(), s.home.owner()); err != nil || len(list) == 0 {
				proof = s.proof()
			}
			r := s.asker.redeem(ticket, proof...)
			if r.status != http.StatusForbidden || r.str("error") != "request_submitted" || r.str("ticket") == "" || r.str("ticket") == ticket || r.json["interval"] == nil {
				t.Fatalf("submitted: %d %s", r.status, r.text)
			}
			ticket = r.str("ticket")
		}
		list, err := rules.Wishes(t.Context(), s.home.owner())
		if err != nil || len(list) != 1 || list[0].Client != s.asker.id || !strings.Contains(list[0].Who, s.sub) {
			t.Fatalf("wishes: %+v, %v", list, err)
		}
		if err := rules.Answer(t.Context(), s.home.owner(), list[0].ID, yes); err != nil {
			t.Fatal(err)
		}
		r := s.asker.redeem(ticket)
		if yes && (r.status != http.StatusOK || s.home.get("/uma/vault/"+string(penates.BankOperations), r.str("access_token")).status != http.StatusOK) {
			t.Errorf("granted: %d %s", r.status, r.text)
		}
		if !yes && (r.status != http.StatusForbidden || r.str("error") != "request_denied" || r.json["ticket"] != nil) {
			t.Errorf("refused: %d %s", r.status, r.text)
		}
		if list, err = rules.Wishes(t.Context(), s.home.owner()); err != nil || len(list) != 0 {
			t.Errorf("it still waits: %+v, %v", list, err)
		}
	}
}

// TestStoppedStaysStopped stops a grant that a rule gave: the rule does not give it
// again behind the owner's back.
func TestStoppedStaysStopped(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	token := s.asker.redeem(s.home.ticket(), s.proof()...).str("access_token")
	// A token that is given back takes nothing from others of the same rule.
	other := s.asker.redeem(s.home.ticket(), s.proof()...).str("access_token")
	s.home.form("/oauth/revoke", url.Values{"token": {other}}, s.asker.basic()...)
	if r := s.home.get("/uma/vault/"+string(penates.BankOperations), token); r.status != http.StatusOK {
		t.Fatalf("another token's end: %d", r.status)
	}
	list, err := s.home.owner().Grants(t.Context(), vault.GrantFilter{Active: true})
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := s.home.owner().Revoke(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	if r := s.home.get("/uma/vault/"+string(penates.BankOperations), token); r.status != http.StatusUnauthorized {
		t.Errorf("after the stop: %d", r.status)
	}
	if r := s.asker.redeem(s.home.ticket(), s.proof()...); r.str("error") != "request_denied" || !strings.Contains(r.text, "stopped") {
		t.Errorf("it asks again: %d %s", r.status, r.text)
	}
}

// TestAssessment is the calculation of section 3.3.4: scopes of the ticket and those
// asked for, where resources have them and the client registered for them, are
// given as far as rules allow, whichever rule does.
func TestAssessment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pat, ids, photos := s.photos()
	more := s.rule
	more.ID, more.Grant, more.Name = "", nil, "print"
	more.Server = photos.Server
	more.Permissions = []rules.Permission{{Resource: ids[1], Scopes: []string{"print"}}}
	if _, err := rules.Add(t.Context(), s.home.owner(), more); err != nil {
		t.Fatal(err)
	}
	both := s.home.object("POST", "/uma/permission", pat, `[{"resource_id":"`+ids[0]+`","resource_scopes":["view"]},{"resource_id":"`+ids[1]+`","resource_scopes":["view"]}]`).str("ticket")
	got := s.asker.redeem(both, append(s.proof(), "scope", "print")...)
	if got.status != http.StatusOK || got.json["scope"] != nil || got.json["refresh_token"] != nil {
		t.Fatalf("%d %s", got.status, got.text)
	}
	r := s.look(pat, got.str("access_token"))
	has := map[string][]string{}
	for _, x := range r.json["permissions"].([]any) {
		p := x.(map[string]any)
		for _, scope := range p["resource_scopes"].([]any) {
			has[p["resource_id"].(string)] = append(has[p["resource_id"].(string)], scope.(string))
		}
	}
	if slices.Sort(has[ids[1]]); !slices.Equal(has[ids[0]], []string{"view"}) || !slices.Equal(has[ids[1]], []string{"print", "view"}) {
		t.Errorf("given: %v", has)
	}
	// No scopes at all are nothing to give; asked for at the token endpoint, they are.
	if r := s.asker.redeem(s.wants(pat, ids[0]), s.proof()...); r.str("error") != "request_denied" {
		t.Errorf("no scopes: %d %s", r.status, r.text)
	}
	if r := s.asker.redeem(s.wants(pat, ids[0]), append(s.proof(), "scope", "view")...); r.status != http.StatusOK {
		t.Errorf("scopes of the token endpoint: %d %s", r.status, r.text)
	}
	plain := s.home.register("https://asker.test/", `,"grant_types":["authorization_code","`+uma.GrantType+`"]`)
	if r := plain.redeem(s.wants(pat, ids[0]), append(s.proof(), "scope", "view")...); r.status != http.StatusBadRequest || r.str("error") != "invalid_scope" {
		t.Errorf("a client that did not register for the scope: %d %s", r.status, r.text)
	}
}

// TestTicketEnds lets the time of tickets pass.
func TestTicketEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	age := func(ticket string) string {
		sum := sha256.Sum256([]byte(ticket))
		key, state := hex.EncodeToString(sum[:]), s.home.owner()
		b, err := state.Recall(t.Context(), "uma.ticket", key)
		if err != nil {
			t.Fatal(err)
		}
		if err := state.Remember(t.Context(), "uma.ticket", key, b, time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	if r := s.asker.redeem(age(s.home.ticket()), s.proof()...); r.status != http.StatusBadRequest || r.str("error") != "invalid_grant" || !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
		t.Errorf("at the token endpoint: %d %s", r.status, r.text)
	}
	gather := func(ticket string) reply {
		return s.home.send("GET", "/uma/claims?"+url.Values{"client_id": {s.asker.id}, "ticket": {ticket}}.Encode(), "")
	}
	if r := gather(age(s.home.ticket())); !strings.Contains(offered(r), "error=invalid_request") {
		t.Errorf("at the claims endpoint: %d %s", r.status, r.text)
	}
	// One that was shown at the claims endpoint is void at both.
	ticket := s.home.ticket()
	if r := gather(ticket); r.status != http.StatusOK {
		t.Fatal(r.text)
	}
	if r := gather(ticket); !strings.Contains(offered(r), "error=invalid_request") {
		t.Errorf("twice at the claims endpoint: %s", r.text)
	}
	if r := s.asker.redeem(ticket, s.proof()...); r.str("error") != "invalid_grant" {
		t.Errorf("then at the token endpoint: %s", r.text)
	}
}

// TestGatheringFails has the issuer say no: the client learns it with its state, and
// gets no ticket.
func TestGatheringFails(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, state := range []string{"s&t", ""} {
		b := browser()
		v := url.Values{"client_id": {s.asker.id}, "ticket": {s.home.ticket()}}
		if state != "" {
			v.Set("state", state)
		}
		away, err := url.Parse(offered(s.home.do(b, "GET", "/uma/claims?"+v.Encode(), "")))
		if err != nil {
			t.Fatal(err)
		}
		back := url.Values{"error": {"access_denied"}, "state": {away.Query().Get("state")}, "iss": {s.other.http.URL}}
		done := s.home.do(b, "GET", "/uma/claims/back?"+back.Encode(), "")
		to, err := url.Parse(done.header.Get("Location"))
		if err != nil || to.Host != "asker.test" || to.Query().Get("error") != "access_denied" || to.Query().Get("state") != state || to.Query().Has("state") != (state != "") || to.Query().Has("ticket") {
			t.Errorf("%d to %v", done.status, to)
		}
	}
}

// TestRegistrationRefuses sends what the resource registration endpoint does not
// take, each with the status of the text.
func TestRegistrationRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	_, pat := h.server()
	id := h.object("POST", "/uma/resources/", pat, `{"resource_scopes":["view"]}`).str("_id")
	if r := h.get("/uma/resources/", pat); id == "" || !strings.Contains(r.text, id) {
		t.Errorf("with a slash: %s", r.text)
	}
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", "/uma/resources/" + id, `{"resource_scopes":["x"]}`, http.StatusMethodNotAllowed},
		{"DELETE", "/uma/resources", ``, http.StatusMethodNotAllowed},
		{"GET", "/uma/resources/none", ``, http.StatusNotFound},
		{"PUT", "/uma/resources/none", `{"resource_scopes":["x"]}`, http.StatusNotFound},
		{"DELETE", "/uma/resources/none", ``, http.StatusNotFound},
		{"POST", "/uma/resources", `{"resource_scopes":["a"],"resource_scopes":["b"]}`, http.StatusBadRequest},
		{"POST", "/uma/resources", `{"resource_scopes":"a"}`, http.StatusBadRequest},
		{"POST", "/uma/resources", `{"name":"x"}`, http.StatusBadRequest},
		{"PUT", "/uma/resources/" + id, `{"resource_scopes":["a"]`, http.StatusBadRequest},
	} {
		if r := h.object(test.method, test.path, pat, test.body); r.status != test.status {
			t.Errorf("%s %s %s: %d %s", test.method, test.path, test.body, r.status, r.text)
		}
	}
}

// TestDeregisteredIsUnprotected removes a resource, and a scope of another: a token
// no longer shows them.
func TestDeregisteredIsUnprotected(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pat, ids, rule := s.photos()
	token := s.asker.redeem(s.wants(pat, ids[0], "view"), s.proof()...)
	both := s.asker.redeem(s.wants(pat, ids[1], "view"), append(s.proof(), "rpt", token.str("access_token"))...).str("access_token")
	if r := s.look(pat, both); r.json["scope"] != nil || len(r.json["permissions"].([]any)) != 2 || r.json["exp"] == nil {
		t.Fatalf("both: %s", r.text)
	}
	s.home.object("DELETE", "/uma/resources/"+ids[0], pat, "")
	if r := s.look(pat, both); strings.Contains(r.text, ids[0]) || !strings.Contains(r.text, ids[1]) {
		t.Errorf("after one is gone: %s", r.text)
	}
	s.home.object("PUT", "/uma/resources/"+ids[1], pat, `{"resource_scopes":["print"]}`)
	if r := s.look(pat, both); r.text != `{"active":false}`+"\n" {
		t.Errorf("after the scope is gone: %s", r.text)
	}
	if err := rules.Withdraw(t.Context(), s.home.owner(), rule.ID); err != nil {
		t.Fatal(err)
	}
}

// TestUnreachable makes too much of the vault as a resource server: it then gives no
// ticket, and says so in the words of section 3.2.2.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	for range 1000 {
		r := h.get("/uma/vault/"+string(penates.Bills), "")
		if r.status == http.StatusUnauthorized {
			continue
		}
		if r.status != http.StatusForbidden || !strings.HasPrefix(r.header.Get("Warning"), "199 - ") || r.header.Get("WWW-Authenticate") != "" {
			t.Errorf("%d %v", r.status, r.header)
		}
		return
	}
	t.Error("tickets without end")
}

// TestStandingRule gives an organisation's client what a rule gives it by name: by its
// own secret, without a ticket, until the rule is withdrawn.
func TestStandingRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	h.fill()
	org := h.register("https://org.test/", `,"grant_types":["authorization_code","client_credentials"]`)
	token := func(c *client) reply {
		return h.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}}, c.basic()...)
	}
	if r := token(org); r.status != http.StatusForbidden || r.str("error") != "request_denied" {
		t.Errorf("without a rule: %d %s", r.status, r.text)
	}
	r := tariffs("https://issuer.test", "x")
	r.Proofs, r.Client = nil, org.id
	r, err := rules.Add(t.Context(), h.owner(), r)
	if err != nil {
		t.Fatal(err)
	}
	got := token(org)
	if got.status != http.StatusOK || got.json["refresh_token"] != nil || got.json["pct"] != nil {
		t.Fatalf("%d %s", got.status, got.text)
	}
	read := func() reply { return h.get("/uma/vault/"+string(penates.BankOperations), got.str("access_token")) }
	if rows := read(); rows.status != http.StatusOK || !strings.Contains(rows.text, "in 2025") || strings.Contains(rows.text, "in 2024") {
		t.Errorf("%d %s", rows.status, rows.text)
	}
	if r := token(h.register("https://other.test/", `,"grant_types":["authorization_code","client_credentials"]`)); r.str("error") != "request_denied" {
		t.Errorf("another client: %d %s", r.status, r.text)
	}
	if r := token(h.asker()); r.str("error") != "unauthorized_client" {
		t.Errorf("a client that did not register for it: %s", r.text)
	}
	public := h.register("https://public.test/", `,"grant_types":["authorization_code","client_credentials"],"token_endpoint_auth_method":"none"`)
	if r := h.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {public.id}}); r.str("error") != "unauthorized_client" {
		t.Errorf("a client without a secret: %s", r.text)
	}
	if err := rules.Withdraw(t.Context(), h.owner(), r.ID); err != nil {
		t.Fatal(err)
	}
	if rows := read(); rows.status != http.StatusUnauthorized {
		t.Errorf("after the rule is withdrawn: %d", rows.status)
	}
}

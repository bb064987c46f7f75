package uma_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/uma"
	rules "penates/internal/rule"
)

// TestClaimsGathering sends a person away to show who they are at their own vault,
// which a rule trusts, and back.
func TestClaimsGathering(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	// The home vault is a client of its own there: its sub is another one.
	b := browser()
	ticket := s.asker.redeem(s.home.ticket()).str("ticket")
	start := func(ticket string) reply {
		return s.home.do(b, "GET", "/uma/claims?"+url.Values{"client_id": {s.asker.id}, "ticket": {ticket}, "claims_redirect_uri": {"https://asker.test/claims?a=b"}, "state": {"s&t"}}.Encode(), "")
	}
	away := start(ticket)
	at := offered(away)
	if away.status != http.StatusOK || !strings.HasPrefix(at, s.other.http.URL+"/oauth/authorize?") || !strings.Contains(away.text, "asker.test") {
		t.Fatalf("%d to %q: %s", away.status, at, away.text)
	}
	back := s.other.agree(at)
	done := s.home.do(b, "GET", "/uma/claims/back?"+back.Encode(), "")
	to, err := url.Parse(done.header.Get("Location"))
	if err != nil || to.Host != "asker.test" || to.Query().Get("state") != "s&t" || to.Query().Get("a") != "b" || to.Query().Get("ticket") == "" || to.Query().Get("ticket") == ticket {
		t.Fatalf("%d to %v, %v: %s", done.status, to, err, done.text)
	}
	// What was proven is not what the rule asks: that sub is the asker's.
	if r := s.asker.redeem(to.Query().Get("ticket")); r.str("error") != "need_info" {
		t.Fatalf("with another sub: %d %s", r.status, r.text)
	}
	rule := tariffs(s.other.http.URL, "")
	rule.Proofs[0].Claims = map[string]string{"iss": s.other.http.URL}
	if _, err := rules.Add(t.Context(), s.home.owner(), rule); err != nil {
		t.Fatal(err)
	}
	away = start(s.asker.redeem(s.home.ticket()).str("ticket"))
	done = s.home.do(b, "GET", "/uma/claims/back?"+s.other.agree(offered(away)).Encode(), "")
	if to, err = url.Parse(done.header.Get("Location")); err != nil {
		t.Fatal(err)
	}
	got := s.asker.redeem(to.Query().Get("ticket"))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.text)
	}
	if rows := s.home.get("/uma/vault/"+string(penates.BankOperations), got.str("access_token")); rows.status != http.StatusOK || !strings.Contains(rows.text, "in 2025") {
		t.Errorf("%d %s", rows.status, rows.text)
	}
}

func TestGatheringIsNotLedAstray(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	go1 := func(change ...string) reply {
		v := url.Values{"client_id": {s.asker.id}, "ticket": {s.asker.redeem(s.home.ticket()).str("ticket")}, "claims_redirect_uri": {"https://asker.test/claims?a=b"}}
		for i := 0; i+1 < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return s.home.send("GET", "/uma/claims?"+v.Encode(), "")
	}
	for name, r := range map[string]reply{
		"another address":         go1("claims_redirect_uri", "https://evil.test/"),
		"the address and a bit":   go1("claims_redirect_uri", "https://asker.test/claims?a=b&c=d"),
		"a redirect_uri":          go1("claims_redirect_uri", "https://asker.test/"),
		"an unknown client":       go1("client_id", "cli_nobody"),
		"a state that is a novel": go1("state", strings.Repeat("x", 5000)),
	} {
		if r.status < 400 || r.header.Get("Location") != "" || leads(r) != "" {
			t.Errorf("%s: %d to %q", name, r.status, r.header.Get("Location"))
		}
	}
	// What is wrong later the client is told, by a link that says where it leads.
	for name, r := range map[string]reply{
		"another client":    go1("client_id", s.home.asker().id),
		"an unknown ticket": go1("ticket", "x", "state", "s&t"),
	} {
		to, err := url.Parse(offered(r))
		if r.status != http.StatusBadRequest || leads(r) != "" || err != nil || to.Host != "asker.test" || to.Query().Get("a") != "b" || to.Query().Get("error") != "invalid_request" || to.Query().Has("ticket") {
			t.Errorf("%s: %d to %v: %s", name, r.status, to, r.text)
		}
	}
	away := go1()
	back := s.other.agree(offered(away))
	// The victim's browser, which did not begin it, comes back with the answer.
	if r := s.home.send("GET", "/uma/claims/back?"+back.Encode(), ""); r.status != http.StatusBadRequest || r.header.Get("Location") != "" {
		t.Errorf("another browser: %d to %q", r.status, r.header.Get("Location"))
	}
	b := browser()
	away = s.home.do(b, "GET", "/uma/claims?"+url.Values{"client_id": {s.asker.id}, "ticket": {s.asker.redeem(s.home.ticket()).str("ticket")}}.Encode(), "")
	back = s.other.agree(offered(away))
	back.Set("iss", "https://evil.test")
	if r := s.home.do(b, "GET", "/uma/claims/back?"+back.Encode(), ""); r.status != http.StatusBadRequest {
		t.Errorf("a mix-up: %d", r.status)
	}
	if r := s.home.do(b, "GET", "/uma/claims/back?"+back.Encode(), ""); r.status != http.StatusBadRequest {
		t.Errorf("a second time: %d", r.status)
	}
}

// TestForgedProofs pushes tokens that prove nothing.
func TestForgedProofs(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
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
		return text
	}
	now := time.Now().Unix()
	good := map[string]any{"iss": s.other.http.URL, "sub": s.sub, "aud": s.home.http.URL, "iat": now, "exp": now + 600}
	stranger := s.other.register("https://stranger.test/", "").tokens("openid", "").str("id_token")
	for name, token := range map[string]string{
		"a key of its own":          forge(jose.ES256, key, good),
		"a secret everybody knows":  forge(jose.HS256, make([]byte, 32), good),
		"an issuer nobody trusts":   forge(jose.ES256, key, map[string]any{"iss": "https://evil.test", "sub": s.sub, "aud": s.home.http.URL, "iat": now, "exp": now + 600}),
		"a token for somebody else": stranger,
		"not a token":               "x",
		"a novel":                   strings.Repeat("x", 20000),
	} {
		if r := s.asker.redeem(s.home.ticket(), "claim_token", token, "claim_token_format", uma.TokenFormat); r.str("error") != "need_info" {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "Camille")
	for name, spoil := range map[string]func(*rules.Rule){
		"for anybody":           func(r *rules.Rule) { r.Proofs = nil },
		"a proof of nothing":    func(r *rules.Rule) { r.Proofs[0].Claims = nil },
		"an issuer that is not": func(r *rules.Rule) { r.Proofs[0].Issuer = "x" },
		"nothing given":         func(r *rules.Rule) { r.Grant = nil },
		"two things given":      func(r *rules.Rule) { r.Server, r.Permissions = "x", []rules.Permission{{Resource: "y"}} },
		"no name":               func(r *rules.Rule) { r.Name = " " },
		"over":                  func(r *rules.Rule) { r.Expires = time.Now().Add(-time.Hour) },
		"to administer":         func(r *rules.Rule) { r.Grant = &grant.Grant{Administer: true, Actions: []penates.Action{penates.Read}} },
		"a grant of nothing":    func(r *rules.Rule) { r.Grant.Selections = nil },
	} {
		r := tariffs("https://issuer.test", "x")
		spoil(&r)
		if _, err := rules.Add(t.Context(), h.owner(), r); !errors.Is(err, penates.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := rules.Withdraw(t.Context(), h.owner(), "rul_none"); !errors.Is(err, penates.NotExist) {
		t.Errorf("a rule there is not: %v", err)
	}
}

package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"penates/internal/proto/oauth"
)

// TestRefreshTokensEnd has an authorisation that is used again and again: after a
// year the person has to be asked again.
func TestRefreshTokensEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register(budget)
	tokens := a.tokens(false)
	id := tokens.str("refresh_token")[2:28]
	state := w.owner()
	b, err := state.Recall(t.Context(), "oauth.authorization", id)
	if err != nil {
		t.Fatal(err)
	}
	var kept oauth.Authorization
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		age time.Duration
		ok  bool
	}{{oauth.Longest - time.Hour, true}, {oauth.Longest + time.Second, false}} {
		kept.Began = time.Now().Add(-test.age)
		if b, err = json.Marshal(kept); err != nil {
			t.Fatal(err)
		}
		if err := state.Remember(t.Context(), "oauth.authorization", id, b, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		r := a.token(false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.str("refresh_token")}})
		if (r.status == http.StatusOK) != test.ok {
			t.Errorf("after %v: %d %s", test.age, r.status, r.text)
		}
	}
}

// TestNamesDiffer lets two sites compare by what name they know the person.
func TestNamesDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sub := func(back string) string {
		a := w.register(`{"redirect_uris":["` + back + `"],"token_endpoint_auth_method":"none"}`)
		tokens := a.tokens(false, "authorization_details", "", "scope", "openid profile email", "nonce", "n")
		info := w.get("/oidc/userinfo", "Authorization", "Bearer "+tokens.str("access_token"))
		if info.status != http.StatusOK || info.str("sub") == "" || info.str("given_name") != "Camille" || info.json["email"] != nil {
			t.Errorf("userinfo: %d %s", info.status, info.text)
		}
		return info.str("sub")
	}
	one, again, other := sub("https://one.test/"), sub("https://one.test/back"), sub("https://two.test/")
	if one != again {
		t.Error("a site that registers again knows the person by another name")
	}
	if one == other {
		t.Error("two sites know the person by the same name")
	}
	a := w.register(budget)
	if info := w.get("/oidc/userinfo", "Authorization", "Bearer "+a.tokens(false).str("access_token")); info.status != http.StatusForbidden {
		t.Errorf("who did not ask for a sign-in is told: %d %s", info.status, info.text)
	}
}

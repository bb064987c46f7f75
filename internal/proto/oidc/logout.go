package oidc

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/proto/oauth"
	"penates/internal/serve"
	"penates/internal/vault"
)

const maxLogout = 8 << 10 // bytes of one parameter

// logout is where a third party sends the person after it logged them out (OpenID
// Connect RP-Initiated Logout). Nothing of theirs goes on here: each sign-in is
// agreed to anew, and the page of the vault is the owner's, which no third party
// closes. So they are told that, and go back to an address the client registered: by
// themselves when an ID token of this vault says that the client knows them.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) error {
	params := r.URL.Query()
	if r.Method == http.MethodPost {
		form, err := serve.ReadForm(r)
		if err != nil {
			return err
		}
		params = form
	}
	for name, values := range params {
		if len(values) > 1 || len(values[0]) > maxLogout {
			return oauth.Fail("invalid_request", name[:min(len(name), 50)]+" is given twice, or too long")
		}
	}
	state, err := p.auth.State()
	if err != nil {
		return err
	}
	id, err := p.hinted(r, state, params)
	if err != nil {
		return err
	}
	back := params.Get("post_logout_redirect_uri")
	if id == "" || back == "" {
		return p.auth.Offer(w, r, oauth.Offer{Title: "oidc.out.title", Text: "oidc.out.text", Link: "oidc.out.link", Target: "/"})
	}
	c, err := p.auth.Client(r.Context(), state, id)
	if errors.Is(err, penates.NotExist) || err == nil && !slices.Contains(c.AfterLogout, back) {
		return oauth.Fail("invalid_request", "the post_logout_redirect_uri is not one that the client registered")
	}
	if err != nil {
		return err
	}
	if s := params.Get("state"); s != "" {
		mark := "?"
		if strings.Contains(back, "?") {
			mark = "&"
		}
		back += mark + url.Values{"state": {s}}.Encode()
	}
	if params.Get("id_token_hint") != "" {
		p.auth.Lead(w, r, back)
		return nil
	}
	return p.auth.Offer(w, r, oauth.Offer{Title: "oidc.out.title", Text: "oidc.out.text", Link: "oauth.error.back", Arg: hostOf(back), Target: back})
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// hinted returns the client that a request for logout is of. The ID token it shows
// may be over, but is one of this vault, for the client it names.
func (p *Provider) hinted(r *http.Request, state *vault.Session, params url.Values) (string, error) {
	id, hint := params.Get("client_id"), params.Get("id_token_hint")
	if hint == "" {
		return id, nil
	}
	payload, err := p.auth.Keys().Verify(r.Context(), state, hint)
	if errors.Is(err, penates.Invalid) || errors.Is(err, penates.TooLarge) {
		return "", oauth.Fail("invalid_request", "the id_token_hint is not a token of this vault")
	}
	if err != nil {
		return "", err
	}
	var c jwt.Claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Issuer != p.auth.Issuer() || len(c.Audience) != 1 || id != "" && id != c.Audience[0] {
		return "", oauth.Fail("invalid_request", "the id_token_hint is for another client")
	}
	return c.Audience[0], nil
}

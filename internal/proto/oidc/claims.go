package oidc

import (
	"context"
	"encoding/json"
	"slices"

	"penates/internal/proto/oauth"
	"penates/internal/vault"
)

// A wish is what the claims parameter says of one claim (OpenID Connect Core,
// section 5.5.1); null is nothing.
type wish struct {
	Essential bool  `json:"essential"`
	Value     any   `json:"value"`
	Values    []any `json:"values"`
}

// wishes are the claims parameter.
type wishes struct {
	Userinfo map[string]*wish `json:"userinfo"`
	IDToken  map[string]*wish `json:"id_token"`
}

func readWishes(param string) (w wishes, bad *oauth.Error) {
	if err := json.Unmarshal([]byte(param), &w); err != nil {
		return w, oauth.Fail("invalid_request", "the claims parameter cannot be read")
	}
	if acr := w.IDToken["acr"]; acr != nil && acr.Essential {
		return w, oauth.Fail("unmet_authentication_requirements", "no acr is told of here")
	}
	return w, nil
}

// asked tells whether a client wants the person to sign in, and which facts it wants:
// those of its scopes, and those of the claims parameter, to be told by the user
// information endpoint or in the ID token.
func (p *Provider) asked(ctx context.Context, state *vault.Session, c *oauth.Client, scope []string, param string) (x oauth.SignIn, bad *oauth.Error) {
	if !slices.Contains(scope, scopeOpenID) {
		return x, nil
	}
	x.Wanted = true
	var known []string
	for _, s := range scopes {
		known = append(known, s.claims...)
		if slices.Contains(scope, s.name) {
			x.Claims = append(x.Claims, s.claims...)
		}
	}
	if param == "" {
		return x, nil
	}
	wishes, bad := readWishes(param)
	if bad != nil {
		return x, bad
	}
	if w := wishes.IDToken["sub"]; w != nil && w.Value != nil {
		sub, err := subject(ctx, state, c)
		if err != nil {
			return x, oauth.Fail("server_error", "the server failed")
		}
		if w.Value != sub {
			return x, oauth.Fail("login_required", "the owner of this vault is somebody else")
		}
	}
	for _, name := range known { // what is not known is left out, as the text says
		_, told := wishes.Userinfo[name]
		_, inToken := wishes.IDToken[name]
		if inToken {
			x.InToken = append(x.InToken, name)
		}
		if (told || inToken) && !slices.Contains(x.Claims, name) {
			x.Claims = append(x.Claims, name)
		}
	}
	return x, nil
}

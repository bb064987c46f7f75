package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"penates"
	"penates/internal/serve"
	"penates/internal/vault"
)

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// asClient reads a form of a client that shows who it is.
func (s *Server) asClient(r *http.Request) (*vault.Session, *Client, url.Values, error) {
	state, err := s.State()
	if err != nil {
		return nil, nil, nil, err
	}
	form, err := serve.ReadForm(r)
	if err == nil {
		err = serve.Once(form)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := s.Authenticate(r, state, form)
	if err == nil && form.Get("token") == "" {
		err = Fail("invalid_request", "the token is missing")
	}
	return state, c, form, err
}

// revoke is RFC 7009. What is not known, or another client's, is answered alike.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	state, c, form, err := s.asClient(r)
	if err != nil {
		return err
	}
	token := form.Get("token")
	if id, secret, ok := split(token, refreshToken); ok {
		err = s.revokeAll(r.Context(), state, c, id, secret)
	} else if id, secret, ok := split(token, accessToken); ok {
		err = s.revokeOne(r.Context(), state, c, id, secret)
	} else {
		for _, f := range s.extensions.revoke {
			err = errors.Join(err, f(r.Context(), state, c, token))
		}
	}
	if err != nil && !errors.Is(err, penates.NotExist) {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// revokeAll ends the authorisation of a refresh token.
func (s *Server) revokeAll(ctx context.Context, state *vault.Session, c *Client, id, secret string) error {
	a, err := s.authorization(ctx, state, id)
	if err != nil || a.Client != c.ID || !same(secret, a.Refresh) {
		return err
	}
	s.note(state, c.Actor(), "", "authorisation: given back", nil)
	return s.End(ctx, state, id)
}

// revokeOne makes one access token void; without another way to tokens, that ends
// the authorisation.
func (s *Server) revokeOne(ctx context.Context, state *vault.Session, c *Client, id, secret string) error {
	sum, last := hashOf(secret), false
	_, err := s.change(ctx, state, id, func(a *Authorization) error {
		if a.Client != c.ID {
			return penates.NotExist
		}
		a.Access = slices.DeleteFunc(a.Access, func(x Access) bool { return equal(sum, x.Hash) })
		last = len(a.Access) == 0 && len(a.Refresh) == 0
		return nil
	})
	if err != nil || !last {
		return err
	}
	return s.End(ctx, state, id)
}

// introspect is RFC 7662: a client may ask about tokens of its own. Resource
// servers ask with a token of theirs, see package uma.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) error {
	state, c, form, err := s.asClient(r)
	if err != nil {
		return err
	}
	if c.Public() {
		return invalidClient("only a client that can keep a secret may ask")
	}
	x, err := s.Look(r.Context(), state, form.Get("token"))
	if err != nil {
		return err
	}
	if x == nil || x.Client != c.ID {
		return serve.WriteJSON(w, http.StatusOK, map[string]bool{"active": false})
	}
	return serve.WriteJSON(w, http.StatusOK, s.Introspection(x))
}

// Look returns an access token that holds, or nil.
func (s *Server) Look(ctx context.Context, state *vault.Session, token string) (*Shown, error) {
	id, secret, ok := split(token, accessToken)
	if !ok {
		return nil, nil
	}
	x, err := s.find(ctx, state, id, secret)
	var p *serve.Problem
	if errors.As(err, &p) {
		return nil, nil
	}
	return x, err
}

// Introspection is what may be told of a token to who may ask about it.
func (s *Server) Introspection(x *Shown) map[string]any {
	answer := map[string]any{
		"active": true, "iss": s.issuer, "client_id": x.Client, "iat": x.Access.Issued.Unix(), "exp": x.Access.Until.Unix(), "token_type": "Bearer",
	}
	if len(x.Scope) > 0 {
		answer["scope"] = strings.Join(x.Scope, " ")
	}
	if len(x.Access.Resource) > 0 {
		answer["aud"] = x.Access.Resource
	}
	if x.Key != "" {
		answer["token_type"], answer["cnf"] = "DPoP", map[string]string{"jkt": x.Key}
	}
	if x.Rule != "" {
		delete(answer, "scope") // permissions stand in its place, see package uma
	}
	var list []detail
	for _, d := range x.Details {
		if slices.ContainsFunc(x.Access.Grants, func(g Given) bool { return g.ID == d.Grant }) {
			list = append(list, d)
		}
	}
	if len(list) > 0 {
		answer["authorization_details"] = list
	}
	return answer
}

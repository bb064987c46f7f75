package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/serve"
	"penates/internal/vault"
)

// A TokenRequest is a request to the token endpoint of a client that showed who it
// is.
type TokenRequest struct {
	HTTP   *http.Request
	State  *vault.Session
	Client *Client
	Form   url.Values
	Key    string // thumbprint of the key it proved to hold, or empty
}

// token is the token endpoint.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	state, err := s.State()
	if err != nil {
		return err
	}
	form, err := serve.ReadForm(r)
	if err == nil {
		err = serve.Once(form, "resource")
	}
	if err != nil {
		return err
	}
	c, err := s.Authenticate(r, state, form)
	if err != nil {
		return err
	}
	t := &TokenRequest{HTTP: r, State: state, Client: c, Form: form}
	if len(r.Header.Values("DPoP")) > 0 {
		if t.Key, err = s.proof(r, s.issuer+pathToken, ""); err != nil {
			s.note(state, c.Actor(), "", "token: "+err.Error(), penates.Denied)
			return err
		}
		w.Header().Set("DPoP-Nonce", s.proofs.Nonce())
	} else if c.BoundTokens {
		return Fail("invalid_request", "the client registered for tokens bound to its key: DPoP is missing")
	}
	kind := form.Get("grant_type")
	answer, err := s.grant(r.Context(), t, kind)
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, answer)
}

func (s *Server) grant(ctx context.Context, t *TokenRequest, kind string) (map[string]any, error) {
	further := s.extensions.grants[kind]
	if kind != "authorization_code" && kind != "refresh_token" && further == nil {
		return nil, Fail("unsupported_grant_type", "that grant type is not offered")
	}
	if !slices.Contains(t.Client.GrantTypes, kind) {
		return nil, Fail("unauthorized_client", "the client did not register for that grant type")
	}
	switch kind {
	case "authorization_code":
		return s.redeem(ctx, t)
	case "refresh_token":
		return s.refresh(ctx, t)
	}
	return further(ctx, t)
}

func invalidGrant(why string) error { return Fail("invalid_grant", why) }

// errReuse says that something was used that is good once: somebody else has it.
var errReuse = errors.New("used before")

// redeem gives tokens for a code.
func (s *Server) redeem(ctx context.Context, t *TokenRequest) (map[string]any, error) {
	id, secret, ok := split(t.Form.Get("code"), codeToken)
	if !ok {
		return nil, invalidGrant("the code is not one of this server")
	}
	var answer map[string]any
	a, err := s.change(ctx, t.State, id, func(a *Authorization) error {
		now := s.Now()
		switch {
		case !same(secret, a.Code) || a.Client != t.Client.ID:
			return invalidGrant("the code is not known, or is another client's")
		case a.CodeUsed:
			return errReuse
		case now.Sub(a.Began) >= CodeLife:
			return invalidGrant("the code's time is over")
		case t.Form.Has("redirect_uri") && t.Form.Get("redirect_uri") != a.Redirect:
			return invalidGrant("the redirect_uri is not that of the request")
		case a.Key != "" && a.Key != t.Key:
			return invalidGrant("the code is bound to another key")
		}
		challenge, err := challengeOf(t.Form.Get("code_verifier"))
		if err != nil || subtle.ConstantTimeCompare([]byte(challenge), []byte(a.Challenge)) != 1 {
			return invalidGrant("the code_verifier is not that of the request")
		}
		a.CodeUsed, a.Key = true, t.Key
		answer, err = s.tokens(a, t, now)
		return err
	})
	if errors.Is(err, errReuse) {
		s.note(t.State, t.Client.Actor(), "", "token: a code was used twice, all it gave is void", penates.Denied)
		if err := s.End(ctx, t.State, id); err != nil {
			return nil, err
		}
		return nil, invalidGrant("the code was used before; what it gave is void now")
	}
	return s.finish(ctx, t, a, answer, err)
}

// refresh gives new tokens for a refresh token, which is void from then on. One
// that is void already was stolen, or is in a thief's stead: all is void then.
func (s *Server) refresh(ctx context.Context, t *TokenRequest) (map[string]any, error) {
	id, secret, ok := split(t.Form.Get("refresh_token"), refreshToken)
	if !ok {
		return nil, invalidGrant("the refresh token is not one of this server")
	}
	if scope := t.Form.Get("scope"); len(scope) > maxParameter {
		return nil, Fail("invalid_scope", "the scope is too long")
	}
	var answer map[string]any
	a, err := s.change(ctx, t.State, id, func(a *Authorization) error {
		switch {
		case a.Client != t.Client.ID || len(a.Refresh) == 0:
			return invalidGrant("the refresh token is not known, or is another client's")
		case !same(secret, a.Refresh):
			return errReuse
		case a.Key != t.Key:
			return invalidGrant("the refresh token is bound to another key")
		case s.Now().Sub(a.Began) >= Longest:
			return invalidGrant("the person has to be asked again")
		}
		for _, word := range strings.Fields(t.Form.Get("scope")) {
			if !slices.Contains(a.Scope, word) {
				return Fail("invalid_scope", "that is more than the person agreed to")
			}
		}
		var err error
		answer, err = s.tokens(a, t, s.Now())
		return err
	})
	if errors.Is(err, errReuse) {
		s.note(t.State, t.Client.Actor(), "", "token: a refresh token was used twice, all tokens are void", penates.Denied)
		if err := s.End(ctx, t.State, id); err != nil {
			return nil, err
		}
		return nil, invalidGrant("the refresh token was used before; all tokens are void now")
	}
	return s.finish(ctx, t, a, answer, err)
}

// finish turns what came of a change into the answer.
func (s *Server) finish(ctx context.Context, t *TokenRequest, a *Authorization, answer map[string]any, err error) (map[string]any, error) {
	if errors.Is(err, penates.NotExist) {
		return nil, invalidGrant("it is not known, or its time is over")
	}
	var e *Error
	if errors.As(err, &e) && e.Code == "invalid_grant" {
		s.note(t.State, t.Client.Actor(), "", "token: "+e.Description, penates.Denied)
	}
	if err != nil {
		return nil, err
	}
	if a.SignIn && s.extensions.answer != nil {
		if err := s.extensions.answer(ctx, t.State, t.Client, a, answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// tokens issues tokens of a and returns the answer that shows them.
func (s *Server) tokens(a *Authorization, t *TokenRequest, now time.Time) (map[string]any, error) {
	resource, grants, list, err := s.narrow(a, t)
	if err != nil {
		return nil, err
	}
	token, life := a.Issue(now, resource, grants)
	answer := TokenAnswer(token, life, a.Key)
	if len(a.Scope) > 0 {
		answer["scope"] = strings.Join(a.Scope, " ")
	}
	if len(list) > 0 {
		answer["authorization_details"] = list
	}
	if slices.Contains(t.Client.GrantTypes, "refresh_token") {
		secret, hash := newSecret()
		a.Refresh = hash
		answer["refresh_token"] = refreshToken + a.ID + secret
		a.Until = now.Add(RefreshLife)
		if last := a.Began.Add(Longest); last.Before(a.Until) {
			a.Until = last
		}
	}
	return answer, nil
}

// TokenAnswer is what every answer of the token endpoint holds.
func TokenAnswer(token string, life time.Duration, key string) map[string]any {
	kind := "Bearer"
	if key != "" {
		kind = "DPoP"
	}
	return map[string]any{"access_token": token, "token_type": kind, "expires_in": int(life.Seconds())}
}

// narrow reads which part of an authorisation a token is to show: where (RFC 8707)
// and which of its grants (RFC 9396, section 6), all of them by default.
func (s *Server) narrow(a *Authorization, t *TokenRequest) (resource []string, grants []Given, list []detail, err error) {
	resource, grants, list = a.Resource, a.Grants, a.Details
	if asked := t.Form["resource"]; len(asked) > 0 {
		var bad *Error
		if resource, bad = s.resources(asked); bad != nil {
			return nil, nil, nil, bad
		}
		for _, x := range resource {
			if len(a.Resource) > 0 && !slices.ContainsFunc(a.Resource, func(y string) bool { return within(x, y) }) {
				return nil, nil, nil, Fail("invalid_target", "the person agreed to other resources")
			}
		}
	}
	if text := t.Form.Get("authorization_details"); text != "" {
		wanted, err := readGrantIDs(text)
		if err != nil {
			return nil, nil, nil, Fail("invalid_authorization_details", err.Error())
		}
		grants, list = nil, nil
		for i, g := range a.Grants {
			if slices.Contains(wanted, g.ID) {
				grants, list = append(grants, g), append(list, a.Details[i])
			}
		}
		if len(grants) != len(wanted) {
			return nil, nil, nil, Fail("invalid_authorization_details", fmt.Sprintf("%d of %d grants are not of this authorisation", len(wanted)-len(grants), len(wanted)))
		}
	}
	return resource, grants, list, nil
}

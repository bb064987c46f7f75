package uma

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
	"penates/internal/schema"
	"penates/internal/serve"
	"penates/internal/vault"
)

// redeem is the UMA grant at the token endpoint: a ticket, with proofs or without,
// for a requesting party token.
func (s *Server) redeem(ctx context.Context, t *oauth.TokenRequest) (map[string]any, error) {
	if t.Form.Get("ticket") == "" {
		return nil, oauth.Fail("invalid_request", "the ticket is missing")
	}
	token, format := t.Form.Get("claim_token"), t.Form.Get("claim_token_format")
	if (token == "") != (format == "") {
		return nil, oauth.Fail("invalid_request", "claim_token and claim_token_format go together")
	}
	asked, err := take(ctx, t.State, t.Form.Get("ticket"))
	if err != nil {
		return nil, err
	}
	if asked.Client != "" && asked.Client != t.Client.ID {
		return nil, oauth.Fail("invalid_grant", "the ticket is another client's")
	}
	asked.Client = t.Client.ID
	if err := widen(t, asked); err != nil {
		return nil, err
	}
	rules, err := s.about(ctx, t.State, asked)
	if err != nil {
		return nil, err
	}
	useless, err := s.recollect(ctx, t, asked)
	if err != nil {
		return nil, err
	}
	if token != "" {
		useless = s.push(ctx, asked, rules, token, format)
	}
	return s.assess(ctx, t, asked, rules, useless)
}

// widen adds the scopes that the client asks for beside those of the ticket: they
// count where a resource has them, if the client registered for them (UMA grant,
// section 3.3.4).
func widen(t *oauth.TokenRequest, asked *ticket) error {
	registered := words(t.Client.Scope)
	for _, scope := range words(t.Form.Get("scope")) {
		if !slices.Contains(registered, scope) {
			return oauth.Fail("invalid_scope", "the client did not register for that scope")
		}
		known := false
		for i := range asked.Permissions {
			p := &asked.Permissions[i]
			scopes, err := lookup(t.HTTP.Context(), t.State, asked.Server, p.Resource)
			if err != nil && !errors.Is(err, penates.NotExist) {
				return err
			}
			if slices.Contains(scopes, scope) {
				if known = true; !slices.Contains(p.Scopes, scope) {
					p.Scopes = append(p.Scopes, scope)
				}
			}
		}
		if !known {
			return oauth.Fail("invalid_scope", "no resource of the ticket is registered with that scope")
		}
	}
	return nil
}

// about returns the rules that give something of what is asked for.
func (s *Server) about(ctx context.Context, state *vault.Session, asked *ticket) ([]rule.Rule, error) {
	all, err := rule.All(ctx, state)
	return slices.DeleteFunc(all, func(r rule.Rule) bool {
		return !slices.ContainsFunc(asked.Permissions, func(p rule.Permission) bool { return len(r.Gives(asked.Server, p)) > 0 })
	}), err
}

// introspect is token introspection with permissions (federated authorisation,
// section 5): a resource server asks about a token it was shown.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) error {
	pat, err := s.protects(r)
	if err != nil {
		return err
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	form, err := serve.ReadForm(r)
	if err == nil {
		err = serve.Once(form)
	}
	if err != nil {
		return err
	}
	if form.Get("token") == "" {
		return oauth.Fail("invalid_request", "the token is missing")
	}
	answer, err := s.look(r.Context(), state, pat.Client, form.Get("token"))
	if err != nil {
		return err
	}
	return serve.WriteJSON(w, http.StatusOK, answer)
}

// look returns what a resource server may know of a token: nothing, unless it is
// about resources of that server and a rule it was given by still holds.
func (s *Server) look(ctx context.Context, state *vault.Session, server, token string) (map[string]any, error) {
	inactive := map[string]any{"active": false}
	x, err := s.auth.Look(ctx, state, token)
	if err != nil || x == nil || x.Rule == "" {
		return inactive, err
	}
	all, err := permissionsOf(x)
	if err != nil {
		return nil, err
	}
	if all.Server != server {
		return inactive, nil
	}
	now, list := s.auth.Now(), []rule.Permission{}
	for _, h := range all.Given {
		holds, err := h.holds(ctx, state, server, now)
		if err != nil {
			return nil, err
		}
		if holds {
			list = append(list, h.Permission)
		}
	}
	if len(list) == 0 {
		return inactive, s.auth.End(ctx, state, x.ID)
	}
	answer := s.auth.Introspection(x)
	answer["permissions"] = list
	return answer, nil
}

// holds reports whether a permission is still one: its rule stands, its time is not
// over, and the resource is registered. Scopes it no longer has are left out.
func (h *held) holds(ctx context.Context, state *vault.Session, server string, now time.Time) (bool, error) {
	if h.Expires != 0 && !now.Before(time.Unix(h.Expires, 0)) {
		return false, nil
	}
	stands, err := rule.Stands(ctx, state, h.Rule)
	if err != nil || !stands {
		return false, err
	}
	scopes, err := lookup(ctx, state, server, h.Resource)
	if errors.Is(err, penates.NotExist) {
		return false, nil
	}
	h.Scopes = slices.DeleteFunc(h.Scopes, func(x string) bool { return !slices.Contains(scopes, x) })
	return err == nil && len(h.Scopes) > 0, err
}

// viewOf returns the SQL view of a type.
func viewOf(name string) string {
	k, err := schema.Of(penates.Type(name))
	if err != nil {
		return "documents"
	}
	return k.View
}

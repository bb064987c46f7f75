package uma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/oauth"
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
	pushed := error(nil)
	if token != "" {
		pushed = s.push(ctx, asked, rules, token, format)
	}
	return s.assess(ctx, t, asked, rules, pushed)
}

// widen adds the scopes that the client asks for beside those of the ticket (UMA
// grant, section 3.3.4, step 1).
func widen(t *oauth.TokenRequest, asked *ticket) error {
	for _, scope := range words(t.Form.Get("scope")) {
		known := false
		for i := range asked.Permissions {
			p := &asked.Permissions[i]
			scopes, err := lookup(t.HTTP, t.State, asked.Server, p.Resource)
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
func (s *Server) about(ctx context.Context, state *vault.Session, asked *ticket) ([]Rule, error) {
	all, err := Rules(ctx, state)
	return slices.DeleteFunc(all, func(r Rule) bool {
		return !slices.ContainsFunc(asked.Permissions, func(p Permission) bool { return len(r.gives(asked.Server, p)) > 0 })
	}), err
}

// assess decides by the rules (UMA grant, section 3.3.4).
func (s *Server) assess(ctx context.Context, t *oauth.TokenRequest, asked *ticket, rules []Rule, pushed error) (map[string]any, error) {
	for i := range rules {
		r := &rules[i]
		who, ok := r.fulfilled(t.Client.ID, asked.Proven)
		if !ok {
			continue
		}
		given := r.of(asked)
		if len(given) == 0 {
			continue
		}
		return s.give(ctx, t, asked, r, who, given)
	}
	open := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.Client != "" && r.Client != t.Client.ID })
	if len(open) == 0 {
		return nil, s.denied(t, "no rule of the owner gives it")
	}
	if _, all := open[0].fulfilled(t.Client.ID, asked.Proven); all {
		return nil, s.denied(t, "no rule of the owner gives that scope")
	}
	return nil, s.needInfo(ctx, t, asked, open, pushed)
}

// of returns the part of what is asked for that the rule gives.
func (r *Rule) of(asked *ticket) (given []Permission) {
	for _, p := range asked.Permissions {
		scopes := r.gives(asked.Server, p)
		p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(x string) bool { return !slices.Contains(scopes, x) })
		if len(p.Scopes) > 0 {
			given = append(given, p)
		}
	}
	return given
}

func (s *Server) denied(t *oauth.TokenRequest, why string) error {
	if err := t.State.Note(t.Client.Actor(), "", penates.Read, "rules: "+why, penates.Denied); err != nil {
		return err
	}
	return &oauth.Error{Code: "request_denied", Description: why, Status: http.StatusForbidden}
}

// needInfo says which proofs are missing, with a new ticket.
func (s *Server) needInfo(ctx context.Context, t *oauth.TokenRequest, asked *ticket, rules []Rule, pushed error) error {
	name, err := asked.keep(ctx, t.State, s.auth.Now())
	if err != nil {
		return err
	}
	var issuers []string
	for _, r := range rules {
		for _, p := range r.Proofs {
			if !slices.Contains(issuers, p.Issuer) {
				issuers = append(issuers, p.Issuer)
			}
		}
	}
	why := "the owner's rules ask who this is for"
	if pushed != nil {
		why += ": " + pushed.Error()
	}
	return &oauth.Error{Code: "need_info", Description: why, Status: http.StatusForbidden, More: map[string]any{
		"ticket":        name,
		"redirect_user": s.auth.Issuer() + pathClaims,
		"required_claims": []map[string]any{{
			"claim_token_format": []string{TokenFormat}, "name": "id_token", "friendly_name": "identity token", "issuer": issuers,
		}},
	}}
}

// give issues the token of what a rule gives.
func (s *Server) give(ctx context.Context, t *oauth.TokenRequest, asked *ticket, r *Rule, who string, given []Permission) (map[string]any, error) {
	a := &oauth.Authorization{Client: t.Client.ID, Actor: t.Client.Actor(), Key: t.Key, Rule: r.ID}
	for i := range given {
		if !r.Expires.IsZero() {
			given[i].Expires = r.Expires.Unix()
		}
		if r.Grant == nil {
			continue
		}
		g, err := s.grantOf(ctx, t, r, who, strings.TrimPrefix(given[i].Resource, vaultPrefix))
		if err != nil {
			return nil, err
		}
		a.Grants = append(a.Grants, *g)
	}
	var err error
	if a.Permissions, err = json.Marshal(permissions{asked.Server, given}); err != nil {
		return nil, err
	}
	if r.Grant != nil {
		a.Resource = []string{s.auth.Issuer()}
	}
	token, life, err := s.auth.Open(ctx, t.State, a)
	if err != nil {
		return nil, err
	}
	if err := t.State.Note(t.Client.Actor(), "", penates.Share, "rule "+r.Name+" for "+who, nil); err != nil {
		return nil, err
	}
	return oauth.TokenAnswer(token, life, t.Key), nil
}

// permissions are what a token holds of resources, and whose those are.
type permissions struct {
	Server string       `json:"server"`
	Given  []Permission `json:"given"`
}

// grantOf returns the grant by which a rule gives documents of a type to who acts
// through a client. It is made once, and used again while it holds.
func (s *Server) grantOf(ctx context.Context, t *oauth.TokenRequest, r *Rule, who, name string) (*oauth.Given, error) {
	key := r.ID + "/" + ticketKey(t.Client.ID + "\x00" + who + "\x00" + name)[:32]
	if id, err := t.State.Recall(ctx, kindGiven, key); err == nil {
		list, err := t.State.Grants(ctx, vault.GrantFilter{ID: penates.GrantID(id), Active: true})
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			return &oauth.Given{ID: list[0].ID, Purpose: list[0].Purpose, Until: list[0].Expires}, nil
		}
	} else if !errors.Is(err, penates.NotExist) {
		return nil, err
	}
	g := *r.Grant
	g.ID, g.Parent, g.Grantee = "", "", t.Client.Actor()
	g.Selections = slices.DeleteFunc(slices.Clone(g.Selections), func(x grant.Selection) bool { return string(x.Type) != name })
	g.Statement = fmt.Sprintf("%s (%s)", r.Name, who)
	if g.Expires.IsZero() || !r.Expires.IsZero() && r.Expires.Before(g.Expires) {
		g.Expires = r.Expires
	}
	given, err := t.State.AddGrant(ctx, g)
	if err != nil {
		return nil, err
	}
	return &oauth.Given{ID: given.ID, Purpose: given.Purpose, Until: given.Expires}, t.State.Remember(ctx, kindGiven, key, []byte(given.ID), given.Expires)
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
// about resources of that server and the rule it was given by still holds.
func (s *Server) look(ctx context.Context, state *vault.Session, server, token string) (map[string]any, error) {
	inactive := map[string]any{"active": false}
	x, err := s.auth.Look(ctx, state, token)
	if err != nil || x == nil || x.Rule == "" {
		return inactive, err
	}
	var held permissions
	if err := json.Unmarshal(x.Permissions, &held); err != nil {
		return nil, err
	}
	if held.Server != server {
		return inactive, nil
	}
	if _, err := state.Recall(ctx, kindRule, x.Rule); err != nil {
		if errors.Is(err, penates.NotExist) {
			return inactive, s.auth.End(ctx, state, x.ID)
		}
		return nil, err
	}
	now := s.auth.Now()
	held.Given = slices.DeleteFunc(held.Given, func(p Permission) bool { return p.Expires != 0 && !now.Before(time.Unix(p.Expires, 0)) })
	answer := s.auth.Introspection(x)
	answer["permissions"] = held.Given
	return answer, nil
}

// viewOf returns the SQL view of a type.
func viewOf(name string) string {
	k, err := schema.Of(penates.Type(name))
	if err != nil {
		return "documents"
	}
	return k.View
}

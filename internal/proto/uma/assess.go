package uma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
	"penates/internal/vault"
)

// A held permission is one that a token gives: by which rule, to whom, and under
// which grant if it is of the vault.
type held struct {
	rule.Permission
	Rule  string       `json:"rule"`
	Who   string       `json:"who"`
	Grant *oauth.Given `json:"grant,omitempty"`
}

// permissions are what a token holds of resources, and whose those are.
type permissions struct {
	Server string `json:"server"`
	Given  []held `json:"given"`
}

func permissionsOf(x *oauth.Shown) (all permissions, err error) {
	if err := json.Unmarshal(x.Permissions, &all); err != nil {
		return all, fmt.Errorf("permissions: %w (%w)", penates.Damaged, err)
	}
	return all, nil
}

// errStopped says that the owner stopped a grant which a rule gave: the rule does
// not give it again behind their back.
var errStopped = fmt.Errorf("the owner stopped what the rule gave: %w", penates.Denied)

// assess decides by the rules (UMA grant, section 3.3.4): what any rule gives, whose
// proofs are there, is given. Without any, the answer says what is missing.
func (s *Server) assess(ctx context.Context, t *oauth.TokenRequest, asked *ticket, rules []rule.Rule, useless error) (map[string]any, error) {
	var given []held
	var open []rule.Rule
	waits, why := false, "no rule of the owner gives it"
	for i := range rules {
		r := &rules[i]
		part := partOf(r, asked)
		if len(part) == 0 || r.Client != "" && r.Client != t.Client.ID || len(r.Proofs) == 0 && t.Client.Public() {
			continue
		}
		who, ok := r.Fulfilled(t.Client.ID, asked.Proven)
		if !ok {
			open = append(open, *r)
			continue
		}
		if r.Ask {
			switch answer, err := s.wish(ctx, t, asked, r, who, part); {
			case err != nil:
				return nil, err
			case answer == waiting:
				waits = true
				continue
			case answer == refused:
				why = "the owner refused it"
				continue
			}
		}
		var err error
		if given, err = s.hold(ctx, t, given, r, who, part); errors.Is(err, errStopped) {
			why = "the owner stopped it"
		} else if err != nil {
			return nil, err
		}
	}
	switch {
	case len(given) > 0:
		return s.give(ctx, t, asked, given)
	case waits:
		return nil, s.submitted(ctx, t, asked)
	case len(open) > 0:
		return nil, s.needInfo(ctx, t, asked, open, useless)
	}
	return nil, s.denied(t, why)
}

// partOf returns the part of what is asked for that the rule gives.
func partOf(r *rule.Rule, asked *ticket) (given []rule.Permission) {
	for _, p := range asked.Permissions {
		scopes := r.Gives(asked.Server, p)
		p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(x string) bool { return !slices.Contains(scopes, x) })
		if len(p.Scopes) > 0 {
			given = append(given, p)
		}
	}
	return given
}

// hold adds to list what a rule gives of part that is not in it yet.
func (s *Server) hold(ctx context.Context, t *oauth.TokenRequest, list []held, r *rule.Rule, who string, part []rule.Permission) ([]held, error) {
	for _, p := range part {
		for _, h := range list {
			if h.Resource == p.Resource {
				p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(x string) bool { return slices.Contains(h.Scopes, x) })
			}
		}
		if len(p.Scopes) == 0 {
			continue
		}
		if p.Expires = 0; !r.Expires.IsZero() {
			p.Expires = r.Expires.Unix()
		}
		h := held{Permission: p, Rule: r.ID, Who: who}
		if r.Grant != nil {
			g, err := s.grantOf(ctx, t, r, who, strings.TrimPrefix(p.Resource, vaultPrefix))
			if err != nil {
				return list, err
			}
			h.Grant = g
		}
		list = append(list, h)
	}
	return list, nil
}

func (s *Server) denied(t *oauth.TokenRequest, why string) error {
	if err := t.State.Note(t.Client.Actor(), "", penates.Read, "rules: "+why, penates.Denied); err != nil {
		return err
	}
	return &oauth.Error{Code: "request_denied", Description: why, Status: http.StatusForbidden}
}

// needInfo says which proofs are missing, with a new ticket.
func (s *Server) needInfo(ctx context.Context, t *oauth.TokenRequest, asked *ticket, rules []rule.Rule, useless error) error {
	name, err := asked.keep(ctx, t.State, s.auth.Now().Add(ticketLife))
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
	if useless != nil {
		why += ": " + useless.Error()
	}
	return &oauth.Error{Code: "need_info", Description: why, Status: http.StatusForbidden, More: map[string]any{
		"ticket":        name,
		"redirect_user": s.auth.Issuer() + pathClaims,
		"required_claims": []map[string]any{{
			"claim_token_format": []string{TokenFormat}, "name": "id_token", "friendly_name": "identity token", "issuer": issuers,
		}},
	}}
}

// give issues the token of what rules give, with what a token shown beside gave
// already to the same person, and a token that stands for what was proven.
func (s *Server) give(ctx context.Context, t *oauth.TokenRequest, asked *ticket, given []held) (map[string]any, error) {
	former, given, err := s.upgrade(ctx, t, asked, given)
	if err != nil {
		return nil, err
	}
	a := &oauth.Authorization{Client: t.Client.ID, Actor: t.Client.Actor(), Key: t.Key, Rule: given[0].Rule}
	for _, h := range given {
		if h.Grant != nil {
			a.Grants = append(a.Grants, *h.Grant)
		}
	}
	if a.Permissions, err = json.Marshal(permissions{asked.Server, given}); err != nil {
		return nil, err
	}
	if len(a.Grants) > 0 {
		a.Resource = []string{s.auth.Issuer()}
	}
	token, life, err := s.auth.Open(ctx, t.State, a)
	if err != nil {
		return nil, err
	}
	if err := s.auth.Trust(ctx, t.State, t.Client.ID); err != nil {
		return nil, err
	}
	if err := t.State.Note(t.Client.Actor(), "", penates.Share, "rule "+given[0].Rule+" for "+given[0].Who, nil); err != nil {
		return nil, err
	}
	answer := oauth.TokenAnswer(token, life, t.Key)
	if former != "" {
		answer["upgraded"] = true
		if err := s.auth.End(ctx, t.State, former); err != nil {
			return nil, err
		}
	}
	return answer, s.persist(ctx, t, asked, given, answer)
}

// upgrade returns given with what the token that the client shows beside holds, and
// the authorisation of that token, which the new one stands for. It does so only
// for who proves again, or by a persisted claims token, to be the same person.
func (s *Server) upgrade(ctx context.Context, t *oauth.TokenRequest, asked *ticket, given []held) (former string, all []held, err error) {
	x, err := s.auth.Look(ctx, t.State, t.Form.Get("rpt"))
	if err != nil || x == nil || x.Rule == "" || x.Client != t.Client.ID || x.Key != t.Key {
		return "", given, err
	}
	old, err := permissionsOf(x)
	if err != nil || old.Server != asked.Server {
		return "", given, err
	}
	rules, err := rule.All(ctx, t.State)
	if err != nil {
		return "", given, err
	}
	all = given
	for _, h := range old.Given {
		i := slices.IndexFunc(rules, func(r rule.Rule) bool { return r.ID == h.Rule })
		if i < 0 {
			continue // withdrawn: there is nothing left of it
		}
		if who, ok := rules[i].Fulfilled(t.Client.ID, asked.Proven); !ok || who != h.Who {
			return "", given, nil
		}
		if all, err = s.hold(ctx, t, all, &rules[i], h.Who, []rule.Permission{h.Permission}); err != nil && !errors.Is(err, errStopped) {
			return "", given, err
		}
	}
	return x.ID, all, nil
}

// grantOf returns the grant by which a rule gives documents of a type to who acts
// through a client. It is made once, and used again while it holds.
func (s *Server) grantOf(ctx context.Context, t *oauth.TokenRequest, r *rule.Rule, who, name string) (*oauth.Given, error) {
	key := ticketKey(t.Client.ID + "\x00" + who + "\x00" + name)[:32]
	if id, err := rule.Given(ctx, t.State, r.ID, key); err == nil {
		list, err := t.State.Grants(ctx, vault.GrantFilter{ID: id})
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && !list[0].Ended.IsZero() {
			return nil, errStopped
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
	return &oauth.Given{ID: given.ID, Purpose: given.Purpose, Until: given.Expires}, rule.Give(ctx, t.State, r.ID, key, given.ID, given.Expires)
}

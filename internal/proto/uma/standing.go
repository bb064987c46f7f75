package uma

import (
	"context"

	"penates/internal/grant"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
)

// grantStanding is the grant type of a client that acts for itself (RFC 6749,
// section 4.4).
const grantStanding = "client_credentials"

// standing gives a client what rules give it by name and without further proofs, as
// to an organisation that runs a service of its own: that it can show its secret or
// key is the proof. Without such a rule it gets nothing, and the owner is not asked.
func (s *Server) standing(ctx context.Context, t *oauth.TokenRequest) (map[string]any, error) {
	if t.Client.Public() {
		return nil, oauth.Fail("unauthorized_client", "only a client that can keep a secret acts for itself")
	}
	rules, err := rule.All(ctx, t.State)
	if err != nil {
		return nil, err
	}
	asked, own := &ticket{Client: t.Client.ID}, []rule.Rule{}
	for _, r := range rules {
		if r.Client != t.Client.ID || len(r.Proofs) > 0 || r.Grant == nil {
			continue
		}
		own = append(own, r)
		for _, x := range r.Grant.Selections {
			asked.add(x)
		}
	}
	return s.assess(ctx, t, asked, own, nil)
}

// add asks for the documents of a selection's type, once.
func (t *ticket) add(x grant.Selection) {
	id := vaultPrefix + string(x.Type)
	for _, p := range t.Permissions {
		if p.Resource == id {
			return
		}
	}
	t.Permissions = append(t.Permissions, rule.Permission{Resource: id, Scopes: []string{vaultScope}})
}

// Package uma lets rules of the owner decide while the owner is away: User-Managed
// Access 2.0, the grant and federated authorisation. Whoever asks for something
// without a token gets a permission ticket, shows it with proofs of who they are,
// and gets what a rule gives to whom proves that: "my energy supplier may read my
// load curve for tariff advice until June". A rule gives a grant of the vault; when
// the rule is withdrawn the grants it gave are stopped, and the next read fails.
//
// Resources are the documents of the vault, type by type, and those that other
// servers of the owner put under its protection.
package uma

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"penates/internal/proto/oauth"
	"penates/internal/serve"
)

// GrantType is the grant type of permission tickets.
const GrantType = "urn:ietf:params:oauth:grant-type:uma-ticket"

// TokenFormat is that of identity tokens of OpenID Connect as proof.
const TokenFormat = "http://openid.net/specs/openid-connect-core-1_0.html#IDToken"

const (
	pathResources  = "/uma/resources"
	pathPermission = "/uma/permission"
	pathIntrospect = "/uma/introspect"
	pathClaims     = "/uma/claims"
	pathBack       = "/uma/claims/back"
	pathVault      = "/uma/vault/"
	ticketLife     = 5 * time.Minute
)

// A Server decides by the rules of one vault.
type Server struct {
	auth   *oauth.Server
	issuer *url.URL
	others *parties
}

// New adds rules to an authorisation server. fetch asks the issuers that rules
// trust for their keys; a client with limits of its own when nil.
func New(auth *oauth.Server, fetch *http.Client) (*Server, error) {
	issuer, err := serve.ParseIssuer(auth.Issuer())
	if err != nil {
		return nil, err
	}
	s := &Server{auth: auth, issuer: issuer, others: newParties(fetch, auth.Now)}
	auth.Extend(GrantType, s.redeem)
	auth.Extend(grantStanding, s.standing)
	auth.AlsoRevokes(s.forgetPersisted)
	auth.Describe(map[string]any{
		"permission_endpoint":            auth.Issuer() + pathPermission,
		"resource_registration_endpoint": auth.Issuer() + pathResources,
		"claims_interaction_endpoint":    auth.Issuer() + pathClaims,
	}, oauth.ScopeProtection)
	return s, nil
}

// Mux returns the routes of the server beside those of the authorisation server.
func (s *Server) Mux() *serve.Mux {
	m := serve.NewMux(s.auth.FailJSON)
	m.HandleCORS("GET /.well-known/uma2-configuration", serve.MaxBody, s.metadata)
	for _, path := range []string{pathResources, pathResources + "/{$}"} { // the text writes the slash, others do not
		m.HandleCORS("POST "+path, serve.MaxBody, s.addResource)
		m.HandleCORS("GET "+path, serve.MaxBody, s.listResources)
		m.HandleCORS(path, serve.MaxBody, otherMethod("GET, POST"))
	}
	m.HandleCORS(pathResources+"/{id}", serve.MaxBody, otherMethod("GET, PUT, DELETE"))
	m.HandleCORS("GET "+pathResources+"/{id}", serve.MaxBody, s.resource)
	m.HandleCORS("PUT "+pathResources+"/{id}", serve.MaxBody, s.changeResource)
	m.HandleCORS("DELETE "+pathResources+"/{id}", serve.MaxBody, s.deleteResource)
	m.HandleCORS("POST "+pathPermission, serve.MaxBody, s.permission)
	m.HandleCORS("POST "+pathIntrospect, serve.MaxBody, s.introspect)
	m.HandleCORS("GET "+pathVault+"{type}", serve.MaxBody, s.vaultRows)
	m.Handle("GET "+pathClaims, s.auth.Shows(s.gather))
	m.Handle("GET "+pathBack, s.auth.Shows(s.gathered))
	return m
}

// otherMethod answers requests that the resource registration endpoint does not
// know (federated authorisation, section 3.2).
func otherMethod(allowed string) serve.Handler {
	return func(http.ResponseWriter, *http.Request) error {
		return &oauth.Error{Code: "unsupported_method_type", Description: "the methods here are " + allowed, Status: http.StatusMethodNotAllowed,
			Header: http.Header{"Allow": {allowed}}}
	}
}

// metadata is the discovery document of the UMA grant, section 2, and of federated
// authorisation, section 2.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) error {
	meta := s.auth.Metadata()
	// Resource servers ask about permissions with a token of theirs.
	meta["introspection_endpoint"] = s.auth.Issuer() + pathIntrospect
	meta["uma_profiles_supported"] = []string{}
	w.Header().Set("Cache-Control", "public, max-age=300")
	return serve.WriteJSON(w, http.StatusOK, meta)
}

// protects returns the token of a resource server (a PAT), which the owner agreed
// to when it asked to protect resources.
func (s *Server) protects(r *http.Request) (*oauth.Shown, error) {
	x, err := s.auth.Shown(r)
	if err != nil {
		return nil, err
	}
	for _, scope := range x.Scope {
		if scope == oauth.ScopeProtection {
			return x, nil
		}
	}
	return nil, &oauth.Error{Code: "insufficient_scope", Description: "a protection API access token is needed", Status: http.StatusForbidden,
		Header: http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope", scope="` + oauth.ScopeProtection + `"`}}}
}

// words splits a scope.
func words(scope string) []string { return strings.Fields(scope) }

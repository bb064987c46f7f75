package oauth

import (
	"net/http"
	"slices"

	"penates/internal/proto/jwt"
	"penates/internal/serve"
)

// The addresses of the server.
const (
	pathAuthorize  = "/oauth/authorize"
	pathToken      = "/oauth/token"
	pathPush       = "/oauth/par"
	pathRegister   = "/oauth/register"
	pathRevoke     = "/oauth/revoke"
	pathIntrospect = "/oauth/introspect"
	pathKeys       = "/oauth/keys"
	pathReturn     = "/oauth/return/"
	pathConsent    = "/consent/" // of the page
)

// Mux returns the routes of the server.
func (s *Server) Mux() *serve.Mux {
	m := serve.NewMux(s.FailJSON)
	m.HandleCORS("GET /.well-known/oauth-authorization-server", serve.MaxBody, s.metadata)
	m.HandleCORS("GET /.well-known/openid-configuration", serve.MaxBody, s.metadata)
	m.HandleCORS("GET "+pathKeys, serve.MaxBody, s.publicKeys)
	m.HandleCORS("POST "+pathRegister, maxRegistration, s.register)
	m.HandleCORS("GET "+pathRegister+"/{id}", serve.MaxBody, s.registration)
	m.HandleCORS("PUT "+pathRegister+"/{id}", maxRegistration, s.changeRegistration)
	m.HandleCORS("DELETE "+pathRegister+"/{id}", serve.MaxBody, s.unregister)
	m.HandleCORS("POST "+pathPush, serve.MaxBody, s.push)
	m.HandleCORS("POST "+pathToken, serve.MaxBody, s.token)
	m.HandleCORS("POST "+pathRevoke, serve.MaxBody, s.revoke)
	m.HandleCORS("POST "+pathIntrospect, serve.MaxBody, s.introspect)
	m.Handle("GET "+pathAuthorize, s.Shows(s.authorize))
	m.Handle("POST "+pathAuthorize, s.Shows(s.authorize))
	m.Handle("GET "+pathReturn+"{id}", s.Shows(s.goBack))
	return m
}

// Shows makes of h one that answers errors with a page, for who sits at a browser.
func (s *Server) Shows(h serve.Handler) serve.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h(w, r); err != nil {
			s.failPage(w, r, err)
		}
		return nil
	}
}

// metadata is RFC 8414 and OpenID Connect Discovery in one document.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	return serve.WriteJSON(w, http.StatusOK, s.Metadata())
}

// Metadata describes the server, in the words of RFC 8414.
func (s *Server) Metadata() map[string]any {
	grants := []string{"authorization_code", "refresh_token"}
	for name := range s.extensions.grants {
		grants = append(grants, name)
	}
	slices.Sort(grants)
	methods := []string{authNone, authBasic, authKey}
	meta := map[string]any{
		"issuer":                                           s.issuer,
		"authorization_endpoint":                           s.issuer + pathAuthorize,
		"token_endpoint":                                   s.issuer + pathToken,
		"pushed_authorization_request_endpoint":            s.issuer + pathPush,
		"registration_endpoint":                            s.issuer + pathRegister,
		"revocation_endpoint":                              s.issuer + pathRevoke,
		"introspection_endpoint":                           s.issuer + pathIntrospect,
		"jwks_uri":                                         s.issuer + pathKeys,
		"scopes_supported":                                 s.extensions.scopes,
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"grant_types_supported":                            grants,
		"code_challenge_methods_supported":                 []string{"S256"},
		"token_endpoint_auth_methods_supported":            methods,
		"token_endpoint_auth_signing_alg_values_supported": jwt.SignatureAlgorithms,
		"revocation_endpoint_auth_methods_supported":       methods,
		"introspection_endpoint_auth_methods_supported":    methods[1:],
		"dpop_signing_alg_values_supported":                jwt.SignatureAlgorithms,
		"authorization_details_types_supported":            []string{DetailType},
		"authorization_response_iss_parameter_supported":   true,
		"require_pushed_authorization_requests":            false,
		"request_parameter_supported":                      false,
		"request_uri_parameter_supported":                  false,
		"claims_parameter_supported":                       s.extensions.claims != nil,
		"ui_locales_supported":                             []string{"fr", "en"},
	}
	for name, value := range s.extensions.meta {
		meta[name] = value
	}
	return meta
}

// publicKeys is the key set that others verify this vault's tokens with.
func (s *Server) publicKeys(w http.ResponseWriter, r *http.Request) error {
	state, err := s.State()
	if err != nil {
		return err
	}
	set, err := s.keys.Public(r.Context(), state)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	return serve.WriteJSON(w, http.StatusOK, set)
}

package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/serve"
	"penates/internal/vault"
)

// Metadata is what a client says of itself (RFC 7591, OpenID Connect Dynamic
// Client Registration). What is not here is not understood and not kept.
type Metadata struct {
	Redirects     []string        `json:"redirect_uris,omitempty"`
	AuthMethod    string          `json:"token_endpoint_auth_method,omitempty"`
	GrantTypes    []string        `json:"grant_types,omitempty"`
	ResponseTypes []string        `json:"response_types,omitempty"`
	Name          string          `json:"client_name,omitempty"`
	URI           string          `json:"client_uri,omitempty"`
	Policy        string          `json:"policy_uri,omitempty"`
	Terms         string          `json:"tos_uri,omitempty"`
	Contacts      []string        `json:"contacts,omitempty"`
	Scope         string          `json:"scope,omitempty"`
	Keys          json.RawMessage `json:"jwks,omitempty"`
	Software      string          `json:"software_id,omitempty"`
	Version       string          `json:"software_version,omitempty"`
	Application   string          `json:"application_type,omitempty"`
	SubjectType   string          `json:"subject_type,omitempty"`
	IDTokenAlg    string          `json:"id_token_signed_response_alg,omitempty"`
	ClaimsReturns []string        `json:"claims_redirect_uris,omitempty"` // UMA
	AfterLogout   []string        `json:"post_logout_redirect_uris,omitempty"`
	BoundTokens   bool            `json:"dpop_bound_access_tokens,omitempty"`
	MustPush      bool            `json:"require_pushed_authorization_requests,omitempty"`
}

const (
	maxRedirects    = 10
	maxURI          = 1000
	maxRegistration = 32 << 10
)

func badMetadata(format string, args ...any) error {
	return Fail("invalid_client_metadata", fmt.Sprintf(format, args...))
}

// complete checks m and fills in what was left out.
func (m *Metadata) complete(s *Server) error {
	if m.AuthMethod == "" {
		m.AuthMethod = authBasic
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{"authorization_code"}
	}
	if len(m.ResponseTypes) == 0 && slices.Contains(m.GrantTypes, "authorization_code") {
		m.ResponseTypes = []string{"code"}
	}
	if m.IDTokenAlg == "" {
		m.IDTokenAlg = "RS256"
	}
	m.SubjectType = "pairwise"
	if err := m.checkRedirects(); err != nil {
		return err
	}
	for _, g := range m.GrantTypes {
		if g != "authorization_code" && g != "refresh_token" && s.extensions.grants[g] == nil {
			return badMetadata("grant type %q is not offered", g)
		}
	}
	for _, uri := range []string{m.URI, m.Policy, m.Terms} {
		if u, err := url.Parse(uri); uri != "" && (err != nil || len(uri) > maxURI || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return badMetadata("%q is no address of a page", uri)
		}
	}
	switch {
	case !slices.Contains([]string{authNone, authBasic, authKey}, m.AuthMethod):
		return badMetadata("token_endpoint_auth_method %q is not offered", m.AuthMethod)
	case len(m.ResponseTypes) > 1 || len(m.ResponseTypes) == 1 && m.ResponseTypes[0] != "code":
		return badMetadata("only the response type code is offered")
	case !slices.Contains(jwt.Algorithms, m.IDTokenAlg):
		return badMetadata("id_token_signed_response_alg %q is not offered", m.IDTokenAlg)
	case !clientName(m.Name) || !clientName(m.Scope) || !clientName(m.Software) || !clientName(m.Version) || len(m.Contacts) > 10 || len(strings.Join(m.Contacts, "")) > 1000:
		return badMetadata("a text is too long or holds control characters")
	case m.AuthMethod == authKey && len(m.Keys) == 0:
		return badMetadata("private_key_jwt needs jwks; keys are not fetched from jwks_uri")
	}
	if len(m.Keys) > 0 {
		if _, err := jwt.ParseKeys(m.Keys); err != nil {
			return badMetadata("jwks: %v", err)
		}
	}
	return nil
}

func (m *Metadata) checkRedirects() error {
	if len(m.Redirects) > maxRedirects || len(m.ClaimsReturns) > maxRedirects || len(m.AfterLogout) > maxRedirects || len(m.Redirects) == 0 && slices.Contains(m.GrantTypes, "authorization_code") {
		return Fail("invalid_redirect_uri", fmt.Sprintf("1 to %d redirect_uris are needed", maxRedirects))
	}
	for _, uri := range slices.Concat(m.Redirects, m.ClaimsReturns, m.AfterLogout) {
		if err := checkRedirect(uri); err != nil {
			return Fail("invalid_redirect_uri", err.Error())
		}
	}
	return nil
}

// checkRedirect makes sure that sending a browser to uri sends it to one program,
// the one that registered: https, http on this machine, or a scheme that is a
// reversed domain (RFC 8252).
func checkRedirect(uri string) error {
	u, err := url.Parse(uri)
	switch {
	case err != nil || len(uri) > maxURI || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\"<>^`+"`{|}", r) }):
		return fmt.Errorf("%.200q is no address to come back to", uri)
	case strings.Contains(uri, "#") || u.User != nil:
		return fmt.Errorf("%.200q has a fragment or a user", uri)
	case u.Scheme == "https" && u.Host != "" && u.Hostname() != "":
		return nil
	case u.Scheme == "http" && serve.Loopback(u.Hostname()):
		return nil
	case strings.Contains(u.Scheme, ".") && u.Host == "":
		return nil
	}
	return fmt.Errorf("%.200q: want https, http on a loopback address, or the scheme of an app such as com.example.app", uri)
}

// match reports whether asked is one of the registered addresses: character by
// character, but for the port of a loopback address, which a program on a
// person's machine cannot choose (RFC 8252, section 7.3).
func (m *Metadata) match(asked string) bool {
	if slices.Contains(m.Redirects, asked) {
		return true
	}
	host, rest, ok := loopbackParts(asked)
	return ok && slices.ContainsFunc(m.Redirects, func(known string) bool {
		h, r, ok := loopbackParts(known)
		return ok && h == host && r == rest
	})
}

// loopbackParts splits an address on http and a loopback IP into the latter and
// what follows its port.
func loopbackParts(uri string) (host, rest string, ok bool) {
	after, ok := strings.CutPrefix(uri, "http://")
	if !ok || checkRedirect(uri) != nil {
		return "", "", false
	}
	authority := after
	if i := strings.IndexAny(after, "/?"); i >= 0 {
		authority, rest = after[:i], after[i:]
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host != authority {
		return "", "", false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname(), rest, ip != nil && ip.IsLoopback()
}

// register is RFC 7591: whoever wants may register, and has got nothing by it.
func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	state, err := s.State()
	if err != nil {
		return err
	}
	if err := s.rates.allow(r); err != nil {
		return err
	}
	c := &Client{ID: "cli_" + newID(), Issued: s.Now()}
	if err := serve.ReadJSON(r, &c.Metadata, true); err != nil {
		return err
	}
	if err := c.complete(s); err != nil {
		return err
	}
	return s.saveClient(w, r, state, c, "", http.StatusCreated)
}

// saveClient keeps c and answers with it. What it needs of secrets and has not got
// is made now: it cannot be told again. token is the one it manages itself with.
func (s *Server) saveClient(w http.ResponseWriter, r *http.Request, state *vault.Session, c *Client, token string, status int) error {
	answer := registered{Metadata: c.Metadata, ID: c.ID, Issued: c.Issued.Unix(), Token: token, Where: s.issuer + pathRegister + "/" + c.ID}
	if c.AuthMethod != authBasic {
		c.Secret = nil
	} else if c.Secret == nil {
		answer.Secret, c.Secret = newSecret()
		answer.SecretExpires = new(int64)
	}
	if token == "" {
		secret, hash := newSecret()
		c.Management, answer.Token = hash, registrationToken+strings.TrimPrefix(c.ID, "cli_")+secret
	}
	if err := s.keepClient(r.Context(), state, c); err != nil {
		return err
	}
	return serve.WriteJSON(w, status, answer)
}

// registered is what a client is told of its registration.
type registered struct {
	Metadata
	ID            string `json:"client_id"`
	Issued        int64  `json:"client_id_issued_at"`
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires *int64 `json:"client_secret_expires_at,omitempty"`
	Token         string `json:"registration_access_token"`
	Where         string `json:"registration_client_uri"`
}

// managed returns the client whose registration r may see and change (RFC 7592).
func (s *Server) managed(r *http.Request) (*vault.Session, *Client, error) {
	state, err := s.State()
	if err != nil {
		return nil, nil, err
	}
	refused := &Error{Code: "invalid_token", Description: "the registration access token is not that of this client", Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}}}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, nil, refused
	}
	id, secret, ok := split(token, registrationToken)
	if !ok || "cli_"+id != r.PathValue("id") {
		return nil, nil, errors.Join(s.wrong.hold(r.Context()), refused)
	}
	c, err := s.Client(r.Context(), state, "cli_"+id)
	if errors.Is(err, penates.NotExist) || err == nil && !same(secret, c.Management) {
		return nil, nil, errors.Join(s.wrong.hold(r.Context()), refused)
	}
	return state, c, err
}

func (s *Server) registration(w http.ResponseWriter, r *http.Request) error {
	state, c, err := s.managed(r)
	if err != nil {
		return err
	}
	return s.saveClient(w, r, state, c, bearer(r), http.StatusOK)
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

func (s *Server) changeRegistration(w http.ResponseWriter, r *http.Request) error {
	state, c, err := s.managed(r)
	if err != nil {
		return err
	}
	var asked struct {
		Metadata
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := serve.ReadJSON(r, &asked, true); err != nil {
		return err
	}
	if asked.ID != c.ID || asked.Secret != "" && !same(asked.Secret, c.Secret) {
		return badMetadata("client_id or client_secret is not that of the registration")
	}
	if err := asked.complete(s); err != nil {
		return err
	}
	c.Metadata = asked.Metadata
	return s.saveClient(w, r, state, c, bearer(r), http.StatusOK)
}

// unregister forgets a client and all it was given.
func (s *Server) unregister(w http.ResponseWriter, r *http.Request) error {
	state, c, err := s.managed(r)
	if err != nil {
		return err
	}
	if err := s.endAll(r.Context(), state, c.ID); err != nil {
		return err
	}
	if err := s.revokeRest(r.Context(), state, c); err != nil {
		return err
	}
	if err := state.Forget(r.Context(), kindClient, c.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// revokeRest stops what rules gave a client.
func (s *Server) revokeRest(ctx context.Context, state *vault.Session, c *Client) error {
	for {
		list, err := state.Grants(ctx, vault.GrantFilter{Grantee: c.Actor(), Active: true})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, g := range list {
			if err := state.Revoke(ctx, g.ID); err != nil {
				return err
			}
		}
	}
}

// endAll ends every authorisation of a client.
func (s *Server) endAll(ctx context.Context, state *vault.Session, client string) error {
	var ids []string
	err := state.RecallEach(ctx, kindAuthorization, "", func(id string, value []byte) error {
		var a Authorization
		if err := json.Unmarshal(value, &a); err != nil {
			return err
		}
		if a.Client == client {
			ids = append(ids, id)
		}
		return nil
	})
	for _, id := range ids {
		err = errors.Join(err, s.End(ctx, state, id))
	}
	return err
}

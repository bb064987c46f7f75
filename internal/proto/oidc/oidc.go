// Package oidc makes the vault an OpenID Connect provider: its owner signs in
// elsewhere with their own vault. Each third party knows them by another name
// (pairwise subjects), and learns of them what they agreed to tell: what the
// settings of the vault and the identity documents in it say.
//
// A third party may ask that they log in again (prompt=login, max_age) and by which
// facts it wants to know (scope, claims). It may not choose who signs in, as there is
// one owner (login_hint, prompt=select_account), in which language they are asked,
// which is that of their vault (ui_locales), or how they show who they are
// (acr_values): these are read and change nothing. Every sign-in is agreed to on the
// page, so there is no session here that goes on by itself, and none to end at
// logout: see logout.
package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/proto/oauth"
	"penates/internal/serve"
	"penates/internal/vault"
)

const (
	pathUserinfo = "/oidc/userinfo"
	pathLogout   = "/oidc/logout"
	scopeOpenID  = "openid"
	idTokenLife  = 10 * time.Minute
	kindSalt     = "oidc.salt"
)

// scopes are the facts each scope asks for, in the order of the specification.
var scopes = []struct {
	name   string
	claims []string
}{
	{"profile", []string{"name", "given_name", "family_name", "gender", "birthdate", "zoneinfo", "locale"}},
	{"email", []string{"email"}},
	{"address", []string{"address"}},
	{"phone", []string{"phone_number"}},
}

// A Provider is the OpenID provider of one vault.
type Provider struct{ auth *oauth.Server }

// New adds sign-in to an authorisation server.
func New(auth *oauth.Server) *Provider {
	p := &Provider{auth}
	supported, names := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce"}, []string{scopeOpenID}
	for _, s := range scopes {
		supported, names = append(supported, s.claims...), append(names, s.name)
	}
	auth.SignIn(p.asked, p.answer)
	auth.Describe(map[string]any{
		"userinfo_endpoint":                     auth.Issuer() + pathUserinfo,
		"end_session_endpoint":                  auth.Issuer() + pathLogout,
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": jwt.Algorithms,
		"claims_supported":                      supported,
		"claim_types_supported":                 []string{"normal"},
		"prompt_values_supported":               []string{"none", "login", "consent"},
	}, names...)
	return p
}

// Mux returns the routes of the provider beside those of the authorisation server.
func (p *Provider) Mux() *serve.Mux {
	m := serve.NewMux(p.auth.FailProblem)
	m.HandleCORS("GET "+pathUserinfo, serve.MaxBody, p.userinfo)
	m.HandleCORS("POST "+pathUserinfo, serve.MaxBody, p.userinfo)
	m.Handle("GET "+pathLogout, p.auth.Shows(p.logout))
	m.Handle("POST "+pathLogout, p.auth.Shows(p.logout))
	return m
}

// answer adds the ID token to an answer of the token endpoint.
func (p *Provider) answer(ctx context.Context, state *vault.Session, c *oauth.Client, a *oauth.Authorization, answer map[string]any) error {
	sub, err := subject(ctx, state, c)
	if err != nil {
		return err
	}
	now := p.auth.Now()
	claims := map[string]any{
		"iss": p.auth.Issuer(), "sub": sub, "aud": c.ID, "iat": now.Unix(), "exp": now.Add(idTokenLife).Unix(), "auth_time": a.AuthTime.Unix(),
	}
	if a.Nonce != "" {
		claims["nonce"] = a.Nonce
	}
	if token, ok := answer["access_token"].(string); ok {
		sum := sha256.Sum256([]byte(token))
		claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	told, err := facts(ctx, state, a.InToken)
	if err != nil {
		return err
	}
	for name, value := range told {
		claims[name] = value
	}
	answer["id_token"], err = p.auth.Keys().Sign(ctx, state, c.IDTokenAlg, "JWT", claims)
	return err
}

// userinfo tells a client what the person agreed to tell it.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) error {
	x, err := p.auth.Shown(r)
	if err != nil {
		return err
	}
	if !x.SignIn {
		return &serve.Problem{Title: "the token is not for this", Status: http.StatusForbidden,
			Header: http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope", scope="openid"`}}}
	}
	state, err := p.auth.State()
	if err != nil {
		return err
	}
	c, err := p.auth.Client(r.Context(), state, x.Client)
	if err != nil {
		return err
	}
	answer, err := facts(r.Context(), state, x.Claims)
	if err != nil {
		return err
	}
	if answer["sub"], err = subject(r.Context(), state, c); err != nil {
		return err
	}
	if len(x.Claims) > 0 {
		// The journal comes first: what cannot be noted is not told.
		if err := state.Note(x.Actor, "", penates.Read, "userinfo: "+strings.Join(x.Claims, " "), nil); err != nil {
			return err
		}
	}
	return serve.WriteJSON(w, http.StatusOK, answer)
}

// subject is the name a client knows the owner by: another one for each site, so
// that sites cannot compare. Clients that return to one host are one site;
// programs on a person's machine are one each.
func subject(ctx context.Context, state *vault.Session, c *oauth.Client) (string, error) {
	salt, err := state.Recall(ctx, kindSalt, "1")
	if errors.Is(err, penates.NotExist) {
		salt = make([]byte, 32)
		rand.Read(salt)
		err = state.Remember(ctx, kindSalt, "1", salt, time.Time{})
	}
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, salt)
	m.Write([]byte(sector(c)))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:20]), nil
}

func sector(c *oauth.Client) string {
	host := ""
	for _, uri := range c.Redirects {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "https" || host != "" && u.Host != host {
			return "client " + c.ID
		}
		host = u.Host
	}
	if host == "" {
		return "client " + c.ID
	}
	return "host " + strings.ToLower(host)
}

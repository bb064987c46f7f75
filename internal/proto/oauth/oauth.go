// Package oauth is the vault's authorisation server: OAuth 2.1
// (draft-ietf-oauth-v2-1) as the security practice of RFC 9700 wants it. Third
// parties register (RFC 7591, 7592), push what they ask for (RFC 9126), say it as
// grants of this vault (RFC 9396, type "penates_grant"), and get tokens bound to
// their key (RFC 9449) and to where they may be shown (RFC 8707). What they get is
// decided by the person on the consent page, and kept as grants in the vault.
//
// Tokens are opaque: a token names its authorisation and holds a random secret, of
// which only the hash is kept. So looking one up costs no signature, and what is
// revoked is refused on the next call. All state is sealed in the vault; while it
// is locked there is no authorisation server, and every answer says so.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/vault"
)

// How long things hold.
const (
	CodeLife    = time.Minute
	AccessLife  = 15 * time.Minute
	RefreshLife = 90 * 24 * time.Hour  // without use
	Longest     = 365 * 24 * time.Hour // until the person has to be asked again
	PushedLife  = 5 * time.Minute
	PendingLife = time.Hour      // a request that waits for the person
	UnusedLife  = 24 * time.Hour // a client nobody ever agreed to
)

// The scopes that mean something here. What data is asked for is said in
// authorization_details.
const (
	ScopeOffline    = "offline_access"
	ScopeProtection = "uma_protection"
)

// A Keeper holds the vault, which may be absent (nil) or locked.
type Keeper interface{ Vault() *vault.Vault }

// A Config says whose authorisation server it is.
type Config struct {
	Vault  Keeper
	Issuer *url.URL         // the address that names it to others, see serve.ParseIssuer
	Now    func() time.Time // time.Now when nil
	Log    *slog.Logger     // slog.Default() when nil
}

// A Server is the authorisation server of one vault.
type Server struct {
	cfg        Config
	issuer     string
	keys       *jwt.Keys
	proofs     *jwt.Proofs
	assertions *jwt.Assertions
	rates      rates
	wrong      wrong
	returns    returns
	book       book

	mu         sync.Mutex // held while an authorisation, a client or a request changes
	extensions extensions
}

// extensions are what protocols on top add.
type extensions struct {
	claims Asked
	answer func(ctx context.Context, state *vault.Session, c *Client, a *Authorization, answer map[string]any) error
	grants map[string]TokenGrant
	revoke []Revoker
	meta   map[string]any
	scopes []string
}

// A TokenGrant answers the token endpoint for a grant type of a protocol on top.
type TokenGrant func(ctx context.Context, t *TokenRequest) (map[string]any, error)

// A Revoker makes a token of a protocol on top void, if it is one and the client's.
type Revoker func(ctx context.Context, state *vault.Session, c *Client, token string) error

// New returns the authorisation server of a vault.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Server{
		cfg: cfg, issuer: cfg.Issuer.String(),
		keys: jwt.NewKeys(cfg.Now), proofs: jwt.NewProofs(cfg.Now), assertions: jwt.NewAssertions(cfg.Now),
		extensions: extensions{grants: map[string]TokenGrant{}, meta: map[string]any{}, scopes: []string{ScopeOffline}},
	}
	s.returns.at = map[string]landing{}
	s.rates.now, s.rates.of = cfg.Now, map[string]*bucket{}
	return s
}

// Issuer returns the address that names the server to others.
func (s *Server) Issuer() string { return s.issuer }

// Keys returns the keys the vault signs tokens with.
func (s *Server) Keys() *jwt.Keys { return s.keys }

// Now reads the server's clock.
func (s *Server) Now() time.Time { return s.cfg.Now().UTC() }

// Extend adds a grant type to the token endpoint.
func (s *Server) Extend(grantType string, f TokenGrant) { s.extensions.grants[grantType] = f }

// AlsoRevokes makes the revocation endpoint take tokens of a protocol on top.
func (s *Server) AlsoRevokes(f Revoker) { s.extensions.revoke = append(s.extensions.revoke, f) }

// Describe adds members to the metadata, and scopes that are understood.
func (s *Server) Describe(meta map[string]any, scopes ...string) {
	for name, value := range meta {
		s.extensions.meta[name] = value
	}
	s.extensions.scopes = append(s.extensions.scopes, scopes...)
}

// A SignIn is what a client asks of who signs in: whether they do, which facts it
// wants to know, and which of them in the ID token.
type SignIn struct {
	Wanted          bool
	Claims, InToken []string
}

// Asked reads a SignIn from the scopes of a request and its claims parameter.
type Asked func(ctx context.Context, state *vault.Session, c *Client, scope []string, param string) (SignIn, *Error)

// SignIn makes the server one people sign in with: claims tells what a client asks
// for, and answer adds to the answer of the token endpoint.
func (s *Server) SignIn(claims Asked,
	answer func(ctx context.Context, state *vault.Session, c *Client, a *Authorization, answer map[string]any) error) {
	s.extensions.claims, s.extensions.answer = claims, answer
}

// State returns the owner's session in which the server keeps what it has to
// remember, or a Locked error.
func (s *Server) State() (*vault.Session, error) {
	v := s.cfg.Vault.Vault()
	if v == nil {
		return nil, fmt.Errorf("there is no vault yet: %w", penates.Locked)
	}
	state, err := v.As(penates.Owner, "authorisation")
	if errors.Is(err, penates.Locked) {
		s.book.clear()
	}
	return state, err
}

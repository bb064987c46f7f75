package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/jwt"
	"penates/internal/vault"
)

const kindClient = "oauth.client"

// The ways clients show who they are.
const (
	authNone  = "none"
	authBasic = "client_secret_basic"
	authKey   = "private_key_jwt"
)

// assertionType is that of RFC 7523.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// A Client is a third party that registered. Only its id is certain; all else is
// what it says of itself.
type Client struct {
	Metadata
	ID     string    `json:"client_id"`
	Issued time.Time `json:"issued"`
	// Secret and Management are hashes of its secret and of the token it changes its
	// registration with.
	Secret     []byte `json:"secret,omitempty"`
	Management []byte `json:"management,omitempty"`
	// Trusted says that the person agreed to something it asked for, once at least.
	Trusted bool `json:"trusted,omitempty"`
}

// Actor returns the name grants give the client.
func (c *Client) Actor() penates.Actor { return penates.Actor("app:" + c.ID) }

// Public reports whether the client cannot keep a secret.
func (c *Client) Public() bool { return c.AuthMethod == authNone }

// describe returns the client as the consent page shows it.
func (c *Client) describe(redirect string) grant.Client {
	returns := redirect
	if u, err := url.Parse(redirect); err == nil && u.Host != "" {
		returns = u.Host
	} else if err == nil {
		returns = u.Scheme + ":"
	}
	return grant.Client{ID: c.ID, Actor: c.Actor(), Name: c.Name, URI: c.URI, Policy: c.Policy, Returns: returns}
}

// Client returns a registered client, or a NotExist error.
func (s *Server) Client(ctx context.Context, state *vault.Session, id string) (*Client, error) {
	if len(id) > 100 || id == "" {
		return nil, fmt.Errorf("client: %w", penates.NotExist)
	}
	b, err := state.Recall(ctx, kindClient, id)
	if err != nil {
		return nil, err
	}
	c := new(Client)
	return c, json.Unmarshal(b, c)
}

// keepClient writes c. One that nobody ever agreed to is forgotten after a day.
func (s *Server) keepClient(ctx context.Context, state *vault.Session, c *Client) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var until time.Time
	if !c.Trusted {
		until = s.Now().Add(UnusedLife)
	}
	return state.Remember(ctx, kindClient, c.ID, b, until)
}

// Trust keeps a client for good, since the person, or a rule of theirs, gave it
// something.
func (s *Server) Trust(ctx context.Context, state *vault.Session, id string) error {
	c, err := s.Client(ctx, state, id)
	if err != nil || c.Trusted {
		return err
	}
	c.Trusted = true
	return s.keepClient(ctx, state, c)
}

var errClient = errors.New("client authentication failed")

func invalidClient(why string) *Error {
	return &Error{Code: "invalid_client", Description: why, Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {`Basic realm="penates"`}}}
}

// Authenticate finds out which client sends a form, in the way it registered for
// and in no other.
func (s *Server) Authenticate(r *http.Request, state *vault.Session, form url.Values) (*Client, error) {
	c, err := s.authenticate(r, state, form)
	if errors.Is(err, errClient) || errors.Is(err, penates.NotExist) {
		if c != nil {
			s.note(state, c.Actor(), "", "authorisation: wrong secret or key", penates.WrongKey)
		}
		if err := s.wrong.hold(r.Context()); err != nil {
			return nil, err
		}
		return nil, invalidClient("the client is not known, or did not show who it is in the way it registered for")
	}
	return c, err
}

func (s *Server) authenticate(r *http.Request, state *vault.Session, form url.Values) (*Client, error) {
	id, secret, basic := basicAuth(r)
	assertion := form.Get("client_assertion")
	if len(r.Header.Values("Authorization")) > 0 && !basic || basic && assertion != "" || form.Has("client_secret") {
		return nil, errClient
	}
	named := form.Get("client_id")
	switch {
	case assertion != "":
		claims, err := jwt.Unverified(assertion)
		if err != nil || form.Get("client_assertion_type") != assertionType {
			return nil, errClient
		}
		id = claims.Subject
	case !basic:
		id = named
	}
	if named != "" && named != id {
		return nil, errClient
	}
	c, err := s.Client(r.Context(), state, id)
	if err != nil {
		return nil, err
	}
	switch c.AuthMethod {
	case authNone:
		if !basic && assertion == "" {
			return c, nil
		}
	case authBasic:
		if basic && same(secret, c.Secret) {
			return c, nil
		}
	case authKey:
		keys, err := jwt.ParseKeys(c.Keys)
		if err == nil && assertion != "" && s.assertions.Check(assertion, c.ID, keys, s.issuer, s.issuer+pathToken) == nil {
			return c, nil
		}
	}
	return c, errClient
}

// basicAuth reads the id and secret of RFC 6749, section 2.3.1: both are encoded
// as in forms.
func basicAuth(r *http.Request) (id, secret string, ok bool) {
	id, secret, ok = r.BasicAuth()
	if !ok || len(r.Header.Values("Authorization")) != 1 {
		return "", "", false
	}
	id, err := url.QueryUnescape(id)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(secret)
	return id, secret, err == nil && id != "" && secret != ""
}

// note tells the journal; that it cannot does not change what is answered.
func (s *Server) note(state *vault.Session, actor penates.Actor, id penates.GrantID, what string, refused error) {
	if err := state.Note(actor, id, penates.Read, what, refused); err != nil && !errors.Is(err, penates.Locked) {
		s.cfg.Log.Error("the journal could not be told", "error", err)
	}
}

// clientName bounds what a client may call itself.
func clientName(s string) bool {
	return len(s) <= 200 && strings.IndexFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}) < 0
}

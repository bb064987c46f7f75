// Package client is how a program of somebody else asks a person for a part of
// their vault, and reads what it was given. It needs the standard library only.
//
//	c, err := client.Register(ctx, "https://vault.example.org", client.App{Name: "Budget", Redirect: "https://budget.example/back"})
//	q, err := c.Ask(ctx, client.Wish{
//		Actions:    []string{"read"},
//		Selections: []client.Selection{{Type: "io.cozy.bank.operations", From: "2025-01-01", Until: "2025-12-31"}},
//		Purpose:    "budget check",
//	})
//	// The person's browser goes to q.URL, and comes back to the redirect address.
//	a, err := c.Finish(ctx, q, returned)
//	table, err := a.Query(ctx, "SELECT sum(amount) FROM bank_operations")
//
// It speaks OAuth 2.1 with pushed requests (RFC 9126), PKCE (RFC 7636), rich
// authorisation requests (RFC 9396), and tokens that are of no use without the key
// that each Client makes (DPoP, RFC 9449). It talks to the vault's own address
// only, follows no redirect, and reads answers of bounded size.
package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// An App is what a program says of itself to the person.
type App struct {
	Name     string // as the person knows it
	Redirect string // where the browser comes back to
	URI      string // a page about it
	Policy   string // its privacy policy
}

// A Client is a program known to one vault. It may be used by many at once.
type Client struct {
	http   *http.Client
	base   *url.URL
	server metadata
	id     string
	back   string
	key    *ecdsa.PrivateKey

	mu    sync.Mutex
	nonce string // that the vault wants in the next proof
}

// A Registration is what a program keeps to be the same Client again. Its key is
// a secret.
type Registration struct {
	Issuer   string `json:"issuer"`
	Client   string `json:"client"`
	Redirect string `json:"redirect"`
	Key      []byte `json:"key"` // PKCS #8
}

// metadata is the part of RFC 8414 that is of use here.
type metadata struct {
	Issuer    string   `json:"issuer"`
	Authorize string   `json:"authorization_endpoint"`
	Token     string   `json:"token_endpoint"`
	Push      string   `json:"pushed_authorization_request_endpoint"`
	Register  string   `json:"registration_endpoint"`
	Revoke    string   `json:"revocation_endpoint"`
	Details   []string `json:"authorization_details_types_supported"`
	Proofs    []string `json:"dpop_signing_alg_values_supported"`
}

// Register makes a program known to the vault at issuer, as in
// "https://vault.example.org".
func Register(ctx context.Context, issuer string, app App) (*Client, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &Client{key: key, back: app.Redirect}
	if err := c.discover(ctx, issuer); err != nil {
		return nil, err
	}
	said := map[string]any{
		"client_name": app.Name, "redirect_uris": []string{app.Redirect}, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		"dpop_bound_access_tokens": true, "require_pushed_authorization_requests": true,
	}
	for name, value := range map[string]string{"client_uri": app.URI, "policy_uri": app.Policy} {
		if value != "" {
			said[name] = value
		}
	}
	var known struct {
		ID string `json:"client_id"`
	}
	if err := c.exchange(ctx, exchange{method: http.MethodPost, address: c.server.Register, json: said}, &known); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	if c.id = known.ID; c.id == "" {
		return nil, errors.New("register: the vault gave no client_id")
	}
	return c, nil
}

// Open returns the Client of an earlier registration.
func Open(ctx context.Context, r Registration) (*Client, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(r.Key)
	if err != nil {
		return nil, fmt.Errorf("key of the registration: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("key of the registration: want one on P-256")
	}
	c := &Client{id: r.Client, back: r.Redirect, key: key}
	return c, c.discover(ctx, r.Issuer)
}

// Registration returns what Open needs.
func (c *Client) Registration() (Registration, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.key)
	return Registration{Issuer: c.server.Issuer, Client: c.id, Redirect: c.back, Key: key}, err
}

// ID returns the name the vault gave the program.
func (c *Client) ID() string { return c.id }

// discover reads what the vault says of itself. All it names has to be at the
// vault's own address.
func (c *Client) discover(ctx context.Context, issuer string) error {
	base, err := url.Parse(issuer)
	switch {
	case err != nil:
		return err
	case base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())), base.Host == "", base.User != nil, base.Path != "", base.RawQuery != "", base.Fragment != "":
		return fmt.Errorf("vault %q: want https://name, or http on this machine", issuer)
	}
	c.base = base
	c.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if err := c.exchange(ctx, exchange{method: http.MethodGet, address: issuer + "/.well-known/oauth-authorization-server"}, &c.server); err != nil {
		return fmt.Errorf("what the vault says of itself: %w", err)
	}
	if c.server.Issuer != issuer { // RFC 8414, section 3.3
		return fmt.Errorf("the vault at %s calls itself %q", issuer, c.server.Issuer)
	}
	for _, address := range []string{c.server.Authorize, c.server.Token, c.server.Push, c.server.Register, c.server.Revoke} {
		if !strings.HasPrefix(address, issuer+"/") {
			return fmt.Errorf("the vault at %s names %q, which is not at its address", issuer, address)
		}
	}
	if !slices.Contains(c.server.Details, detailType) || !slices.Contains(c.server.Proofs, "ES256") {
		return fmt.Errorf("%s is no vault of a kind that this program can ask", issuer)
	}
	return nil
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// An Access is what the person gave. It may be used by many at once, and renews
// its token when it must.
type Access struct {
	c *Client

	mu     sync.Mutex
	tokens Tokens
	under  string
}

// Tokens are what a program keeps to have the same Access again, with the Client's
// key. They are secrets.
type Tokens struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires"` // of the access token
	Given   []Wish    `json:"given"`   // what the person agreed to, perhaps less than was asked
}

// early is how long before its end a token is renewed.
const early = 10 * time.Second

// Resume returns the Access of tokens kept before.
func (c *Client) Resume(t Tokens) *Access { return &Access{c: c, tokens: t} }

// Tokens returns what is to be kept; it changes with each renewal.
func (a *Access) Tokens() Tokens {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens
}

// Given returns what the person agreed to, each with the name of its grant.
func (a *Access) Given() []Wish { return a.Tokens().Given }

// Under returns the same access for one of several grants that were given; without
// it, the first counts. It does not renew the token: the Access it comes from does.
func (a *Access) Under(grant string) *Access {
	t := a.Tokens()
	t.Refresh = "" // a refresh token is good once, so one Access holds it
	return &Access{c: a.c, tokens: t, under: grant}
}

// take asks the token endpoint for tokens. Nobody else may use a meanwhile.
func (a *Access) take(ctx context.Context, form url.Values) error {
	form.Set("client_id", a.c.id)
	var got struct {
		Access  string `json:"access_token"`
		Kind    string `json:"token_type"`
		Seconds int    `json:"expires_in"`
		Refresh string `json:"refresh_token"`
		Given   []Wish `json:"authorization_details"`
	}
	asked := time.Now()
	if err := a.c.exchange(ctx, exchange{method: http.MethodPost, address: a.c.server.Token, form: form, proof: true}, &got); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if got.Kind != "DPoP" || got.Access == "" {
		return errors.New("token: the vault gave none that is bound to this program's key")
	}
	if got.Refresh == "" {
		got.Refresh = a.tokens.Refresh
	}
	a.tokens = Tokens{got.Access, got.Refresh, asked.Add(time.Duration(got.Seconds) * time.Second), got.Given}
	return nil
}

// Refresh renews the tokens now.
func (a *Access) Refresh(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refresh(ctx)
}

func (a *Access) refresh(ctx context.Context) error {
	if a.tokens.Refresh == "" {
		return errors.New("there is no refresh token: the person has to be asked again")
	}
	return a.take(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.tokens.Refresh}})
}

// Revoke gives back what was given (RFC 7009). Nothing can be read after.
func (a *Access) Revoke(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	token := a.tokens.Refresh
	if token == "" {
		token = a.tokens.Access
	}
	return a.c.exchange(ctx, exchange{method: http.MethodPost, address: a.c.server.Revoke, form: url.Values{"client_id": {a.c.id}, "token": {token}}}, nil)
}

// at completes x for an address of the vault's interface, with a token that holds.
func (a *Access) at(ctx context.Context, path string, x exchange) (exchange, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tokens.Refresh != "" && time.Until(a.tokens.Expires) < early {
		if err := a.refresh(ctx); err != nil {
			return x, err
		}
	}
	if x.method == "" {
		x.method = http.MethodGet
	}
	x.address, x.access, x.under = a.c.server.Issuer+"/api/v1"+path, a.tokens.Access, a.under
	return x, nil
}

func (a *Access) ask(ctx context.Context, path string, x exchange, v any) error {
	x, err := a.at(ctx, path, x)
	if err != nil {
		return err
	}
	return a.c.exchange(ctx, x, v)
}

package uma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/proto/jwt"
	"penates/internal/rule"
	"penates/internal/serve"
)

// Limits of what other parties are asked.
const (
	fetchTime = 10 * time.Second
	fetchMost = 512 << 10
	keysLife  = 10 * time.Minute
	oldest    = time.Hour // an identity token is taken as proof
	maxFound  = 100
)

// parties are the issuers of identity tokens that rules trust.
type parties struct {
	http *http.Client
	now  func() time.Time

	mu    sync.Mutex
	found map[string]*party
}

// A party is what its discovery document says of an issuer, with its keys.
type party struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Register  string `json:"registration_endpoint"`
	KeysURI   string `json:"jwks_uri"`

	keys *jose.JSONWebKeySet
	at   time.Time
}

func newParties(c *http.Client, now func() time.Time) *parties {
	if c == nil {
		c = &http.Client{Timeout: fetchTime}
	}
	once := *c
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &parties{http: &once, now: now, found: map[string]*party{}}
}

// of returns what an issuer says of itself, anew every ten minutes.
func (p *parties) of(ctx context.Context, issuer string) (*party, error) {
	p.mu.Lock()
	x := p.found[issuer]
	p.mu.Unlock()
	if x != nil && p.now().Sub(x.at) < keysLife {
		return x, nil
	}
	x = &party{at: p.now()}
	if err := p.get(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", x); err != nil {
		return nil, err
	}
	if x.Issuer != issuer {
		return nil, fmt.Errorf("%s says it is somebody else: %w", issuer, penates.Invalid)
	}
	var raw json.RawMessage
	if err := p.get(ctx, x.KeysURI, &raw); err != nil {
		return nil, err
	}
	var err error
	if x.keys, err = jwt.ParseKeys(raw); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.found) >= maxFound {
		clear(p.found)
	}
	p.found[issuer] = x
	return x, nil
}

// reachable makes sure that an address is one a vault asks: https, or this machine.
func reachable(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !serve.Loopback(u.Hostname())) {
		return fmt.Errorf("address %q: want https: %w", address, penates.Invalid)
	}
	return nil
}

func (p *parties) get(ctx context.Context, address string, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, penates.Invalid)
	}
	return p.do(r, v)
}

func (p *parties) do(r *http.Request, v any) error {
	if err := reachable(r.URL.String()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), fetchTime)
	defer cancel()
	res, err := p.http.Do(r.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", r.URL.Host, penates.TooLong)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, fetchMost))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("%s: %w", r.URL.Host, penates.TooLong)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %d: %w", r.URL.Host, res.StatusCode, penates.Invalid)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s answers something else: %w", r.URL.Host, penates.Invalid)
	}
	return nil
}

// prove checks an identity token of an issuer, for one of audiences and with a
// nonce if there is one, and returns what it says.
func (p *parties) prove(ctx context.Context, issuer, token, nonce string, audiences []string) (*rule.Proven, error) {
	x, err := p.of(ctx, issuer)
	if err != nil {
		return nil, err
	}
	payload, err := jwt.Signed(token, x.keys)
	if err != nil {
		return nil, err
	}
	var c jwt.Claims
	all := map[string]any{}
	if err := errors.Join(json.Unmarshal(payload, &c), json.Unmarshal(payload, &all)); err != nil {
		return nil, fmt.Errorf("the identity token cannot be read: %w", penates.Invalid)
	}
	now := p.now()
	switch {
	case c.Issuer != issuer || c.Subject == "":
		return nil, fmt.Errorf("the identity token is of somebody else: %w", penates.Invalid)
	case !slices.ContainsFunc(c.Audience, func(a string) bool { return slices.Contains(audiences, a) }):
		return nil, fmt.Errorf("the identity token is for somebody else: %w", penates.Invalid)
	case !now.Before(time.Unix(c.Expires, 0)) || now.Sub(time.Unix(c.Issued, 0)) > oldest || time.Unix(c.Issued, 0).Sub(now) > time.Minute:
		return nil, fmt.Errorf("the identity token is over, old or not there yet: %w", penates.Invalid)
	case nonce != "" && c.Nonce != nonce:
		return nil, fmt.Errorf("the identity token is the answer to another question: %w", penates.Invalid)
	}
	return &rule.Proven{Issuer: issuer, Claims: facts(all), Audience: c.Audience}, nil
}

// facts returns the claims of an identity token that rules may ask for. An address
// nobody verified proves nothing.
func facts(all map[string]any) map[string]string {
	out := map[string]string{}
	for name, value := range all {
		verified, checked := all[name+"_verified"].(bool)
		if (name == "email" || name == "phone_number") && (!checked || !verified) {
			continue
		}
		switch v := value.(type) {
		case string:
			out[name] = v
		case bool:
			out[name] = strconv.FormatBool(v)
		}
	}
	return out
}

// push takes an identity token that a client pushes as proof.
func (s *Server) push(ctx context.Context, asked *ticket, rules []rule.Rule, token, format string) error {
	if format != TokenFormat {
		return fmt.Errorf("the format of the proof is not taken: %w", penates.Unsupported)
	}
	said, err := jwt.Unverified(token)
	if err != nil {
		return err
	}
	audiences, trusted := []string{s.auth.Issuer()}, false
	for _, r := range rules {
		for _, p := range r.Proofs {
			if p.Issuer == said.Issuer {
				trusted = true
				if p.Audience != "" {
					audiences = append(audiences, p.Audience)
				}
			}
		}
	}
	if !trusted {
		return fmt.Errorf("no rule trusts that issuer: %w", penates.Invalid)
	}
	proven, err := s.others.prove(ctx, said.Issuer, token, "", audiences)
	if err != nil {
		return err
	}
	proven.Own = slices.Contains(proven.Audience, s.auth.Issuer())
	asked.Proven = append(asked.Proven, *proven)
	return nil
}

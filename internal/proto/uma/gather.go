package uma

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
	"penates/internal/vault"
)

const (
	kindGathering    = "uma.gathering"
	kindRegistration = "uma.registration"
	gatherLife       = 10 * time.Minute
	browserCookie    = "penates-uma"
)

// A gathering is somebody who is away at an issuer, to show who they are.
type gathering struct {
	Ticket   ticket `json:"ticket"`
	Client   string `json:"client"`
	Returns  string `json:"returns"`
	State    string `json:"state,omitempty"`
	Issuer   string `json:"issuer"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Browser  []byte `json:"browser"` // hash of the cookie of the browser that began it
}

// gather is the claims interaction endpoint (UMA grant, section 3.3.2): a client
// sends the person it asks for here, and they sign in at an issuer that a rule of
// the owner trusts. They are told who sent them and where they go before they do.
func (s *Server) gather(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	for _, name := range []string{"client_id", "ticket", "claims_redirect_uri", "state"} {
		if len(q[name]) > 1 || len(q.Get(name)) > maxText {
			return oauth.Fail("invalid_request", name+" is given twice, or too long")
		}
	}
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	if err := s.auth.Allow(r); err != nil {
		return err
	}
	c, err := s.auth.Client(r.Context(), state, q.Get("client_id"))
	if errors.Is(err, penates.NotExist) {
		return oauth.Fail("invalid_client", "the client is not known here")
	}
	if err != nil {
		return err
	}
	returns, err := returnsOf(c, q.Get("claims_redirect_uri"))
	if err != nil {
		return err
	}
	g := &gathering{Client: c.ID, Returns: returns, State: q.Get("state")}
	target, err := s.depart(w, r, state, g, q.Get("ticket"))
	if err != nil {
		return s.auth.SendBack(w, r, c, g.answer(failure(err)), oauth.Fail("invalid_request", err.Error()))
	}
	name := c.Name
	if name == "" {
		name = hostOf(returns)
	}
	return s.auth.Offer(w, r, oauth.Offer{Title: "uma.away.title", Text: "uma.away.text", Args: []any{name, hostOf(returns), hostOf(g.Issuer)},
		Link: "uma.away.link", Target: target, Arg: hostOf(g.Issuer)})
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// failure says in the words of RFC 6749, section 4.1.2.1, why a person comes back
// with nothing.
func failure(err error) url.Values {
	code := "server_error"
	var e *oauth.Error
	switch {
	case errors.As(err, &e) && e.Code == "request_denied":
		code = "access_denied"
	case errors.As(err, &e) || errors.Is(err, penates.Invalid) || errors.Is(err, penates.NotExist):
		code = "invalid_request"
	case errors.Is(err, penates.TooLong) || errors.Is(err, penates.Locked):
		code = "temporarily_unavailable"
	}
	return url.Values{"error": {code}}
}

// answer is the client's address with what it is told, and its state.
func (g *gathering) answer(v url.Values) string {
	if g.State != "" {
		v.Set("state", g.State)
	}
	mark := "?"
	if strings.Contains(g.Returns, "?") {
		mark = "&"
	}
	return g.Returns + mark + v.Encode()
}

// returnsOf finds where to send the person back to: an address the client
// registered, character by character.
func returnsOf(c *oauth.Client, asked string) (string, error) {
	switch {
	case asked == "" && len(c.ClaimsReturns) == 1:
		return c.ClaimsReturns[0], nil
	case asked != "" && slices.Contains(c.ClaimsReturns, asked):
		return asked, nil
	}
	return "", oauth.Fail("invalid_request", "the claims_redirect_uri is not one that the client registered")
}

// issuerFor returns the first issuer that has not spoken yet of those whom the
// rules about a ticket ask.
func (s *Server) issuerFor(ctx context.Context, state *vault.Session, asked *ticket) (string, error) {
	rules, err := s.about(ctx, state, asked)
	if err != nil {
		return "", err
	}
	for _, r := range rules {
		if r.Client != "" && r.Client != asked.Client {
			continue
		}
		for _, p := range r.Proofs {
			if !slices.ContainsFunc(asked.Proven, func(x rule.Proven) bool { return x.Issuer == p.Issuer }) {
				return p.Issuer, nil
			}
		}
	}
	return "", &oauth.Error{Code: "request_denied", Description: "no rule of the owner asks for further proofs", Status: http.StatusForbidden}
}

func random() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func sum(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}

// depart remembers who went where for a ticket, and returns the address at the
// issuer.
func (s *Server) depart(w http.ResponseWriter, r *http.Request, state *vault.Session, g *gathering, ticket string) (string, error) {
	asked, err := take(r.Context(), state, ticket)
	if err != nil {
		return "", err
	}
	if asked.Client != "" && asked.Client != g.Client {
		return "", oauth.Fail("invalid_grant", "the ticket is another client's")
	}
	asked.Client = g.Client
	g.Ticket = *asked
	if g.Issuer, err = s.issuerFor(r.Context(), state, asked); err != nil {
		return "", err
	}
	x, err := s.others.of(r.Context(), g.Issuer)
	if err != nil {
		return "", err
	}
	if err := reachable(x.Authorize); err != nil {
		return "", err
	}
	me, err := s.registered(r.Context(), state, x)
	if err != nil {
		return "", err
	}
	name, browser := random(), random()
	g.Nonce, g.Verifier, g.Browser = random(), random(), sum(browser)
	b, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	if err := state.Remember(r.Context(), kindGathering, ticketKey(name), b, s.auth.Now().Add(gatherLife)); err != nil {
		return "", err
	}
	http.SetCookie(w, &http.Cookie{Name: browserCookie, Value: browser, Path: pathBack, MaxAge: int(gatherLife.Seconds()),
		HttpOnly: true, Secure: s.issuer.Scheme == "https", SameSite: http.SameSiteLaxMode})
	return x.Authorize + "?" + url.Values{
		"client_id": {me.ID}, "redirect_uri": {s.auth.Issuer() + pathBack}, "response_type": {"code"}, "scope": {"openid"},
		"state": {name}, "nonce": {g.Nonce}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum(g.Verifier))}, "code_challenge_method": {"S256"},
	}.Encode(), nil
}

// registration is what an issuer knows this vault by.
type registration struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// registered returns this vault's registration at an issuer, which it makes when
// there is none.
func (s *Server) registered(ctx context.Context, state *vault.Session, x *party) (*registration, error) {
	me, key := new(registration), ticketKey(x.Issuer)
	b, err := state.Recall(ctx, kindRegistration, key)
	if err == nil {
		return me, json.Unmarshal(b, me)
	}
	if !errors.Is(err, penates.NotExist) {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{
		"client_name": "Penates", "redirect_uris": []string{s.auth.Issuer() + pathBack}, "grant_types": []string{"authorization_code"},
		"response_types": []string{"code"}, "token_endpoint_auth_method": "client_secret_basic",
	})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.Register, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the issuer takes no registrations: %w", penates.Invalid)
	}
	r.Header.Set("Content-Type", "application/json")
	if err := s.others.do(r, me); err != nil {
		return nil, err
	}
	if me.ID == "" {
		return nil, fmt.Errorf("the issuer gives no client_id: %w", penates.Invalid)
	}
	if b, err = json.Marshal(me); err != nil {
		return nil, err
	}
	// An issuer may forget who never came back; after a day it is asked again.
	return me, state.Remember(ctx, kindRegistration, key, b, s.auth.Now().Add(24*time.Hour))
}

// gathered is where the issuer sends the person back to. They go on to the client,
// with a new ticket that holds what was proven.
func (s *Server) gathered(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	state, err := s.auth.State()
	if err != nil {
		return err
	}
	key := ticketKey(q.Get("state"))
	b, err := state.Recall(r.Context(), kindGathering, key)
	if err == nil {
		err = state.Forget(r.Context(), kindGathering, key)
	}
	if errors.Is(err, penates.NotExist) {
		return oauth.Fail("invalid_request", "nobody went away with that state, or too long ago")
	}
	g := new(gathering)
	if err = errors.Join(err, json.Unmarshal(b, g)); err != nil {
		return err
	}
	cookie, err := r.Cookie(browserCookie)
	if err != nil || subtle.ConstantTimeCompare(sum(cookie.Value), g.Browser) != 1 {
		return oauth.Fail("invalid_request", "another browser went away with that state")
	}
	if iss := q.Get("iss"); iss != "" && iss != g.Issuer {
		return oauth.Fail("invalid_request", "another issuer answers")
	}
	answer, err := s.comeBack(r, state, g)
	if err != nil {
		answer = failure(err)
	}
	http.Redirect(w, r, g.answer(answer), http.StatusSeeOther)
	return nil
}

// comeBack takes what the issuer answered into a new ticket.
func (s *Server) comeBack(r *http.Request, state *vault.Session, g *gathering) (url.Values, error) {
	code := r.URL.Query().Get("code")
	if code == "" {
		return nil, &oauth.Error{Code: "request_denied", Description: "the issuer says nothing of who came"}
	}
	proven, err := s.exchange(r.Context(), state, g, code)
	if err != nil {
		return nil, err
	}
	g.Ticket.Proven = append(slices.DeleteFunc(g.Ticket.Proven, func(x rule.Proven) bool { return x.Issuer == proven.Issuer }), *proven)
	name, err := g.Ticket.keep(r.Context(), state, s.auth.Now().Add(ticketLife))
	return url.Values{"ticket": {name}}, err
}

// exchange redeems a code at the issuer and checks what it says.
func (s *Server) exchange(ctx context.Context, state *vault.Session, g *gathering, code string) (*rule.Proven, error) {
	x, err := s.others.of(ctx, g.Issuer)
	if err != nil {
		return nil, err
	}
	me, err := s.registered(ctx, state, x)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {s.auth.Issuer() + pathBack}, "code_verifier": {g.Verifier}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("the issuer's token endpoint: %w", penates.Invalid)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(me.ID), url.QueryEscape(me.Secret))
	var tokens struct {
		ID string `json:"id_token"`
	}
	if err := s.others.do(r, &tokens); err != nil {
		return nil, err
	}
	proven, err := s.others.prove(ctx, g.Issuer, tokens.ID, g.Nonce, []string{me.ID})
	if err == nil {
		proven.Own = true
	}
	return proven, err
}

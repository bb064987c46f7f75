package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
)

// Pending returns a request that waits for the person, for the consent page. The
// error is of kind NotExist when it was decided or its time is over.
func (s *Server) Pending(ctx context.Context, owner *vault.Session, id string) (grant.Request, error) {
	q, err := pending(ctx, owner, id)
	if err != nil {
		return grant.Request{}, err
	}
	c, err := s.Client(ctx, owner, q.Client)
	if err != nil {
		return grant.Request{}, err
	}
	out := grant.Request{ID: q.ID, Client: c.describe(q.Redirect), Asked: q.Asked, Expires: q.Expires, SignIn: q.SignIn, Claims: q.Claims}
	for _, g := range q.Wanted {
		g.Grantee = c.Actor()
		out.Wanted = append(out.Wanted, g)
	}
	return out, nil
}

func pending(ctx context.Context, owner *vault.Session, id string) (*request, error) {
	if len(id) != idLength {
		return nil, fmt.Errorf("request: %w", penates.NotExist)
	}
	b, err := owner.Recall(ctx, kindPending, id)
	if err != nil {
		return nil, err
	}
	q := new(request)
	return q, json.Unmarshal(b, q)
}

// Decide answers a request: the client gets what is granted, each no more than it
// asked for, and the person is sent to the address returned, which is one of this
// server. Without anything granted a request is refused, unless it asks for the
// person to sign in: then they sign in and give nothing else. [Server.Refuse]
// refuses both.
func (s *Server) Decide(ctx context.Context, owner *vault.Session, id string, granted []grant.Grant) (redirect string, err error) {
	q, err := pending(ctx, owner, id)
	if err != nil {
		return "", err
	}
	protects := slices.Contains(q.Scope, ScopeProtection)
	if len(granted) == 0 && !q.SignIn && !protects {
		return s.Refuse(ctx, owner, id)
	}
	if owner.Began().Before(q.Fresh.Truncate(time.Second)) {
		// The client asked that the person show again who they are.
		return "/unlock?" + url.Values{"next": {pathConsent + id}}.Encode(), nil
	}
	for i := range granted {
		if err := asked(&granted[i], q.Wanted); err != nil {
			return "", err
		}
	}
	// Of several decisions of one request the first counts.
	if err := settle(ctx, owner, id); err != nil {
		return "", err
	}
	a := &Authorization{
		ID: newID(), Client: q.Client, Actor: penates.Actor("app:" + q.Client), Scope: q.Scope, SignIn: q.SignIn, Claims: q.Claims, InToken: q.InToken,
		Nonce: q.Nonce, AuthTime: owner.Began(), Began: s.Now(), Resource: q.Resource, Redirect: q.Redirect, Challenge: q.Challenge, Key: q.Key,
		Until: s.Now().Add(CodeLife),
	}
	c, err := s.Client(ctx, owner, q.Client)
	if err != nil {
		return "", err
	}
	described := c.describe(q.Redirect)
	for _, g := range granted {
		g.ID, g.Grantee, g.Client, g.Administer = "", a.Actor, &described, false
		given, err := owner.AddGrant(ctx, g)
		if err != nil {
			return "", errors.Join(err, s.revokeGrants(ctx, owner, a.Grants))
		}
		a.Grants = append(a.Grants, Given{ID: given.ID, Purpose: given.Purpose, Until: given.Expires})
		a.Details = append(a.Details, details([]grant.Grant{given})...)
	}
	secret, hash := newSecret()
	a.Code = hash
	if err := s.keep(ctx, owner, a); err != nil {
		return "", errors.Join(err, s.revokeGrants(ctx, owner, a.Grants))
	}
	if err := s.Trust(ctx, owner, q.Client); err != nil {
		return "", err
	}
	if q.SignIn {
		s.note(owner, a.Actor, "", "sign in", nil)
	}
	return s.returns.add(s.Now(), s.answerURI(q, url.Values{"code": {codeToken + a.ID + secret}}))
}

// Refuse refuses a request. The person is sent to the address returned.
func (s *Server) Refuse(ctx context.Context, owner *vault.Session, id string) (redirect string, err error) {
	q, err := pending(ctx, owner, id)
	if err != nil {
		return "", err
	}
	if err := settle(ctx, owner, id); err != nil {
		return "", err
	}
	s.note(owner, penates.Actor("app:"+q.Client), "", "authorisation: refused by the owner", penates.Denied)
	return s.returns.add(s.Now(), s.answerURI(q, url.Values{"error": {"access_denied"}, "error_description": {"the person refused"}}))
}

// settle ends a request, once.
func settle(ctx context.Context, owner *vault.Session, id string) error {
	if err := owner.Forget(ctx, kindPending, id); err != nil {
		return err
	}
	if err := owner.Forget(ctx, kindPushed, id); err != nil && !errors.Is(err, penates.NotExist) {
		return err
	}
	return nil
}

// asked makes sure that g is of what was asked for: the person may give less and
// say it otherwise, but a page that was led astray gives nothing of another kind.
func asked(g *grant.Grant, wanted []grant.Grant) error {
	for _, w := range wanted {
		if g.Administer || slices.ContainsFunc(g.Actions, func(a penates.Action) bool { return !slices.Contains(w.Actions, a) }) {
			continue
		}
		if !slices.ContainsFunc(g.Selections, func(x grant.Selection) bool {
			return !slices.ContainsFunc(w.Selections, func(y grant.Selection) bool { return x.Type == y.Type })
		}) {
			return nil
		}
	}
	return fmt.Errorf("more is given than was asked for: %w", penates.Invalid)
}

// returns are where people go back to after they decided. Each address is told to
// the browser that decided and to no other: who began the request and only sent
// the person here never gets the code.
type returns struct {
	mu sync.Mutex
	at map[string]landing
}

type landing struct {
	target string
	until  time.Time
}

const maxReturns = 1000

func (l *returns) add(now time.Time, target string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, x := range l.at {
		if !now.Before(x.until) {
			delete(l.at, id)
		}
	}
	if len(l.at) >= maxReturns {
		return "", fmt.Errorf("too many decisions at once: %w", penates.TooLong)
	}
	secret, _ := newSecret()
	l.at[secret] = landing{target, now.Add(CodeLife)}
	return pathReturn + secret, nil
}

func (l *returns) take(now time.Time, id string) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x, ok := l.at[id]
	delete(l.at, id)
	return x.target, ok && now.Before(x.until)
}

// goBack leads the browser that decided to the client.
func (s *Server) goBack(w http.ResponseWriter, r *http.Request) error {
	target, ok := s.returns.take(s.Now(), r.PathValue("id"))
	if !ok {
		return fmt.Errorf("return: %w", penates.NotExist)
	}
	s.lead(w, r, target)
	return nil
}

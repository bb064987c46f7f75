package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"penates"
	"penates/internal/vault"
)

const kindAuthorization = "oauth.authorization"

// An Authorization is what the person, or a rule of theirs, gave a client: its
// grants, and the tokens that show them. Of tokens only hashes are kept.
type Authorization struct {
	ID        string        `json:"id"`
	Client    string        `json:"client"`
	Actor     penates.Actor `json:"actor"`
	Grants    []Given       `json:"grants,omitempty"`
	Details   []detail      `json:"details,omitempty"`
	Scope     []string      `json:"scope,omitempty"`
	SignIn    bool          `json:"sign_in,omitempty"`
	Claims    []string      `json:"claims,omitempty"`
	InToken   []string      `json:"in_token,omitempty"`
	Nonce     string        `json:"nonce,omitempty"`
	AuthTime  time.Time     `json:"auth_time,omitzero"`
	Began     time.Time     `json:"began"`
	Resource  []string      `json:"resource,omitempty"`
	Redirect  string        `json:"redirect,omitempty"`
	Challenge string        `json:"challenge,omitempty"`
	Key       string        `json:"key,omitempty"` // thumbprint that the tokens are bound to, if any
	Code      []byte        `json:"code,omitempty"`
	CodeUsed  bool          `json:"code_used,omitempty"`
	Refresh   []byte        `json:"refresh,omitempty"`
	Access    []Access      `json:"access,omitempty"`
	Until     time.Time     `json:"until"` // when all of it is forgotten
	// Rule and Permissions are of tokens given by rule (UMA).
	Rule        string          `json:"rule,omitempty"`
	Permissions json.RawMessage `json:"permissions,omitempty"`
}

// A Given is one grant of an authorisation.
type Given struct {
	ID      penates.GrantID `json:"id"`
	Purpose string          `json:"purpose,omitempty"`
	Until   time.Time       `json:"until,omitzero"`
}

// An Access is an access token.
type Access struct {
	Hash     []byte    `json:"hash"`
	Issued   time.Time `json:"issued"`
	Until    time.Time `json:"until"`
	Resource []string  `json:"resource,omitempty"`
	Grants   []Given   `json:"grants,omitempty"`
}

// maxAccess is how many access tokens of one authorisation hold at once; a further
// one makes the oldest void.
const maxAccess = 8

// maxBook bounds the authorisations kept in memory.
const maxBook = 20_000

// A book holds authorisations in memory, so that checking a token does not ask the
// database. What is in it is never changed, only replaced.
type book struct {
	mu sync.RWMutex
	of map[string]*Authorization
}

func (b *book) get(id string) *Authorization {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.of[id]
}

func (b *book) put(a *Authorization) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil || len(b.of) >= maxBook {
		b.of = map[string]*Authorization{}
	}
	b.of[a.ID] = a
}

func (b *book) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.of, id)
}

func (b *book) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of = nil
}

// authorization returns an authorisation, or a NotExist error.
func (s *Server) authorization(ctx context.Context, state *vault.Session, id string) (*Authorization, error) {
	if a := s.book.get(id); a != nil && s.Now().Before(a.Until) {
		return a, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(ctx, state, id)
}

// load is authorization for who holds the lock.
func (s *Server) load(ctx context.Context, state *vault.Session, id string) (*Authorization, error) {
	b, err := state.Recall(ctx, kindAuthorization, id)
	if err != nil {
		s.book.drop(id)
		return nil, err
	}
	a := new(Authorization)
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("authorisation: %w (%w)", penates.Damaged, err)
	}
	s.book.put(a)
	return a, nil
}

// keep writes a new authorisation.
func (s *Server) keep(ctx context.Context, state *vault.Session, a *Authorization) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store(ctx, state, a)
}

func (s *Server) store(ctx context.Context, state *vault.Session, a *Authorization) error {
	if err := state.Remember(ctx, kindAuthorization, a.ID, encode(a), a.Until); err != nil {
		return err
	}
	s.book.put(a)
	return nil
}

// change applies f to a copy of an authorisation and keeps it if f returns nil. Of
// several changes at once one sees what the other did.
func (s *Server) change(ctx context.Context, state *vault.Session, id string, f func(a *Authorization) error) (*Authorization, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.load(ctx, state, id)
	if err != nil {
		return nil, err
	}
	a := *old
	a.Access = slices.Clone(old.Access)
	if err := f(&a); err != nil {
		return nil, err
	}
	return &a, s.store(ctx, state, &a)
}

// End ends an authorisation: its tokens are void and its grants stopped, but those
// of a rule, which gives them to other tokens too. One that is gone already is no
// error.
func (s *Server) End(ctx context.Context, state *vault.Session, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.load(ctx, state, id)
	if errors.Is(err, penates.NotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.book.drop(id)
	err = state.Forget(ctx, kindAuthorization, id)
	if errors.Is(err, penates.NotExist) {
		err = nil
	}
	if a.Rule != "" {
		return err
	}
	return errors.Join(err, s.revokeGrants(ctx, state, a.Grants))
}

func (s *Server) revokeGrants(ctx context.Context, state *vault.Session, grants []Given) (err error) {
	for _, g := range grants {
		if e := state.Revoke(ctx, g.ID); e != nil && !errors.Is(e, penates.NotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Issue adds an access token to a and returns it. It ends with the last of the
// grants it shows.
func (a *Authorization) Issue(now time.Time, resource []string, grants []Given) (token string, life time.Duration) {
	until := now.Add(AccessLife)
	if len(grants) > 0 {
		last := grants[0].Until
		for _, g := range grants {
			if g.Until.IsZero() || last.IsZero() {
				last = time.Time{}
				break
			}
			if g.Until.After(last) {
				last = g.Until
			}
		}
		if !last.IsZero() && last.Before(until) {
			until = last
		}
	}
	secret, hash := newSecret()
	a.Access = slices.DeleteFunc(a.Access, func(x Access) bool { return !now.Before(x.Until) })
	if n := len(a.Access) - maxAccess + 1; n > 0 {
		a.Access = a.Access[n:]
	}
	a.Access = append(a.Access, Access{Hash: hash, Issued: now, Until: until, Resource: resource, Grants: grants})
	if until.After(a.Until) {
		a.Until = until
	}
	return accessToken + a.ID + secret, until.Sub(now)
}

// Open begins an authorisation that a rule gives, without a person present, and
// returns it with a first access token.
func (s *Server) Open(ctx context.Context, state *vault.Session, a *Authorization) (token string, life time.Duration, err error) {
	a.ID, a.Began = newID(), s.Now()
	token, life = a.Issue(a.Began, a.Resource, a.Grants)
	return token, life, s.keep(ctx, state, a)
}

package uma

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/rule"
	"penates/internal/vault"
)

const (
	kindPersisted   = "uma.persisted"
	persistedPrefix = "pp"
	// PersistedLife is how long what was proven once is believed without being shown
	// again.
	PersistedLife = 30 * 24 * time.Hour
)

// What is persisted is what a client need not prove again: which client, and of
// what was proven only what the rules of the owner asked for.
type persisted struct {
	Client string        `json:"client"`
	Proven []rule.Proven `json:"proven"`
	Until  time.Time     `json:"until"`
}

// recollect takes what the persisted claims token of a request stands for. One that
// is not known, or another client's, is told of as useless and changes nothing: the
// token is there to save work.
func (s *Server) recollect(ctx context.Context, t *oauth.TokenRequest, asked *ticket) (useless, err error) {
	pct := t.Form.Get("pct")
	if pct == "" {
		return nil, nil
	}
	p, err := recallPersisted(ctx, t.State, t.Client, pct)
	if errors.Is(err, penates.NotExist) {
		return fmt.Errorf("the pct is not known, or its time is over: %w", penates.Invalid), nil
	}
	if err != nil {
		return nil, err
	}
	for _, x := range p.Proven {
		if !slices.ContainsFunc(asked.Proven, func(y rule.Proven) bool { return x.Issuer == y.Issuer }) {
			asked.Proven = append(asked.Proven, x)
		}
	}
	return nil, nil
}

func recallPersisted(ctx context.Context, state *vault.Session, c *oauth.Client, pct string) (*persisted, error) {
	if !strings.HasPrefix(pct, persistedPrefix) {
		return nil, fmt.Errorf("pct: %w", penates.NotExist)
	}
	b, err := state.Recall(ctx, kindPersisted, ticketKey(pct))
	if err != nil {
		return nil, err
	}
	p := new(persisted)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("pct: %w (%w)", penates.Damaged, err)
	}
	if p.Client != c.ID {
		return nil, fmt.Errorf("pct: %w", penates.NotExist)
	}
	return p, nil
}

// persist adds a persisted claims token to the answer when something was proven in
// this process; a former one is void then.
func (s *Server) persist(ctx context.Context, t *oauth.TokenRequest, asked *ticket, given []held, answer map[string]any) error {
	if !slices.ContainsFunc(asked.Proven, func(x rule.Proven) bool { return !x.Recalled }) {
		return nil
	}
	rules, err := rule.All(ctx, t.State)
	if err != nil {
		return err
	}
	p := persisted{Client: t.Client.ID, Until: s.auth.Now().Add(PersistedLife)}
	for _, x := range asked.Proven {
		kept := rule.Proven{Issuer: x.Issuer, Own: x.Own, Audience: x.Audience, Recalled: true, Claims: map[string]string{"sub": x.Claims["sub"]}}
		for _, r := range rules {
			if slices.ContainsFunc(given, func(h held) bool { return h.Rule == r.ID }) {
				for _, proof := range r.Proofs {
					for name := range proof.Claims {
						if value, ok := x.Claims[name]; ok && proof.Issuer == x.Issuer {
							kept.Claims[name] = value
						}
					}
				}
			}
		}
		p.Proven = append(p.Proven, kept)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := s.forgetPersisted(ctx, t.State, t.Client, t.Form.Get("pct")); err != nil {
		return err
	}
	pct := persistedPrefix + random()
	answer["pct"] = pct
	return t.State.Remember(ctx, kindPersisted, ticketKey(pct), b, p.Until)
}

// forgetPersisted makes a client's persisted claims token void (UMA grant, section
// 3.7). One that is not known, or another's, is no error.
func (s *Server) forgetPersisted(ctx context.Context, state *vault.Session, c *oauth.Client, pct string) error {
	_, err := recallPersisted(ctx, state, c, pct)
	if err == nil {
		err = state.Forget(ctx, kindPersisted, ticketKey(pct))
	}
	if errors.Is(err, penates.NotExist) {
		return nil
	}
	return err
}

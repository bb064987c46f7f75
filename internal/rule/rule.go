// Package rule keeps the rules by which an owner gives parts of their vault while
// they are away: who has to prove what, what they get, until when, and whether the
// owner has the last word. Package uma acts by them.
package rule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
)

const (
	kindRule  = "uma.rule"
	kindGiven = "uma.given" // the grants a rule gave, by rule, client and who they act for
	maxRules  = 1000
)

const (
	maxPermissions = 20
	vaultPrefix    = "vault:" // of the resources of the vault: its types
)

// A Permission is a resource with what may be done to it.
type Permission struct {
	Resource string   `json:"resource_id"`
	Scopes   []string `json:"resource_scopes"`
	Expires  int64    `json:"exp,omitempty"`
}

// A Rule says who gets what without the owner's being asked: whoever proves all of
// Proofs, through Client if it is named, until Expires.
type Rule struct {
	ID   string `json:"id"`
	Name string `json:"name"` // in the owner's words
	// Proofs are what has to be proven; at least one, unless the rule is for one client
	// that acts for itself and shows its own secret or key.
	Proofs []Proof `json:"proofs"`
	// Client is the only client it holds for; any when empty.
	Client string `json:"client,omitempty"`
	// Grant is what is given of the vault: actions, selections, purpose, limits.
	Grant *grant.Grant `json:"grant,omitempty"`
	// Server and Permissions are what is given of another server's resources.
	Server      string       `json:"server,omitempty"`
	Permissions []Permission `json:"permissions,omitempty"`
	// Ask leaves the last word to the owner: whoever proves all of Proofs may ask,
	// and waits for what the owner says.
	Ask     bool      `json:"ask,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Added   time.Time `json:"added"`
}

// A Proof says what an issuer of identity tokens has to say of whoever asks.
type Proof struct {
	// Issuer is an OpenID provider, as in "https://coffre-de-zoe.example.org".
	Issuer string `json:"issuer"`
	// Claims are what its token has to hold, as in {"sub": "…"}.
	Claims map[string]string `json:"claims"`
	// Audience is whom its tokens may be for besides this vault: the client's id at
	// the issuer.
	Audience string `json:"audience,omitempty"`
}

// Proven is what an issuer said of whoever asks.
type Proven struct {
	Issuer string            `json:"issuer"`
	Claims map[string]string `json:"claims"`
	// Own says that it was said to this vault, Audience to whom else.
	Own      bool     `json:"own,omitempty"`
	Audience []string `json:"audience,omitempty"`
	// Recalled says that it was proven in an earlier process.
	Recalled bool `json:"recalled,omitempty"`
}

func (r *Rule) validate(now time.Time) error {
	switch {
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > 500:
		return fmt.Errorf("a rule needs a name: %w", penates.Invalid)
	case len(r.Proofs) == 0 && (r.Client == "" || r.Grant == nil) || len(r.Proofs) > 10:
		return fmt.Errorf("a rule needs 1 to 10 proofs, or the client that it gives a part of the vault, else anybody gets it: %w", penates.Invalid)
	case (r.Grant == nil) == (len(r.Permissions) == 0):
		return fmt.Errorf("a rule gives a grant of the vault, or permissions of another server: %w", penates.Invalid)
	case len(r.Permissions) > 0 && r.Server == "" || len(r.Permissions) > maxPermissions:
		return fmt.Errorf("a rule about another server names it: %w", penates.Invalid)
	case !r.Expires.IsZero() && !r.Expires.After(now):
		return fmt.Errorf("the rule is over already: %w", penates.Invalid)
	}
	for _, p := range r.Proofs {
		u, err := url.Parse(p.Issuer)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(p.Claims) == 0 || len(p.Claims) > 20 {
			return fmt.Errorf("a proof names an issuer and at least one claim: %w", penates.Invalid)
		}
	}
	if r.Grant == nil {
		return nil
	}
	g := *r.Grant
	if g.ID, g.Grantee = "grt_rule", "app:rule"; g.Administer {
		return fmt.Errorf("a rule lets nobody administer the vault: %w", penates.Invalid)
	}
	return g.Validate()
}

// Add keeps a rule, which gets an id. Only the owner may.
func Add(ctx context.Context, owner *vault.Session, r Rule) (Rule, error) {
	now := time.Now().UTC()
	if err := r.validate(now); err != nil {
		return r, err
	}
	all, err := All(ctx, owner)
	if err != nil {
		return r, err
	}
	if len(all) >= maxRules {
		return r, fmt.Errorf("more than %d rules: %w", maxRules, penates.TooLarge)
	}
	r.ID, r.Added = penates.NewID("rul"), now
	b, err := json.Marshal(r)
	if err != nil {
		return r, err
	}
	if err := owner.Remember(ctx, kindRule, r.ID, b, r.Expires); err != nil {
		return r, err
	}
	return r, owner.Note(owner.Actor(), "", penates.Share, "rule "+r.Name, nil)
}

// All returns the rules that hold.
func All(ctx context.Context, owner *vault.Session) (rules []Rule, err error) {
	err = owner.RecallEach(ctx, kindRule, "", func(_ string, value []byte) error {
		var r Rule
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("rule: %w (%w)", penates.Damaged, err)
		}
		rules = append(rules, r)
		return nil
	})
	return rules, err
}

// Withdraw ends a rule, and stops all it gave: the next read under it fails.
func Withdraw(ctx context.Context, owner *vault.Session, id string) error {
	if err := owner.Forget(ctx, kindRule, id); err != nil {
		return err
	}
	var keys []string
	var ids []penates.GrantID
	err := owner.RecallEach(ctx, kindGiven, id+"/", func(key string, value []byte) error {
		keys, ids = append(keys, key), append(ids, penates.GrantID(value))
		return nil
	})
	for i, key := range keys {
		if e := owner.Revoke(ctx, ids[i]); e != nil && !errors.Is(e, penates.NotExist) {
			err = errors.Join(err, e)
			continue
		}
		err = errors.Join(err, owner.Forget(ctx, kindGiven, key))
	}
	return errors.Join(err, forgetWishes(ctx, owner, id), owner.Note(owner.Actor(), "", penates.Share, "withdraw rule "+id, nil))
}

// Fulfilled reports whether proven is enough for the rule, and whom it speaks of.
func (r *Rule) Fulfilled(client string, proven []Proven) (who string, ok bool) {
	if r.Client != "" && r.Client != client {
		return "", false
	}
	if len(r.Proofs) == 0 {
		return r.Client, r.Client != ""
	}
	for _, p := range r.Proofs {
		i := slices.IndexFunc(proven, func(x Proven) bool { return p.by(x) })
		if i < 0 {
			return "", false
		}
		who += proven[i].Issuer + " " + proven[i].Claims["sub"] + " "
	}
	return strings.TrimSpace(who), true
}

func (p *Proof) by(x Proven) bool {
	if x.Issuer != p.Issuer || !x.Own && (p.Audience == "" || !slices.Contains(x.Audience, p.Audience)) {
		return false
	}
	for name, value := range p.Claims {
		if got, ok := x.Claims[name]; !ok || got != value {
			return false
		}
	}
	return true
}

// Gives returns the scopes that the rule gives of a permission asked for.
func (r *Rule) Gives(server string, p Permission) (scopes []string) {
	if r.Grant != nil {
		name, ok := strings.CutPrefix(p.Resource, vaultPrefix)
		if server != "" || !ok || !slices.ContainsFunc(r.Grant.Selections, func(x grant.Selection) bool { return string(x.Type) == name }) {
			return nil
		}
		for _, a := range r.Grant.Actions {
			scopes = append(scopes, string(a))
		}
		return scopes
	}
	if r.Server != server {
		return nil
	}
	for _, given := range r.Permissions {
		if given.Resource == p.Resource {
			scopes = append(scopes, given.Scopes...)
		}
	}
	return scopes
}

// Give remembers the grant that a rule gave to somebody, under a key of theirs.
func Give(ctx context.Context, owner *vault.Session, rule, key string, id penates.GrantID, until time.Time) error {
	return owner.Remember(ctx, kindGiven, rule+"/"+key, []byte(id), until)
}

// Given returns the grant that a rule gave to somebody, or a NotExist error.
func Given(ctx context.Context, owner *vault.Session, rule, key string) (penates.GrantID, error) {
	id, err := owner.Recall(ctx, kindGiven, rule+"/"+key)
	return penates.GrantID(id), err
}

// Stands reports whether a rule holds.
func Stands(ctx context.Context, owner *vault.Session, id string) (bool, error) {
	_, err := owner.Recall(ctx, kindRule, id)
	if errors.Is(err, penates.NotExist) {
		return false, nil
	}
	return err == nil, err
}

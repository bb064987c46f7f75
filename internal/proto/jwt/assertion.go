package jwt

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
)

// maxKeys bounds the keys of one client.
const maxKeys = 20

// ParseKeys reads a JSON Web Key Set of public keys, as clients register it.
func ParseKeys(raw []byte) (*jose.JSONWebKeySet, error) {
	set := new(jose.JSONWebKeySet)
	if err := json.Unmarshal(raw, set); err != nil {
		return nil, fmt.Errorf("the key set cannot be read: %w", penates.Invalid)
	}
	if len(set.Keys) == 0 || len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("a key set of %d keys: %w", len(set.Keys), penates.Invalid)
	}
	for i := range set.Keys {
		if err := checkKey(&set.Keys[i]); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// Claims are what assertions and identity tokens of others say.
type Claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience Audience `json:"aud"`
	Expires  int64    `json:"exp"`
	Before   int64    `json:"nbf"`
	Issued   int64    `json:"iat"`
	ID       string   `json:"jti"`
	Nonce    string   `json:"nonce"`
}

// An Audience is one name or several.
type Audience []string

// UnmarshalJSON reads a string or a list of strings.
func (a *Audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = Audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// Signed returns the payload of token, which one of the keys has to have signed
// with an algorithm that a public key can verify.
func Signed(token string, keys *jose.JSONWebKeySet) ([]byte, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("the token is too long: %w", penates.TooLarge)
	}
	signed, err := jose.ParseSignedCompact(token, takenAlgorithms)
	if err != nil {
		return nil, fmt.Errorf("the token cannot be read: %w", penates.Invalid)
	}
	h := signed.Signatures[0].Protected
	for _, key := range keys.Keys {
		if h.KeyID != "" && key.KeyID != "" && key.KeyID != h.KeyID || key.Algorithm != "" && key.Algorithm != h.Algorithm {
			continue
		}
		if payload, err := signed.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("the token's signature does not hold: %w", penates.Invalid)
}

// Unverified returns the claims of a token whose signature nobody looked at: only
// to find out whose keys to verify it with.
func Unverified(token string) (c Claims, err error) {
	if len(token) > maxToken {
		return c, fmt.Errorf("the token is too long: %w", penates.TooLarge)
	}
	signed, err := jose.ParseSignedCompact(token, takenAlgorithms)
	if err == nil {
		err = json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &c)
	}
	if err != nil {
		err = fmt.Errorf("the token cannot be read: %w", penates.Invalid)
	}
	return c, err
}

// Assertions checks what clients sign to show who they are (private_key_jwt).
type Assertions struct {
	now   func() time.Time
	since time.Time
	mu    sync.Mutex
	seen  map[[32]byte]time.Time
}

// NewAssertions returns the Assertions that read the clock now. They take none that
// was made before: it may have been used in a process before this one.
func NewAssertions(now func() time.Time) *Assertions {
	return &Assertions{now: now, since: now().Truncate(time.Second), seen: map[[32]byte]time.Time{}}
}

// longest is how far ahead an assertion may end.
const longest = time.Hour

// Check makes sure that token is an assertion by client for one of audiences,
// signed with one of keys, and that it was not seen before.
func (a *Assertions) Check(token, client string, keys *jose.JSONWebKeySet, audiences ...string) error {
	payload, err := Signed(token, keys)
	if err != nil {
		return err
	}
	var c Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("the assertion cannot be read: %w", penates.Invalid)
	}
	now := a.now()
	until := time.Unix(c.Expires, 0)
	switch {
	case c.Issuer != client || c.Subject != client:
		return fmt.Errorf("the assertion is of somebody else: %w", penates.Invalid)
	case len(c.Audience) != 1 || !slices.Contains(audiences, c.Audience[0]):
		return fmt.Errorf("the assertion is for somebody else: %w", penates.Invalid)
	case !now.Before(until) || until.Sub(now) > longest || c.Before != 0 && time.Unix(c.Before, 0).Sub(now) > skew:
		return fmt.Errorf("the assertion's time is over, too far off, or not there yet: %w", penates.Invalid)
	case time.Unix(c.Issued, 0).Before(a.since):
		return fmt.Errorf("the assertion was made too long ago: %w", penates.Invalid)
	case c.ID == "" || len(c.ID) > 200:
		return fmt.Errorf("the assertion has no jti: %w", penates.Invalid)
	}
	return a.use(sha256.Sum256([]byte(client+"\x00"+c.ID)), now, until)
}

func (a *Assertions) use(id [32]byte, now, until time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if end, used := a.seen[id]; used && now.Before(end) {
		return fmt.Errorf("the assertion was used before: %w", penates.Invalid)
	}
	if len(a.seen) >= maxSeen {
		for k, end := range a.seen {
			if !now.Before(end) {
				delete(a.seen, k)
			}
		}
	}
	if len(a.seen) >= maxSeen {
		return fmt.Errorf("too many assertions at once: %w", penates.TooLong)
	}
	a.seen[id] = until
	return nil
}

// Package jwt is about signed tokens: the keys a vault signs with, and the checks
// of what others signed (proofs of possession, RFC 9449; assertions of clients,
// RFC 7523). Each check names the algorithms it takes, so that a token cannot
// choose how it is verified.
package jwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
)

// How long a key signs, and how long it is shown after that so that what it
// signed can still be verified.
const (
	signs = 90 * 24 * time.Hour
	shown = 30 * 24 * time.Hour
)

// Algorithms are those the vault signs with. RS256 is the one every party of
// OpenID Connect knows.
var Algorithms = []string{"RS256", "ES256"}

// A Store remembers the keys; a vault.Session does.
type Store interface {
	Remember(ctx context.Context, kind, key string, value []byte, expires time.Time) error
	Recall(ctx context.Context, kind, key string) ([]byte, error)
}

// Keys are the keys a vault signs tokens with. They are kept in the vault, made
// when they are first needed, and followed by new ones every ninety days.
type Keys struct {
	now func() time.Time
	mu  sync.Mutex
}

// NewKeys returns the Keys that read the clock now.
func NewKeys(now func() time.Time) *Keys { return &Keys{now: now} }

type signingKey struct {
	Made time.Time       `json:"made"`
	Key  jose.JSONWebKey `json:"key"`
}

const kindKeys = "jwt.keys"

// ring returns the keys of one algorithm, newest first, with one that signs.
func (k *Keys) ring(ctx context.Context, s Store, alg string) ([]signingKey, error) {
	var keys []signingKey
	b, err := s.Recall(ctx, kindKeys, alg)
	if err == nil {
		err = json.Unmarshal(b, &keys)
	}
	if err != nil && !errors.Is(err, penates.NotExist) {
		return nil, err
	}
	now := k.now()
	if len(keys) > 0 && now.Sub(keys[0].Made) < signs {
		return keys, nil
	}
	fresh, err := newKey(alg)
	if err != nil {
		return nil, err
	}
	keys = append([]signingKey{{now.UTC(), fresh}}, keys...)
	keys = slices.DeleteFunc(keys, func(x signingKey) bool { return now.Sub(x.Made) > signs+shown })
	if b, err = json.Marshal(keys); err != nil {
		return nil, err
	}
	return keys, s.Remember(ctx, kindKeys, alg, b, time.Time{})
}

func newKey(alg string) (jose.JSONWebKey, error) {
	var key crypto.Signer
	var err error
	switch alg {
	case "RS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		err = fmt.Errorf("algorithm %q: %w", alg, penates.Unsupported)
	}
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	return jose.JSONWebKey{Key: key, KeyID: penates.NewID("key"), Algorithm: alg, Use: "sig"}, nil
}

// Sign returns claims as a token signed with alg. typ is its type, as in "JWT".
func (k *Keys) Sign(ctx context.Context, s Store, alg, typ string, claims any) (string, error) {
	k.mu.Lock()
	keys, err := k.ring(ctx, s, alg)
	k.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("signing keys: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: keys[0].Key}, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(b)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Public returns the public halves of the keys that others verify with.
func (k *Keys) Public(ctx context.Context, s Store) (set jose.JSONWebKeySet, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, alg := range Algorithms {
		keys, err := k.ring(ctx, s, alg)
		if err != nil {
			return set, fmt.Errorf("signing keys: %w", err)
		}
		for _, x := range keys {
			set.Keys = append(set.Keys, x.Key.Public())
		}
	}
	return set, nil
}

// Verify returns the payload of a token that one of the vault's keys signed.
func (k *Keys) Verify(ctx context.Context, s Store, token string) ([]byte, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("token: %w", penates.TooLarge)
	}
	algs := []jose.SignatureAlgorithm{jose.RS256, jose.ES256}
	signed, err := jose.ParseSignedCompact(token, algs)
	if err != nil {
		return nil, fmt.Errorf("token: %w", penates.Invalid)
	}
	set, err := k.Public(ctx, s)
	if err != nil {
		return nil, err
	}
	h := signed.Signatures[0].Header
	for _, key := range set.Key(h.KeyID) {
		if key.Algorithm != h.Algorithm {
			continue
		}
		if payload, err := signed.Verify(key); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("the token is not signed by this vault: %w", penates.Invalid)
}

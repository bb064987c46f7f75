package jwt

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"sync"
)

const (
	maxHolders = 10_000
	maxHeader  = 1 << 10 // of a header worth remembering
)

var errSignature = badProof("the proof's signature does not hold")

// A holder is who proves to hold a key: what the header of their proofs says, which
// is the same in each, was read, checked and found to be right once.
type holder struct {
	thumbprint string
	key        *ecdsa.PublicKey // on P-256, for ES256; nil for other algorithms
}

// holders remembers them by the header as it was sent, so that of the next proof
// with the same header only the signature and the claims have to be looked at.
type holders struct {
	mu sync.RWMutex
	of map[string]*holder
}

func (l *holders) get(header string) *holder {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.of[header]
}

func (l *holders) put(header string, h *holder) {
	if h.key == nil || len(header) > maxHeader || l.get(header) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= maxHolders {
		l.of = map[string]*holder{}
	}
	l.of[strings.Clone(header)] = h
}

// verify returns the payload of a proof with the holder's header, of which rest is
// what follows it.
func (h *holder) verify(proof, rest string) ([]byte, error) {
	body, signature, ok := strings.Cut(rest, ".")
	var raw [64]byte
	if !ok || len(signature) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return nil, errSignature
	}
	if _, err := strict.Decode(raw[:], []byte(signature)); err != nil {
		return nil, errSignature
	}
	sum := sha256.Sum256([]byte(proof[:len(proof)-len(signature)-1]))
	if !ecdsa.Verify(h.key, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return nil, errSignature
	}
	payload, err := strict.DecodeString(body)
	if err != nil {
		return nil, errSignature
	}
	return payload, nil
}

// strict takes one spelling of each byte string.
var strict = base64.RawURLEncoding.Strict()

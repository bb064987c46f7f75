package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"penates"
)

// What a token is for, as its first characters say.
const (
	codeToken         = "pc"
	accessToken       = "pa"
	refreshToken      = "pr"
	registrationToken = "pn"
	idLength          = 26 // characters of 128 random bits
	secretLength      = 43 // characters of 256 random bits
)

// newSecret returns 256 random bits, and the hash that is kept of them.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// same compares a secret with a kept hash, without telling where they differ. No
// hash is the same as none.
func same(secret string, hash []byte) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], hash) == 1
}

// newID returns 128 random bits.
func newID() string { _, id, _ := strings.Cut(penates.NewID("x"), "_"); return id }

// split returns the id and the secret in a token of a kind.
func split(token, kind string) (id, secret string, ok bool) {
	if len(token) != len(kind)+idLength+secretLength || token[:len(kind)] != kind {
		return "", "", false
	}
	id = token[len(kind) : len(kind)+idLength]
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "", "", false
		}
	}
	return id, token[len(kind)+idLength:], true
}

// challengeOf returns what a verifier of PKCE (RFC 7636, S256) hashes to.
func challengeOf(verifier string) (string, error) {
	if len(verifier) < 43 || len(verifier) > 128 {
		return "", fmt.Errorf("the code_verifier has %d characters: %w", len(verifier), penates.Invalid)
	}
	return base64.RawURLEncoding.EncodeToString(hashOf(verifier)), nil
}

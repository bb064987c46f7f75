package client

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return encoded(sum[:])
}

// secret returns 256 random bits, as PKCE wants its verifiers.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return encoded(b[:])
}

// proof returns a proof of possession (RFC 9449) for one request to address, which
// shows the access token access or none.
func (c *Client) proof(method, address, access string) (string, error) {
	point, err := c.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return "", err
	}
	claims := map[string]any{"jti": secret(), "htm": method, "htu": address, "iat": time.Now().Unix()}
	if access != "" {
		claims["ath"] = hashed(access)
	}
	c.mu.Lock()
	if c.nonce != "" {
		claims["nonce"] = c.nonce
	}
	c.mu.Unlock()
	head, err := json.Marshal(map[string]any{"typ": "dpop+jwt", "alg": "ES256",
		"jwk": map[string]string{"kty": "EC", "crv": "P-256", "x": encoded(point[1:33]), "y": encoded(point[33:])}})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encoded(head) + "." + encoded(body)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, sum[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encoded(signature[:]), nil
}

// heed keeps the nonce that an answer asks for, and reports whether there is a new
// one.
func (c *Client) heed(h http.Header) bool {
	nonce := h.Get("DPoP-Nonce")
	c.mu.Lock()
	defer c.mu.Unlock()
	if nonce == "" || len(nonce) > 500 || nonce == c.nonce {
		return false
	}
	c.nonce = nonce
	return true
}

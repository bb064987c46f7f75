package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
)

// Limits of tokens that others sign.
const (
	maxToken = 8 << 10
	skew     = 5 * time.Minute // how far others' clocks may be off
	slot     = 2 * time.Minute // how long a nonce is handed out; it holds twice that
	maxSeen  = 50_000          // proofs remembered of one slot
)

// SignatureAlgorithms are those taken in what others sign.
var SignatureAlgorithms = []string{"ES256", "ES384", "EdDSA", "PS256", "RS256"}

var takenAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA, jose.PS256, jose.RS256}

// A ProofError says why a proof is not taken, in the words of RFC 9449.
type ProofError struct {
	Code   string // "use_dpop_nonce" or "invalid_dpop_proof"
	Reason string
}

// Error implements error.
func (e *ProofError) Error() string { return e.Reason }

func badProof(format string, args ...any) error {
	return &ProofError{"invalid_dpop_proof", fmt.Sprintf(format, args...)}
}

// Proofs checks proofs of possession (DPoP, RFC 9449). Every proof has to hold a
// nonce that this process handed out within the last minutes, so what was seen
// before a restart need not be remembered: it is void.
type Proofs struct {
	now func() time.Time

	mu   sync.Mutex
	key  [32]byte // of the nonces
	seen map[int64]map[[32]byte]struct{}
	made map[int64]string // nonces of the slots in seen's time

	holders holders
}

// NewProofs returns the Proofs that read the clock now.
func NewProofs(now func() time.Time) *Proofs {
	p := &Proofs{now: now}
	p.renew()
	return p
}

func (p *Proofs) slot() int64 { return p.now().Unix() / int64(slot/time.Second) }

// renew makes all nonces void, and with them all proofs made so far.
func (p *Proofs) renew() {
	rand.Read(p.key[:])
	p.seen, p.made = map[int64]map[[32]byte]struct{}{}, map[int64]string{}
}

func (p *Proofs) nonceOf(slot int64) string {
	if nonce, ok := p.made[slot]; ok {
		return nonce
	}
	clear(p.made)
	m := hmac.New(sha256.New, p.key[:])
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(slot))
	m.Write(b[:])
	p.made[slot] = base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
	return p.made[slot]
}

// Nonce returns what proofs have to hold now.
func (p *Proofs) Nonce() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonceOf(p.slot())
}

type proofClaims struct {
	JTI    string `json:"jti"`
	Method string `json:"htm"`
	URI    string `json:"htu"`
	Issued int64  `json:"iat"`
	Nonce  string `json:"nonce"`
	Access string `json:"ath"`
}

// Check returns the thumbprint (RFC 7638) of the key that made proof for a
// request of method to uri, which shows the access token access or none. A proof
// is good once.
func (p *Proofs) Check(proof, method, uri, access string) (thumbprint string, err error) {
	h, claims, err := p.parse(proof)
	if err != nil {
		return "", err
	}
	switch age := p.now().Sub(time.Unix(claims.Issued, 0)); {
	case claims.JTI == "" || len(claims.JTI) > 200:
		return "", badProof("the proof has no jti")
	case claims.Method != method:
		return "", badProof("the proof is for another method")
	case claims.URI != uri && !sameURI(claims.URI, uri):
		return "", badProof("the proof is for another address")
	case age > skew || age < -skew:
		return "", badProof("the proof's time is off")
	}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		if subtle.ConstantTimeCompare([]byte(claims.Access), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) != 1 {
			return "", badProof("the proof is for another access token")
		}
	}
	return h.thumbprint, p.use(claims, h.thumbprint)
}

// use makes sure that the proof's nonce holds and that it was not seen before.
func (p *Proofs) use(claims *proofClaims, thumbprint string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.slot()
	for s := range p.seen {
		if s < at-1 || s > at {
			delete(p.seen, s)
		}
	}
	for _, s := range [...]int64{at, at - 1} {
		if subtle.ConstantTimeCompare([]byte(claims.Nonce), []byte(p.nonceOf(s))) != 1 {
			continue
		}
		id := sha256.Sum256([]byte(thumbprint + claims.JTI))
		if _, used := p.seen[s][id]; used {
			return badProof("the proof was used before")
		}
		if p.seen[s] == nil {
			p.seen[s] = map[[32]byte]struct{}{}
		}
		if len(p.seen[s]) >= maxSeen {
			// Too many to remember: new nonces void all proofs made so far.
			p.renew()
			break
		}
		p.seen[s][id] = struct{}{}
		return nil
	}
	return &ProofError{"use_dpop_nonce", "the proof has to hold the nonce of this answer"}
}

// parse returns who made a proof, and what it says.
func (p *Proofs) parse(proof string) (*holder, *proofClaims, error) {
	if len(proof) > maxToken {
		return nil, nil, badProof("the proof is too long")
	}
	header, rest, _ := strings.Cut(proof, ".")
	h, payload := p.holders.get(header), []byte(nil)
	var err error
	if h != nil {
		payload, err = h.verify(proof, rest)
	} else {
		h, payload, err = parseProof(proof)
	}
	if err != nil {
		return nil, nil, err
	}
	p.holders.put(header, h)
	claims := new(proofClaims)
	if err := json.Unmarshal(payload, claims); err != nil {
		return nil, nil, badProof("the proof's claims cannot be read")
	}
	return h, claims, nil
}

func parseProof(proof string) (*holder, []byte, error) {
	signed, err := jose.ParseSignedCompact(proof, takenAlgorithms)
	if err != nil {
		return nil, nil, badProof("the proof is no token signed with one of %s", strings.Join(SignatureAlgorithms, ", "))
	}
	head := signed.Signatures[0].Protected
	key := head.JSONWebKey
	if typ, _ := head.ExtraHeaders[jose.HeaderType].(string); typ != "dpop+jwt" {
		return nil, nil, badProof("the proof's typ is not dpop+jwt")
	}
	if err := checkKey(key); err != nil {
		return nil, nil, badProof("the proof's key: %v", err)
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, nil, errSignature
	}
	raw, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, nil, badProof("the proof's key: %v", err)
	}
	h := &holder{thumbprint: base64.RawURLEncoding.EncodeToString(raw)}
	if jose.SignatureAlgorithm(head.Algorithm) == jose.ES256 {
		h.key, _ = key.Key.(*ecdsa.PublicKey)
	}
	return h, payload, nil
}

// checkKey makes sure that key is a public one that is neither weak nor dear.
func checkKey(key *jose.JSONWebKey) error {
	if key == nil || !key.Valid() || !key.IsPublic() {
		return fmt.Errorf("a public key is needed: %w", penates.Invalid)
	}
	if r, ok := key.Key.(*rsa.PublicKey); ok {
		if n := r.N.BitLen(); n < 2048 || n > 4096 {
			return fmt.Errorf("an RSA key of %d bits: %w", n, penates.Invalid)
		}
	}
	return nil
}

// sameURI compares addresses without query and fragment, as RFC 9449 asks.
func sameURI(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && strings.EqualFold(x.Scheme, y.Scheme) && strings.EqualFold(hostOf(x), hostOf(y)) && pathOf(x) == pathOf(y) && x.User == nil
}

func pathOf(u *url.URL) string {
	if p := u.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

func hostOf(u *url.URL) string {
	port := u.Port()
	if port == "" && strings.EqualFold(u.Scheme, "https") {
		port = "443"
	} else if port == "" {
		port = "80"
	}
	return u.Hostname() + ":" + port
}

package jwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/proto/jwt"
)

// A shelf remembers in memory.
type shelf map[string][]byte

func (s shelf) Remember(_ context.Context, kind, key string, value []byte, _ time.Time) error {
	s[kind+"/"+key] = value
	return nil
}

func (s shelf) Recall(_ context.Context, kind, key string) ([]byte, error) {
	b, ok := s[kind+"/"+key]
	if !ok {
		return nil, penates.NotExist
	}
	return b, nil
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)} }

func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign signs claims with a key whose public half is in the header.
func sign(t testing.TB, alg jose.SignatureAlgorithm, k any, typ string, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, (&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestKeysAreRotated(t *testing.T) {
	c, s := newClock(), shelf{}
	keys := jwt.NewKeys(c.now)
	first, err := keys.Sign(t.Context(), s, "ES256", "JWT", map[string]string{"sub": "x"})
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		set, err := keys.Public(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			if !k.IsPublic() {
				t.Fatal("a private key is shown")
			}
		}
		return len(set.Keys)
	}
	if n := count(); n != 2 {
		t.Errorf("%d keys, want one of each algorithm", n)
	}
	c.at = c.at.Add(91 * 24 * time.Hour)
	if n := count(); n != 4 {
		t.Errorf("%d keys after 91 days, want the former ones too", n)
	}
	if payload, err := keys.Verify(t.Context(), s, first); err != nil || !strings.Contains(string(payload), "x") {
		t.Errorf("what the former key signed: %v", err)
	}
	c.at = c.at.Add(40 * 24 * time.Hour)
	if _, err := keys.Sign(t.Context(), s, "ES256", "JWT", 1); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(60 * 24 * time.Hour)
	if _, err := keys.Verify(t.Context(), s, first); !errors.Is(err, penates.Invalid) {
		t.Errorf("a key is shown for ever: %v", err)
	}
}

// TestForgedSignatures has tokens that choose how they are verified.
func TestForgedSignatures(t *testing.T) {
	s := shelf{}
	keys := jwt.NewKeys(newClock().now)
	set, err := keys.Public(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	public := set.Keys[0].Key.(*rsa.PublicKey)
	pem, err := json.Marshal(set.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	none := b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(`{"sub":"x"}`)) + "."
	for name, token := range map[string]string{
		"none":                      none,
		"HMAC with the public key":  sign(t, jose.HS256, pem, "JWT", map[string]string{"sub": "x"}),
		"HMAC with the modulus":     sign(t, jose.HS256, public.N.Bytes(), "JWT", map[string]string{"sub": "x"}),
		"a key of its own, in line": sign(t, jose.ES256, key(t), "JWT", map[string]string{"sub": "x"}),
		"nothing":                   "",
		"too long":                  strings.Repeat("x", 10000),
	} {
		if _, err := keys.Verify(t.Context(), s, token); err == nil {
			t.Errorf("%s is taken", name)
		}
		if _, err := jwt.Signed(token, &set); err == nil {
			t.Errorf("%s is taken as signed by others", name)
		}
	}
}

type claims map[string]any

func proofOf(p *jwt.Proofs, c *clock, change claims) claims {
	out := claims{"jti": "1", "htm": "POST", "htu": "https://coffre.test/oauth/token", "iat": c.at.Unix(), "nonce": p.Nonce()}
	for name, value := range change {
		out[name] = value
	}
	return out
}

func TestProofs(t *testing.T) {
	c := newClock()
	p := jwt.NewProofs(c.now)
	k := key(t)
	const uri = "https://coffre.test/oauth/token"
	sum := sha256.Sum256([]byte("token"))
	ath := base64.RawURLEncoding.EncodeToString(sum[:])
	for _, test := range []struct {
		name   string
		change claims
		typ    string
		access string
		code   string
	}{
		{name: "right", change: claims{"jti": "a"}},
		{name: "used twice", change: claims{"jti": "a"}, code: "invalid_dpop_proof"},
		{name: "port and query do not matter", change: claims{"jti": "b", "htu": "HTTPS://COFFRE.test:443/oauth/token?x#y"}},
		{name: "with a token", change: claims{"jti": "c", "ath": ath}, access: "token"},
		{name: "without its token", change: claims{"jti": "d"}, access: "token", code: "invalid_dpop_proof"},
		{name: "of another token", change: claims{"jti": "e", "ath": ath}, access: "other", code: "invalid_dpop_proof"},
		{name: "another method", change: claims{"jti": "f", "htm": "GET"}, code: "invalid_dpop_proof"},
		{name: "another address", change: claims{"jti": "g", "htu": "https://coffre.test/oauth/par"}, code: "invalid_dpop_proof"},
		{name: "another host", change: claims{"jti": "h", "htu": "https://evil.test/oauth/token"}, code: "invalid_dpop_proof"},
		{name: "old", change: claims{"jti": "i", "iat": c.at.Add(-time.Hour).Unix()}, code: "invalid_dpop_proof"},
		{name: "of tomorrow", change: claims{"jti": "j", "iat": c.at.Add(24 * time.Hour).Unix()}, code: "invalid_dpop_proof"},
		{name: "no jti", change: claims{"jti": ""}, code: "invalid_dpop_proof"},
		{name: "no nonce", change: claims{"jti": "k", "nonce": ""}, code: "use_dpop_nonce"},
		{name: "another nonce", change: claims{"jti": "l", "nonce": jwt.NewProofs(c.now).Nonce()}, code: "use_dpop_nonce"},
		{name: "another type of token", change: claims{"jti": "m"}, typ: "JWT", code: "invalid_dpop_proof"},
	} {
		typ := test.typ
		if typ == "" {
			typ = "dpop+jwt"
		}
		got, err := p.Check(sign(t, jose.ES256, k, typ, proofOf(p, c, test.change)), "POST", uri, test.access)
		var bad *jwt.ProofError
		errors.As(err, &bad)
		if test.code == "" && (err != nil || len(got) != 43) || test.code != "" && (bad == nil || bad.Code != test.code) {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
	held := sign(t, jose.ES256, k, "dpop+jwt", proofOf(p, c, claims{"jti": "n"}))
	c.at = c.at.Add(5 * time.Minute)
	if _, err := p.Check(held, "POST", uri, ""); err == nil {
		t.Error("a nonce holds for ever")
	}
}

func TestProofKeys(t *testing.T) {
	c := newClock()
	p := jwt.NewProofs(c.now)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const uri = "https://coffre.test/oauth/token"
	for name, token := range map[string]string{
		"EdDSA": sign(t, jose.EdDSA, ed, "dpop+jwt", proofOf(p, c, claims{"jti": "1"})),
		"PS256": sign(t, jose.PS256, long, "dpop+jwt", proofOf(p, c, claims{"jti": "2"})),
	} {
		if _, err := p.Check(token, "POST", uri, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	b64 := base64.RawURLEncoding.EncodeToString
	body, err := json.Marshal(proofOf(p, c, claims{"jti": "3"}))
	if err != nil {
		t.Fatal(err)
	}
	private, err := json.Marshal(jose.JSONWebKey{Key: key(t)})
	if err != nil {
		t.Fatal(err)
	}
	for name, head := range map[string]string{
		"none":          `{"alg":"none","typ":"dpop+jwt"}`,
		"no key":        `{"alg":"ES256","typ":"dpop+jwt"}`,
		"a private key": `{"alg":"ES256","typ":"dpop+jwt","jwk":` + string(private) + `}`,
		"symmetric":     `{"alg":"HS256","typ":"dpop+jwt","jwk":{"kty":"oct","k":"AAAA"}}`,
	} {
		if _, err := p.Check(b64([]byte(head))+"."+b64(body)+"."+b64(make([]byte, 64)), "POST", uri, ""); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestAssertions(t *testing.T) {
	c := newClock()
	a := jwt.NewAssertions(c.now)
	k := key(t)
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jwt.ParseKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	good := func(change claims) claims {
		out := claims{"iss": "cli", "sub": "cli", "aud": "https://coffre.test", "exp": c.at.Add(time.Minute).Unix(), "iat": c.at.Unix(), "jti": "1"}
		for name, value := range change {
			out[name] = value
		}
		return out
	}
	for _, test := range []struct {
		name   string
		change claims
		ok     bool
	}{
		{"right", nil, true},
		{"used twice", nil, false},
		{"a list of one audience", claims{"jti": "2", "aud": []string{"https://coffre.test"}}, true},
		{"two audiences", claims{"jti": "3", "aud": []string{"https://coffre.test", "https://evil.test"}}, false},
		{"another audience", claims{"jti": "4", "aud": "https://evil.test"}, false},
		{"somebody else", claims{"jti": "5", "iss": "other"}, false},
		{"over", claims{"jti": "6", "exp": c.at.Unix()}, false},
		{"for ever", claims{"jti": "7", "exp": c.at.Add(1000 * time.Hour).Unix()}, false},
		{"made before the server began", claims{"jti": "8", "iat": c.at.Add(-time.Minute).Unix()}, false},
		{"no jti", claims{"jti": ""}, false},
	} {
		err := a.Check(sign(t, jose.ES256, k, "JWT", good(test.change)), "cli", keys, "https://coffre.test")
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if err := a.Check(sign(t, jose.ES256, key(t), "JWT", good(claims{"jti": "9"})), "cli", keys, "https://coffre.test"); err == nil {
		t.Error("another key is taken")
	}
}

func FuzzProof(f *testing.F) {
	c := newClock()
	p := jwt.NewProofs(c.now)
	k := key(f)
	f.Add(sign(f, jose.ES256, k, "dpop+jwt", proofOf(p, c, nil)))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, proof string) {
		var bad *jwt.ProofError
		if _, err := p.Check(proof, "POST", "https://coffre.test/oauth/token", ""); err != nil && !errors.As(err, &bad) {
			t.Error(err)
		}
		if _, err := jwt.Unverified(proof); err != nil && !errors.Is(err, penates.Invalid) && !errors.Is(err, penates.TooLarge) {
			t.Error(err)
		}
	})
}

// TestKnownHeaderProvesNothing has proofs whose header was seen before: all else of
// them is looked at as the first time.
func TestKnownHeaderProvesNothing(t *testing.T) {
	c := newClock()
	p := jwt.NewProofs(c.now)
	k := key(t)
	const uri = "https://coffre.test/oauth/token"
	proof := func(k any, jti string) string {
		return sign(t, jose.ES256, k, "dpop+jwt", proofOf(p, c, claims{"jti": jti}))
	}
	first, err := p.Check(proof(k, "1"), "POST", uri, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Check(proof(k, "2"), "POST", uri, ""); err != nil || again != first {
		t.Fatalf("again: %q, %v; want %q", again, err, first)
	}
	good, other := strings.Split(proof(k, "3"), "."), strings.Split(proof(key(t), "4"), ".")
	for name, bad := range map[string]string{
		"another's signature":   good[0] + "." + good[1] + "." + other[2],
		"another's claims":      good[0] + "." + other[1] + "." + good[2],
		"another's all":         good[0] + "." + other[1] + "." + other[2],
		"no signature":          good[0] + "." + good[1] + ".",
		"no more than a header": good[0],
		"a part too many":       good[0] + "." + good[1] + "." + good[2] + "." + good[2],
		"a signature of zeros":  good[0] + "." + good[1] + "." + strings.Repeat("A", 86),
		"used before":           proof(k, "1"),
	} {
		if _, err := p.Check(bad, "POST", uri, ""); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := p.Check(strings.Join(good, "."), "POST", uri, ""); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

// BenchmarkProof checks proofs of one key, as a client makes one for each request.
func BenchmarkProof(b *testing.B) {
	c := newClock()
	p := jwt.NewProofs(c.now)
	k := key(b)
	proofs := make([]string, 10_000)
	for i := range proofs {
		proofs[i] = sign(b, jose.ES256, k, "dpop+jwt", proofOf(p, c, claims{"jti": rand.Text()}))
	}
	i := 0
	for b.Loop() {
		_, _ = p.Check(proofs[i%len(proofs)], "POST", "https://coffre.test/oauth/token", "") // used before, from the second round on
		i++
	}
}

// BenchmarkVerify is the part of BenchmarkProof that no memory saves: one ES256
// signature of the standard library.
func BenchmarkVerify(b *testing.B) {
	k := key(b)
	sum := sha256.Sum256([]byte("x"))
	signature, err := ecdsa.SignASN1(rand.Reader, k, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !ecdsa.VerifyASN1(&k.PublicKey, sum[:], signature) {
			b.Fatal("it does not hold")
		}
	}
}

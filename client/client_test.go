package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"penates/client"
)

// A host is a server that is as a test wants it.
type host struct {
	*httptest.Server
	mux  *http.ServeMux
	meta map[string]any
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{mux: http.NewServeMux()}
	h.Server = httptest.NewServer(h.mux)
	t.Cleanup(h.Close)
	h.meta = map[string]any{
		"issuer": h.URL, "authorization_endpoint": h.URL + "/authorize", "token_endpoint": h.URL + "/token", "pushed_authorization_request_endpoint": h.URL + "/par",
		"registration_endpoint": h.URL + "/register", "revocation_endpoint": h.URL + "/revoke",
		"authorization_details_types_supported": []string{"penates_grant"}, "dpop_signing_alg_values_supported": []string{"ES256"},
	}
	h.mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(h.meta) })
	h.mux.HandleFunc("POST /register", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"client_id":"c1"}`) })
	return h
}

func (h *host) answers(pattern string, f http.HandlerFunc) { h.mux.HandleFunc(pattern, f) }

// access returns an access of a client that the host knows.
func (h *host) access(t *testing.T) *client.Access {
	t.Helper()
	c, err := client.Register(t.Context(), h.URL, client.App{Name: "x", Redirect: "https://x.example/"})
	if err != nil {
		t.Fatal(err)
	}
	return c.Resume(client.Tokens{Access: "secret", Expires: time.Now().Add(time.Hour)})
}

// TestDiscovery meets servers that are not what they say.
func TestDiscovery(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another issuer":       func(m map[string]any) { m["issuer"] = "https://other.example" },
		"tokens elsewhere":     func(m map[string]any) { m["token_endpoint"] = "https://other.example/token" },
		"a name that goes on":  func(m map[string]any) { m["token_endpoint"] = m["issuer"].(string) + ".example/token" },
		"no pushed requests":   func(m map[string]any) { delete(m, "pushed_authorization_request_endpoint") },
		"no penates_grant":     func(m map[string]any) { m["authorization_details_types_supported"] = []string{"account"} },
		"no proofs with ES256": func(m map[string]any) { m["dpop_signing_alg_values_supported"] = []string{"RS256"} },
	} {
		h := newHost(t)
		change(h.meta)
		if _, err := client.Register(t.Context(), h.URL, client.App{Redirect: "https://x.example/"}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, address := range []string{"http://vault.example.org", "https://u:p@vault.example.org", "https://vault.example.org/x", "ftp://vault.example.org", "vault", ""} {
		if _, err := client.Register(t.Context(), address, client.App{}); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

// TestNoRedirect is led to another host with a token in hand.
func TestNoRedirect(t *testing.T) {
	other := newHost(t)
	other.answers("/", func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") })
	h := newHost(t)
	h.answers("POST /api/v1/query", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/api/v1/query", http.StatusTemporaryRedirect)
	})
	var e *client.Error
	if _, err := h.access(t).Query(t.Context(), "SELECT 1"); !errors.As(err, &e) || e.Status != http.StatusTemporaryRedirect {
		t.Errorf("a redirect: %v", err)
	}
}

// TestTooLarge reads answers without end.
func TestTooLarge(t *testing.T) {
	h := newHost(t)
	block := strings.Repeat(" ", 1<<20)
	endless := func(start string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, start)
			for {
				if _, err := fmt.Fprint(w, block); err != nil {
					return
				}
			}
		}
	}
	h.answers("POST /api/v1/query", endless("{"))
	h.answers("GET /api/v1/changes", endless("data: "))
	a := h.access(t)
	if _, err := a.Query(t.Context(), "SELECT 1"); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("an answer: %v", err)
	}
	if err := a.Follow(t.Context(), "", func(client.Change) error { return nil }); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("an event: %v", err)
	}
}

// TestProofs checks what a proof says against RFC 9449, and that a nonce is
// heeded, once.
func TestProofs(t *testing.T) {
	h, asked := newHost(t), 0
	h.answers("GET /api/v1/documents/doc_1", func(w http.ResponseWriter, r *http.Request) {
		asked++
		claims := verified(t, r.Header.Get("DPoP"))
		sum := sha256.Sum256([]byte("secret"))
		if claims["htm"] != "GET" || claims["htu"] != h.URL+"/api/v1/documents/doc_1" || claims["ath"] != base64.RawURLEncoding.EncodeToString(sum[:]) || claims["jti"] == "" {
			t.Errorf("the proof says %v", claims)
		}
		if r.Header.Get("Authorization") != "DPoP secret" {
			t.Errorf("the token comes as %q", r.Header.Get("Authorization"))
		}
		w.Header().Set("DPoP-Nonce", fmt.Sprint("n", (asked+1)/2)) // every second time another
		if claims["nonce"] != w.Header().Get("DPoP-Nonce") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"data":{"type":"t","id":"doc_1"}}`)
	})
	a := h.access(t)
	for range 2 {
		if d, err := a.Document(t.Context(), "doc_1"); err != nil || d.ID != "doc_1" {
			t.Fatal(d, err)
		}
	}
	if asked != 4 {
		t.Errorf("%d requests", asked)
	}
	h.answers("GET /api/v1/changes", func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("DPoP-Nonce", fmt.Sprint(asked)) // never content
		w.WriteHeader(http.StatusUnauthorized)
	})
	if _, _, err := a.Changes(t.Context(), ""); err == nil || asked != 6 {
		t.Errorf("%d requests, %v", asked, err)
	}
}

// verified returns the claims of a proof whose signature holds.
func verified(t *testing.T, proof string) (claims map[string]any) {
	t.Helper()
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		t.Fatalf("a proof of %d parts", len(parts))
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			t.Fatal(err)
		}
		raw[i] = b
	}
	var head struct {
		Typ, Alg string
		JWK      struct{ Kty, Crv, X, Y string }
	}
	if err := errors.Join(json.Unmarshal(raw[0], &head), json.Unmarshal(raw[1], &claims)); err != nil {
		t.Fatal(err)
	}
	x, err1 := base64.RawURLEncoding.DecodeString(head.JWK.X)
	y, err2 := base64.RawURLEncoding.DecodeString(head.JWK.Y)
	key, err3 := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err := errors.Join(err1, err2, err3); err != nil || head.Typ != "dpop+jwt" || head.Alg != "ES256" || len(raw[2]) != 64 {
		t.Fatalf("proof: %v %+v", err, head)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		t.Error("the signature does not hold")
	}
	return claims
}

// TestFinish brings back answers that are not of this vault, or not bound.
func TestFinish(t *testing.T) {
	h := newHost(t)
	h.answers("POST /par", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"request_uri":"urn:x"}`) })
	h.answers("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"access_token":"x","token_type":"Bearer","expires_in":60}`)
	})
	c, err := client.Register(t.Context(), h.URL, client.App{Name: "x", Redirect: "https://x.example/"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := c.Ask(t.Context(), client.Wish{})
	if err != nil {
		t.Fatal(err)
	}
	for name, back := range map[string]url.Values{
		"another state":  {"state": {"x"}, "iss": {h.URL}, "code": {"c"}},
		"another vault":  {"state": {q.State}, "iss": {"https://other.example"}, "code": {"c"}},
		"no vault":       {"state": {q.State}, "code": {"c"}},
		"a bearer token": {"state": {q.State}, "iss": {h.URL}, "code": {"c"}},
	} {
		if _, err := c.Finish(t.Context(), q, back); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

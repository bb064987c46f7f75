package oauth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"penates"
	"penates/internal/proto/oauth"
	"penates/internal/proto/oidc"
	"penates/internal/schema"
	"penates/internal/seal"
	"penates/internal/serve"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

const phrase = "for this test only"

type keeper struct{ v *vault.Vault }

func (k keeper) Vault() *vault.Vault { return k.v }

// A world is a vault with an authorisation server and a resource.
type world struct {
	t     testing.TB
	v     *vault.Vault
	auth  *oauth.Server
	http  *httptest.Server
	faces []*serve.Mux
}

func newWorld(t testing.TB) *world {
	t.Helper()
	v, _, err := vault.Create(t.Context(), t.TempDir(), []byte(phrase), vault.CreateOptions{Name: "Camille", Language: "fr", Zone: "Europe/Paris", Country: "FR",
		Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, v: v}
	w.http = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.serve(rw, r) }))
	issuer, err := url.Parse("http://" + w.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w.auth = oauth.New(oauth.Config{Vault: keeper{v}, Issuer: issuer})
	provider := oidc.New(w.auth)
	w.faces = []*serve.Mux{w.auth.Mux(), provider.Mux(), w.resource()}
	w.http.Start()
	t.Cleanup(func() { w.http.Close(); _ = v.Close() })
	w.fill()
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	for _, m := range w.faces {
		if m.Knows(r) {
			m.ServeHTTP(rw, r)
			return
		}
	}
	http.NotFound(rw, r)
}

// fill puts two operations into the vault.
func (w *world) fill() {
	w.t.Helper()
	vaulttest.Fill(w.t, w.owner(),
		operation("1", "2025-03-01", "Boulangerie", -3),
		operation("2", "2024-03-01", "Librairie", -20),
	)
}

func operation(id, day, label string, amount int64) vaulttest.Item {
	m, err := penates.ParseMoment(day)
	if err != nil {
		panic(err)
	}
	return vaulttest.Item{
		Document: &penates.Document{Type: penates.BankOperations, Source: penates.Source{NativeID: id}, Time: penates.Span{Start: m}, Text: label},
		Body:     schema.BankOperation{Label: label},
	}
}

func (w *world) owner() *vault.Session {
	w.t.Helper()
	s, err := w.v.As(penates.Owner, "page")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// resource serves rows to whoever shows a token.
func (w *world) resource() *serve.Mux {
	m := serve.NewMux(w.auth.FailProblem)
	m.HandleCORS("GET /data/operations", serve.MaxBody, func(rw http.ResponseWriter, r *http.Request) error {
		s, err := w.auth.Session(r)
		if err != nil {
			return err
		}
		table, err := s.Query(r.Context(), "SELECT day, text FROM bank_operations ORDER BY day", 10)
		if err != nil {
			return err
		}
		return serve.WriteJSON(rw, http.StatusOK, table.Rows)
	})
	return m
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (r reply) str(name string) string { s, _ := r.json[name].(string); return s }

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 2 * time.Minute}
	res, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := reply{status: res.StatusCode, header: res.Header, text: string(b)}
	_ = json.Unmarshal(b, &out.json) // not every answer is an object
	return out
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, w.http.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (w *world) post(path string, form url.Values, header ...string) reply {
	w.t.Helper()
	return w.send(w.request("POST", path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...))
}

func (w *world) get(path string, header ...string) reply {
	w.t.Helper()
	return w.send(w.request("GET", path, "", header...))
}

// An app is a client with a key.
type app struct {
	w        *world
	id       string
	secret   string
	manage   string
	redirect string
	verifier string
	key      *ecdsa.PrivateKey
	nonce    string
}

func (w *world) register(metadata string) *app {
	w.t.Helper()
	r := w.send(w.request("POST", "/oauth/register", metadata, "Content-Type", "application/json"))
	if r.status != http.StatusCreated {
		w.t.Fatalf("register: %d %s", r.status, r.text)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return &app{w: w, id: r.str("client_id"), secret: r.str("client_secret"), manage: r.str("registration_access_token"),
		redirect: r.json["redirect_uris"].([]any)[0].(string), verifier: rand.Text() + rand.Text(), key: key}
}

const budget = `{"client_name":"Budget","redirect_uris":["https://budget.test/back?x=1"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}`

const wantOperations = `[{"type":"penates_grant","actions":["read"],"selections":[{"type":"io.cozy.bank.operations","from":"2025-01-01","until":"2025-12-31"}],"purpose":"a budget check"}]`

func (a *app) challenge() string {
	sum := sha256.Sum256([]byte(a.verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ask returns the parameters of an authorisation request; change overrides some,
// and an empty value leaves one out.
func (a *app) ask(change ...string) url.Values {
	v := url.Values{"client_id": {a.id}, "redirect_uri": {a.redirect}, "response_type": {"code"}, "state": {"st&te"},
		"code_challenge": {a.challenge()}, "code_challenge_method": {"S256"}, "authorization_details": {wantOperations}}
	for i := 0; i+1 < len(change); i += 2 {
		if v.Set(change[i], change[i+1]); change[i+1] == "" {
			v.Del(change[i])
		}
	}
	return v
}

var onward = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]*)"`)

// leads returns where a page goes on to by itself.
func leads(r reply) string {
	m := onward.FindStringSubmatch(r.text)
	if m == nil {
		return ""
	}
	return strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`).Replace(m[1])
}

// authorize sends the browser and returns the id of the pending request.
func (a *app) authorize(params url.Values) string {
	a.w.t.Helper()
	r := a.w.get("/oauth/authorize?" + params.Encode())
	id, ok := strings.CutPrefix(leads(r), "/consent/")
	if !ok {
		a.w.t.Fatalf("authorize: %d, leads to %q: %s", r.status, leads(r), r.text)
	}
	return id
}

// accept lets the owner give all that is asked for and returns what the client
// gets at its address.
func (w *world) accept(id string) url.Values {
	w.t.Helper()
	owner := w.owner()
	q, err := w.auth.Pending(w.t.Context(), owner, id)
	if err != nil {
		w.t.Fatal(err)
	}
	target, err := w.auth.Decide(w.t.Context(), owner, id, q.Wanted)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.back(target)
}

// back follows to the client.
func (w *world) back(target string) url.Values {
	w.t.Helper()
	if !strings.HasPrefix(target, "/oauth/return/") {
		w.t.Fatalf("the owner is sent to %q", target)
	}
	u, err := url.Parse(leads(w.get(target)))
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	q.Set("at", u.Scheme+"://"+u.Host+u.Path)
	return q
}

// proof makes a DPoP proof.
func (a *app) proof(method, path, access string, change map[string]any) string {
	a.w.t.Helper()
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": a.w.http.URL + path, "iat": time.Now().Unix(), "nonce": a.nonce}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for name, value := range change {
		claims[name] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: a.key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		a.w.t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		a.w.t.Fatal(err)
	}
	signed, err := signer.Sign(b)
	if err != nil {
		a.w.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		a.w.t.Fatal(err)
	}
	return text
}

// token asks the token endpoint, with a proof if bound.
func (a *app) token(bound bool, form url.Values) reply {
	a.w.t.Helper()
	if a.secret == "" && form.Get("client_id") == "" {
		form.Set("client_id", a.id)
	}
	for {
		r := a.w.request("POST", "/oauth/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if a.secret != "" {
			r.SetBasicAuth(a.id, a.secret)
		}
		if bound {
			r.Header.Set("DPoP", a.proof("POST", "/oauth/token", "", nil))
		}
		out := a.w.send(r)
		if fresh := out.header.Get("DPoP-Nonce"); bound && out.str("error") == "use_dpop_nonce" && fresh != a.nonce {
			a.nonce = fresh
			continue
		}
		return out
	}
}

func (a *app) redeem(bound bool, code string) reply {
	a.w.t.Helper()
	return a.token(bound, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier}})
}

// tokens goes all the way to tokens.
func (a *app) tokens(bound bool, change ...string) reply {
	a.w.t.Helper()
	answer := a.w.accept(a.authorize(a.ask(change...)))
	r := a.redeem(bound, answer.Get("code"))
	if r.status != http.StatusOK {
		a.w.t.Fatalf("token: %d %s", r.status, r.text)
	}
	return r
}

// read asks for the rows with a token.
func (a *app) read(bound bool, token string) reply {
	a.w.t.Helper()
	if !bound {
		return a.w.get("/data/operations", "Authorization", "Bearer "+token)
	}
	return a.w.get("/data/operations", "Authorization", "DPoP "+token, "DPoP", a.proof("GET", "/data/operations", token, nil))
}

// refusals returns what the journal says was refused to an actor.
func (w *world) refusals(actor penates.Actor) string {
	w.t.Helper()
	entries, err := w.owner().Journal(w.t.Context(), vault.JournalFilter{Actor: actor, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		if e.Refused != "" {
			lines = append(lines, e.What)
		}
	}
	return strings.Join(lines, "\n")
}

package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"penates"
	"penates/internal/grant"
	"penates/internal/proto/api"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// tokens are sessions by the token that opens them.
type tokens struct {
	mu sync.Mutex
	of map[string]*vault.Session
}

func (k *tokens) Session(r *http.Request) (*vault.Session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if s := k.of[token]; s != nil && scheme == "Bearer" {
		return s, nil
	}
	return nil, penates.Denied
}

// A world is an interface to a small vault, and the description all its answers
// are held against.
type world struct {
	t       testing.TB
	v       *vault.Vault
	s       *vault.Session
	tokens  *tokens
	http    *httptest.Server
	about   map[string]any
	schemas *jsonschema.Compiler
}

func newWorld(t testing.TB, cfg api.Config) *world {
	t.Helper()
	v, s := vaulttest.Vault(t)
	w := &world{t: t, v: v, s: s, tokens: &tokens{of: map[string]*vault.Session{"owner": s}}}
	cfg.Sessions, cfg.Log = w.tokens, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	srv, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.http = httptest.NewServer(srv)
	t.Cleanup(func() {
		w.http.CloseClientConnections()
		w.http.Close()
	})
	body := w.send(w.request("GET", "/openapi.json", "")).body
	if err := json.Unmarshal(body, &w.about); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w.schemas = jsonschema.NewCompiler()
	if err := w.schemas.AddResource("api.json", doc); err != nil {
		t.Fatal(err)
	}
	return w
}

// operation is a bank operation of the tests.
func operation(day penates.Moment, label, amount string) vaulttest.Item {
	return vaulttest.Item{
		Document: &penates.Document{
			Source: penates.Source{Connection: "FR76", NativeID: label + day.String()}, Time: penates.Span{Start: day}, Text: label,
			Money: &penates.Money{Amount: penates.Decimal(amount), Currency: "EUR"},
		},
		Body: schema.BankOperation{Label: label, Account: "FR76", Kind: "card", Splits: []schema.OperationSplit{{Category: "food", Amount: amount}}},
	}
}

// fill puts n operations of consecutive days into the vault, a bill and an
// undated contact.
func (w *world) fill(n int) *world {
	var items []vaulttest.Item
	for i := range n {
		items = append(items, operation(penates.DayOf(time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)), fmt.Sprintf("CB BOULANGERIE %02d", i), fmt.Sprintf("-%d.50", i+1)))
	}
	items = append(items,
		vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: "bill"}, Time: penates.Span{Start: penates.Day(2025, 3, 1)}, Text: "EDF",
			Money: &penates.Money{Amount: "80.10", Currency: "EUR"}}, Body: schema.Bill{Vendor: "EDF", Number: "F1"}},
		vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: "zoe"}, Text: "Zoé"}, Body: schema.Contact{FullName: "Zoé", Email: []string{"zoe@example.org"}}},
		vaulttest.Item{Document: &penates.Document{Source: penates.Source{NativeID: "luc"}, Text: "Luc"}, Body: schema.Contact{FullName: "Luc"}})
	vaulttest.Fill(w.t, w.s, items...)
	return w
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.http.URL+api.Base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer owner")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	return r
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// ask sends a request and holds the answer against the description.
func (w *world) ask(method, path, body string, header ...string) answer {
	w.t.Helper()
	r := w.request(method, path, body, header...)
	a := w.send(r)
	w.check(r, a)
	return a
}

// check holds an answer against the description.
func (w *world) check(r *http.Request, a answer) {
	w.t.Helper()
	template := w.template(r)
	if template == "" {
		return // an address there is none of
	}
	at := []string{"paths", template, strings.ToLower(r.Method), "responses", fmt.Sprint(a.status)}
	res, ok := dig(w.about, at...).(map[string]any)
	if !ok {
		w.t.Errorf("%s %s answers %d, which the description does not know: %s", r.Method, r.URL.Path, a.status, a.body)
		return
	}
	pointer := "#/" + strings.Join(escape(at), "/")
	if ref, ok := res["$ref"].(string); ok {
		pointer = ref
		res = dig(w.about, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, _ := res["content"].(map[string]any)
	if content == nil {
		if len(a.body) > 0 {
			w.t.Errorf("%s %s: %d has a body", r.Method, r.URL.Path, a.status)
		}
		return
	}
	if content[media] == nil {
		if content["application/octet-stream"] == nil {
			w.t.Errorf("%s %s answers %d as %s, which the description does not know", r.Method, r.URL.Path, a.status, media)
		}
		return
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	compiled, err := w.schemas.Compile("api.json" + pointer + "/content/" + escape([]string{media})[0] + "/schema")
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err == nil {
		err = compiled.Validate(v)
	}
	if err != nil {
		w.t.Errorf("%s %s: %v\n%s", r.Method, r.URL.Path, err, a.body)
	}
}

// template returns the path of the description that an address follows.
func (w *world) template(r *http.Request) string {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, api.Base), "/")
	for path := range w.about["paths"].(map[string]any) {
		if slices.EqualFunc(strings.Split(path, "/"), parts, func(p, q string) bool { return p == q || strings.HasPrefix(p, "{") && q != "" }) {
			return path
		}
	}
	return ""
}

func dig(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func escape(parts []string) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		p = strings.NewReplacer("~", "~0", "/", "~1").Replace(p)
		out[i] = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(p)
	}
	return out
}

// list is what lists answer.
type list struct {
	Data []struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Attributes map[string]any `json:"attributes"`
	} `json:"data"`
	Links struct {
		Next string `json:"next"`
	} `json:"links"`
	Meta map[string]any `json:"meta"`
}

func (a answer) list(t testing.TB) (l list) {
	t.Helper()
	if err := json.Unmarshal(a.body, &l); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %v: %s", a.status, err, a.body)
	}
	return l
}

// id returns the id of the first document that SQL finds.
func (w *world) id(sql string) string {
	w.t.Helper()
	table, err := w.s.Query(w.t.Context(), sql, 1)
	if err != nil || len(table.Rows) == 0 {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return table.Rows[0][0].(string)
}

// under gives a grant and a token for it.
func (w *world) under(token string, g grant.Grant) grant.Grant {
	w.t.Helper()
	g.Grantee = "app:" + penates.Actor(token)
	g, err := w.s.AddGrant(w.t.Context(), g)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.v.Under(g.ID, "")
	if err != nil {
		w.t.Fatal(err)
	}
	w.tokens.mu.Lock()
	defer w.tokens.mu.Unlock()
	w.tokens.of[token] = s
	return g
}

package serve_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"penates"
	"penates/internal/serve"
)

func TestStatusOfKinds(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 200},
		{fmt.Errorf("x: %w", penates.Locked), 503},
		{fmt.Errorf("x: %w", penates.NotExist), 404},
		{fmt.Errorf("x: %w", penates.Denied), 403},
		{fmt.Errorf("x: %w", penates.Invalid), 400},
		{fmt.Errorf("x: %w", penates.TooLarge), 413},
		{&http.MaxBytesError{Limit: 1}, 413},
		{fmt.Errorf("x: %w", &serve.Problem{Title: "tea", Status: 418}), 418},
		{errors.New("whatever"), 500},
	} {
		if got := serve.Status(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
	}
}

// face is a protocol with a handler of each kind.
func face(log io.Writer) *serve.Mux {
	m := serve.NewMux(serve.Fails(slog.New(slog.NewTextHandler(log, nil))))
	m.HandleCORS("POST /p/echo", 40, func(w http.ResponseWriter, r *http.Request) error {
		var v struct {
			Name string `json:"name"`
		}
		if err := serve.ReadJSON(r, &v, false); err != nil {
			return err
		}
		return serve.WriteJSON(w, http.StatusCreated, v)
	})
	m.HandleCORS("GET /p/echo", 40, func(http.ResponseWriter, *http.Request) error { return penates.Locked })
	m.Handle("GET /p/secret", func(http.ResponseWriter, *http.Request) error {
		return errors.New("label of an operation")
	})
	m.Handle("GET /p/panic", func(http.ResponseWriter, *http.Request) error { panic("at the disco") })
	m.Handle("POST /p/form", func(w http.ResponseWriter, r *http.Request) error {
		form, err := serve.ReadForm(r)
		if err == nil {
			err = serve.Once(form, "resource")
		}
		if err != nil {
			return err
		}
		return serve.WriteJSON(w, http.StatusOK, form)
	})
	return m
}

func send(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	var log bytes.Buffer
	rest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
	site := serve.NewSite(serve.Hosts{"coffre.test"}, serve.Fails(slog.New(slog.DiscardHandler)), rest, face(&log))
	const form, object = "application/x-www-form-urlencoded", "application/json"
	for _, test := range []struct {
		name, method, target, mime, body string
		status                           int
		says                             string
	}{
		{"JSON both ways", "POST", "http://localhost:1/p/echo", object, `{"name":"Zoé"}`, 201, `{"name":"Zoé"}`},
		{"an unknown member", "POST", "http://localhost/p/echo", object, `{"nom":"Zoé"}`, 400, "nom"},
		{"more than one value", "POST", "http://localhost/p/echo", object, `{} {}`, 400, "follows"},
		{"no JSON", "POST", "http://localhost/p/echo", form, `{}`, 400, "application/json"},
		{"too long", "POST", "http://localhost/p/echo", object, `{"name":"` + strings.Repeat("x", 50) + `"}`, 413, ""},
		{"locked", "GET", "http://coffre.test/p/echo", "", "", 503, "unlock"},
		{"a form", "POST", "http://[::1]:80/p/form", form, "a=1&resource=x&resource=y", 200, `{"a":["1"],"resource":["x","y"]}`},
		{"a field twice", "POST", "http://localhost/p/form", form, "a=1&a=2", 400, "twice"},
		{"a broken form", "POST", "http://localhost/p/form", form, "a=%zz", 400, "form"},
		{"another name", "GET", "http://evil.test/p/echo", "", "", 421, ""},
		{"beside", "GET", "http://localhost/", "", "", 200, "page"},
		{"a panic", "GET", "http://localhost/p/panic", "", "", 500, ""},
	} {
		w := send(site, test.method, test.target, test.body, "Content-Type", test.mime)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
	}
	if w := send(site, "GET", "http://localhost/p/secret", ""); w.Code != 500 || strings.Contains(w.Body.String(), "label") {
		t.Errorf("an error of the server tells: %s", w.Body)
	}
	if !strings.Contains(log.String(), "label of an operation") {
		t.Error("the operator was not told")
	}
}

// TestKnows holds what a Mux knows against what its patterns match.
func TestKnows(t *testing.T) {
	for _, pattern := range []string{"/p/", "GET /p/{id}", "/{any}", "/{$}", "/p/q/{rest...}", "POST /deep/er", "coffre.test/p/"} {
		m, plain := serve.NewMux(serve.Fails(slog.New(slog.DiscardHandler))), http.NewServeMux()
		m.Handle(pattern, func(http.ResponseWriter, *http.Request) error { return nil })
		plain.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		for _, target := range []string{"/", "/p", "/p/", "/p/x", "/p/x/y", "//p/x", "/./p/x", "/q/../p/x", "/p%2Fx", "/%70/x", "/p//x", "/q", "/q/x", "/p/q/r/s", "/deep/er", "/deep", "/{id}", "/*", "/p.q"} {
			for _, method := range []string{"GET", "POST", "CONNECT"} {
				r := httptest.NewRequest(method, "http://coffre.test"+target, nil)
				if _, want := plain.Handler(r); m.Knows(r) != (want != "") {
					t.Errorf("%s %s: a mux with %s says %v", method, target, pattern, m.Knows(r))
				}
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	m := face(io.Discard)
	w := send(m, "OPTIONS", "/p/echo", "", "Origin", "https://app.test", "Access-Control-Request-Method", "POST")
	h := w.Header()
	if w.Code != 204 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "DPoP") {
		t.Errorf("preflight: %d %v", w.Code, h)
	}
	if h := send(m, "GET", "/p/secret", "").Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("a route of this origin only: %v", h)
	}
}

func TestParseIssuer(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://coffre.example.org": true, "https://coffre.example.org:8443": true, "http://127.0.0.1:8700": true, "http://[::1]:1": true, "http://localhost:8700": true,
		"http://coffre.example.org": false, "https://x/": false, "https://x?y": false, "https://x#": false, "https://u@x": false, "ftp://x": false, "": false, "https://": false,
	} {
		if _, err := serve.ParseIssuer(address); (err == nil) != ok || err != nil && !errors.Is(err, penates.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzReadForm(f *testing.F) {
	f.Add("a=1&b=2")
	f.Add("a=%zz&&=;")
	f.Add("grant_type=authorization_code&code=x&code=y")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if _, err := serve.ReadForm(r); err != nil && !errors.Is(err, penates.Invalid) {
			t.Error(err)
		}
	})
}

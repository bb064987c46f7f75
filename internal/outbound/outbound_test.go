package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"penates"
	"penates/internal/outbound"
)

func TestOnlyThatHost(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, other.URL+"/secret", http.StatusTemporaryRedirect)
		}
	}))
	defer here.Close()
	to, err := url.Parse(here.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.Client(to)
	defer client.CloseIdleConnections()
	for address, want := range map[string]int{here.URL: 200, strings.ToUpper(here.URL[:4]) + here.URL[4:]: 200, here.URL + "/away": 307} {
		answer, err := client.Get(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if answer.StatusCode != want {
			t.Errorf("%s: %s", address, answer.Status)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{other.URL, strings.Replace(here.URL, "http:", "https:", 1), strings.Replace(here.URL, "127.0.0.1", "a.127.0.0.1", 1)} {
		if _, err := client.Post(address, "text/plain", strings.NewReader("x")); !errors.Is(err, penates.Denied) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestBelow(t *testing.T) {
	to := &url.URL{Scheme: "http", Host: "localhost.invalid"}
	for host, refused := range map[string]bool{
		"bucket.localhost.invalid": false, "localhost.invalid": false,
		"evillocalhost.invalid": true, "localhost.invalid.example.invalid": true,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = outbound.Transport(to, true).RoundTrip(r)
		if err == nil || errors.Is(err, penates.Denied) != refused {
			t.Errorf("%s: %v", host, err)
		}
	}
}

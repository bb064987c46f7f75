package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A browser keeps cookies and follows redirects as one does.
type browser struct {
	t    *testing.T
	w    *world
	http *http.Client
}

func (w *world) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, w, &http.Client{Jar: jar, Timeout: 2 * time.Minute}}
}

// An answer is what came back, and from where in the end.
type answer struct {
	status int
	path   string
	body   string
	header http.Header
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Request.URL.Path, string(body), res.Header}
}

func (b *browser) request(method, path, body string, header ...string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.w.http.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	return b.send(b.request(http.MethodGet, path, "", header...))
}

func (b *browser) post(path string, form ...string) answer {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return b.send(b.request(http.MethodPost, path, values.Encode()))
}

// enter logs in with the passphrase.
func (b *browser) enter() *browser {
	b.t.Helper()
	if a := b.post("/unlock", "passphrase", passphrase); a.path != "/" || a.status != http.StatusOK {
		b.t.Fatalf("the passphrase led to %s, status %d", a.path, a.status)
	}
	return b
}

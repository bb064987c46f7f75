package webdav_test

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	server "golang.org/x/net/webdav"

	"penates"
	"penates/internal/store"
	"penates/internal/store/storetest"
	"penates/internal/store/webdav"
)

func md5sum(s string) [md5.Size]byte { return md5.Sum([]byte(s)) }

func sha1base64(s string) string {
	sum := sha1.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// serve starts a server of another making, behind whatever wrap makes of it.
func serve(tb testing.TB, wrap func(http.Handler) http.Handler) *url.URL {
	tb.Helper()
	var h http.Handler = &server.Handler{FileSystem: server.Dir(tb.TempDir()), LockSystem: server.NewMemLS()}
	if wrap != nil {
		h = wrap(h)
	}
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	u, err := url.Parse(s.URL + "/")
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func inProcess(tb testing.TB) storetest.Place {
	u := serve(tb, nil).JoinPath("with space")
	return func(tb testing.TB) store.Store {
		s, err := webdav.Open(tb.Context(), u, "", "")
		if err != nil {
			tb.Fatal(err)
		}
		return s
	}
}

func TestStore(t *testing.T) { storetest.Run(t, inProcess) }

// change lets a handler see and change requests first; it says whether to go on.
func change(f func(http.ResponseWriter, *http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if f(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// moves reports whether a request is to move a folder.
func moves(r *http.Request) bool { return r.Method == "MOVE" && strings.HasSuffix(r.URL.Path, "/") }

// A store says whether it decides between writers, as the server can.
func TestProbe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(http.ResponseWriter, *http.Request) bool
		err    error
		fenced bool
	}{
		"as it is": {func(http.ResponseWriter, *http.Request) bool { return true }, nil, true},
		"no moves of folders": {func(w http.ResponseWriter, r *http.Request) bool {
			if moves(r) {
				w.WriteHeader(http.StatusForbidden)
			}
			return !moves(r)
		}, nil, false},
		"yes to all moves of folders": {func(w http.ResponseWriter, r *http.Request) bool {
			if moves(r) {
				w.WriteHeader(http.StatusCreated)
			}
			return !moves(r)
		}, nil, false},
		"the last wins": {func(_ http.ResponseWriter, r *http.Request) bool {
			if moves(r) {
				r.Header.Set("Overwrite", "T")
			}
			return true
		}, nil, false},
		"overwrites": {func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Set("Overwrite", "T")
			return true
		}, penates.Unsupported, false},
		"read only": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" {
				w.WriteHeader(http.StatusForbidden)
			}
			return r.Method != "PUT"
		}, penates.Denied, false},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusTemporaryRedirect)
			return false
		}, penates.Denied, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := webdav.Open(t.Context(), serve(t, change(c.change)), user, password)
			if !errors.Is(err, c.err) {
				t.Fatal(err)
			}
			if strings.Contains(fmt.Sprint(err), password) {
				t.Error("the password is in the error")
			}
			if err == nil && s.Fenced() != c.fenced {
				t.Errorf("fenced: %v", s.Fenced())
			}
			if err == nil {
				if err := s.PutIfAbsent(t.Context(), "a/b", []byte("x")); err != nil {
					t.Error(err)
				}
				if err := s.PutIfAbsent(t.Context(), "a/b", []byte("y")); !errors.Is(err, penates.Exists) {
					t.Error(err)
				}
			}
		})
	}
}

// An answer that was lost is no claim that another has won, and nothing is left
// of a put that failed.
func TestFailedPut(t *testing.T) {
	fail := false
	u := serve(t, change(func(w http.ResponseWriter, r *http.Request) bool {
		if fail && r.Method == "MOVE" {
			w.WriteHeader(http.StatusBadGateway)
			return false
		}
		return true
	}))
	s, err := webdav.Open(t.Context(), u, "", "")
	if err != nil {
		t.Fatal(err)
	}
	fail = true
	if err := s.PutIfAbsent(t.Context(), "a", []byte("x")); err == nil || errors.Is(err, penates.Exists) {
		t.Error(err)
	}
	fail = false
	if err := s.PutIfAbsent(t.Context(), "a", []byte("y")); err != nil {
		t.Error("the lock is held, or the name taken:", err)
	}
}

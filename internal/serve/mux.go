package serve

import (
	"net/http"
	"path"
	"strings"
)

// A Handler answers a request or says why it cannot, before a byte was sent.
type Handler func(w http.ResponseWriter, r *http.Request) error

// MaxBody bounds the bytes of a request to a protocol, unless its route says
// otherwise.
const MaxBody = 64 << 10

// Who may read the answers in a browser.
type access int

const (
	sameOrigin access = iota
	anyOrigin
)

// A Mux is the list of routes of one protocol.
type Mux struct {
	mux  *http.ServeMux
	fail Fail
	own  map[string]bool // patterns with the host's part cut off
	tops map[string]bool // first elements of the paths of patterns; one with a wildcard or a host is "*"
}

// NewMux returns an empty Mux whose handlers' errors go to fail.
func NewMux(fail Fail) *Mux {
	return &Mux{mux: http.NewServeMux(), fail: fail, own: map[string]bool{}, tops: map[string]bool{}}
}

// Handle adds a route, as "POST /oauth/token", whose answers no page of another
// origin may read. Its body is at most MaxBody.
func (m *Mux) Handle(pattern string, h Handler) { m.add(pattern, MaxBody, sameOrigin, h) }

// HandleBody is Handle with a limit of its own on the body.
func (m *Mux) HandleBody(pattern string, limit int64, h Handler) {
	m.add(pattern, limit, sameOrigin, h)
}

// HandleCORS adds a route that programs in browsers use from any origin. That is
// safe because it knows no cookies: it answers OPTIONS, and never allows
// credentials.
func (m *Mux) HandleCORS(pattern string, limit int64, h Handler) {
	m.add(pattern, limit, anyOrigin, h)
}

func (m *Mux) add(pattern string, limit int64, who access, h Handler) {
	_, path, found := strings.Cut(pattern, " ")
	if !found {
		path = pattern
	}
	m.tops[top(path)] = true
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), who)
		defer m.catch(w, r)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := h(w, r); err != nil {
			m.fail(w, r, err)
		}
	})
	if who == anyOrigin && !m.own[path] {
		m.own[path] = true
		m.mux.HandleFunc("OPTIONS "+path, preflight)
	}
}

// catch turns a panic of a handler into an error.
func (m *Mux) catch(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	m.fail(w, r, errPanic(p))
}

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Knows reports whether there is a route for r.
func (m *Mux) Knows(r *http.Request) bool {
	if first := top(r.URL.Path); first != anyTop && !m.tops[first] && !m.tops[anyTop] {
		return false // the mux would look for the methods that there are
	}
	_, pattern := m.mux.Handler(r)
	return pattern != ""
}

const anyTop = "*"

// top returns the first element of a path or of a pattern's; anyTop where it cannot
// be told: of a path that is not clean, or a pattern for more than one.
func top(p string) string {
	rest, rooted := strings.CutPrefix(p, "/")
	first, _, _ := strings.Cut(rest, "/")
	if clean := path.Clean(p); !rooted || p != clean && p != clean+"/" || first == "" || strings.ContainsAny(first, "{*") {
		return anyTop
	}
	return first
}

func setHeaders(h http.Header, who access) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	if who == anyOrigin {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Location, Retry-After, ETag, Content-Range")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	} else {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
}

func preflight(w http.ResponseWriter, _ *http.Request) {
	setHeaders(w.Header(), anyOrigin)
	w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP, If-Match, If-None-Match, Last-Event-ID, Range")
	w.Header().Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
}

package web

import (
	"fmt"
	"net/http"
	"strings"

	"penates"
	"penates/internal/serve"
)

// contentPolicy lets a page use nothing but this server's own style, script and
// images; nothing inline, nothing framed, no HTML made by a script.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// maxForm bounds the bytes of every request but an import.
const maxForm = 1 << 20

var crossOrigin = http.NewCrossOriginProtection()

// ServeHTTP implements http.Handler.
func (srv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	defer srv.catch(w, r)
	if !serve.Hosts(srv.cfg.Hosts).Knows(r.Host) {
		srv.fail(w, r, statusError{http.StatusMisdirectedRequest})
		return
	}
	if err := crossOrigin.Check(r); err != nil {
		srv.fail(w, r, fmt.Errorf("%w: %w", penates.Denied, err))
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/import/") {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	}
	handler, pattern := srv.mux.Handler(r)
	if pattern == "" {
		srv.fail(w, r, unrouted(handler, w, r))
		return
	}
	srv.mux.ServeHTTP(w, r)
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("X-Frame-Options", "DENY")
}

// catch turns a panic of a handler into an error page.
func (srv *Server) catch(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	srv.fail(w, r, fmt.Errorf("panic: %v", p))
}

// unrouted finds out what the mux would have said: not found, or a wrong method.
func unrouted(h http.Handler, w http.ResponseWriter, r *http.Request) error {
	q := &quiet{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(q, r)
	if allow := q.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	return statusError{q.status}
}

// quiet is a ResponseWriter that keeps only what was said, not the words.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(status int)      { q.status = status }

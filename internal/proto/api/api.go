// Package api is the HTTP interface of a vault for programs: documents, their
// links and history, SQL, search, the change feed and raw bytes, each as far as
// the caller's grant goes. It is described by the OpenAPI document it serves at
// /api/v1/openapi.json.
//
// A request carries a token, never a cookie; what the token stands for is the
// business of Sessions. Answers resemble JSON:API: a resource has a type, an id
// and attributes; lists have data, links to further pages, and meta. Failures are
// problems of RFC 9457.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"penates"
	"penates/internal/vault"
)

// Base is the path below which all addresses are.
const Base = "/api/v1"

// Sessions opens sessions for requests: it checks a request's token and answers
// with a session under the token's grant. The error is of kind Denied when there
// is no valid token, Locked when the vault is locked.
type Sessions interface {
	Session(r *http.Request) (*vault.Session, error)
}

// A Challenger is a Sessions that says how to authenticate: the values of the
// WWW-Authenticate field for a refusal.
type Challenger interface {
	Challenge(r *http.Request, err error) []string
}

// A Config says what the interface is for and what it may do. Its zero numbers
// have the defaults named.
type Config struct {
	Sessions Sessions
	Version  string // of the program, for the description
	// Rate is how many requests a second one grantee may make in the long run (20),
	// Burst how many at once (100).
	Rate, Burst float64
	// Queries is how many queries of one grantee may run at the same time (2).
	Queries int
	// QueryTime is the longest a query may take (15 s).
	QueryTime time.Duration
	// Beat is how often an idle stream of changes says that it is alive (15 s).
	Beat time.Duration
	Now  func() time.Time // time.Now when nil
	Log  *slog.Logger     // slog.Default() when nil
}

// A Server answers the requests of programs.
type Server struct {
	cfg    Config
	mux    *http.ServeMux
	meter  *meter
	routes []route
	about  []byte // the OpenAPI description
}

var _ http.Handler = (*Server)(nil)

// New returns the interface to the vaults behind cfg.Sessions.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Rate == 0 {
		cfg.Rate = 20
	}
	if cfg.Burst == 0 {
		cfg.Burst = 100
	}
	if cfg.Queries == 0 {
		cfg.Queries = 2
	}
	if cfg.QueryTime == 0 {
		cfg.QueryTime = 15 * time.Second
	}
	if cfg.Beat == 0 {
		cfg.Beat = 15 * time.Second
	}
	srv := &Server{cfg: cfg, mux: http.NewServeMux(), meter: newMeter(cfg), routes: routes()}
	var err error
	if srv.about, err = describe(srv.routes, cfg.Version); err != nil {
		return nil, err
	}
	for _, rt := range srv.routes {
		srv.mux.HandleFunc(rt.method+" "+Base+rt.path, srv.handle(rt))
	}
	return srv, nil
}

// exposed are the fields of answers that pages of other origins may read.
const exposed = "ETag, Location, Link, Retry-After, WWW-Authenticate, DPoP-Nonce, Content-Range, Accept-Ranges, Content-Disposition"

// ServeHTTP implements http.Handler. Pages of any origin may ask: what opens the
// vault is the token in the request, which no browser adds by itself.
func (srv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", exposed)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Referrer-Policy", "no-referrer")
	defer srv.catch(w, r)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, DPoP, Content-Type, Accept, If-Match, If-None-Match, Range, Last-Event-ID")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if _, pattern := srv.mux.Handler(r); pattern == "" {
		srv.unrouted(w, r)
		return
	}
	srv.mux.ServeHTTP(w, r)
}

// catch turns a panic of a handler into a problem.
func (srv *Server) catch(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	srv.cfg.Log.Error("request panicked", "method", r.Method, "panic", p)
	writeProblem(w, problem{Type: problemBase + "internal", Title: "internal error", Status: http.StatusInternalServerError})
}

// unrouted answers for addresses and methods there are none of.
func (srv *Server) unrouted(w http.ResponseWriter, r *http.Request) {
	probe := r.Clone(r.Context())
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe.Method = method
		if _, pattern := srv.mux.Handler(probe); pattern != "" {
			w.Header().Add("Allow", method)
		}
	}
	if w.Header().Get("Allow") != "" {
		writeProblem(w, problem{Type: problemBase + "method", Title: "method not allowed", Status: http.StatusMethodNotAllowed})
		return
	}
	writeProblem(w, problemOf(penates.NotExist))
}

// A call is one request.
type call struct {
	srv *Server
	w   http.ResponseWriter
	r   *http.Request
	s   *vault.Session // nil on public routes
}

func (c *call) ctx() context.Context { return c.r.Context() }

// handle wraps a route: who asks, how much they ask, and what to say when it
// fails.
func (srv *Server) handle(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{srv: srv, w: w, r: r}
		if !rt.public {
			var err error
			if c.s, err = srv.cfg.Sessions.Session(r); err != nil {
				srv.unauthorized(w, r, err)
				return
			}
			if wait, ok := srv.meter.take(string(c.s.Actor())); !ok {
				tooMany(w, wait)
				return
			}
		}
		if err := rt.do(c); err != nil {
			srv.fail(w, r, err)
		}
	}
}

// unauthorized answers a request whose token opens no session.
func (srv *Server) unauthorized(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, penates.Denied) {
		srv.fail(w, r, err)
		return
	}
	challenges := []string{"DPoP", "Bearer"}
	if c, ok := srv.cfg.Sessions.(Challenger); ok {
		challenges = c.Challenge(r, err)
	}
	for _, c := range challenges {
		w.Header().Add("WWW-Authenticate", c)
	}
	writeProblem(w, problem{Type: problemBase + "token", Title: "no valid token", Status: http.StatusUnauthorized,
		Detail: "send an access token that this vault's authorisation server gave for this address, and that is neither expired nor revoked"})
}

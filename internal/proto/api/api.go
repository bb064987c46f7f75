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
	"penates/internal/serve"
	"penates/internal/vault"
)

// Base is the path below which all addresses are.
const Base = "/api/v1"

// Sessions opens sessions for requests: it checks a request's token and answers
// with a session under the token's grant. Its error is a serve.Problem that says
// how to authenticate, or of kind Denied when there is no valid token, Locked when
// the vault is locked.
type Sessions interface {
	Session(r *http.Request) (*vault.Session, error)
}

// A Config says what the interface is for and what it may do. Its zero numbers
// have the defaults named.
type Config struct {
	Sessions Sessions
	Version  string // of the program, for the description
	// Receipt returns the signed receipt of a grant (package receipt); nil when the
	// interface gives none.
	Receipt func(ctx context.Context, id penates.GrantID) ([]byte, error)
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

// A server answers the requests of programs.
type server struct {
	cfg   Config
	mux   *http.ServeMux
	meter *meter
	about []byte // the OpenAPI description
}

// New returns the interface to the vaults behind cfg.Sessions, to be served on all
// addresses below Base.
func New(cfg Config) (*serve.Mux, error) {
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
	srv := &server{cfg: cfg, mux: http.NewServeMux(), meter: newMeter(cfg)}
	all := routes()
	var err error
	if srv.about, err = describe(all, cfg.Version); err != nil {
		return nil, err
	}
	for _, rt := range all {
		srv.mux.HandleFunc(rt.method+" "+Base+rt.path, srv.handle(rt))
	}
	srv.mux.HandleFunc(rest, func(w http.ResponseWriter, r *http.Request) { srv.fail(w, r, srv.unrouted(r)) })
	m := serve.NewMux(srv.fail)
	m.HandleCORS(Base+"/", maxBody, srv.answer)
	return m, nil
}

// exposed are the fields of answers that pages of other origins may read.
const exposed = "ETag, Location, Retry-After, WWW-Authenticate, DPoP-Nonce, Content-Range, Content-Disposition, Penates-Cut"

// answer answers what is below Base.
func (srv *server) answer(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Access-Control-Expose-Headers", exposed)
	srv.mux.ServeHTTP(w, r)
	return nil
}

// rest is the pattern of what no route has.
const rest = "/"

// unrouted answers for addresses and methods there are none of.
func (srv *server) unrouted(r *http.Request) error {
	probe, allowed := r.Clone(r.Context()), http.Header{}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe.Method = method
		if _, pattern := srv.mux.Handler(probe); pattern != rest {
			allowed.Add("Allow", method)
		}
	}
	if len(allowed) == 0 {
		return penates.NotExist
	}
	p := refuse(http.StatusMethodNotAllowed, "method", "method not allowed", "the field Allow names those there are")
	p.Header = allowed
	return p
}

// A call is one request.
type call struct {
	srv *server
	w   http.ResponseWriter
	r   *http.Request
	s   *vault.Session // nil on public routes
}

func (c *call) ctx() context.Context { return c.r.Context() }

// handle wraps a route: who asks, how much they ask, and what to say when it
// fails.
func (srv *server) handle(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{srv: srv, w: w, r: r}
		err := c.enter(rt)
		if err == nil {
			err = rt.do(c)
		}
		if err != nil {
			srv.fail(w, r, err)
		}
	}
}

// enter opens the session of who asks.
func (c *call) enter(rt route) (err error) {
	if rt.public {
		return nil
	}
	if c.s, err = c.srv.cfg.Sessions.Session(c.r); err != nil {
		return unauthorized(err)
	}
	if wait, ok := c.srv.meter.take(string(c.s.Actor())); !ok {
		return tooMany(wait, "wait as long as Retry-After says")
	}
	return nil
}

// unauthorized is the answer to a request whose token opens no session.
func unauthorized(err error) error {
	var own *serve.Problem
	if errors.As(err, &own) || !errors.Is(err, penates.Denied) {
		return err
	}
	p := refuse(http.StatusUnauthorized, "token", "no valid token",
		"send an access token that this vault's authorisation server gave for this address, and that is neither expired nor revoked")
	p.Header = http.Header{"Www-Authenticate": {"DPoP", "Bearer"}}
	return p
}

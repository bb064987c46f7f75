package s3_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"penates"
	"penates/internal/store"
	"penates/internal/store/s3"
	"penates/internal/store/storetest"
)

const secret = "a-secret-that-is-never-shown"

// serve starts a service with a bucket, behind whatever wrap makes of it.
func serve(tb testing.TB, wrap func(http.Handler) http.Handler) s3.Config {
	tb.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("vaults"); err != nil {
		tb.Fatal(err)
	}
	h := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	if wrap != nil {
		h = wrap(h)
	}
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	return config(tb, server.URL)
}

func config(tb testing.TB, address string) s3.Config {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return s3.Config{Endpoint: u, Bucket: "vaults", Access: "access", Secret: secret, Region: "us-east-1"}
}

func open(tb testing.TB, c s3.Config) *s3.Store {
	tb.Helper()
	s, err := s3.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func inProcess(tb testing.TB) storetest.Place {
	c := serve(tb, nil)
	c.Prefix = "a/b"
	return func(tb testing.TB) store.Store { return open(tb, c) }
}

func TestStore(t *testing.T) { storetest.Run(t, inProcess) }

var long = flag.Bool("long", false, "run the long versions of the tests")

func TestDuels(t *testing.T) {
	times := 20
	if *long {
		times = 10_000
	}
	storetest.Duels(t, inProcess, times)
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, inProcess) }

// A service that takes If-None-Match for nothing is refused, with the reason.
func TestServiceThatIgnoresTheCondition(t *testing.T) {
	c := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-None-Match")
			next.ServeHTTP(w, r)
		})
	})
	_, err := s3.Open(t.Context(), c)
	if !errors.Is(err, penates.Unsupported) || !strings.Contains(err.Error(), "If-None-Match") {
		t.Error(err)
	}
}

func TestOpenFails(t *testing.T) {
	c := serve(t, nil)
	c.Bucket = "nothing"
	if _, err := s3.Open(t.Context(), c); !errors.Is(err, penates.Invalid) || !strings.Contains(err.Error(), "no such bucket") {
		t.Error("no bucket:", err)
	}
	c.Bucket = "A"
	if _, err := s3.Open(t.Context(), c); err == nil {
		t.Error("a name that is no bucket's was accepted")
	}
	c = serve(t, nil)
	c.Prefix = "../up"
	if _, err := s3.Open(t.Context(), c); !errors.Is(err, penates.Invalid) {
		t.Error("prefix:", err)
	}
}

// answer returns a handler that gives one answer to every put of an object.
func answer(status int, code string, times *atomic.Int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut || strings.HasSuffix(r.URL.Path, "/.probe") {
				next.ServeHTTP(w, r)
				return
			}
			times.Add(1)
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
		})
	}
}

// A put is tried again only when the service says it had no effect.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		kind   error
		again  bool
	}{
		{http.StatusPreconditionFailed, "PreconditionFailed", penates.Exists, false},
		{http.StatusForbidden, "AccessDenied", penates.Denied, false},
		{http.StatusInternalServerError, "InternalError", nil, false},
		{http.StatusNotImplemented, "NotImplemented", penates.Unsupported, false},
		{http.StatusServiceUnavailable, "SlowDown", nil, true},
		{http.StatusConflict, "ConditionalRequestConflict", nil, true},
		{http.StatusTemporaryRedirect, "TemporaryRedirect", penates.Denied, false},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			var times atomic.Int64
			s := open(t, serve(t, answer(c.status, c.code, &times)))
			err := s.PutIfAbsent(t.Context(), "a", []byte("data"))
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || c.kind == nil && errors.Is(err, penates.Exists) {
				t.Error(err)
			}
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Error("the secret is in the error")
			}
			if n := times.Load(); (n > 1) != c.again {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A put whose answer was lost has an error, and is not taken for another's.
func TestLostAnswer(t *testing.T) {
	var once sync.Once
	s := open(t, serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/a") {
				next.ServeHTTP(w, r)
				return
			}
			cut := false
			once.Do(func() { cut = true })
			if cut {
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}))
	err := s.PutIfAbsent(t.Context(), "a", []byte("data"))
	if err == nil || errors.Is(err, penates.Exists) {
		t.Error(err)
	}
	if got, err := s.Get(t.Context(), "a"); err != nil || string(got) != "data" {
		t.Errorf("%q, %v", got, err)
	}
}

// A key that may only read opens the store for restoring.
func TestReadOnly(t *testing.T) {
	var may atomic.Bool
	may.Store(true)
	c := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && !may.Load() {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	if err := open(t, c).PutIfAbsent(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	may.Store(false)
	s := open(t, c)
	if got, err := s.Get(t.Context(), "a"); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.PutIfAbsent(t.Context(), "b", nil); !errors.Is(err, penates.Denied) {
		t.Error(err)
	}
}

// Cut bodies, other sizes and foreign keys are noticed.
func TestLyingService(t *testing.T) {
	c := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/cut"):
				w.Header().Set("Content-Length", "100")
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				fmt.Fprint(w, "short")
			case r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
				fmt.Fprint(w, `<ListBucketResult><Name>vaults</Name>`+
					`<Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>../x</Key><Size>1</Size></Contents>`+
					`<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`)
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
	s := open(t, c)
	if got, err := s.Get(t.Context(), "cut"); err == nil {
		t.Errorf("cut body: %q", got)
	}
	var last error
	for o, err := range s.List(t.Context(), "", "") {
		if last = err; err == nil && o.Name != "b" {
			t.Errorf("listed %q", o.Name)
		}
	}
	if !errors.Is(last, penates.Unsupported) {
		t.Errorf("unsorted list: %v", last)
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s3.Open(ctx, serve(t, nil)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

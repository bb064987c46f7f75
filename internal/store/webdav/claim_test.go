package webdav_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	server "golang.org/x/net/webdav"

	"penates"
	"penates/internal/store/storetest"
	"penates/internal/store/webdav"
)

// shared starts servers of the same files, with what each makes of requests.
func shared(tb testing.TB, wraps ...func(http.Handler) http.Handler) (addresses []*url.URL) {
	one := &server.Handler{FileSystem: server.Dir(tb.TempDir()), LockSystem: server.NewMemLS()}
	for _, wrap := range wraps {
		addresses = append(addresses, serve(tb, func(http.Handler) http.Handler { return wrap(one) }))
	}
	return addresses
}

func asItIs(next http.Handler) http.Handler { return next }

func openAt(tb testing.TB, u *url.URL) *webdav.Store {
	tb.Helper()
	s, err := webdav.Open(tb.Context(), u, "", "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// A dying is a way to the server that is cut for good at some request, before it has
// an effect or after.
type dying struct {
	armed       atomic.Bool
	left        atomic.Int64
	after, gone atomic.Bool
}

func (d *dying) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.gone.Load() {
			panic(http.ErrAbortHandler)
		}
		if d.armed.Load() && d.left.Add(-1) < 0 {
			d.gone.Store(true)
			if d.after.Load() {
				next.ServeHTTP(&deaf{}, r)
			}
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// deaf takes an answer that nobody gets.
type deaf struct{ header http.Header }

func (d *deaf) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (d *deaf) Write(b []byte) (int, error) { return len(b), nil }
func (d *deaf) WriteHeader(int)             {}

// A writer that dies at any request leaves the name to others, or its object there.
func TestDeadWriter(t *testing.T) {
	t.Parallel()
	const requests = 9 // more than a put has
	for step := range requests {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%v", step, after), func(t *testing.T) {
				t.Parallel()
				testDeadWriter(t, step, after, step < requests-1)
			})
		}
	}
}

func testDeadWriter(t *testing.T, step int, after, dies bool) {
	d := &dying{}
	d.after.Store(after)
	at := shared(t, d.wrap, asItIs)
	first, second := openAt(t, at[0]), openAt(t, at[1])
	d.left.Store(int64(step))
	d.armed.Store(true)
	mine := first.PutIfAbsent(t.Context(), "log/1", []byte("first"))
	if d.gone.Load() != dies || !dies && mine != nil || errors.Is(mine, penates.Exists) {
		t.Errorf("died: %v, was told: %v", d.gone.Load(), mine)
	}
	want := "first"
	switch theirs := second.PutIfAbsent(t.Context(), "log/1", []byte("second")); {
	case theirs == nil && mine == nil:
		t.Error("both won")
	case theirs == nil:
		want = "second"
	case !errors.Is(theirs, penates.Exists):
		t.Error(theirs)
	}
	if got, err := second.Get(t.Context(), "log/1"); err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if names := storetest.Names(t, second, "", ""); !slices.Equal(names, []string{"log/1"}) {
		t.Errorf("there is %q", names)
	}
}

// A writer that was taken for dead does no harm when its request comes at last, also
// when the name was deleted since.
func TestLateWriter(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		held, release := make(chan struct{}), make(chan struct{})
		var once sync.Once
		hold := change(func(_ http.ResponseWriter, r *http.Request) bool {
			if to, err := url.Parse(r.Header.Get("Destination")); err == nil && to.Path == "/log/1" {
				once.Do(func() {
					close(held)
					<-release
				})
			}
			return true
		})
		at := shared(t, hold, asItIs)
		first, second := openAt(t, at[0]), openAt(t, at[1])
		answer := make(chan error)
		go func() { answer <- first.PutIfAbsent(t.Context(), "log/1", []byte("first")) }()
		<-held
		if err := second.PutIfAbsent(t.Context(), "log/1", []byte("second")); err != nil {
			t.Fatal(err)
		}
		want, kind := "second", error(penates.Exists)
		if deleted {
			if err := second.Delete(t.Context(), "log/1"); err != nil {
				t.Fatal(err)
			}
			want, kind = "first", nil // it begins again, and is first now
		}
		close(release)
		if err := <-answer; !errors.Is(err, kind) {
			t.Errorf("deleted %v: the late writer is told: %v", deleted, err)
		}
		if got, err := second.Get(t.Context(), "log/1"); err != nil || string(got) != want {
			t.Errorf("deleted %v: %q, %v", deleted, got, err)
		}
	}
}

// Answers that are lost after a request was done do not make two writers win, and a
// request that is repeated on its way is none of another.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(http.Handler) http.Handler{
		"lost": func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "MOVE" {
					next.ServeHTTP(&deaf{}, r)
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				next.ServeHTTP(w, r)
			})
		},
		"repeated": func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "MOVE" {
					next.ServeHTTP(&deaf{}, r.Clone(r.Context()))
				}
				next.ServeHTTP(w, r)
			})
		},
	} {
		at := shared(t, lose, asItIs)
		losing, sound := openAt(t, at[0]), openAt(t, at[1])
		if !losing.Fenced() {
			t.Errorf("%s: the store is not fenced", name)
		}
		for i := range 20 {
			object := fmt.Sprintf("log/%d", i)
			answers := make(chan error)
			go func() { answers <- losing.PutIfAbsent(t.Context(), object, []byte("same")) }()
			mine := sound.PutIfAbsent(t.Context(), object, []byte("same"))
			if theirs := <-answers; mine == nil && theirs == nil {
				t.Errorf("%s: both won", name)
			}
			if got, err := sound.Get(t.Context(), object); err != nil || string(got) != "same" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			if err := losing.PutIfAbsent(t.Context(), object, []byte("same")); !errors.Is(err, penates.Exists) {
				t.Errorf("%s: put again: %v", name, err)
			}
		}
	}
}

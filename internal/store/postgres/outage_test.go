//go:build unix

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penates"
	"penates/internal/store"
	"penates/internal/store/pgtest"
	"penates/internal/store/postgres"
	"penates/internal/store/storetest"
)

// soon bounds what is waited for.
const soon = 2 * time.Minute

// writers put objects until they are stopped, whatever the database does.
type writers struct {
	store  store.Store
	cancel context.CancelFunc
	all    sync.WaitGroup

	acknowledged, failed atomic.Int64
	mu                   sync.Mutex
	kept                 map[string][]byte
	wrong                error
}

func startWriters(t *testing.T, s store.Store, n int) *writers {
	ctx, cancel := context.WithCancel(t.Context())
	w := &writers{store: s, cancel: cancel, kept: map[string][]byte{}}
	for i := range n {
		w.all.Go(func() {
			for j := 0; ctx.Err() == nil; j++ {
				w.put(ctx, fmt.Sprintf("w%d/%06d", i, j), storetest.Bytes(uint64(1000*i+j), 500))
			}
		})
	}
	t.Cleanup(cancel)
	return w
}

// put puts an object until the store says that it is there.
func (w *writers) put(ctx context.Context, name string, data []byte) {
	for try := 0; ctx.Err() == nil; try++ {
		err := w.store.PutIfAbsent(ctx, name, data)
		if errors.Is(err, penates.Exists) && try > 0 {
			err = nil // an earlier try
		}
		if err == nil {
			w.mu.Lock()
			w.kept[name] = data
			w.mu.Unlock()
			w.acknowledged.Add(1)
			return
		}
		if errors.Is(err, penates.Exists) || errors.Is(err, penates.Invalid) || errors.Is(err, penates.NotExist) {
			w.mu.Lock()
			w.wrong = errors.Join(w.wrong, err)
			w.mu.Unlock()
		}
		w.failed.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// reach waits until a count is at least n.
func reach(t *testing.T, what string, count *atomic.Int64, n int64) {
	t.Helper()
	for deadline := time.Now().Add(soon); count.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d; want %d", what, count.Load(), n)
		}
	}
}

// through lets something happen to the database while objects are put, and waits
// until puts have failed and go on.
func (w *writers) through(t *testing.T, outage func(wait func())) {
	t.Helper()
	reach(t, "puts before", &w.acknowledged, w.acknowledged.Load()+20)
	failed := w.failed.Load()
	outage(func() { reach(t, "failures", &w.failed, failed+1) })
	reach(t, "puts after", &w.acknowledged, w.acknowledged.Load()+20)
}

// check ends the writers and compares what is there with what was acknowledged.
func (w *writers) check(t *testing.T) {
	t.Helper()
	w.cancel()
	w.all.Wait()
	if w.wrong != nil {
		t.Error(w.wrong)
	}
	listed := map[string]bool{}
	for _, name := range storetest.Names(t, w.store, "", "") {
		listed[name] = true
	}
	for name, data := range w.kept {
		if got, err := w.store.Get(t.Context(), name); !listed[name] || err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s is lost: %v", name, err)
		}
	}
	t.Logf("%d puts were acknowledged, and are there; %d failed first", len(w.kept), w.failed.Load())
}

// Commits that were acknowledged are there after the database was stopped and after
// it crashed, and the store goes on with it by itself. The setting that would let it
// forget some is not left on.
func testOutages(t *testing.T, server *pgtest.Server) {
	database := server.Database()
	server.Exec("postgres", "ALTER DATABASE "+database+" SET synchronous_commit = off")
	w := startWriters(t, open(t, server.URL(database, false)), 4)
	for _, end := range []func(){server.Stop, server.Kill} {
		w.through(t, func(wait func()) {
			end()
			wait()
			server.Restart()
		})
	}
	w.check(t)
}

// A second server takes over from the first, which waited for it with each commit:
// puts that were acknowledged are there, and the store goes on by itself.
func testFailover(t *testing.T, first *pgtest.Server) {
	first.Restart()
	database := first.Database()
	second := first.Standby()
	s, err := postgres.Open(t.Context(), pgtest.Address(database, first, second), pgtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := startWriters(t, s, 4)
	w.through(t, func(wait func()) {
		first.Kill()
		wait()
		second.Promote()
	})
	w.check(t)
}

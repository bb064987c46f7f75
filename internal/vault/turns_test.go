package vault

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/seal"
)

// TestWritersShareACommit holds the writer until several wait for it: one commit
// writes what all of them do, and the one that fails undoes nothing of the others.
func TestWritersShareACommit(t *testing.T) {
	v, _, err := Create(t.Context(), t.TempDir(), []byte("a passphrase for tests"), CreateOptions{Name: "Germaine", Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	w, before := v.open.w, v.open.w.ledger.Point().Commit
	const writers = 20
	w.mu.Lock()
	var all sync.WaitGroup
	errs := make([]error, writers)
	wrong := errors.New("wrong")
	for i := range writers {
		all.Go(func() {
			errs[i] = w.Do(t.Context(), func(c *conn) error {
				if err := setSetting(c, fmt.Sprint("test-", i), "x"); err != nil {
					return err
				}
				if i == 7 {
					return wrong
				}
				return nil
			})
		})
	}
	queued := func() int {
		w.queued.Lock()
		defer w.queued.Unlock()
		return len(w.queue)
	}
	for end := time.Now().Add(2 * time.Minute); queued() < writers; {
		if time.Now().After(end) {
			t.Fatalf("%d wait for the writer, want %d", queued(), writers)
		}
		time.Sleep(time.Millisecond)
	}
	w.mu.Unlock()
	all.Wait()
	for i, err := range errs {
		if i == 7 != errors.Is(err, wrong) || i != 7 && err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if n := w.ledger.Point().Commit - before; n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	there := 0
	err = v.open.read(t.Context(), v.open.self, func(c *conn) error {
		_, err := c.One("SELECT count(*) FROM settings WHERE name LIKE 'test-%'", func(r *sqlite3.Stmt) error { there = r.ColumnInt(0); return nil })
		return err
	})
	if err != nil || there != writers-1 {
		t.Errorf("%d settings are there, want %d (%v)", there, writers-1, err)
	}
}

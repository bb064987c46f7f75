package ship_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"penates/internal/seal"
	"penates/internal/ship"
	"penates/internal/store/storetest"
)

// TestRestoreFailsAtEachCall lets each call of the store fail in turn while a vault is
// restored, and the store be gone from there on: the restore says so and leaves no
// vault, and the next one into the same folder brings all of it back.
func TestRestoreFailsAtEachCall(t *testing.T) {
	p, st := newPerson(t), storetest.NewMemory()
	p.fill(1, 20)
	s := p.ship(st, nil)
	s.flush(t)
	p.blob(4000)
	last := p.fill(2, 20)
	s.flush(t)
	says, n := p.says(), 0
	dir := filepath.Join(t.TempDir(), "restored")
	for ; ; n++ {
		faulty := storetest.NewFaulty(st, storetest.FailFrom(n))
		r, err := restoreInto(t.Context(), p, faulty, dir, nil)
		if err == nil {
			if r.Point.Commit != last.Commit {
				t.Errorf("commit %d, want %d", r.Point.Commit, last.Commit)
			}
			break
		}
		if !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("call %d: %v", n, err)
		}
		if _, _, err := seal.Load(dir); err == nil {
			t.Fatalf("call %d: a vault is there that was not restored", n)
		}
	}
	if got := p.at(dir).says(); got != says || n < 8 {
		t.Errorf("after failures of %d calls it says %.40s, want %.40s", n, got, says)
	}
}

func restoreInto(ctx context.Context, p *person, st *storetest.Faulty, dir string, progress func(done, total int64)) (*ship.Restored, error) {
	a, err := ship.OpenArchive(ctx, st, p.header.Vault())
	if err != nil {
		return nil, err
	}
	return a.Restore(ctx, ship.RestoreOptions{Dir: dir, Master: p.master, Progress: progress})
}

// TestRestoreLosesItsDisk takes the folder away while a vault is restored into it, at
// each step: the restore fails, and once the folder is back another one completes.
func TestRestoreLosesItsDisk(t *testing.T) {
	p, memory := newPerson(t), storetest.NewMemory()
	p.fill(1, 20)
	s := p.ship(memory, nil)
	s.flush(t)
	for range 6 {
		p.blob(4000)
	}
	last := p.fill(2, 20)
	s.flush(t)
	st := storetest.NewFaulty(memory, func(storetest.Call) storetest.Fault { return storetest.Fault{} })
	for step := 0; ; step++ {
		dir := filepath.Join(t.TempDir(), "restored")
		steps := 0
		_, err := restoreInto(t.Context(), p, st, dir, func(int64, int64) {
			if steps == step {
				if err := errors.Join(os.Rename(dir, dir+".away"), os.WriteFile(dir, nil, 0o600)); err != nil {
					t.Error(err)
				}
			}
			steps++
		})
		if step >= steps {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if err == nil {
			t.Fatalf("step %d: restored into a folder that was taken away", step)
		}
		if err := errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := seal.Load(dir); err == nil {
			t.Fatalf("step %d: a vault is there that was not restored", step)
		}
		if r, err := restoreInto(t.Context(), p, st, dir, nil); err != nil || r.Point.Commit != last.Commit || r.Blobs != 6 {
			t.Fatalf("step %d, again: %+v, %v", step, r, err)
		}
		if got := p.at(dir).says(); got != p.says() {
			t.Errorf("step %d: it says %.40s", step, got)
		}
	}
}

// TestNotesCannotBeKept keeps the shipper from writing its notes anew, as a full or
// read-only disk does: what is in the store is acknowledged all the same, the trouble
// is said when they must be written, a day later with the next snapshot, and ends when
// the disk is mended.
func TestNotesCannotBeKept(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(1, 10)
	var later atomic.Int64
	s := p.ship(st, func(c *ship.Config) {
		c.Durable = true
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	s.flush(t)
	obstacle := filepath.Join(p.dir, ship.Folder, "test.json.new")
	if err := os.MkdirAll(filepath.Join(obstacle, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		point := p.fill(1, 10)
		if err := p.feed.Stored(t.Context(), point); err != nil {
			t.Fatal(err)
		}
		p.back(st, time.Time{}, point, p.says())
	}
	later.Store(int64(25 * time.Hour))
	if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "test.json") {
		t.Errorf("the trouble is said as %v", err)
	}
	if err := os.RemoveAll(obstacle); err != nil {
		t.Fatal(err)
	}
	last := p.fill(1, 10)
	if err := p.feed.Stored(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	s.flush(t)
	p.back(st, time.Time{}, last, p.says())
	if err := s.Status().Error; err != "" {
		t.Errorf("still: %s", err)
	}
}

// TestStoreIsGone lets the store be gone while commits wait for it: none is
// acknowledged, whoever waits is told after their time, and all are when it is back.
func TestStoreIsGone(t *testing.T) {
	p, st := newPerson(t), newMemory()
	s := p.ship(st, func(c *ship.Config) { c.Durable = true })
	s.flush(t)
	stored := p.fill(1, 10)
	if err := p.feed.Stored(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left in the store")
	st.mu.Lock()
	st.fail = func(verb, _ string, _ bool) error {
		if verb == "put" {
			return full
		}
		return nil
	}
	st.mu.Unlock()
	lost := p.fill(2, 10)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := p.feed.Stored(ctx, lost); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stored here, not yet in the backup") {
		t.Errorf("a commit that is not in the store: %v", err)
	}
	if err := s.Flush(t.Context()); !errors.Is(err, full) {
		t.Errorf("the trouble is said as %v", err)
	}
	r, _, err := p.restore(st, time.Time{})
	if err != nil || r.Point.Commit < stored.Commit {
		t.Errorf("meanwhile %+v can be restored, %v", r, err)
	}
	st.mu.Lock()
	st.fail = nil
	st.mu.Unlock()
	if err := p.feed.Stored(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	s.flush(t)
	p.back(st, time.Time{}, lost, p.says())
}

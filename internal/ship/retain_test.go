package ship_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/storetest"
)

// keepLittle makes much superseded soon.
var keepLittle = ship.Retention{All: 30 * time.Hour, Hours: 1, Days: 3, Weeks: 2, Months: 2, Grace: time.Hour}

// A past remembers what a vault said at which commit.
type past map[int64]string

// calendar gives the person a clock that only the test moves.
func calendar(p *person) (pass func(time.Duration)) {
	var now atomic.Int64
	now.Store(time.Now().UnixMilli())
	p.now = func() time.Time { return time.UnixMilli(now.Load()) }
	return func(d time.Duration) { now.Add(d.Milliseconds()) }
}

// keeping ships p with little retention and the person's own clock.
func (p *person) keeping(st store.Store) *running {
	p.t.Helper()
	return p.ship(st, func(c *ship.Config) { c.Keep, c.Now = keepLittle, p.now })
}

// all restores every state that the store says it has, and compares it with what the
// vault said then. It returns from when on each commit can be had.
func (p *person) all(st store.Store, said past) (points int, since time.Time) {
	p.t.Helper()
	a, err := ship.OpenArchive(p.t.Context(), st, p.header.Vault())
	if err != nil {
		p.t.Fatal(err)
	}
	kept, since := a.Points()
	for _, k := range kept {
		p.back(st, k.At, k, said[k.Commit])
	}
	return len(kept), since
}

// TestRetention lets weeks pass: what is to be kept can be restored, as it was; what
// is superseded is deleted, and no more than that.
func TestRetention(t *testing.T) {
	p, st := newPerson(t), newMemory()
	pass, said, times := calendar(p), past{p.point.Commit: p.says()}, map[time.Time]ship.Point{}
	s := p.keeping(st)
	s.flush(t)
	most := 0
	for range 40 {
		pass(13 * time.Hour)
		p.blob(500)
		last := p.fill(1, 40)
		said[last.Commit], times[last.At] = p.says(), last
		s.flush(t)
		most = max(most, len(st.names("/")))
	}
	points, since := p.all(st, said)
	if points < 4 || points > 12 {
		t.Errorf("%d states are kept of three weeks", points)
	}
	if age := p.now().Sub(since); age < keepLittle.All || age > keepLittle.All+3*24*time.Hour {
		t.Errorf("every state of the last %s is kept, %s were asked for", age, keepLittle.All)
	}
	recent := 0
	for at, point := range times {
		if !at.Before(since) {
			p.back(st, at, point, said[point.Commit])
			recent++
		}
	}
	if recent < 3 {
		t.Errorf("%d recent states", recent)
	}
	// An hour later nothing is left that nothing needs.
	pass(25 * time.Hour)
	p.fill(2, 1)
	s.flush(t)
	pass(25 * time.Hour)
	last := p.fill(2, 1)
	said[last.Commit] = p.says()
	s.flush(t)
	p.back(st, time.Time{}, last, p.says())
	if n := len(st.names("/log/")); n > 30 {
		t.Errorf("%d entries are left of more than 80", n)
	}
	t.Logf("%d states are kept, %d of the last %s; %d objects at most", points, recent, p.now().Sub(since), most)
}

// TestKilledWhileCollecting ends a shipper at every call of its store, before or after
// the call's effect, while it stores a snapshot and deletes what that supersedes.
// Whatever was acknowledged is there, every state that is listed can be restored, and
// the next shipper goes on.
func TestKilledWhileCollecting(t *testing.T) {
	p, st := newPerson(t), storetest.NewMemory()
	pass, said := calendar(p), past{p.point.Commit: p.says()}
	s := p.keeping(st)
	for range 5 {
		pass(26 * time.Hour)
		p.blob(300)
		last := p.fill(1, 10)
		said[last.Commit] = p.says()
		s.flush(t)
	}
	stopped, step := 0, 5
	if *long {
		step = 1
	}
	for n := 0; ; n += step {
		if err := s.stop(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		pass(26 * time.Hour)
		p.blob(300)
		last := p.fill(1, 10)
		said[last.Commit] = p.says()
		dead, acknowledged := p.dieAt(st, n)
		if acknowledged {
			p.back(st, time.Time{}, last, said[last.Commit])
		}
		s = p.keeping(st)
		s.flush(t)
		p.back(st, time.Time{}, last, said[last.Commit])
		if !dead || *long {
			p.all(st, said)
		}
		if !dead {
			break
		}
		stopped++
	}
	if stopped < 20/step {
		t.Errorf("the store was called only %d times", stopped)
	}
	t.Logf("ended at %d calls of the store", stopped)
}

// dieAt ships to a store that is gone from its nth call on. It reports whether there
// were so many calls, and whether what was committed was acknowledged as stored.
func (p *person) dieAt(st store.Store, n int) (dead, acknowledged bool) {
	p.t.Helper()
	gone := make(chan struct{})
	after := n%2 == 1
	faulty := storetest.NewFaulty(st, func(c storetest.Call) storetest.Fault {
		switch {
		case c.N < n:
			return storetest.Fault{}
		case c.N == n:
			close(gone)
			if after {
				return storetest.Fault{After: storetest.ErrInjected}
			}
		}
		return storetest.Fault{Before: storetest.ErrInjected}
	})
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		s, err := ship.Start(ctx, ship.Config{Source: p.source(), Store: faulty, Name: "test", Keep: keepLittle, Now: p.now, Durable: true, Log: quiet})
		if err == nil {
			running.Go(func() { _ = s.Run(ctx) }) // it ends with ctx
			err = s.Flush(ctx)
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		select {
		case <-gone: // it was done, and only tidying failed
			return true, err == nil
		default:
		}
		if err != nil {
			p.t.Fatal(err)
		}
		return false, true
	case <-gone:
		cancel()
		return true, <-ended == nil
	}
}

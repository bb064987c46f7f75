package ship_test

import (
	"testing"
	"time"

	"penates/internal/ship"
)

// TestCalm waits for what is on its way to a store that commits wait for, as long as
// it is let, and for no other.
func TestCalm(t *testing.T) {
	for _, durable := range []bool{true, false} {
		p, st := newPerson(t), newMemory()
		s := p.ship(st, func(c *ship.Config) { c.Durable = durable })
		s.flush(t)
		p.feed.Calm(time.Hour) // nothing is on its way
		held := make(chan struct{})
		st.mu.Lock()
		st.fail = func(verb, _ string, after bool) error {
			if verb == "put" && !after {
				<-held
			}
			return nil
		}
		st.mu.Unlock()
		last := p.fill(1, 5)
		p.feed.Calm(time.Millisecond)
		calm := make(chan ship.Point, 1)
		go func() {
			p.feed.Calm(time.Hour)
			calm <- s.Status().Point
		}()
		if durable {
			close(held)
		}
		if got := <-calm; durable && got.Commit != last.Commit {
			t.Errorf("calm at commit %d, the last is %d", got.Commit, last.Commit)
		}
		if !durable {
			close(held)
		}
		s.flush(t)
	}
}

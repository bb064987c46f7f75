package ship_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"penates/internal/ship"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// TestStaleWriterLoses forces races between a writer and the one that takes the
// vault over from it, at the entry where the claim and the stale writer's next
// entry meet. Whoever comes first, the stale writer must be refused at the latest
// with its next commit, and no commit acknowledged to it afterwards.
func TestStaleWriterLoses(t *testing.T) {
	races := 30
	if *long {
		races = 10_000
	}
	before, after := 0, 0
	writer, st := newPerson(t), newMemory()
	s := writer.ship(st, func(c *ship.Config) { c.Durable = true })
	s.flush(t)
	for i := range races {
		_, dir, err := writer.restore(st, time.Time{})
		if err != nil {
			t.Fatal(i, err)
		}
		next := writer.at(dir)
		delay := time.Duration(rand.IntN(400)) * time.Microsecond
		var taken *running
		var first error
		var group sync.WaitGroup
		group.Go(func() { first = writer.feed.Stored(t.Context(), writer.commit("SELECT 1")) })
		group.Go(func() {
			time.Sleep(delay)
			taken, err = next.tryShip(st, func(c *ship.Config) { c.Durable = true })
		})
		group.Wait()
		switch {
		case first == nil && err == nil:
			t.Fatalf("race %d: a commit was acknowledged to the stale writer, and a copy without it took over", i)
		case first == nil: // the commit came first: the copy is older and may not take over
			if !errors.Is(err, ship.Older) && !errors.Is(err, ship.Forked) {
				t.Fatalf("race %d: %v", i, err)
			}
			before++
			next.close()
			continue
		case err != nil:
			t.Fatalf("race %d: both lost: %v; %v", i, first, err)
		}
		after++
		if !errors.Is(first, ship.Fenced) {
			t.Fatalf("race %d: the stale writer: %v", i, first)
		}
		if err := writer.feed.Stored(t.Context(), writer.commit("SELECT 1")); !errors.Is(err, ship.Fenced) {
			t.Fatalf("race %d: the stale writer, later: %v", i, err)
		}
		if err := s.stop(); !errors.Is(err, ship.Fenced) {
			t.Fatal(i, err)
		}
		writer.close()
		if err := next.feed.Stored(t.Context(), next.commit("SELECT 1")); err != nil {
			t.Fatal(i, err)
		}
		writer, s = next, taken
	}
	if before == 0 || after == 0 {
		t.Errorf("of %d races the stale writer's commit came first in %d and the claim in %d", races, before, after)
	}
	t.Logf("%d races: the commit came first in %d, the claim in %d; the stale writer lost all of the latter", races, before, after)
}

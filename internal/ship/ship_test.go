package ship_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"penates/internal/ship"
)

// TestThereAndBack ships a vault through several generations of its log, with
// blobs, and restores it to many points.
func TestThereAndBack(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(3, 200)
	s := p.ship(st, nil)
	s.flush(t)
	type moment struct {
		point ship.Point
		says  string
	}
	var moments []moment
	for i := range 12 {
		p.blob(1000 * (i + 1))
		last := p.fill(3, 400)
		s.flush(t)
		moments = append(moments, moment{last, p.says()})
		time.Sleep(2 * time.Millisecond) // moments differ in time
	}
	names, err := filepath.Glob(filepath.Join(p.dir, "blobs", "*", "*"))
	if err != nil || len(names) != 12 {
		t.Fatal(names, err)
	}
	dir := p.back(st, time.Time{}, moments[11].point, moments[11].says)
	for _, name := range names {
		rel, _ := filepath.Rel(p.dir, name)
		want := must[[]byte](t)(os.ReadFile(name))
		if got := must[[]byte](t)(os.ReadFile(filepath.Join(dir, rel))); string(got) != string(want) {
			t.Errorf("%s differs", rel)
		}
	}
	for _, i := range []int{0, 3, 7, 10} {
		p.back(st, moments[i].point.At, moments[i].point, moments[i].says)
	}
	t.Logf("%d entries, %d pieces", len(st.names("/log/")), len(st.names("/obj/")))
}

// TestGoesOn kills a shipper in all but name: another one begins where its notes
// end, without a new snapshot, whether they are of the last entry or older, and
// with one when there are none.
func TestGoesOn(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(2, 50)
	s := p.ship(st, nil)
	s.flush(t)
	notes := filepath.Join(p.dir, ship.Folder, "test.json")
	early := must[[]byte](t)(os.ReadFile(notes))
	p.fill(2, 50)
	s.flush(t)
	for _, before := range []func(){
		func() {},
		func() {
			if err := os.WriteFile(notes, early, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		func() {
			if err := os.Remove(notes); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if err := s.stop(); err == nil {
			t.Fatal("it ended by itself")
		}
		before()
		p.fill(1, 50)
		pieces := len(st.names("/obj/"))
		s = p.ship(st, nil)
		last := p.fill(1, 50)
		s.flush(t)
		p.back(st, time.Time{}, last, p.says())
		t.Logf("%d more pieces", len(st.names("/obj/"))-pieces)
	}
}

// TestCloseAndOpen goes on with the log that a closed vault left.
func TestCloseAndOpen(t *testing.T) {
	p, st := newPerson(t), newMemory()
	s := p.ship(st, nil)
	s.flush(t)
	before := len(st.names("/obj/"))
	p.fill(1, 10)
	if err := s.stop(); err == nil {
		t.Fatal("it ended by itself")
	}
	p.fill(1, 10)
	p.close()
	q := p.at(p.dir)
	s = q.ship(st, nil)
	last := q.fill(1, 10)
	s.flush(t)
	if n := len(st.names("/obj/")); n != before {
		t.Errorf("%d pieces, there were %d: it made a snapshot", n, before)
	}
	q.back(st, time.Time{}, last, q.says())
}

// TestFenced takes a vault over: the former writer is refused, and what it wrote
// since is nowhere in the store.
func TestFenced(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(1, 10)
	first := p.ship(st, func(c *ship.Config) { c.Durable = true })
	first.flush(t)
	_, dir, err := p.restore(st, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	q := p.at(dir)
	second := q.ship(st, func(c *ship.Config) { c.Durable = true })
	second.flush(t)
	stale := p.fill(2, 10)
	if err := p.feed.Stored(t.Context(), stale); !errors.Is(err, ship.Fenced) {
		t.Fatalf("the stale writer: %v", err)
	}
	if err := p.feed.Refusal(); !errors.Is(err, ship.Fenced) {
		t.Fatalf("the stale vault may be written: %v", err)
	}
	last := q.fill(1, 10)
	if err := q.feed.Stored(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	q.back(st, time.Time{}, last, q.says())
	// The stale vault cannot take it back: it went another way.
	if err := first.stop(); !errors.Is(err, ship.Fenced) {
		t.Fatal(err)
	}
	if _, err := p.tryShip(st, nil); !errors.Is(err, ship.Forked) {
		t.Fatalf("the stale writer again: %v", err)
	}
}

// TestOlder puts an older state of the vault back and ships it.
func TestOlder(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(1, 10)
	s := p.ship(st, nil)
	s.flush(t)
	_, dir, err := p.restore(st, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	p.fill(3, 10)
	s.flush(t)
	old := p.at(dir)
	if _, err := old.tryShip(st, nil); !errors.Is(err, ship.Older) {
		t.Errorf("an older state is shipped: %v", err)
	}
	old.fill(5, 10)
	if _, err := old.tryShip(st, nil); !errors.Is(err, ship.Forked) {
		t.Errorf("another history is shipped: %v", err)
	}
	// The one that is used was not disturbed.
	last := p.fill(1, 10)
	s.flush(t)
	p.back(st, time.Time{}, last, p.says())
}

// TestUnreliableStore lets every call of the store fail now and then, before or
// after its effect.
func TestUnreliableStore(t *testing.T) {
	p, st := newPerson(t), newMemory()
	n := 0
	st.fail = func(verb, name string, after bool) error {
		if n++; n%5 == 0 || n%7 == 0 {
			return fmt.Errorf("%s %s: the network is down", verb, name)
		}
		return nil
	}
	s := p.ship(st, nil)
	var last ship.Point
	for range 10 {
		p.blob(3000)
		last = p.fill(2, 30)
		for s.Flush(t.Context()) != nil {
		}
	}
	st.fail = nil
	s.flush(t)
	p.back(st, time.Time{}, last, p.says())
}

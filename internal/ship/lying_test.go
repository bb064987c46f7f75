package ship_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"penates"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/storetest"
)

// lies makes a store that loses or changes about one in a hundred of what it says it
// has kept, loses answers, repeats requests and is slow, until honest says otherwise.
func lies(seed uint64, honest *bool) func(storetest.Call) storetest.Fault {
	r := rand.New(rand.NewPCG(seed, 7))
	rough := storetest.Unreliable(seed, 0.1)
	return func(c storetest.Call) storetest.Fault {
		switch n := r.IntN(100); {
		case *honest:
			return storetest.Fault{}
		case c.Verb == storetest.Put && n == 0:
			return storetest.Fault{Lost: true}
		case c.Verb == storetest.Put && n == 1:
			return storetest.Fault{Mangle: storetest.Flip(r.Uint64())}
		case c.Verb == storetest.List && n < 10:
			return storetest.Fault{Hide: func(store.Object) bool { return r.IntN(10) == 0 }}
		}
		return rough(c)
	}
}

// TestLyingStore ships a vault to stores that forget and change what they said they
// keep. Whatever such a store gives back is a state that was, or an alarm.
func TestLyingStore(t *testing.T) {
	seeds := uint64(6)
	if *long {
		seeds = 400
	}
	outcomes := map[string]int{}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { lyingStore(t, seed, outcomes) })
	}
	t.Logf("%d stores: %v", seeds, outcomes)
}

func lyingStore(t *testing.T, seed uint64, outcomes map[string]int) {
	honest := false
	memory := storetest.NewMemory()
	st := storetest.NewFaulty(memory, lies(seed, &honest))
	p := newPerson(t)
	said := map[int64]string{}
	var s *running
	for i := range 30 {
		if s == nil { // the first time, and when it stopped with an alarm
			var err error
			if s, err = p.tryShip(st, nil); err != nil {
				s = nil
			}
		}
		if i%5 == 0 {
			p.blob(2000)
		}
		said[p.fill(1, 20).Commit] = p.says()
		if s != nil && alarmed(s.Flush(t.Context())) {
			s = nil
		}
	}
	honest = true
	r, dir, err := p.restore(st, time.Time{})
	switch {
	case err == nil:
		q := p.at(dir)
		if got, ok := said[r.Point.Commit]; !ok || got != q.says() {
			t.Errorf("commit %d came back as a state that never was", r.Point.Commit)
		}
		q.close()
		outcomes["a state that was"]++
	case errors.Is(err, penates.Damaged):
		outcomes["an alarm"]++
	default:
		t.Error(err)
	}
}

func alarmed(err error) bool {
	var alarm ship.Alarm
	return errors.As(err, &alarm)
}

// TestForgottenEntry lets a store forget an entry. Until then nothing newer than the
// snapshot can be restored; the next time shipping begins it is made good.
func TestForgottenEntry(t *testing.T) {
	p, st := newPerson(t), newMemory()
	s := p.ship(st, nil)
	s.flush(t)
	for range 4 {
		p.fill(1, 10)
		s.flush(t)
	}
	entries := st.names("/log/")
	if err := st.Delete(t.Context(), entries[len(entries)-2]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.restore(st, time.Time{}); !errors.Is(err, ship.Gap) {
		t.Fatalf("with an entry forgotten: %v", err)
	}
	_ = s.stop()
	s = p.ship(st, nil)
	last := p.fill(1, 10)
	s.flush(t)
	p.back(st, time.Time{}, last, p.says())
}

package storetest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"penates"
	"penates/internal/store"
	"penates/internal/store/storetest"
)

func memory(testing.TB) storetest.Place {
	m := storetest.NewMemory()
	return func(testing.TB) store.Store { return m }
}

func TestMemory(t *testing.T) { storetest.Run(t, memory) }

// A wrapper without faults is like what it wraps.
func TestNoFaults(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Place {
		inner := memory(tb)
		return func(tb testing.TB) store.Store {
			return storetest.NewFaulty(inner(tb), func(storetest.Call) storetest.Fault { return storetest.Fault{} })
		}
	})
}

// one returns a store over m whose next call has that fault.
func one(m *storetest.Memory, fault storetest.Fault) *storetest.Faulty {
	return storetest.NewFaulty(m, func(c storetest.Call) storetest.Fault {
		if c.N > 0 {
			return storetest.Fault{}
		}
		return fault
	})
}

func TestPutFaults(t *testing.T) {
	injected := storetest.ErrInjected
	for name, c := range map[string]struct {
		fault storetest.Fault
		err   error
		there string // "" for nothing
	}{
		"before": {storetest.Fault{Before: injected}, injected, ""},
		"after":  {storetest.Fault{After: injected}, injected, "data"},
		"again":  {storetest.Fault{Again: true}, penates.Exists, "data"},
		"lost":   {storetest.Fault{Lost: true}, nil, ""},
		"cut":    {storetest.Fault{Mangle: storetest.Truncate}, nil, "da"},
	} {
		m := storetest.NewMemory()
		s := one(m, c.fault)
		if err := s.PutIfAbsent(t.Context(), "a", []byte("data")); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := m.Get(t.Context(), "a"); string(got) != c.there || (err != nil) != (c.there == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestReadFaults(t *testing.T) {
	m := storetest.NewMemory()
	m.Replace("a", []byte("data"))
	m.Replace("b", []byte("data"))
	if got, err := one(m, storetest.Fault{Mangle: storetest.Flip(3)}).Get(t.Context(), "a"); err != nil || string(got) == "data" || len(got) != 4 {
		t.Errorf("flipped: %q, %v", got, err)
	}
	if got, err := one(m, storetest.Fault{After: storetest.ErrInjected}).Get(t.Context(), "a"); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("failed: %q, %v", got, err)
	}
	hide := storetest.Fault{Hide: func(o store.Object) bool { return o.Name == "a" }}
	if names := storetest.Names(t, one(m, hide), "", ""); len(names) != 1 || names[0] != "b" {
		t.Errorf("hidden: %q", names)
	}
	count, last := 0, error(nil)
	for _, err := range one(m, storetest.Fault{After: storetest.ErrInjected}).List(t.Context(), "", "") {
		count, last = count+1, err
	}
	if count != 2 || !errors.Is(last, storetest.ErrInjected) {
		t.Errorf("broken list: %d, %v", count, last)
	}
	if err := one(m, storetest.Fault{Lost: true}).Delete(t.Context(), "a"); err != nil || len(storetest.Names(t, m, "", "")) != 2 {
		t.Errorf("lost delete: %v", err)
	}
}

func TestDelayEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	s := one(storetest.NewMemory(), storetest.Fault{Delay: time.Hour})
	if err := s.PutIfAbsent(ctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestPlans(t *testing.T) {
	gone := storetest.NewFaulty(storetest.NewMemory(), storetest.FailFrom(1))
	first, second := gone.Delete(t.Context(), "a"), gone.Delete(t.Context(), "a")
	if first != nil || !errors.Is(second, storetest.ErrInjected) || gone.Calls() != 2 {
		t.Error(first, second)
	}
	once := storetest.NewFaulty(storetest.NewMemory(), storetest.FailOnce(0, true))
	first, second = once.PutIfAbsent(t.Context(), "a", nil), once.PutIfAbsent(t.Context(), "a", nil)
	if !errors.Is(first, storetest.ErrInjected) || !errors.Is(second, penates.Exists) {
		t.Error(first, second)
	}
	a, b := storetest.Unreliable(1, 0.5), storetest.Unreliable(1, 0.5)
	faults := 0
	for i := range 1000 {
		x, y := a(storetest.Call{N: i}), b(storetest.Call{N: i})
		if x.Before != y.Before || x.After != y.After || x.Again != y.Again || x.Delay != y.Delay {
			t.Fatal("the same seed gives other faults")
		}
		if x.Before != nil || x.After != nil || x.Again || x.Delay > 0 {
			faults++
		}
	}
	if faults < 300 || faults > 600 {
		t.Errorf("%d faults of 1000", faults)
	}
}

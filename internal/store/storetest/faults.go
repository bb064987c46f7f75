package storetest

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"penates/internal/store"
)

// A Verb is one of the four things a store does.
type Verb string

// The verbs of a store.
const (
	Put    Verb = "put"
	Get    Verb = "get"
	List   Verb = "list"
	Delete Verb = "delete"
)

// A Call is a call of a store, before it is made.
type Call struct {
	N    int // counts the calls of the store from 0
	Verb Verb
	Name string // of the object, or the prefix
}

// A Fault is what goes wrong with a call. The zero Fault is nothing.
type Fault struct {
	// Before fails the call without an effect; After has the effect and says it
	// failed, as a connection lost before the answer does.
	Before, After error
	// Delay lets the call wait first, or until its context ends.
	Delay time.Duration
	// Again makes the call twice, as proxies that repeat requests do, and gives the
	// second answer: a put that won is told that the object exists.
	Again bool
	// Lost says that a put or a delete was done without doing it.
	Lost bool
	// Mangle changes what is put, got, or nothing of a list: it is given a copy.
	Mangle func([]byte) []byte
	// Hide leaves objects out of a list.
	Hide func(store.Object) bool
}

// ErrInjected is the error of faults that have none of their own.
var ErrInjected = errors.New("injected fault")

// A Faulty is a store with faults.
type Faulty struct {
	inner  store.Store
	decide func(Call) Fault

	mu    sync.Mutex
	calls int
}

var _ store.Store = (*Faulty)(nil)

// NewFaulty returns a store that asks decide, one call at a time, what goes
// wrong with each call of inner.
func NewFaulty(inner store.Store, decide func(Call) Fault) *Faulty {
	return &Faulty{inner: inner, decide: decide}
}

// Calls says how many calls there were.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Fenced says what the store behind says.
func (f *Faulty) Fenced() bool { return store.Fenced(f.inner) }

func (f *Faulty) next(ctx context.Context, verb Verb, name string) (Fault, error) {
	f.mu.Lock()
	fault := f.decide(Call{f.calls, verb, name})
	f.calls++
	f.mu.Unlock()
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fault, ctx.Err()
		}
	}
	return fault, fault.Before
}

// PutIfAbsent implements [store.Store].
func (f *Faulty) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	fault, err := f.next(ctx, Put, name)
	if err != nil || fault.Lost {
		return err
	}
	if fault.Mangle != nil {
		data = fault.Mangle(slices.Clone(data))
	}
	if err = f.inner.PutIfAbsent(ctx, name, data); err == nil && fault.Again {
		err = f.inner.PutIfAbsent(ctx, name, data)
	}
	if fault.After != nil {
		return fault.After
	}
	return err
}

// Get implements [store.Store].
func (f *Faulty) Get(ctx context.Context, name string) ([]byte, error) {
	fault, err := f.next(ctx, Get, name)
	if err != nil {
		return nil, err
	}
	data, err := f.inner.Get(ctx, name)
	if fault.After != nil {
		return nil, fault.After
	}
	if err == nil && fault.Mangle != nil {
		data = fault.Mangle(data)
	}
	return data, err
}

// List implements [store.Store].
func (f *Faulty) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		fault, err := f.next(ctx, List, prefix)
		if err != nil {
			yield(store.Object{}, err)
			return
		}
		for o, err := range f.inner.List(ctx, prefix, after) {
			if err == nil && fault.Hide != nil && fault.Hide(o) {
				continue
			}
			if !yield(o, err) || err != nil {
				return
			}
			if fault.After != nil { // in the middle
				yield(store.Object{}, fault.After)
				return
			}
		}
		if fault.After != nil {
			yield(store.Object{}, fault.After)
		}
	}
}

// Delete implements [store.Store].
func (f *Faulty) Delete(ctx context.Context, name string) error {
	fault, err := f.next(ctx, Delete, name)
	if err != nil || fault.Lost {
		return err
	}
	err = f.inner.Delete(ctx, name)
	if fault.After != nil {
		return fault.After
	}
	return err
}

// FailFrom lets calls fail from the nth on: the store is gone.
func FailFrom(n int) func(Call) Fault {
	return func(c Call) Fault {
		if c.N < n {
			return Fault{}
		}
		return Fault{Before: ErrInjected}
	}
}

// FailOnce lets only the nth call fail, before or after its effect.
func FailOnce(n int, after bool) func(Call) Fault {
	return func(c Call) Fault {
		switch {
		case c.N != n:
			return Fault{}
		case after:
			return Fault{After: ErrInjected}
		}
		return Fault{Before: ErrInjected}
	}
}

// Unreliable lets about rate of all calls fail before or after their effect, be
// repeated or be slow. The same seed gives the same faults.
func Unreliable(seed uint64, rate float64) func(Call) Fault {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(Call) Fault {
		if r.Float64() >= rate {
			return Fault{}
		}
		switch r.IntN(4) {
		case 0:
			return Fault{Before: ErrInjected}
		case 1:
			return Fault{After: ErrInjected}
		case 2:
			return Fault{Again: true}
		}
		return Fault{Delay: time.Duration(r.IntN(3)) * time.Millisecond}
	}
}

// Flip is a Mangle that changes one bit, the same for the same seed.
func Flip(seed uint64) func([]byte) []byte {
	return func(data []byte) []byte {
		if len(data) == 0 {
			return []byte{0}
		}
		bit := rand.New(rand.NewPCG(seed, 1)).IntN(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
		return data
	}
}

// Truncate is a Mangle that keeps only the first half.
func Truncate(data []byte) []byte { return data[:len(data)/2] }

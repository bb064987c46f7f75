// Package storetest holds what tests of stores and of whatever stands on them
// need: the one suite every store passes, its benchmarks, a store in memory, and
// a wrapper that makes any store fail, dawdle and lie.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"penates"
	"penates/internal/store"
)

// A Place is where objects are kept. Each call opens it anew, as another process
// would.
type Place func(testing.TB) store.Store

// NewPlace makes an empty place.
type NewPlace func(testing.TB) Place

// Run holds a kind of store to the contract of [store.Store].
func Run(t *testing.T, place NewPlace) { run(t, place, 1100) }

// RunFew is Run for a store that is slow to put and gives lists in one piece: its
// lists are shorter than a page of those that do not.
func RunFew(t *testing.T, place NewPlace) { run(t, place, 130) }

func run(t *testing.T, place NewPlace, many int) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Place)
	}{
		{"Objects", testObjects},
		{"Names", testNames},
		{"Sizes", testSizes},
		{"Exists", testExists},
		{"Delete", testDelete},
		{"List", testList},
		{"ListMany", func(t *testing.T, open Place) { testListMany(t, open, many) }},
		{"ListWhilePutting", testListWhilePutting},
		{"Races", testRaces},
		{"Concurrent", testConcurrent},
		{"Reopen", testReopen},
		{"Cancelled", testCancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, place(t)) })
	}
}

// Bytes returns n bytes that depend on seed and do not compress.
func Bytes(seed uint64, n int) []byte {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data) //nolint:errcheck // never fails
	return data
}

// Names lists the names in a store.
func Names(tb testing.TB, s store.Store, prefix, after string) []string {
	tb.Helper()
	names := []string{}
	for o, err := range s.List(tb.Context(), prefix, after) {
		if err != nil {
			tb.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		names = append(names, o.Name)
	}
	return names
}

func put(tb testing.TB, s store.Store, name string, data []byte) {
	tb.Helper()
	if err := s.PutIfAbsent(tb.Context(), name, data); err != nil {
		tb.Fatalf("put: %v", err)
	}
}

func holds(tb testing.TB, s store.Store, name string, want []byte) {
	tb.Helper()
	got, err := s.Get(tb.Context(), name)
	if err != nil {
		tb.Fatalf("get: %v", err)
	}
	if !bytes.Equal(got, want) {
		tb.Fatalf("get %s: %d bytes that are not the %d put", name, len(got), len(want))
	}
}

// is fails the test unless err is of that kind and of no other.
func is(tb testing.TB, what string, err error, kind penates.Kind) {
	tb.Helper()
	if !errors.Is(err, kind) {
		tb.Fatalf("%s: %v; want %v", what, err, kind)
	}
	for _, other := range []penates.Kind{penates.NotExist, penates.Exists, penates.Invalid, penates.TooLarge} {
		if other != kind && errors.Is(err, other) {
			tb.Fatalf("%s: %v; want only %v", what, err, kind)
		}
	}
}

func testObjects(t *testing.T, open Place) {
	s := open(t)
	_, err := s.Get(t.Context(), "nothing")
	is(t, "get of nothing", err, penates.NotExist)
	_, err = s.Get(t.Context(), "no/folder/here")
	is(t, "get from no folder", err, penates.NotExist)
	for i, name := range []string{"a", "vault/seg-0001", "vault/seg-0002", "vault/blobs/3f/3fe2.z", "deep/1/2/3/4/5/6/7/8"} {
		put(t, s, name, Bytes(uint64(i), 1000+i))
	}
	for i, name := range []string{"a", "vault/seg-0001", "vault/seg-0002", "vault/blobs/3f/3fe2.z", "deep/1/2/3/4/5/6/7/8"} {
		holds(t, s, name, Bytes(uint64(i), 1000+i))
	}
	_, err = s.Get(t.Context(), "vault")
	is(t, "get of a folder", err, penates.NotExist)
	_, err = s.Get(t.Context(), "a/b")
	is(t, "get from below an object", err, penates.NotExist)
}

func testNames(t *testing.T, open Place) {
	s := open(t)
	for _, name := range []string{"", "/", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a.", "A", "é", "a b", "a\x00b", `a\b`, "a%2fb", "a?b", strings.Repeat("n", 201)} {
		is(t, "put", s.PutIfAbsent(t.Context(), name, nil), penates.Invalid)
		_, err := s.Get(t.Context(), name)
		is(t, "get", err, penates.Invalid)
		is(t, "delete", s.Delete(t.Context(), name), penates.Invalid)
	}
	for _, err := range s.List(t.Context(), "../", "") {
		is(t, "list", err, penates.Invalid)
	}
	if names := Names(t, s, "", ""); len(names) != 0 {
		t.Fatalf("there is %q", names)
	}
	long := strings.Repeat("folder/", 14) + strings.Repeat("n", 102)
	for _, name := range []string{"0", "a-b_c.d", "con1", long} {
		put(t, s, name, []byte(name))
		holds(t, s, name, []byte(name))
	}
	if names := Names(t, s, "", ""); !slices.Equal(names, []string{"0", "a-b_c.d", "con1", long}) {
		t.Fatalf("there is %q", names)
	}
}

func testSizes(t *testing.T, open Place) {
	s := open(t)
	for _, size := range []int{0, 1, 4096, 1<<20 + 1, 5 << 20, store.MaxObject} {
		name := fmt.Sprintf("sizes/%d", size)
		put(t, s, name, Bytes(7, size))
		holds(t, s, name, Bytes(7, size))
	}
	is(t, "put of too much", s.PutIfAbsent(t.Context(), "sizes/more", make([]byte, store.MaxObject+1)), penates.TooLarge)
	for o, err := range s.List(t.Context(), "sizes/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("sizes/%d", o.Size); o.Name != want {
			t.Errorf("%s is said to have %d bytes", o.Name, o.Size)
		}
	}
}

func testExists(t *testing.T, open Place) {
	s := open(t)
	for _, first := range [][]byte{[]byte("first"), {}} {
		name := fmt.Sprintf("once/%d", len(first))
		put(t, s, name, first)
		is(t, "put of other data", s.PutIfAbsent(t.Context(), name, []byte("second")), penates.Exists)
		is(t, "put of the same data", s.PutIfAbsent(t.Context(), name, first), penates.Exists)
		is(t, "put of nothing", s.PutIfAbsent(t.Context(), name, nil), penates.Exists)
		holds(t, s, name, first)
	}
	// The caller may do with its bytes what it likes once they are put.
	data := []byte("mine")
	put(t, s, "copied", data)
	data[0] = 'x'
	holds(t, s, "copied", []byte("mine"))
	got, err := s.Get(t.Context(), "copied")
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 'y'
	holds(t, s, "copied", []byte("mine"))
}

func testDelete(t *testing.T, open Place) {
	s := open(t)
	for range 2 {
		put(t, s, "a/b", []byte("x"))
		for range 2 {
			if err := s.Delete(t.Context(), "a/b"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Get(t.Context(), "a/b")
		is(t, "get", err, penates.NotExist)
		if names := Names(t, s, "", ""); len(names) != 0 {
			t.Fatalf("there is %q", names)
		}
	}
	put(t, s, "a/b/c", []byte("x"))
	if err := s.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal("delete of a folder:", err)
	}
	holds(t, s, "a/b/c", []byte("x"))
	if err := s.Delete(t.Context(), "a/b/c/d"); err != nil {
		t.Fatal("delete below an object:", err)
	}
	if err := s.Delete(t.Context(), "no/such/folder"); err != nil {
		t.Fatal("delete from no folder:", err)
	}
}

func testReopen(t *testing.T, open Place) {
	first, second := open(t), open(t)
	put(t, first, "v/1", []byte("one"))
	holds(t, second, "v/1", []byte("one"))
	is(t, "put by the other", second.PutIfAbsent(t.Context(), "v/1", []byte("uno")), penates.Exists)
	put(t, second, "v/2", []byte("two"))
	if names := Names(t, first, "v/", ""); !slices.Equal(names, []string{"v/1", "v/2"}) {
		t.Fatalf("there is %q", names)
	}
	if err := first.Delete(t.Context(), "v/1"); err != nil {
		t.Fatal(err)
	}
	third := open(t)
	_, err := third.Get(t.Context(), "v/1")
	is(t, "get after delete by another", err, penates.NotExist)
	put(t, third, "v/1", []byte("anew"))
	holds(t, first, "v/1", []byte("anew"))
}

func testCancelled(t *testing.T, open Place) {
	s := open(t)
	put(t, s, "kept", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.PutIfAbsent(ctx, "new", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Get(ctx, "kept"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if err := s.Delete(ctx, "kept"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
	var last error
	for _, err := range s.List(ctx, "", "") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("list: %v", last)
	}
	if names := Names(t, s, "", ""); !slices.Equal(names, []string{"kept"}) {
		t.Fatalf("there is %q", names)
	}
}

func testConcurrent(t *testing.T, open Place) {
	s := open(t)
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for worker := range 8 {
		all.Go(func() {
			for i := range 12 {
				if err := useOnce(t.Context(), s, worker, i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(*err)
	}
	if names := Names(t, s, "", ""); len(names) != 8*8 {
		t.Fatalf("%d objects are left", len(names))
	}
}

// useOnce puts an object, reads it, and deletes every third.
func useOnce(ctx context.Context, s store.Store, worker, i int) error {
	name, data := fmt.Sprintf("folder-%d/%d/%d", i%4, worker, i), Bytes(uint64(100*worker+i), 5000)
	if err := s.PutIfAbsent(ctx, name, data); err != nil {
		return err
	}
	got, err := s.Get(ctx, name)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("%s has other bytes", name)
	}
	if i%3 == 0 {
		return s.Delete(ctx, name)
	}
	return nil
}

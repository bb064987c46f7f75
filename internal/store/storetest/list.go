package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// awkward are names that sort otherwise by folder, by language or by number.
var awkward = []string{
	"a-b", "a.b", "a/b", "a/b-c", "a/b.c", "a0", "a_b", "aa/0", "aa/00", "b/1/1", "b/1/10", "b/1/2", "b/10", "c",
}

func testList(t *testing.T, open Place) {
	s := open(t)
	for i := range awkward {
		put(t, s, awkward[len(awkward)-1-i], []byte(awkward[len(awkward)-1-i]))
	}
	prefixes := []string{"", "a", "a/", "a/b", "a-", "a.", "aa", "b/1", "b/1/", "b/1/1", "c", "d", "b/1/10"}
	for _, prefix := range prefixes {
		for _, after := range append([]string{"", "zz", "0", "a/", "b/1/1x"}, awkward...) {
			var want []string
			for _, name := range awkward {
				if strings.HasPrefix(name, prefix) && name > after {
					want = append(want, name)
				}
			}
			if got := Names(t, s, prefix, after); !slices.Equal(got, want) {
				t.Errorf("prefix %q after %q: %q; want %q", prefix, after, got, want)
			}
		}
	}
	// Whoever stops early gets no more.
	for range s.List(t.Context(), "", "") {
		break
	}
}

// testListMany lists many objects, which are more than a page of any service.
func testListMany(t *testing.T, open Place, many int) {
	s := open(t)
	want := make([]string, many)
	var all sync.WaitGroup
	errs := make([]error, 16)
	for w := range errs {
		all.Go(func() {
			for i := w; i < many; i += len(errs) {
				want[i] = fmt.Sprintf("many/%05d", i)
				if err := s.PutIfAbsent(t.Context(), want[i], []byte{byte(i)}); err != nil {
					errs[w] = err
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	put(t, s, "other", nil)
	for _, from := range []int{0, 1, many / 2, min(many-1, 999), min(many-1, 1000), min(many-1, 1001), many - 1} {
		after := ""
		if from > 0 {
			after = want[from-1]
		}
		if got := Names(t, s, "many/", after); !slices.Equal(got, want[from:]) {
			t.Errorf("%d names after %q; want %d", len(got), after, many-from)
		}
	}
}

// testListWhilePutting lists while others write: what was put before must be there,
// in order, each once.
func testListWhilePutting(t *testing.T, open Place) {
	s := open(t)
	for i := range 40 {
		put(t, s, fmt.Sprintf("l/%04d", 2*i), nil)
	}
	var all sync.WaitGroup
	var failed error
	all.Go(func() {
		for i := range 40 {
			if err := s.PutIfAbsent(t.Context(), fmt.Sprintf("l/%04d", 2*i+1), nil); err != nil {
				failed = err
			}
		}
	})
	for range 5 {
		names := Names(t, s, "l/", "")
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("not in order: %q", names)
		}
		for i := range 40 {
			if name := fmt.Sprintf("l/%04d", 2*i); !slices.Contains(names, name) {
				t.Errorf("%s is not listed", name)
			}
		}
	}
	all.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	if names := Names(t, s, "l/", ""); len(names) != 80 {
		t.Errorf("%d objects are listed", len(names))
	}
}

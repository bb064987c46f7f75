package vault_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penates"
)

func TestRemembered(t *testing.T) {
	dir := t.TempDir()
	v, _ := create(t, dir)
	s, ctx := session(t, v), t.Context()
	long := time.Now().Add(time.Hour)
	for key, value := range map[string]string{"b%": "two", "b%1": "", "bx": "other", "a": "one"} {
		if err := s.Remember(ctx, "client", key, []byte(value), long); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Remember(ctx, "client", "a", []byte("one again"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Remember(ctx, "client", "b%past", []byte("x"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	_, s = open(t, dir)
	if got, err := s.Recall(ctx, "client", "a"); err != nil || string(got) != "one again" {
		t.Errorf("a = %q, %v", got, err)
	}
	if got, err := s.Recall(ctx, "client", "b%1"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("an empty value = %v, %v", got, err)
	}
	var keys []string
	if err := s.RecallEach(ctx, "client", "b%", func(key string, _ []byte) error { keys = append(keys, key); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(keys, " "); got != "b% b%1" {
		t.Errorf("keys with the prefix: %s", got)
	}
	for _, absent := range [][2]string{{"client", "b%past"}, {"client", "b"}, {"token", "a"}} {
		if _, err := s.Recall(ctx, absent[0], absent[1]); !errors.Is(err, penates.NotExist) {
			t.Errorf("%v: %v", absent, err)
		}
		if err := s.Forget(ctx, absent[0], absent[1]); !errors.Is(err, penates.NotExist) {
			t.Errorf("forget %v: %v", absent, err)
		}
	}
}

// TestForgottenOnce makes sure that of many who forget one thing one succeeds:
// what may be used once depends on it.
func TestForgottenOnce(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	if err := s.Remember(t.Context(), "code", "x", nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	var done atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch err := s.Forget(t.Context(), "code", "x"); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, penates.NotExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("%d forgot it", done.Load())
	}
}

func TestRememberedLimits(t *testing.T) {
	v, _ := create(t, t.TempDir())
	s := session(t, v)
	for _, bad := range []struct {
		kind, key string
		size      int
	}{{"", "k", 1}, {"k", "", 1}, {"k", strings.Repeat("k", 200), 1}, {"k", "k", 256<<10 + 1}} {
		if err := s.Remember(t.Context(), bad.kind, bad.key, make([]byte, bad.size), time.Time{}); !errors.Is(err, penates.TooLarge) {
			t.Errorf("%q, %d characters, %d bytes: %v", bad.kind, len(bad.key), bad.size, err)
		}
	}
	if err := v.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remember(t.Context(), "k", "k", nil, time.Time{}); !errors.Is(err, penates.Locked) {
		t.Errorf("keep in a locked vault: %v", err)
	}
	if _, err := s.Recall(t.Context(), "k", "k"); !errors.Is(err, penates.Locked) {
		t.Errorf("read of a locked vault: %v", err)
	}
}

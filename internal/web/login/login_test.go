package login_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"penates"
	"penates/internal/web/login"
)

func TestSessionsEnd(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	b := login.NewBook[string](func() time.Time { return now })
	token := b.Open("Zoé")
	if got, ok := b.Find(token); !ok || got != "Zoé" {
		t.Fatalf("Find = %q, %v", got, ok)
	}
	for _, other := range []string{"", token + "x", token[1:], "none"} {
		if _, ok := b.Find(other); ok {
			t.Errorf("token %q finds a session", other)
		}
	}
	now = now.Add(login.Idle)
	if _, ok := b.Find(token); ok {
		t.Error("a session lives on after half an hour without use")
	}
	token = b.Open("Zoé")
	for range int(login.Absolute/(login.Idle/2)) - 1 {
		now = now.Add(login.Idle / 2)
		if _, ok := b.Find(token); !ok {
			t.Fatal("a session in use ended early")
		}
	}
	now = now.Add(login.Idle / 2)
	if _, ok := b.Find(token); ok {
		t.Error("a session lives longer than half a day")
	}
	if b.Count() != 0 {
		t.Errorf("%d sessions are counted, want 0", b.Count())
	}
}

func TestClose(t *testing.T) {
	b := login.NewBook[int](time.Now)
	one, two, once := b.Open(1), b.Open(2), b.Issue()
	b.Close(one)
	if _, ok := b.Find(one); ok {
		t.Error("a closed session is found")
	}
	if _, ok := b.Find(two); !ok {
		t.Error("closing one session closed another")
	}
	b.CloseAll()
	if _, ok := b.Find(two); ok || b.Redeem(once) {
		t.Error("something outlived CloseAll")
	}
}

func TestBounded(t *testing.T) {
	now := time.Now()
	b := login.NewBook[int](func() time.Time { return now })
	first := b.Open(0)
	for i := range 200 {
		now = now.Add(time.Second)
		b.Open(i)
	}
	if n := b.Count(); n > 64 {
		t.Errorf("%d sessions are kept", n)
	}
	if _, ok := b.Find(first); ok {
		t.Error("the oldest session did not make room")
	}
}

func TestOneTime(t *testing.T) {
	now := time.Now()
	b := login.NewBook[int](func() time.Time { return now })
	token := b.Issue()
	if b.Redeem("other") || !b.Redeem(token) || b.Redeem(token) {
		t.Error("a one-time token can be used once, and no other")
	}
	late := b.Issue()
	now = now.Add(login.OneTime)
	if b.Redeem(late) {
		t.Error("a one-time token can be used after its time")
	}
}

func TestDelayGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := login.NewSlow()
		wrong := func() error { return penates.WrongKey }
		var waited []time.Duration
		for range 10 {
			began := time.Now()
			if err := s.Try(t.Context(), wrong); !errors.Is(err, penates.WrongKey) {
				t.Fatal(err)
			}
			waited = append(waited, time.Since(began))
		}
		want := []time.Duration{0, 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000}
		for i, d := range waited {
			if d != want[i]*time.Millisecond {
				t.Errorf("attempt %d waited %v, want %v ms", i+1, d, int(want[i]))
			}
		}
		if err := s.Try(t.Context(), func() error { return nil }); err != nil || s.Delay() != 0 {
			t.Errorf("after the right passphrase the delay is %v (%v)", s.Delay(), err)
		}
		_ = s.Try(t.Context(), wrong)
		time.Sleep(16 * time.Minute)
		if s.Delay() != 0 {
			t.Error("failures are never forgotten")
		}
	})
}

// TestOneAtATime makes sure that attempts sent together do not escape the delay.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := login.NewSlow()
		var mu sync.Mutex
		var kinds []error
		var all sync.WaitGroup
		began := time.Now()
		for range 20 {
			all.Go(func() {
				err := s.Try(t.Context(), func() error { time.Sleep(time.Second); return penates.WrongKey })
				mu.Lock()
				defer mu.Unlock()
				kinds = append(kinds, err)
			})
		}
		all.Wait()
		wrong, busy := 0, 0
		for _, err := range kinds {
			if errors.Is(err, penates.WrongKey) {
				wrong++
			} else if errors.Is(err, penates.TooLong) {
				busy++
			}
		}
		if wrong != 8 || busy != 12 || time.Since(began) != 39750*time.Millisecond {
			t.Errorf("%d tried, %d turned away in %v", wrong, busy, time.Since(began))
		}
	})
}

func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := login.NewSlow()
		for range 5 {
			_ = s.Try(t.Context(), func() error { return penates.WrongKey })
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Try(ctx, func() error { t.Error("tried"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestSame(t *testing.T) {
	if !login.Same("a", "a") || login.Same("a", "b") || login.Same("", "a") {
		t.Error("Same is wrong")
	}
}

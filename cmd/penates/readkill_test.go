package main_test

import (
	"context"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penates"
	"penates/internal/vault"
)

// TestKilledWhileRead kills the server while a program of somebody else reads over
// HTTP: every answer that came is in the journal of what is left, with its rows.
func TestKilledWhileRead(t *testing.T) {
	kills := 1
	if *long {
		kills = 20
	}
	for range kills {
		killWhileRead(t, 5+rand.IntN(60))
	}
}

// killWhileRead kills the server once so many answers came.
func killWhileRead(t *testing.T, enough int) {
	t.Helper()
	h := newHouse(t)
	c := h.asker("Lecteur")
	q, err := c.Ask(t.Context(), budgetCheck())
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Finish(t.Context(), q, h.decide(q.URL, url.Values{"answer": {"accept"}}))
	if err != nil {
		t.Fatal(err)
	}
	const readers, rows = 6, 5
	var came atomic.Int64
	var all sync.WaitGroup
	killed := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for range readers {
		all.Go(func() {
			for {
				select {
				case <-killed:
					return
				default:
				}
				if table, err := a.Query(ctx, "SELECT day FROM bank_operations"); err != nil {
					if refusal(err).Status == 0 {
						return // nobody answers any more
					}
				} else if n := came.Add(1); len(table.Rows) != rows {
					t.Errorf("%d rows, want %d", len(table.Rows), rows)
				} else if n == int64(enough) {
					if err := h.s.c.Process.Kill(); err != nil {
						t.Error(err)
					}
					close(killed)
				}
			}
		})
	}
	all.Wait()
	select {
	case <-killed:
		h.killed = true
	default:
		t.Fatalf("%d answers came, and nobody killed the server", came.Load())
	}
	<-h.s.rest
	_ = h.s.c.Wait() // it was killed
	told, given := journalled(t, h)
	if got := came.Load(); told < got || told > got+readers || given != told*rows {
		t.Errorf("%d answers came, the journal tells of %d with %d rows", got, told, given)
	}
}

// journalled counts the questions of others that the journal of a vault tells of, and
// the rows they gave.
func journalled(t *testing.T, h *house) (calls, rows int64) {
	t.Helper()
	v, err := vault.Open(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Unlock(t.Context(), []byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.Journal(t.Context(), vault.JournalFilter{Others: true, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.What == "query" && e.Refused == "" {
			calls, rows = calls+int64(max(e.Calls, 1)), rows+e.Rows
		}
	}
	return calls, rows
}

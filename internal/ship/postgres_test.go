//go:build unix

package ship_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"penates"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/pgtest"
	"penates/internal/store/postgres"
)

func openPostgres(tb testing.TB, address string) store.Store {
	tb.Helper()
	s, err := postgres.Open(tb.Context(), address, pgtest.Password)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// TestPostgresOutages commits to a vault whose commits wait for PostgreSQL, which
// is stopped, crashes and is taken over from meanwhile: a commit that waits too long
// says so, all go on afterwards by themselves, and every one that was acknowledged
// is in the store.
func TestPostgresOutages(t *testing.T) {
	first := pgtest.Start(t)
	database := first.Database()
	servers := []*pgtest.Server{first}
	if *long {
		servers = append(servers, first.Standby())
	}
	st := openPostgres(t, pgtest.Address(database, servers...))
	p := newPerson(t)
	p.ship(st, func(c *ship.Config) { c.Durable = true })
	outages := []func(){
		func() { first.Stop(); waits(t, p); first.Restart() },
		func() { first.Kill(); waits(t, p); first.Restart() },
	}
	if *long {
		outages = append(outages, func() { first.Kill(); waits(t, p); servers[1].Promote() })
	}
	var last ship.Point
	for _, outage := range outages {
		for range 10 {
			last = p.fill(1, 3)
			if err := p.feed.Stored(t.Context(), last); err != nil {
				t.Fatal(err)
			}
		}
		outage()
	}
	last = p.fill(1, 3)
	if err := p.feed.Stored(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	p.back(st, time.Time{}, last, p.says())
}

// waits makes a commit that the store cannot take, and looks what is said of it.
func waits(t *testing.T, p *person) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := p.feed.Stored(ctx, p.fill(1, 3)); !errors.Is(err, penates.TooLong) {
		t.Errorf("while the database is gone: %v", err)
	}
	if err := p.feed.Refusal(); err != nil {
		t.Errorf("the vault takes no more commits: %v", err)
	}
}

// BenchmarkDurableCommits makes commits from several writers at once, each of which
// waits until its own is on disk and in PostgreSQL; and, to compare, on disk only.
func BenchmarkDurableCommits(b *testing.B) {
	server := pgtest.Start(b)
	for _, writers := range []int{1, 16, 64, 256} {
		for _, shipped := range []bool{false, true} {
			b.Run(fmt.Sprintf("shipped=%v/writers=%d", shipped, writers), func(b *testing.B) {
				p := newPerson(b)
				if shipped {
					s := p.ship(openPostgres(b, pgtest.Address(server.Database(), server)), func(c *ship.Config) { c.Durable = true })
					s.flush(b)
				}
				commits(b, p, writers)
			})
		}
	}
}

func commits(b *testing.B, p *person, writers int) {
	var n atomic.Int64
	b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			point := p.commit(fmt.Sprintf("INSERT INTO t (a, b) VALUES (%d, 'a row')", n.Add(1)))
			if err := p.feed.Stored(b.Context(), point); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penates"
	"penates/internal/store"
	"penates/internal/store/pgtest"
	"penates/internal/store/postgres"
	"penates/internal/store/storetest"
)

func open(tb testing.TB, address string) *postgres.Store {
	tb.Helper()
	s, err := postgres.Open(tb.Context(), address, pgtest.Password)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

var tables atomic.Int64

// places gives every test a table of its own.
func places(server *pgtest.Server) storetest.NewPlace {
	return func(testing.TB) storetest.Place {
		address := fmt.Sprintf("%s&table=objects-%d", server.URL("postgres", false), tables.Add(1))
		return func(tb testing.TB) store.Store { return open(tb, address) }
	}
}

func TestPostgres(t *testing.T) {
	server := pgtest.Start(t)
	t.Run("Store", func(t *testing.T) { storetest.Run(t, places(server)) })
	t.Run("Groups", func(t *testing.T) { testGroups(t, server) })
	t.Run("Duels", func(t *testing.T) { testDuels(t, server) })
	t.Run("Addresses", func(t *testing.T) { testAddresses(t, server) })
	t.Run("ForeignRows", func(t *testing.T) { testForeignRows(t, server) })
	t.Run("Outages", func(t *testing.T) { testOutages(t, server) })
	t.Run("Gone", func(t *testing.T) { testGone(t, server) })
	t.Run("Failover", func(t *testing.T) { testFailover(t, server) })
}

// Databases that run transactions one after the other in effect, as CockroachDB
// does always, refuse some, which are tried again.
func TestSerializable(t *testing.T) {
	server := pgtest.Start(t, "default_transaction_isolation = 'serializable'", "fsync = off")
	storetest.Run(t, places(server))
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, places(pgtest.Start(b))) }

var long = flag.Bool("long", false, "run the long versions of the tests")

func testDuels(t *testing.T, server *pgtest.Server) {
	times := 20
	if *long {
		times = 10_000
	}
	storetest.Duels(t, places(server), times)
}

// Puts of one store that share commits are decided one by one.
func testGroups(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(server.Database(), false))
	const names, each = 300, 4
	var mu sync.Mutex
	won := map[string]int{}
	var all sync.WaitGroup
	for i := range names * each {
		all.Go(func() {
			name := fmt.Sprintf("g/%d", i%names)
			err := s.PutIfAbsent(t.Context(), name, storetest.Bytes(uint64(i), 9000))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won[name]++
			} else if !errors.Is(err, penates.Exists) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != names {
		t.Errorf("%d of %d names have a winner", len(won), names)
	}
	for name, n := range won {
		if n != 1 {
			t.Errorf("%s was won %d times", name, n)
		}
	}
}

// The database cannot be reached any more: an error, never a claim.
func testGone(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(server.Database(), false))
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := s.PutIfAbsent(ctx, "a", nil); err == nil || errors.Is(err, penates.Exists) {
		t.Error(err)
	}
	if _, err := s.Get(ctx, "a"); err == nil || errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
}

func testAddresses(t *testing.T, server *pgtest.Server) {
	good := server.URL("postgres", false)
	for address, kind := range map[string]error{
		"":                                       penates.Invalid,
		"postgres://":                            penates.Invalid,
		"postgres:///db":                         penates.Invalid,
		"mysql://host/db":                        penates.Invalid,
		"postgres://u:secret@host/db":            penates.Invalid,
		"postgres://u@h/db?host=other":           penates.Unsupported,
		"postgres://u@h/db?passfile=/etc/passwd": penates.Unsupported,
		"postgres://u@h/db?table=A":              penates.Invalid,
		"postgres://u@h/db?sslmode=nonsense":     penates.Invalid,
		"postgres://u@h:port/db":                 penates.Invalid,
		server.URL("nothing", false):             penates.Invalid,
		strings.Replace(good, "penates@", "somebody@", 1): penates.Denied,
	} {
		_, err := postgres.Open(t.Context(), address, pgtest.Password)
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v", address, err)
		}
		if text := fmt.Sprint(err); strings.Contains(text, pgtest.Password) || strings.Contains(text, "secret") {
			t.Errorf("%s: the password is in %q", address, text)
		}
	}
	if _, err := postgres.Open(t.Context(), good, "wrong"); !errors.Is(err, penates.Denied) {
		t.Error("wrong password:", err)
	}
}

// A row no store has written is no object.
func testForeignRows(t *testing.T, server *pgtest.Server) {
	database := server.Database()
	s := open(t, server.URL(database, false))
	server.Exec(database, `INSERT INTO penates_objects VALUES ('../x', 1, 'x'), ('Big', 1, 'x'), ('large', 17000000, convert_to(repeat('x', 17000000), 'UTF8'))`)
	if names := storetest.Names(t, s, "", ""); len(names) != 1 || names[0] != "large" {
		t.Errorf("listed: %q", names)
	}
	if _, err := s.Get(t.Context(), "large"); !errors.Is(err, penates.Damaged) {
		t.Error(err)
	}
}

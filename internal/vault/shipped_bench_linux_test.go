package vault_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/ship"
	"penates/internal/store/pgtest"
	"penates/internal/store/postgres"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// BenchmarkShippedWrites adds documents as programs do, each with its entry in the
// journal, from several writers at once, who share commits; with shipped each call
// returns when what it wrote is in PostgreSQL too. Processor time is this
// process's, without PostgreSQL's.
func BenchmarkShippedWrites(b *testing.B) {
	server := pgtest.Start(b)
	for _, writers := range []int{1, 64} {
		for _, shipped := range []bool{false, true} {
			b.Run(fmt.Sprintf("shipped=%v/writers=%d", shipped, writers), func(b *testing.B) {
				v, owner := vaulttest.Vault(b)
				if shipped {
					shipTo(b, v, pgtest.Address(server.Database(), server))
				}
				s := give(b, v, owner, grant.Grant{Grantee: "app:one", Actions: []penates.Action{penates.Add}, Selections: []grant.Selection{{Type: penates.Notes}}})
				add(b, s, writers)
			})
		}
	}
}

// shipTo makes commits of the vault wait until they are in a database.
func shipTo(b *testing.B, v *vault.Vault, address string) {
	b.Helper()
	st, err := postgres.Open(b.Context(), address, pgtest.Password)
	if err != nil {
		b.Fatal(err)
	}
	source, err := v.Shipped()
	if err != nil {
		b.Fatal(err)
	}
	s, err := ship.Start(b.Context(), ship.Config{Source: source, Store: st, Name: "bench", Durable: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Run(ctx) // it ends with the benchmark
	}()
	b.Cleanup(func() {
		cancel()
		<-ended
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func add(b *testing.B, s *vault.Session, writers int) {
	var n atomic.Int64
	b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
	before := processor(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := &penates.Document{Source: penates.Source{Connector: "bench", NativeID: fmt.Sprint(n.Add(1))}, Text: "a row"}
			if _, err := s.PutNew(b.Context(), d, schema.Note{Title: "a row"}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "µs-processor/op")
}

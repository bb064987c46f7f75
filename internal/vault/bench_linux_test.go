package vault_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/vault"
)

// many fills a vault with n operations of 2024 and 2025.
func many(b *testing.B, n int) (*vault.Vault, *vault.Session) {
	b.Helper()
	v, _ := create(b, b.TempDir())
	owner := session(b, v)
	job, err := owner.StartJob(b.Context(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		d, body := operation(i, "CB CARREFOUR MARKET 12")
		if err := job.Document(job.Counter(), d, body); err != nil {
			b.Fatal(err)
		}
	}
	if err := job.End(b.Context()); err != nil {
		b.Fatal(err)
	}
	return v, owner
}

// BenchmarkRead reads 1,000 rows of 10,000: as the owner, under a grant of the
// whole type, and under one of two years with some fields, with the owner's same
// question beside it. What a grant costs beyond the journal entry, which must be
// durable before each answer, is seen by what reading one row costs.
func BenchmarkRead(b *testing.B) {
	v, owner := many(b, 10_000)
	read := []penates.Action{penates.Read}
	whole := give(b, v, owner, grant.Grant{Grantee: "app:whole", Actions: read, Selections: []grant.Selection{{Type: penates.BankOperations}}})
	years := budget()
	years.Selections[0].From, years.Selections[0].Until = "2024-01-01", "2025-12-31"
	part := give(b, v, owner, years)
	const (
		columns = "SELECT id, start, day, amount, currency, account FROM bank_operations"
		bounds  = " WHERE day BETWEEN '2024-01-01' AND '2025-12-31'"
		rows    = 1000
	)
	for _, x := range []struct {
		name, sql string
		s         *vault.Session
		rows      int
	}{
		{"all-owner", "SELECT * FROM bank_operations LIMIT 1000", owner, rows},
		{"all-type", "SELECT * FROM bank_operations LIMIT 1000", whole, rows},
		{"six-owner", columns + " LIMIT 1000", owner, rows},
		{"six-type", columns + " LIMIT 1000", whole, rows},
		{"six-owner-years", columns + bounds + " LIMIT 1000", owner, rows},
		{"six-years", columns + " LIMIT 1000", part, rows},
		{"one-row-owner", columns + " LIMIT 1", owner, 1},
		{"one-row-type", columns + " LIMIT 1", whole, 1},
		{"one-row-years", columns + " LIMIT 1", part, 1},
	} {
		b.Run(x.name, func(b *testing.B) { readRows(b, x.s, x.sql, x.rows) })
		if x.rows == rows {
			b.Run(x.name+"-parallel", func(b *testing.B) {
				b.SetParallelism(8)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := x.s.Query(b.Context(), x.sql, rows); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}

// readRows reports processor time beside what passes, and the time of the fastest
// tenth, which a busy machine blurs least.
func readRows(b *testing.B, s *vault.Session, sql string, want int) {
	var took []time.Duration
	before := processor(b)
	for b.Loop() {
		at := time.Now()
		if table, err := s.Query(b.Context(), sql, 1000); err != nil || len(table.Rows) != want {
			b.Fatal(len(table.Rows), err)
		}
		took = append(took, time.Since(at))
	}
	used := processor(b) - before
	slices.Sort(took)
	b.ReportMetric(float64(used.Microseconds())/float64(len(took)), "µs-processor/op")
	b.ReportMetric(float64(took[len(took)/10].Microseconds()), "µs-tenth")
}

// processor returns the processor time this process has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkManyGrants reads a document under one grant of few and of 10,000, and
// under 10,000 grants in turn.
func BenchmarkManyGrants(b *testing.B) {
	v, owner := many(b, 100)
	g := grant.Grant{Grantee: "app:one", Actions: []penates.Action{penates.Read}, Selections: []grant.Selection{{Type: penates.BankOperations}}}
	one := give(b, v, owner, g)
	changes, err := one.Changes(b.Context(), 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B, s *vault.Session) {
		if _, err := s.Document(b.Context(), changes[0].ID); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("few", func(b *testing.B) {
		for b.Loop() {
			read(b, one)
		}
	})
	var ids []penates.GrantID
	for i := range 10_000 {
		g.Grantee = penates.Actor(fmt.Sprintf("app:%d", i))
		got, err := owner.AddGrant(b.Context(), g)
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, got.ID)
	}
	b.Run("10000", func(b *testing.B) {
		for b.Loop() {
			read(b, one)
		}
	})
	b.Run("10000-in-turn", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s, err := v.Under(ids[i%len(ids)], "")
			if err != nil {
				b.Fatal(err)
			}
			read(b, s)
		}
	})
	b.Run("10000-in-turn-query", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s, err := v.Under(ids[i%len(ids)], "")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Query(b.Context(), "SELECT * FROM bank_operations LIMIT 10", 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

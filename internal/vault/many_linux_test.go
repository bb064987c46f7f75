package vault_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"penates"
	"penates/internal/seal"
	"penates/internal/vault"
)

// BenchmarkManyVaults opens vaults beside each other in one process, each with one
// question answered: as many as PENATES_VAULTS says, else 100. It gives the median
// time of open and question, with what the disk takes for the journal's entry, the
// processor time of both, and what each adds to the resident memory. Guessing
// their passphrases costs next to nothing, since Argon2id is not what is measured.
func BenchmarkManyVaults(b *testing.B) {
	count := 100
	if n, err := strconv.Atoi(os.Getenv("PENATES_VAULTS")); err == nil && n > 0 {
		count = n
	}
	dirs := make([]string, count)
	for i := range dirs {
		dirs[i] = filepath.Join(b.TempDir(), fmt.Sprint(i))
		v, _, err := vault.Create(b.Context(), dirs[i], []byte("for this test only"), vault.CreateOptions{
			Name: "Lou", Language: "fr", Zone: "Europe/Paris", Country: "FR", Cost: seal.Cost{Memory: 64, Passes: 1, Lanes: 1},
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := v.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		before, times, open := resident(b), make([]time.Duration, 0, count), make([]*vault.Vault, 0, count)
		spent := cpu(b)
		for _, dir := range dirs {
			start := time.Now()
			open = append(open, openAndAsk(b, dir))
			times = append(times, time.Since(start))
		}
		b.ReportMetric(float64((cpu(b)-spent).Microseconds())/1000/float64(count), "cpu-ms/open")
		each := float64(resident(b)-before) / float64(count)
		slices.Sort(times)
		b.ReportMetric(float64(times[count/2].Microseconds())/1000, "ms/open")
		b.ReportMetric(each/1e6, "MB/vault")
		for _, v := range open {
			if err := v.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(resident(b)-before)/float64(count)/1e6, "MB/closed")
	}
}

func openAndAsk(b *testing.B, dir string) *vault.Vault {
	b.Helper()
	v, err := vault.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	if err := v.Unlock(b.Context(), []byte("for this test only")); err != nil {
		b.Fatal(err)
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Query(b.Context(), "SELECT count(*) FROM documents", 1); err != nil {
		b.Fatal(err)
	}
	return v
}

// cpu returns the processor time of the process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident returns the memory of the process, after giving back what is free.
func resident(b *testing.B) int64 {
	b.Helper()
	runtime.GC()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

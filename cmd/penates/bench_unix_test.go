package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"penates"
	"penates/internal/vault"
)

// The benchmarks measure what docs/performance.md promises, on the program as it
// is run. A folder on a disk, not in memory, makes them honest.

const (
	manyOperations = 100_000
	manyPoints     = 200_000
)

// loadCurve returns n half-hours of a meter as Enedis gives them.
func loadCurve(n int) string {
	var b strings.Builder
	b.WriteString("Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n" +
		"01234567890123;Courbe de charge;01/01/2014;31/12/2026;Energie active;Consommation;Comptage Brut;W\n" +
		"Horodate;Valeur\n")
	at := time.Date(2014, time.January, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	for i := range n {
		fmt.Fprintf(&b, "%s;%d\n", at.Format("2006-01-02T15:04:05-07:00"), 200+i*7919%3000)
		at = at.Add(30 * time.Minute)
	}
	return b.String()
}

func BenchmarkImportOperations(b *testing.B) {
	benchmarkImport(b, statement(manyOperations), "bank_operations", manyOperations)
}

func BenchmarkImportLoadCurve(b *testing.B) {
	benchmarkImport(b, loadCurve(manyPoints), "energy", manyPoints)
}

// benchmarkImport imports one file into a new vault, the start of the program and
// the unlocking included.
func benchmarkImport(b *testing.B, content, view string, want int) {
	m := newMachine(b)
	path := m.file("big.csv", content)
	var most int64
	for b.Loop() {
		b.StopTimer()
		m.dir = filepath.Join(b.TempDir(), "vault")
		if err := makeVault(m.dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		c := m.command("import", path)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			most = max(most, usage.Maxrss)
		}
	}
	b.StopTimer()
	if got := m.count(view); got != want {
		b.Fatalf("%d in %s, want %d", got, view, want)
	}
	b.ReportMetric(float64(want*b.N)/b.Elapsed().Seconds(), "documents/s")
	b.ReportMetric(float64(most)/1024, "MB-peak")
}

// filled returns a session on a vault of many operations, held by this process.
func filled(b *testing.B) *vault.Session {
	b.Helper()
	m := newMachine(b)
	m.imported(m.file("big.csv", statement(manyOperations)))
	v, err := vault.Open(m.dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := v.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := v.Unlock(b.Context(), []byte(passphrase)); err != nil {
		b.Fatal(err)
	}
	s, err := v.As(penates.Owner, "")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkQueryByMonth(b *testing.B) {
	s := filled(b)
	for b.Loop() {
		t, err := s.Query(b.Context(), "SELECT substr(day, 1, 7) AS month, count(*), sum(amount) FROM bank_operations GROUP BY 1", 0)
		if err != nil || len(t.Rows) != 83 {
			b.Fatalf("%d months, %v", len(t.Rows), err)
		}
	}
}

func BenchmarkPointRead(b *testing.B) {
	s := filled(b)
	t, err := s.Query(b.Context(), "SELECT id FROM bank_operations ORDER BY id LIMIT 5000", 0)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		id, _ := t.Rows[i*7919%len(t.Rows)][0].(string)
		if _, err := s.Document(b.Context(), penates.DocumentID(id)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart measures from the start of the program to a server that listens,
// and what memory it has a moment later, with the vault open.
func BenchmarkStart(b *testing.B) {
	m := newMachine(b)
	m.imported(m.file("small.csv", statement(1000)))
	var resident float64
	for b.Loop() {
		s := m.start("serve", "--listen", "127.0.0.1:0")
		b.StopTimer()
		time.Sleep(300 * time.Millisecond)
		resident = max(resident, residentMemory(b, s.c.Process.Pid))
		s.end(os.Interrupt)
		b.StartTimer()
	}
	b.ReportMetric(resident, "MB-idle")
}

// residentMemory returns the megabytes of memory a process has.
func residentMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		b.Fatal("the process tells nothing of its memory")
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}

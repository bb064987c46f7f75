package main_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// writeOperations writes the operations numbered from to to of a bank's CSV, all
// of them different.
func writeOperations(b *strings.Builder, from, to int) {
	day := time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)
	for i := from; i < to; i++ {
		d := day.AddDate(0, 0, i/40).Format("02/01/2006")
		fmt.Fprintf(b, "%s;%s;-%d,%02d;CB COMMERCE %05d LYON;\n", d, d, 1+i%900, i%100, i)
	}
}

// TestKilledImport kills imports at random moments, with no chance to clean up:
// the vault is whole each time, and importing once more completes it to the row.
func TestKilledImport(t *testing.T) {
	rows, kills := 20_000, 3
	if *long {
		rows, kills = 60_000, 30
	}
	m := newMachine(t)
	path := m.file("operations.csv", statement(rows))
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	started := time.Now()
	newMachine(t).imported(path)
	whole := time.Since(started)
	most, killed := 0, 0
	for try := range kills {
		c := m.command("import", path)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(random.Int64N(int64(whole)))
		timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may have ended by itself
		if err := c.Wait(); err != nil && c.ProcessState.ExitCode() < 0 {
			killed++
		}
		timer.Stop()
		if a := m.run("check"); a.code != 0 {
			t.Fatalf("killed after %s (kill %d): %s%s", after, try, a.out, a.errors)
		}
		got := m.count("bank_operations")
		if got < most || got > rows {
			t.Fatalf("killed after %s: %d operations, %d before", after, got, most)
		}
		most = got
	}
	if killed == 0 {
		t.Fatal("no import was killed while it ran")
	}
	n := m.imported(path)
	if got := m.count("bank_operations"); got != rows {
		t.Errorf("%d operations, want %d", got, rows)
	}
	if n.Read != rows+m.count("bank_accounts") || n.Refused != 0 {
		t.Errorf("read %d and refused %d of %d rows", n.Read, n.Refused, rows)
	}
	if again := m.imported(path); again.Added+again.Updated != 0 || again.Unchanged != n.Read {
		t.Errorf("imported once more: %+v", again)
	}
	t.Logf("%d of %d imports of %d operations were killed; %d operations were there after the last", killed, kills, rows, most)
}

// TestKilledImportKeepsWhatItReported kills the import of one file after another
// file was imported to its end: all of the latter stays.
func TestKilledImportKeepsWhatItReported(t *testing.T) {
	m := newMachine(t)
	first := m.imported(m.file("first.csv", statement(500)))
	var b strings.Builder
	b.WriteString("Date d'opération;Date de valeur;Montant;Libellé;Solde\n")
	writeOperations(&b, 500, 20_000)
	second := m.file("second.csv", b.String())
	for _, after := range []time.Duration{60, 150, 400} {
		c := m.command("import", second)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // it was killed
		m.must("check")
		if again := m.imported(m.file("first.csv", statement(500))); again.Added+again.Updated != 0 || again.Unchanged != first.Added {
			t.Fatalf("after a kill the first file gives %+v, it was %+v", again, first)
		}
	}
}

// TestInterruptedImport interrupts an import with Ctrl-C: what it says it stored
// is stored.
func TestInterruptedImport(t *testing.T) {
	m, path, n := stoppedHalfway(t)
	if got := m.count("bank_operations") + m.count("bank_accounts"); got < n.Added {
		t.Errorf("said %d were added, %d are there", n.Added, got)
	}
	m.must("check")
	m.imported(path)
	if got := m.count("bank_operations"); got != 40_000 {
		t.Errorf("%d operations", got)
	}
}

// stoppedHalfway stops an import of 40,000 operations when some are stored and some
// are not, however fast the machine is, and returns what it said it had added.
func stoppedHalfway(t *testing.T) (m *machine, path string, n counts) {
	t.Helper()
	after := 500 * time.Millisecond
	for range 12 {
		m = newMachine(t)
		path = m.file("operations.csv", statement(40_000))
		said := interrupt(t, m.command("import", "--json", path), after)
		switch {
		case said.code == 0: // it was done by then
			after = after * 2 / 3
			continue
		case said.code < 0: // it had hardly begun
			after = after * 3 / 2
			continue
		case said.code != 130 || !strings.Contains(said.errors, "importing again completes it"):
			t.Fatalf("code %d: %s%s", said.code, said.out, said.errors)
		}
		if n = parseCounts(t, said.out); n.Added > 0 {
			return m, path, n
		}
		after = after * 3 / 2
	}
	t.Fatal("no import was stopped halfway in twelve tries")
	return nil, "", n
}

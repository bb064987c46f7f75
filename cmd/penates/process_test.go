package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A machine runs the program as a person would, with a vault and a folder for
// temporary files of its own.
type machine struct {
	t        testing.TB
	dir, tmp string
}

// newMachine makes a machine whose vault is cheap to unlock.
func newMachine(t testing.TB) *machine {
	t.Helper()
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "vault"), tmp: t.TempDir()}
	if err := makeVault(m.dir); err != nil {
		t.Fatal(err)
	}
	return m
}

// command returns the program, ready to start.
func (m *machine) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(m.t.Context(), "penates", append([]string{"--data", m.dir}, args...)...)
	c.Env = append(os.Environ(), "PENATES_PASSPHRASE="+passphrase, "TMPDIR="+m.tmp, "LANG=en", "TZ=Europe/Paris")
	return c
}

// An answer is what a run of the program gave.
type answer struct {
	code        int
	out, errors string
}

// run runs the program to its end.
func (m *machine) run(args ...string) answer {
	m.t.Helper()
	c := m.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return answer{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must runs the program, which must succeed, and returns what it printed.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	a := m.run(args...)
	if a.code != 0 {
		m.t.Fatalf("penates %q: code %d\n%s%s", args, a.code, a.out, a.errors)
	}
	return a.out
}

// count returns how many rows a view has.
func (m *machine) count(view string) int {
	m.t.Helper()
	var rows []struct{ N int }
	if err := json.Unmarshal([]byte(m.must("query", "--json", "SELECT count(*) AS N FROM "+view)), &rows); err != nil {
		m.t.Fatal(err)
	}
	return rows[0].N
}

// counts is what import --json says.
type counts struct{ Read, Added, Updated, Unchanged, Refused int }

func parseCounts(t testing.TB, report string) (n counts) {
	t.Helper()
	if err := json.Unmarshal([]byte(report), &n); err != nil {
		t.Fatalf("%v in %q", err, report)
	}
	return n
}

// interrupt starts a command, sends it Ctrl-C after a while, and returns what it
// gave.
func interrupt(t testing.TB, c *exec.Cmd, after time.Duration) answer {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // its exit code says it
	return answer{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// imported imports paths, of which something must be read.
func (m *machine) imported(paths ...string) counts {
	m.t.Helper()
	return parseCounts(m.t, m.must(append([]string{"import", "--json"}, paths...)...))
}

// file writes a file outside the vault and returns its path.
func (m *machine) file(name, content string) string {
	m.t.Helper()
	path := filepath.Join(m.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// statement returns a bank's CSV of n operations.
func statement(n int) string {
	var b strings.Builder
	b.WriteString("Date d'opération;Date de valeur;Montant;Libellé;Solde\n")
	writeOperations(&b, 0, n)
	return b.String()
}

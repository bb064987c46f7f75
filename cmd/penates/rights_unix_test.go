package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who owns nothing.
const nobody = 65534

// TestWithoutRights runs the program as a user who may not read what is named,
// which root always may.
func TestWithoutRights(t *testing.T) {
	base := t.TempDir()
	m := &machine{t: t, dir: filepath.Join(base, "vault"), tmp: filepath.Join(base, "tmp")}
	closed := filepath.Join(base, "closed")
	for _, dir := range []string{m.dir, m.tmp, closed} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := makeVault(m.dir); err != nil {
		t.Fatal(err)
	}
	open, secret := filepath.Join(base, "open.csv"), filepath.Join(closed, "secret.csv")
	for _, name := range []string{open, secret} {
		if err := os.WriteFile(name, []byte(statement(3)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) }) // so that it can be removed
	as := m.asNobody(base)

	if a := as("import", secret); a.code != 3 || !strings.Contains(a.errors, "permission denied") {
		t.Errorf("a file that may not be read: %+v", a)
	}
	if a := as("import", "--json", open, closed); a.code != 0 || !strings.Contains(a.out, `"added": 3`) || !strings.Contains(a.out, "permission denied") {
		t.Errorf("a folder that may not be read, beside a file that may: %+v", a)
	}
	if a := as("export", "--to", filepath.Join(closed, "all.zip")); a.code != 1 || !strings.Contains(a.errors, "permission denied") {
		t.Errorf("an export to where nothing may be written: %+v", a)
	}
	if a := as("types", "--data", filepath.Join(closed, "vault")); a.code != 1 || !strings.Contains(a.errors, "permission denied") {
		t.Errorf("a vault that may not be read: %+v", a)
	}
	if a := as("init", "--data", filepath.Join(closed, "vault")); a.code != 1 || !strings.Contains(a.errors, "permission denied") {
		t.Errorf("a vault where none may be made: %+v", a)
	}
}

// asNobody returns a function that runs the program as a user without rights,
// who owns the vault.
func (m *machine) asNobody(base string) func(args ...string) answer {
	m.t.Helper()
	if os.Geteuid() != 0 {
		return m.run
	}
	program := filepath.Join(base, "penates")
	m.copyProgram(program)
	for _, dir := range []string{base, filepath.Dir(base)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	err := filepath.WalkDir(base, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return func(args ...string) answer {
		m.t.Helper()
		c := m.command(args...)
		c.Path, c.Dir = program, base
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		_ = c.Run() // the exit code says it
		if c.ProcessState == nil {
			m.t.Fatalf("%s does not start as another user", program)
		}
		return answer{c.ProcessState.ExitCode(), out.String(), errs.String()}
	}
}

func (m *machine) copyProgram(to string) {
	m.t.Helper()
	from, err := exec.LookPath("penates")
	if err != nil {
		m.t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		m.t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		m.t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		m.t.Fatal(err)
	}
}

package durable_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"penates"
	"penates/internal/durable"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	for _, content := range []string{"first", "", "a longer second content"} {
		if err := durable.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Fatalf("read %q, %v; want %q", got, err, content)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("permissions are %v", info.Mode())
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left in the folder: %q", got)
	}
}

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := durable.WriteFile(filepath.Join(dir, "no such folder", "f"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	// A folder in the place of the file makes the rename fail.
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(path, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left in the folder: %q", got)
	}
}

// A process killed while it rewrites a file leaves one of the two contents.
func TestWriteFileKilled(t *testing.T) {
	a, b := bytes.Repeat([]byte("a"), 1<<20), bytes.Repeat([]byte("b"), 1<<20)
	if path := os.Getenv("DURABLE_CHILD"); path != "" {
		for {
			if durable.WriteFile(path, a, 0o600) != nil || durable.WriteFile(path, b, 0o600) != nil {
				os.Exit(3)
			}
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := durable.WriteFile(path, a, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		child := exec.Command(os.Args[0], "-test.run=^TestWriteFileKilled$")
		child.Env = append(os.Environ(), "DURABLE_CHILD="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(30+11*i) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); child.ProcessState.Exited() {
			t.Fatal("the child ended by itself", err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, a) && !bytes.Equal(got, b) {
			t.Fatalf("after kill: %d bytes, %v", len(got), err)
		}
	}
	if _, err := durable.RemoveUnfinished(dir); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left in the folder: %q", got)
	}
}

func TestRemoveUnfinished(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"keys", ".hidden", "keys.unfinished-", ".keys.unfinished-42", ".x.unfinished-1"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := durable.RemoveUnfinished(dir)
	if err != nil || removed != 2 {
		t.Errorf("removed %d, %v; want 2", removed, err)
	}
	if got := names(t, dir); len(got) != 3 {
		t.Errorf("left: %q", got)
	}
	if _, err := durable.RemoveUnfinished(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := durable.OpenLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.OpenLock(path); !errors.Is(err, penates.InUse) {
		t.Errorf("second lock: %v", err)
	}
	if err := errors.Join(held.Close(), held.Close()); err != nil {
		t.Error(err)
	}
	again, err := durable.OpenLock(path)
	if err != nil {
		t.Fatal("after Close:", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// Another process is refused, and the death of a holder frees the lock.
func TestLockOtherProcess(t *testing.T) {
	if path := os.Getenv("LOCK_CHILD"); path != "" {
		if _, err := durable.OpenLock(path); err != nil {
			os.Exit(3)
		}
		if err := os.WriteFile(path+".held", nil, 0o600); err != nil {
			os.Exit(4)
		}
		time.Sleep(time.Minute)
		return
	}
	path := filepath.Join(t.TempDir(), "lock")
	child := exec.Command(os.Args[0], "-test.run=^TestLockOtherProcess$")
	child.Env = append(os.Environ(), "LOCK_CHILD="+path)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path + ".held"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the child did not take the lock")
		}
	}
	if _, err := durable.OpenLock(path); !errors.Is(err, penates.InUse) {
		t.Errorf("while the child holds it: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed: the error is expected
	l, err := durable.OpenLock(path)
	if err != nil {
		t.Fatal("after the child's death:", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

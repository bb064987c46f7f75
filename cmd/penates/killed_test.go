package main_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/store/dir"
	"penates/internal/vault"
)

// A moment is something a vault is killed in the middle of.
type moment struct {
	// next makes ready for the next kill and returns what is to be killed.
	next func() *exec.Cmd
	// after looks at what is left. said is what the process printed; ended says that
	// it came to its end before it could be killed.
	after func(said []string, ended bool)
	// done completes the work and looks at what came of it; whatever was made is removed.
	done func()
}

// TestKilledAtWork kills the program with no chance to clean up, at random moments of
// whatever it does with a vault for longer than an instant. After each kill a deep
// check finds nothing, all that was acknowledged is there, in the backup too where it
// was to be, and the work can be gone on with.
func TestKilledAtWork(t *testing.T) {
	for _, c := range []struct {
		name        string
		short, long int
		begin       func(t *testing.T) *moment
	}{
		{"import", 1, 120, killedImport},
		{"reparse", 1, 100, killedReparse},
		{"ship durably", 2, 250, func(t *testing.T) *moment { return killedWriter(t, backup.Target{Durable: true}) }},
		{"ship within a window", 1, 100, func(t *testing.T) *moment { return killedWriter(t, backup.Target{Window: 30 * time.Millisecond}) }},
		{"snapshot", 1, 140, killedSnapshot},
		{"restore", 2, 150, killedRestore},
		{"upgrade", 1, 120, killedUpgrade},
		{"compact while shipping", 1, 120, killedCompaction},
	} {
		t.Run(c.name, func(t *testing.T) {
			kills := c.short
			if *long {
				kills = c.long
			}
			tries := 0
			for done := 0; done < kills; done += 25 {
				m := c.begin(t) // anew now and then, so that vaults stay small
				tries += m.kill(t, min(25, kills-done))
				m.done()
			}
			t.Logf("killed %d times in %d tries", kills, tries)
		})
	}
}

// kill kills that often and returns how many tries it took: some processes are done
// before they are killed.
func (m *moment) kill(t *testing.T, kills int) (tries int) {
	t.Helper()
	whole := 400 * time.Millisecond // how long it takes when it is not killed, for all we know
	for killed := 0; killed < kills; tries++ {
		if tries > 20*kills+20 {
			t.Fatalf("killed only %d times in %d tries", killed, tries)
		}
		c := m.next()
		var errs strings.Builder
		c.Stderr = &errs
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		after := whole/4 + time.Duration(rand.Int64N(int64(whole)))
		timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may have ended by itself
		var said []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said = append(said, lines.Text())
		}
		_ = c.Wait() // its exit code says it
		timer.Stop()
		switch code := c.ProcessState.ExitCode(); {
		case code < 0:
			killed++
			whole += whole / 16
		case code > 0:
			t.Fatalf("%q ended with code %d: %s", c.Args, code, errs.String())
		default:
			whole = max(time.Since(began)*3/4, 20*time.Millisecond)
		}
		m.after(said, c.ProcessState.ExitCode() == 0)
		if t.Failed() {
			t.Fatalf("after %s of %q\n%s", after, c.Args, errs.String())
		}
	}
	return tries
}

// A found is what a vault holds.
type found struct {
	rows   int // of one view
	hashes []vault.TypeHash
}

// look opens the vault in dir, checks it to its depth and says what it holds: rows of
// the view, and hashes.
func look(t *testing.T, dir, view string) (f found) {
	t.Helper()
	v, err := vault.Open(dir)
	if err == nil {
		err = v.Unlock(t.Context(), []byte(passphrase))
	}
	if err != nil {
		t.Errorf("open %s: %v", dir, err)
		return f
	}
	defer func() {
		if err := v.Close(); err != nil {
			t.Errorf("close %s: %v", dir, err)
		}
	}()
	s, err := v.As(penates.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	k, err := s.CheckDeep(t.Context(), nil)
	if err != nil || len(k.Problems) > 0 || len(v.Faults()) > 0 {
		t.Errorf("check: %v, %+v, %v", err, k, v.Faults())
	}
	rows, err := s.Query(t.Context(), "SELECT count(*) FROM "+view, 0)
	if err == nil {
		_, err = fmt.Sscan(fmt.Sprint(rows.Rows[0][0]), &f.rows)
	}
	if err == nil {
		f.hashes, err = s.Hashes(t.Context())
	}
	if err != nil {
		t.Error(err)
	}
	return f
}

// back restores the vault from the store in the folder at, and says what it holds.
func back(t *testing.T, at, view string) found {
	t.Helper()
	into := filepath.Join(filepath.Dir(at), "back")
	defer func() { _ = os.RemoveAll(into) }() // the folder above is removed anyway
	if err := restoreTo(t.Context(), at, into); err != nil {
		t.Errorf("restore: %v", err)
		return found{}
	}
	return look(t, into, view)
}

// restoreTo restores the one vault of the store in a folder.
func restoreTo(ctx context.Context, at, into string) error {
	st, err := dir.Open(at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // a folder
	ids, err := ship.Vaults(ctx, st)
	if err != nil || len(ids) != 1 {
		return fmt.Errorf("vaults %v, %w", ids, err)
	}
	a, err := ship.OpenArchive(ctx, st, ids[0])
	if err != nil {
		return err
	}
	master, err := a.Header().Unlock([]byte(passphrase))
	if err == nil {
		_, err = a.Restore(ctx, ship.RestoreOptions{Dir: into, Master: master})
	}
	return err
}

// inMemory returns a machine with a vault in memory.
func inMemory(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: filepath.Join(memoryFolder(t), "vault"), tmp: t.TempDir()}
	if err := makeVault(m.dir); err != nil {
		t.Fatal(err)
	}
	return m
}

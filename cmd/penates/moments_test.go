package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/backup"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/dir"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

func killedImport(t *testing.T) *moment {
	m := inMemory(t)
	const each = 400
	files, acknowledged := []string(nil), 0
	return &moment{
		next: func() *exec.Cmd {
			var b strings.Builder
			b.WriteString("Date d'opération;Date de valeur;Montant;Libellé;Solde\n")
			writeOperations(&b, len(files)*each, (len(files)+1)*each)
			files = append(files, m.file("operations.csv", b.String()))
			return m.command("import", "--json", files[len(files)-1])
		},
		after: func(_ []string, ended bool) {
			if ended {
				acknowledged += each
			}
			if n := look(t, m.dir, "bank_operations").rows; n < acknowledged || n > len(files)*each {
				t.Errorf("%d operations, %d were acknowledged, %d given", n, acknowledged, len(files)*each)
			}
		},
		done: func() {
			for _, f := range files {
				m.imported(f)
			}
			if n := look(t, m.dir, "bank_operations").rows; n != len(files)*each {
				t.Errorf("%d operations, %d were imported", n, len(files)*each)
			}
		},
	}
}

// killedWriter kills a program that writes without end and tells of each commit once it
// is acknowledged, while its vault is shipped.
func killedWriter(t *testing.T, target backup.Target) *moment {
	m := inMemory(t)
	at := filepath.Join(filepath.Dir(m.dir), "store")
	target.URL = at
	m.within(func(s *vault.Session) error {
		_, err := backup.Add(t.Context(), s, openFolder, target)
		return err
	})
	acknowledged, shipped := 0, false
	return &moment{
		next: func() *exec.Cmd {
			c := exec.CommandContext(t.Context(), "penates-writer", m.dir, passphrase)
			c.Env = os.Environ()
			return c
		},
		after: func(said []string, _ bool) {
			for _, line := range said {
				n := 0
				if _, err := fmt.Sscanf(line, "stored %d", &n); err != nil {
					t.Fatalf("the writer said %q", line)
				}
				acknowledged = max(acknowledged, n)
			}
			here := look(t, m.dir, "notes").rows
			if here < acknowledged {
				t.Errorf("%d notes, %d were acknowledged", here, acknowledged)
			}
			if shipped = shipped || target.Durable && acknowledged > 0; !shipped {
				return // it may have been killed before the first snapshot
			}
			if there := back(t, at, "notes").rows; target.Durable && there < acknowledged || there > here {
				t.Errorf("%d notes are in the backup, %d were acknowledged, %d are in the vault", there, acknowledged, here)
			}
		},
		done: func() { m.sameInStore(at) },
	}
}

// openFolder opens a store in a folder.
func openFolder(_ context.Context, path string, _ *backup.Settings) (store.Store, error) {
	return dir.Open(path)
}

// within runs f with the owner's session of the machine's vault.
func (m *machine) within(f func(s *vault.Session) error) {
	m.t.Helper()
	if err := within(m.t.Context(), m.dir, func(_ *vault.Vault, s *vault.Session) error { return f(s) }); err != nil {
		m.t.Fatal(err)
	}
}

func within(ctx context.Context, folder string, f func(v *vault.Vault, s *vault.Session) error) error {
	v, err := vault.Open(folder)
	if err != nil {
		return err
	}
	if err := v.Unlock(ctx, []byte(passphrase)); err != nil {
		return errors.Join(err, v.Close())
	}
	s, err := v.As(penates.Owner, "")
	if err == nil {
		err = f(v, s)
	}
	return errors.Join(err, v.Close())
}

// sameInStore ships all there is, and compares the copy with the vault.
func (m *machine) sameInStore(at string) {
	m.t.Helper()
	m.must("backup", "now")
	if here, there := look(m.t.(*testing.T), m.dir, "notes"), back(m.t.(*testing.T), at, "notes"); !slices.Equal(here.hashes, there.hashes) {
		m.t.Errorf("the vault holds %+v, the copy %+v", here, there)
	}
}

// killedSnapshot kills the storing of a whole new snapshot.
func killedSnapshot(t *testing.T) *moment {
	m := inMemory(t)
	at, notes, acknowledged := filepath.Join(filepath.Dir(m.dir), "store"), 0, 0
	write := func() {
		m.within(func(s *vault.Session) error {
			notes += 60
			return vaulttest.PutNotes(t.Context(), s, notes-60, notes)
		})
	}
	write()
	m.must("backup", "add", at)
	acknowledged = notes
	return &moment{
		next: func() *exec.Cmd {
			write()
			// Without its notes shipping begins with a snapshot.
			left, err := filepath.Glob(filepath.Join(m.dir, ship.Folder, "*"))
			for _, name := range left {
				err = errors.Join(err, os.Remove(name))
			}
			if err != nil {
				t.Fatal(err)
			}
			return m.command("backup", "now")
		},
		after: func(_ []string, ended bool) {
			if ended {
				acknowledged = notes
			}
			if n := look(t, m.dir, "notes").rows; n != notes {
				t.Errorf("%d notes, want %d", n, notes)
			}
			if n := back(t, at, "notes").rows; n < acknowledged || n > notes {
				t.Errorf("%d notes came back, %d were acknowledged, there are %d", n, acknowledged, notes)
			}
		},
		done: func() { m.sameInStore(at) },
	}
}

// killedRestore kills restores into one folder, each of which goes on after the one
// before: until one is done, the folder is no vault.
func killedRestore(t *testing.T) *moment {
	m := inMemory(t)
	m.within(func(s *vault.Session) error { return vaulttest.PutNotes(t.Context(), s, 0, 400) })
	at, into := filepath.Join(filepath.Dir(m.dir), "store"), filepath.Join(filepath.Dir(m.dir), "into")
	m.must("backup", "add", at)
	m.within(func(s *vault.Session) error { return vaulttest.PutNotes(t.Context(), s, 400, 500) })
	m.must("backup", "now")
	want := look(t, m.dir, "notes")
	same := func() {
		if got := look(t, into, "notes"); got.rows != 500 || !slices.Equal(got.hashes, want.hashes) {
			t.Errorf("restored %+v, want %+v", got, want)
		}
		if err := os.RemoveAll(into); err != nil {
			t.Fatal(err)
		}
	}
	restore := []string{"backup", "restore", at, "--to", into}
	return &moment{
		next: func() *exec.Cmd { return m.command(restore...) },
		after: func(_ []string, ended bool) {
			there, err := vault.Exists(into)
			if err != nil {
				t.Fatal(err)
			}
			if there || ended {
				same()
			}
		},
		done: func() { m.must(restore...); same() },
	}
}

// killedUpgrade kills the first opening of vaults that earlier releases wrote.
func killedUpgrade(t *testing.T) *moment {
	m := &machine{t: t, dir: filepath.Join(memoryFolder(t), "vault"), tmp: t.TempDir()}
	known, err := filepath.Glob("../../internal/vault/testdata/schema*")
	if err != nil || len(known) < 5 {
		t.Fatal(known, err)
	}
	return &moment{
		next: func() *exec.Cmd {
			err := errors.Join(os.RemoveAll(m.dir), os.CopyFS(m.dir, os.DirFS(known[rand.IntN(len(known))])))
			keys, err2 := os.ReadFile(filepath.Join(m.dir, "keys"))
			if err = errors.Join(err, err2, os.WriteFile(filepath.Join(m.dir, "keys.copy"), keys, 0o600)); err != nil {
				t.Fatal(err)
			}
			return m.command("types")
		},
		after: func([]string, bool) {
			// Opening it goes back and upgrades it anew, or has nothing to do.
			if n := look(t, m.dir, "bank_operations").rows; n != 11 {
				t.Errorf("%d operations, want 11", n)
			}
			if left, _ := filepath.Glob(filepath.Join(m.dir, "vault.db.before*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		},
		done: func() {},
	}
}

// killedCompaction kills compactions whose commits wait for a backup.
func killedCompaction(t *testing.T) *moment {
	m := inMemory(t)
	at := filepath.Join(filepath.Dir(m.dir), "store")
	m.within(func(s *vault.Session) error { return vaulttest.PutNotes(t.Context(), s, 0, 600) })
	m.must("backup", "add", at, "--durable")
	want := look(t, m.dir, "notes")
	return &moment{
		next: func() *exec.Cmd { return m.command("compact", "--json") },
		after: func(said []string, ended bool) {
			var r struct{ Before, After int }
			if err := json.Unmarshal([]byte(strings.Join(said, "")), &r); ended && (err != nil || r.After == 0) {
				t.Errorf("%q: %v", said, err)
			}
			for where, got := range map[string]found{"the vault": look(t, m.dir, "notes"), "the copy": back(t, at, "notes")} {
				if got.rows != 600 || !slices.Equal(got.hashes, want.hashes) {
					t.Errorf("%s holds %+v, want %+v", where, got, want)
				}
			}
		},
		done: func() { m.sameInStore(at) },
	}
}

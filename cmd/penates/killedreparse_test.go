package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"penates/internal/importer/mapping"
	"penates/internal/vault"
)

// killedReparse kills reparses that have much to do: files nobody could read when they
// came in, whose columns were named since. Each goes on after the one before, or starts
// over, and what they make of the files in the end is what one that nobody stops makes
// of the same files.
func killedReparse(t *testing.T) *moment {
	files, rows := 40, 20
	if *long {
		files, rows = 260, 12 // more files than are read before the place is remembered
	}
	folder := t.TempDir()
	for f := range files {
		var b strings.Builder
		b.WriteString("Quand;Quoi;Combien\n")
		for r := range rows {
			fmt.Fprintf(&b, "%02d/%02d/2026;achat %d;-%d,50\n", 1+r, 1+f%12, f*rows+r, 1+f)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("f%03d.csv", f)), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known := mapping.Mapping{Headings: []string{"Quand", "Quoi", "Combien"}, Order: "dmy", Columns: map[mapping.Role]int{mapping.Date: 0, mapping.Label: 1, mapping.Amount: 2}}
	begun := inMemory(t)
	begun.imported(folder)
	begun.within(func(s *vault.Session) error { return mapping.Save(t.Context(), s, &known, time.Now()) })
	prepared := func() *machine {
		m := &machine{t: t, dir: filepath.Join(memoryFolder(t), "vault"), tmp: t.TempDir()}
		if err := os.CopyFS(m.dir, os.DirFS(begun.dir)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	most, tries, m := 0, 0, prepared()
	whole := func(got found) {
		straight := prepared()
		straight.must("reparse")
		if want := look(t, straight.dir, "bank_operations"); got.rows != files*rows || !slices.Equal(got.hashes, want.hashes) {
			t.Errorf("%d operations and %+v, want %d and %+v", got.rows, got.hashes, want.rows, want.hashes)
		}
	}
	return &moment{
		next: func() *exec.Cmd {
			if tries++; tries%3 == 0 {
				return m.command("reparse", "--json", "--again")
			}
			return m.command("reparse", "--json")
		},
		after: func(said []string, ended bool) {
			got := look(t, m.dir, "bank_operations")
			if got.rows < most || got.rows > files*rows {
				t.Errorf("%d operations, %d before, %d in the files", got.rows, most, files*rows)
			}
			if most = got.rows; !ended {
				return
			}
			var r struct{ Blobs, Before int }
			if err := json.Unmarshal([]byte(strings.Join(said, "")), &r); err != nil || r.Blobs+r.Before != files || got.rows != files*rows {
				t.Errorf("%v: %d and %d files, %d operations", err, r.Blobs, r.Before, got.rows)
			}
			most, m = 0, prepared() // for the next ones
		},
		done: func() {
			m.must("reparse")
			whole(look(t, m.dir, "bank_operations"))
			if left, _ := filepath.Glob(filepath.Join(m.tmp, "*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		},
	}
}

package main_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sumsOf returns the SHA-256 sum of each member of an export. What differs between a
// vault and its copy is left out: the journal, which goes on in each, the note of
// the import, the owner's grant, what each vault was set to when it was made, and
// when the export was made.
func sumsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	sums := map[string]string{}
	for _, f := range z.File {
		if slices.Contains([]string{"journal.jsonl", "imports.jsonl", "grants.jsonl", "settings.jsonl", "manifest.json"}, f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		sums[f.Name] = hex.EncodeToString(sum.Sum(nil))
	}
	return sums
}

// TestDemoGoesRound exports the demo's vault, imports it into an empty one and reads
// all files of that one again, each with the program in a process of its own: all of
// them hold the same, to the byte.
func TestDemoGoesRound(t *testing.T) {
	there := &machine{t: t, tmp: t.TempDir()}
	demo := there.start("demo", "--listen", "127.0.0.1:0", "--language", "en")
	found, err := filepath.Glob(filepath.Join(there.tmp, "penates-demo-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the demo's vault: %v, %v", found, err)
	}
	there.dir = found[0]
	before, counts := there.must("types", "--hash"), there.must("types")
	if strings.Count(before, "\n") < 10 {
		t.Fatalf("the demo holds little:\n%s", before)
	}
	first := filepath.Join(t.TempDir(), "first.zip")
	there.must("export", "--to", first)
	if code, _ := demo.end(os.Interrupt); code != 0 {
		t.Errorf("the demo ended with %d", code)
	}

	here := newMachine(t)
	if n := here.imported(first); n.Refused != 0 || n.Updated != 0 || n.Unchanged != 0 {
		t.Errorf("%+v", n)
	}
	same := func(what string) {
		t.Helper()
		if diff := cmp.Diff(before, here.must("types", "--hash")); diff != "" {
			t.Errorf("%s: hashes differ (-demo +here):\n%s", what, diff)
		}
		if diff := cmp.Diff(counts, here.must("types")); diff != "" {
			t.Errorf("%s: counts differ (-demo +here):\n%s", what, diff)
		}
		second := filepath.Join(t.TempDir(), "second.zip")
		here.must("export", "--to", second)
		was, is := sumsOf(t, first), sumsOf(t, second)
		for _, name := range slices.Sorted(maps.Keys(was)) {
			if is[name] != was[name] {
				t.Errorf("%s: %s differs", what, name)
			}
		}
		if len(is) != len(was)+1 { // the journal of the other vault is a file of this one
			t.Errorf("%s: %d members, there were %d", what, len(is), len(was))
		}
	}
	same("import")
	if n := parseCounts(t, here.must("reparse", "--json")); n.Read == 0 || n.Added+n.Updated+n.Refused != 0 {
		t.Errorf("reparse: %+v", n)
	}
	same("reparse")
	here.must("check")
}

package dir_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/store"
	"penates/internal/store/dir"
	"penates/internal/store/storetest"
)

func open(tb testing.TB, path string) *dir.Store {
	tb.Helper()
	s, err := dir.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func place(tb testing.TB) storetest.Place {
	path := filepath.Join(tb.TempDir(), "store")
	return func(tb testing.TB) store.Store { return open(tb, path) }
}

func TestStore(t *testing.T) { storetest.Run(t, place) }

var long = flag.Bool("long", false, "run the long versions of the tests")

func TestDuels(t *testing.T) {
	times := 20
	if *long {
		times = 10_000
	}
	storetest.Duels(t, place, times)
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, place) }

func TestOpenNeedsTheFolderAbove(t *testing.T) {
	if _, err := dir.Open(filepath.Join(t.TempDir(), "not", "mounted")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Open(file); err == nil {
		t.Error("a file was opened as a store")
	}
}

// Processes race for names; every name has one winner, and all are durable files.
func TestProcessesRace(t *testing.T) {
	if path := os.Getenv("DIR_CHILD"); path != "" {
		s := open(t, path)
		bufio.NewScanner(os.Stdin).Scan() // all start together
		for i := range 200 {
			err := s.PutIfAbsent(t.Context(), fmt.Sprintf("r/%d", i), []byte(os.Getenv("DIR_WHO")))
			if err == nil {
				fmt.Printf("won %d\n", i)
			} else if !errors.Is(err, penates.Exists) {
				t.Fatal(err)
			}
		}
		return
	}
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, path)
	const processes = 3
	won := map[string]string{}
	var outs [processes]strings.Builder
	var children [processes]*exec.Cmd
	start, ready, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for i := range processes {
		c := exec.Command(os.Args[0], "-test.run=^TestProcessesRace$")
		c.Env = append(os.Environ(), "DIR_CHILD="+path, fmt.Sprintf("DIR_WHO=%d", i))
		c.Stdin, c.Stdout = start, &outs[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children[i] = c
	}
	if err := ready.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Fatal(err, outs[i].String())
		}
		for line := range strings.Lines(outs[i].String()) {
			if n, ok := strings.CutPrefix(strings.TrimSpace(line), "won "); ok {
				if by, twice := won[n]; twice {
					t.Errorf("%s was won by %s and %d", n, by, i)
				}
				won[n] = fmt.Sprint(i)
			}
		}
	}
	if len(won) != 200 {
		t.Errorf("%d of 200 names were won", len(won))
	}
	for n, who := range won {
		if got, err := s.Get(t.Context(), "r/"+n); err != nil || string(got) != who {
			t.Errorf("r/%s, won by %s, holds %q, %v", n, who, got, err)
		}
	}
}

// Nothing that is no object is listed, read, replaced or removed, and links do
// not lead out of the folder.
func TestForeignFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, path)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(
		os.Mkdir(outside, 0o700),
		os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600),
		os.Symlink(outside, filepath.Join(path, "way")),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(path, "link")),
		os.WriteFile(filepath.Join(path, "Thumbs.db"), nil, 0o600),
		os.WriteFile(filepath.Join(path, ".hidden"), nil, 0o600),
		os.Mkdir(filepath.Join(path, "folder"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "link"); !errors.Is(err, penates.NotExist) {
		t.Errorf("get of a link: %q, %v", got, err)
	}
	if got, err := s.Get(t.Context(), "way/secret"); err == nil {
		t.Errorf("get through a link: %q", got)
	}
	for _, name := range []string{"link", "way", "folder"} {
		if err := s.PutIfAbsent(t.Context(), name, nil); !errors.Is(err, penates.Invalid) {
			t.Errorf("put on %s: %v", name, err)
		}
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("delete of %s: %v", name, err)
		}
	}
	if err := s.PutIfAbsent(t.Context(), "way/new", nil); err == nil {
		t.Error("put through a link")
	}
	if names := storetest.Names(t, s, "", ""); len(names) != 0 {
		t.Errorf("listed: %q", names)
	}
	for _, name := range []string{"way", "link", "folder", "Thumbs.db"} {
		if _, err := os.Lstat(filepath.Join(path, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestTooLargeAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, path)
	if err := errors.Join(os.WriteFile(filepath.Join(path, "a"), nil, 0o600), os.Truncate(filepath.Join(path, "a"), store.MaxObject+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, penates.Damaged) {
		t.Error(err)
	}
}

// What dead processes left is removed once it is old, never while it is new.
func TestSweep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	if err := open(t, path).PutIfAbsent(t.Context(), "before", nil); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(path, ".unfinished", "old"), filepath.Join(path, ".unfinished", "young")
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := errors.Join(os.WriteFile(old, nil, 0o600), os.WriteFile(young, nil, 0o600), os.Chtimes(old, yesterday, yesterday)); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	left, err := os.ReadDir(filepath.Join(path, ".unfinished"))
	if err != nil || len(left) != 1 || left[0].Name() != "young" {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := s.PutIfAbsent(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	left, err = os.ReadDir(filepath.Join(path, ".unfinished"))
	if err != nil || !slices.ContainsFunc(left, func(e fs.DirEntry) bool { return e.Name() == "young" }) || len(left) != 1 {
		t.Errorf("left after a put: %v, %v", left, err)
	}
}

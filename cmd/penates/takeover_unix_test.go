//go:build unix

package main_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"penates/internal/store/pgtest"
)

// bucket serves an S3-compatible service with one bucket and returns its address.
func bucket(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("vaults"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return "s3+http://key@" + strings.TrimPrefix(server.URL, "http://") + "/vaults/home"
}

// TestTakeover writes a vault in one process, which is killed; another takes the
// vault over from the store and goes on; the first, woken again, is refused.
func TestTakeover(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{
		"postgres": func(t *testing.T) string {
			s := pgtest.Start(t, "fsync=off")
			t.Setenv("PENATES_STORE_SECRET", pgtest.Password)
			return s.URL(s.Database(), false)
		},
		"s3": func(t *testing.T) string {
			t.Setenv("PENATES_STORE_SECRET", "a-secret-of-the-bucket")
			return bucket(t)
		},
	} {
		t.Run(name, func(t *testing.T) { takeOver(t, address(t)) })
	}
}

func takeOver(t *testing.T, address string) {
	first := newMachine(t)
	if out := first.must("backup", "add", address); strings.Contains(out, os.Getenv("PENATES_STORE_SECRET")) {
		t.Errorf("the secret is shown: %s", out)
	}
	server := first.serve()
	first.imported(first.file("a.csv", statement(300)))
	first.must("backup", "now")
	server.end(os.Kill)

	second := &machine{t: t, dir: filepath.Join(t.TempDir(), "other"), tmp: t.TempDir()}
	second.must("backup", "restore", address, "--to", second.dir)
	if n := second.count("bank_operations"); n != 300 {
		t.Fatalf("%d operations came back", n)
	}
	second.must("check")
	second.must("backup", "resume")
	second.imported(second.file("b.csv", strings.ReplaceAll(statement(20), "LYON", "PARIS")))
	second.must("backup", "now")

	if a := first.run("backup", "now"); a.code == 0 || !strings.Contains(a.errors, "older state") {
		t.Errorf("the first was not refused: code %d\n%s%s", a.code, a.out, a.errors)
	}
	first.run("import", first.file("c.csv", statement(400))) // what it does alone stays with it
	if a := first.run("backup", "now"); a.code == 0 {
		t.Errorf("the first was not refused after it wrote: %s%s", a.out, a.errors)
	} else {
		t.Log(a.errors)
	}
	third := &machine{t: t, dir: filepath.Join(t.TempDir(), "third"), tmp: t.TempDir()}
	third.must("backup", "restore", address, "--to", third.dir)
	if n := third.count("bank_operations"); n != 320 {
		t.Errorf("%d operations of the second came back", n)
	}
}

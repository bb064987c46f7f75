package walk_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"penates"
	"penates/internal/walk"
)

// cut writes content as several files.
func cut(t *testing.T, dir, name string, content []byte, parts int) (paths []string) {
	t.Helper()
	for i := range parts {
		p := filepath.Join(dir, fmt.Sprintf("%s.%03d", name, i+1))
		if err := os.WriteFile(p, content[i*len(content)/parts:(i+1)*len(content)/parts], 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// An archive that was cut into parts is read as one, in a folder and by its parts.
func TestParts(t *testing.T) {
	dir := t.TempDir()
	z := storedZip(t, entry{"b.txt", "bee"}, entry{"a.txt", strings.Repeat("a", 3000)})
	paths := cut(t, dir, "x.zip", z, 5)
	cut(t, dir, "y.tgz", gz(t, tarOf(t, entry{"c.txt", "sea"})), 2)
	if err := os.WriteFile(filepath.Join(dir, "note.001"), []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(dir)
	want := map[string]string{
		base + "/x.zip/a.txt": strings.Repeat("a", 3000), base + "/x.zip/b.txt": "bee", base + "/y.tgz/c.txt": "sea", base + "/note.001": "no archive",
	}
	f, meter := newFound(), walk.Meter{}
	if err := walk.Walk(t.Context(), []string{dir}, walk.Options{Meter: &meter}, f); err != nil || len(f.refused) > 0 {
		t.Fatal(err, f.refused)
	}
	if diff := cmp.Diff(want, f.files); diff != "" {
		t.Error(diff)
	}
	if meter.Done != meter.Total {
		t.Error(meter)
	}
	f = newFound()
	if err := walk.Walk(t.Context(), paths, walk.Options{}, f); err != nil || len(f.refused) > 0 || len(f.files) != 2 || f.files["x.zip/b.txt"] != "bee" {
		t.Error(err, f.refused, f.order)
	}
	// Without its last part it is damaged, and what is there is read.
	if err := os.Remove(paths[4]); err != nil {
		t.Fatal(err)
	}
	f = newFound()
	if err := walk.Walk(t.Context(), paths[:1], walk.Options{}, f); err != nil || !errors.Is(f.refused["x.zip"], penates.Damaged) || len(f.files) == 0 {
		t.Error(err, f.refused, f.order)
	}
}

const (
	// "bee\n" by bzip2 and xz.
	bzipped = "QlpoOTFBWSZTWS3NH4sAAADBAAAQEgAgACGYGYQYXckU4UJAtzR+LA=="
	xzed    = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQADYmVlCgA5sqN6aLFGKAABHARvLJzBH7bzfQEAAAAABFla"
)

func TestPacked(t *testing.T) {
	var z, g bytes.Buffer
	zw, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	gw := gzip.NewWriter(&g)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{zw, gw} {
		if _, err := w.Write([]byte("bee\n")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, content := range map[string][]byte{"b.txt.zst": z.Bytes(), "b.txt.gz": g.Bytes(), "b.txt.bz2": decode(bzipped), "b.txt.xz": decode(xzed)} {
		f := stream(t, name, content, walk.Default)
		if diff := cmp.Diff(map[string]string{name + "/b.txt": "bee\n"}, f.files); diff != "" || len(f.refused) > 0 {
			t.Error(name, diff, f.refused)
		}
		for n := 12; n < len(content); n++ { // cut short: refused or said to be cut
			if f := stream(t, name, content[:n], walk.Default); len(f.refused) == 0 && len(f.files[name]) == 0 && f.files[name+"/b.txt"] != "bee\n" {
				t.Errorf("%s cut at %d: %v", name, n, f.files)
			}
		}
	}
}

// The last part of a zip that was split says so, and gives what lies in it.
func TestSpanned(t *testing.T) {
	z := storedZip(t, entry{"a.txt", "one"}, entry{"b.txt", "two"})
	for comment, parts := range map[string]byte{"": 2, "a comment": 0} {
		part := append([]byte(nil), z...)
		part[len(part)-22+4] = parts
		part[len(part)-2] = byte(len(comment))
		f := stream(t, "x.zip", append(part, comment...), walk.Limits{})
		err := f.refused["x.zip"]
		if (parts > 0) != errors.Is(err, penates.Unsupported) || parts > 0 && !strings.Contains(err.Error(), "the last of 3 parts") || f.files["x.zip/b.txt"] != "two" {
			t.Errorf("%q: %v, %v", comment, f.refused, f.files)
		}
	}
}

package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penates"
	"penates/internal/blob"
	"penates/internal/seal"
)

func store(t testing.TB) (*blob.Store, string, seal.Key) {
	t.Helper()
	dir, key := t.TempDir(), seal.NewKey()
	s, err := blob.Open(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir, key
}

func put(t testing.TB, s *blob.Store, content []byte) penates.BlobID {
	t.Helper()
	id, size, err := s.Put(t.Context(), bytes.NewReader(content))
	if err != nil || size != int64(len(content)) {
		t.Fatalf("put %d bytes: %d, %v", len(content), size, err)
	}
	return id
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func TestPut(t *testing.T) {
	s, dir, _ := store(t)
	for _, content := range [][]byte{nil, []byte("x"), noise(1000), noise(300_000), bytes.Repeat([]byte("Éclair au café. "), 50_000)} {
		id := put(t, s, content)
		if id != penates.NewBlobID(sha256.Sum256(content)) {
			t.Errorf("%d bytes are %s", len(content), id)
		}
		before, err := s.Names()
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, content)
		if after, err := s.Names(); err != nil || len(after) != len(before) {
			t.Errorf("the same bytes are stored twice: %v, %v", after, err)
		}
		r, err := s.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) || r.Size() != int64(len(content)) {
			t.Errorf("%d bytes came back as %d, %v", len(content), len(got), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("clair")) || err != nil {
			t.Errorf("%s: readable, or %v", path, err)
		}
		return err
	})
}

func TestSeek(t *testing.T) {
	s, _, _ := store(t)
	for _, content := range [][]byte{noise(200_000), []byte(strings.Repeat("abcdefghij", 20_000))} {
		r, err := s.Open(put(t, s, content))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		rapid.Check(t, func(rt *rapid.T) {
			off := rapid.Int64Range(0, int64(len(content))).Draw(rt, "offset")
			n := rapid.IntRange(1, 5000).Draw(rt, "length")
			if _, err := r.Seek(off, io.SeekStart); err != nil {
				rt.Fatal(err)
			}
			got := make([]byte, n)
			m, err := io.ReadFull(r, got)
			want := content[off:min(off+int64(n), int64(len(content)))]
			if !bytes.Equal(got[:m], want) {
				rt.Fatalf("read %d bytes at %d: %v", m, off, err)
			}
		})
	}
}

// Every byte of a blob's file counts: whichever is changed, Verify says so and
// names the file, and reading never gives other content.
func TestDamage(t *testing.T) {
	s, dir, _ := store(t)
	content := bytes.Repeat([]byte("compte courant "), 100)
	id := put(t, s, content)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	names, err := s.Names()
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	path := filepath.Join(dir, names[0])
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(t.Context(), names[0]); err == nil || !strings.Contains(err.Error(), names[0]) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if r, err := s.Open(id); err == nil {
			if got, err := io.ReadAll(r); err == nil && !bytes.Equal(got, content) {
				t.Errorf("byte %d changed: other content is served", i)
			}
			r.Close()
		}
	}
	for _, bad := range [][]byte{nil, good[:10], good[:len(good)-1], append(bytes.Clone(good), 0)} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(t.Context(), names[0]); !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Newer) {
			t.Errorf("%d of %d bytes: %v", len(bad), len(good), err)
		}
	}
}

func TestSwapped(t *testing.T) {
	s, dir, _ := store(t)
	put(t, s, noise(100))
	put(t, s, noise(200))
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	names, err := s.Names()
	if err != nil {
		t.Fatal(err)
	}
	a, b := filepath.Join(dir, names[0]), filepath.Join(dir, names[1])
	if err := errors.Join(os.Rename(a, a+"x"), os.Rename(b, a), os.Rename(a+"x", b)); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), names[0]); !errors.Is(err, penates.Damaged) {
		t.Errorf("a blob in the place of another: %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	s, dir, key := store(t)
	if _, _, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(noise(100_000)), broken{})); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(ctx, bytes.NewReader(noise(10))); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "new"))
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new", "killed"), noise(10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Open(dir, key); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "new")); len(left) != 0 {
		t.Error("what a kill left is still there")
	}
	if _, err := s.Open("sha256-zz"); !errors.Is(err, penates.Invalid) {
		t.Errorf("bad id: %v", err)
	}
	if _, err := s.Open(penates.NewBlobID([32]byte{})); !errors.Is(err, penates.NotExist) {
		t.Errorf("unknown id: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

func BenchmarkPut(b *testing.B) {
	s, _, _ := store(b)
	content := noise(1 << 20)
	b.SetBytes(int64(len(content)))
	for i := range b.N {
		content[0], content[1], content[2] = byte(i), byte(i>>8), byte(i>>16)
		put(b, s, content)
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
}

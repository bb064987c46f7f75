package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"penates"
	"penates/internal/seal"
)

func TestSealOpen(t *testing.T) {
	key := seal.NewKey()
	sealed, err := seal.Seal(key, []byte("context"), []byte("plaintext"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := seal.Open(key, []byte("context"), sealed); err != nil || string(got) != "plaintext" {
		t.Fatalf("%q, %v", got, err)
	}
	again, err := seal.Seal(key, []byte("context"), []byte("plaintext"))
	if err != nil || bytes.Equal(sealed, again) {
		t.Error("sealing twice gives the same bytes", err)
	}
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		_, err := seal.Open(key, []byte("context"), bad)
		if want := kindOfVersion(bad[0]); !errors.Is(err, want) {
			t.Errorf("bit %d: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := seal.Open(key, []byte("context"), sealed[:n]); !errors.Is(err, penates.Damaged) {
			t.Errorf("first %d bytes: %v", n, err)
		}
	}
	if _, err := seal.Open(key, []byte("other"), sealed); !errors.Is(err, penates.Damaged) {
		t.Errorf("other context: %v", err)
	}
}

// kindOfVersion is the kind of error that a first byte gives.
func kindOfVersion(b byte) error {
	if b > 1 {
		return penates.Newer
	}
	return penates.Damaged
}

func sealStream(t testing.TB, key seal.Key, context, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := seal.NewWriter(key, context, &out)
	if err != nil {
		t.Fatal(err)
	}
	for rest := plain; len(rest) > 0; {
		n := min(len(rest), 1+rand.IntN(100_000))
		if m, err := w.Write(rest[:n]); err != nil || m != n {
			t.Fatal(m, err)
		}
		rest = rest[n:]
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Fatal("a closed stream took more")
	}
	if got := int64(out.Len()); got != seal.StreamSize(int64(len(plain))) {
		t.Fatalf("%d bytes, not the %d foretold", got, seal.StreamSize(int64(len(plain))))
	}
	return out.Bytes()
}

// openStream reads a stream in both ways, which must agree.
func openStream(t testing.TB, key seal.Key, context, sealed []byte) ([]byte, error) {
	t.Helper()
	var whole []byte
	r, err := seal.NewReader(key, context, bytes.NewReader(sealed))
	if err == nil {
		whole, err = io.ReadAll(iotest.HalfReader(r))
	}
	var parts []byte
	at, errAt := seal.NewReaderAt(key, context, bytes.NewReader(sealed), int64(len(sealed)))
	if errAt == nil {
		parts, errAt = io.ReadAll(io.NewSectionReader(at, 0, at.Size()))
	}
	if (err == nil) != (errAt == nil) || err == nil && !bytes.Equal(whole, parts) {
		t.Fatalf("Reader: %d bytes, %v; ReaderAt: %d bytes, %v", len(whole), err, len(parts), errAt)
	}
	return whole, err
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n)})
	rng.Read(b)
	return b
}

func TestStream(t *testing.T) {
	key := seal.NewKey()
	for _, n := range []int{0, 1, 15, 16, 17, seal.ChunkSize - 1, seal.ChunkSize, seal.ChunkSize + 1, 3 * seal.ChunkSize, 3*seal.ChunkSize + 5} {
		plain := randomBytes(n)
		sealed := sealStream(t, key, []byte("c"), plain)
		got, err := openStream(t, key, []byte("c"), sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %v", n, err)
		}
		for name, open := range map[string]func() error{
			"other context": func() error { _, err := openStream(t, key, []byte("d"), sealed); return err },
			"other key":     func() error { _, err := openStream(t, seal.NewKey(), []byte("c"), sealed); return err },
			"cut":           func() error { _, err := openStream(t, key, []byte("c"), sealed[:len(sealed)-1]); return err },
			"one byte more": func() error {
				_, err := openStream(t, key, []byte("c"), append(bytes.Clone(sealed), 0))
				return err
			},
			"head alone": func() error { _, err := openStream(t, key, []byte("c"), sealed[:seal.HeadSize]); return err },
			"nothing":    func() error { _, err := openStream(t, key, []byte("c"), nil); return err },
		} {
			if err := open(); !errors.Is(err, penates.Damaged) {
				t.Errorf("%d bytes, %s: %v", n, name, err)
			}
		}
	}
}

// Chunks that are cut off, dropped, repeated, swapped or taken from elsewhere.
func TestStreamChunks(t *testing.T) {
	key := seal.NewKey()
	sealed := sealStream(t, key, nil, randomBytes(4*seal.ChunkSize))
	other := sealStream(t, key, nil, randomBytes(4*seal.ChunkSize))
	head := sealed[:seal.HeadSize]
	chunk := func(s []byte, i int) []byte {
		return s[seal.HeadSize+i*seal.SealedChunk:][:seal.SealedChunk]
	}
	for name, chunks := range map[string][][]byte{
		"cut at a chunk":   {chunk(sealed, 0), chunk(sealed, 1), chunk(sealed, 2)},
		"first dropped":    {chunk(sealed, 1), chunk(sealed, 2), chunk(sealed, 3)},
		"middle dropped":   {chunk(sealed, 0), chunk(sealed, 2), chunk(sealed, 3)},
		"swapped":          {chunk(sealed, 1), chunk(sealed, 0), chunk(sealed, 2), chunk(sealed, 3)},
		"repeated":         {chunk(sealed, 0), chunk(sealed, 0), chunk(sealed, 1), chunk(sealed, 2), chunk(sealed, 3)},
		"last repeated":    {chunk(sealed, 0), chunk(sealed, 1), chunk(sealed, 2), chunk(sealed, 3), chunk(sealed, 3)},
		"of another":       {chunk(sealed, 0), chunk(other, 1), chunk(sealed, 2), chunk(sealed, 3)},
		"last of another":  {chunk(sealed, 0), chunk(sealed, 1), chunk(sealed, 2), chunk(other, 3)},
		"and then nothing": {},
	} {
		bad := bytes.Join(append([][]byte{head}, chunks...), nil)
		if _, err := openStream(t, key, nil, bad); !errors.Is(err, penates.Damaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStreamFlips(t *testing.T) {
	key := seal.NewKey()
	sealed := sealStream(t, key, nil, randomBytes(seal.ChunkSize+100))
	for at := 0; at < len(sealed); at++ {
		if at > 60 && at < seal.ChunkSize && at%4001 != 0 {
			continue
		}
		bad := bytes.Clone(sealed)
		bad[at] ^= 1 << (at % 8)
		if _, err := openStream(t, key, nil, bad); !errors.Is(err, kindOfVersion(bad[0])) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

// Any part read anywhere is the same part of the plaintext.
func TestReaderAt(t *testing.T) {
	key := seal.NewKey()
	plain := randomBytes(2*seal.ChunkSize + 1234)
	sealed := sealStream(t, key, nil, plain)
	at, err := seal.NewReaderAt(key, nil, bytes.NewReader(sealed), int64(len(sealed)))
	if err != nil || at.Size() != int64(len(plain)) {
		t.Fatal(at.Size(), err)
	}
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.IntRange(0, len(plain)+10).Draw(t, "offset")
		p := make([]byte, rapid.IntRange(0, seal.ChunkSize+100).Draw(t, "length"))
		n, err := at.ReadAt(p, int64(off))
		rest := plain[min(off, len(plain)):]
		if n != min(len(p), len(rest)) || !bytes.Equal(p[:n], rest[:n]) || (err == io.EOF) != (n < len(p)) {
			t.Fatalf("%d bytes, %v", n, err)
		}
	})
	if _, err := at.ReadAt(make([]byte, 1), -1); !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
}

// A disk that fails is not damage.
func TestStreamErrors(t *testing.T) {
	key, failure := seal.NewKey(), errors.New("the disk failed")
	sealed := sealStream(t, key, nil, randomBytes(100_000))
	for _, after := range []int64{0, 10, 40, 70_000} {
		r, err := seal.NewReader(key, nil, io.MultiReader(io.LimitReader(bytes.NewReader(sealed), after), iotest.ErrReader(failure)))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, failure) || errors.Is(err, penates.Damaged) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
	for _, after := range []int{0, 40, 70_000} {
		w, err := seal.NewWriter(key, nil, &limited{left: after, err: failure})
		if err == nil {
			_, err = w.Write(randomBytes(200_000))
			err = errors.Join(err, w.Close())
		}
		if !errors.Is(err, failure) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

func FuzzStream(f *testing.F) {
	key := seal.NewKey()
	for _, n := range []int{0, 1, 70_000} {
		sealed := sealStream(f, key, nil, randomBytes(n))
		f.Add(sealed)
		f.Add(sealed[:len(sealed)-1])
	}
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := openStream(t, key, nil, sealed)
		if err == nil && !bytes.Equal(plain, randomBytes(len(plain))) {
			t.Errorf("%d forged bytes opened", len(sealed))
		}
		if err != nil && !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Newer) {
			t.Error(err)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	key := seal.NewKey()
	for _, n := range []int{1000, 1 << 20} {
		plain := randomBytes(n)
		sealed := sealStream(b, key, nil, plain)
		b.Run(fmt.Sprint("seal/", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				w, err := seal.NewWriter(key, nil, io.Discard)
				if err == nil {
					_, err = w.Write(plain)
				}
				if err = errors.Join(err, w.Close()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("open/", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				r, err := seal.NewReader(key, nil, bytes.NewReader(sealed))
				if err == nil {
					_, err = io.Copy(io.Discard, r)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

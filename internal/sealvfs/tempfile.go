package sealvfs

import (
	"io"

	"penates/internal/seal"
)

const sealedTemp = PageSize + seal.Overhead

// tempFile is a temporary database, journal or sorting file: nobody but its
// opener reads it, its key is random, and its size is known here.
type tempFile struct {
	sealedFile
	s      *sealer
	size   int64
	loaded int64 // number of the block in plain, -1 for none
	plain  [PageSize]byte
	sealed [sealedTemp]byte
}

func newTempFile(f sealedFile, c *ciphers) (*tempFile, error) {
	key := seal.NewKey()
	defer key.Wipe()
	x, err := seal.NewXAES(key)
	if err != nil {
		return nil, err
	}
	f.path = "temporary file"
	return &tempFile{sealedFile: f, s: newSealer(x, c.vault), loaded: -1}, nil
}

// load opens block i into t.plain. What was never written reads as zeros.
func (t *tempFile) load(i int64) error {
	if t.loaded == i {
		return nil
	}
	t.loaded = -1
	n, err := t.File.ReadAt(t.sealed[:], i*sealedTemp)
	switch {
	case n == sealedTemp && t.s.open(t.plain[:], t.sealed[:], place{kind: kindTemp, number: uint64(i)}):
	case n == sealedTemp && !isZero(t.sealed[:]):
		return damaged(t.path, "block %d is not what was written", i+1)
	case n < sealedTemp && err != nil && err != io.EOF:
		return err
	default:
		clear(t.plain[:])
	}
	t.loaded = i
	return nil
}

func (t *tempFile) store(i int64) error {
	t.s.seal(t.sealed[:], t.plain[:], place{kind: kindTemp, number: uint64(i)})
	if _, err := t.File.WriteAt(t.sealed[:], i*sealedTemp); err != nil {
		t.loaded = -1
		return err
	}
	t.loaded = i
	return nil
}

// Size is the size SQLite would see.
func (t *tempFile) Size() (int64, error) { return t.size, nil }

// ReadAt is io.ReaderAt's.
func (t *tempFile) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= t.size {
			return n, io.EOF
		}
		if err := t.load(at / PageSize); err != nil {
			return n, t.report(err)
		}
		end := min(PageSize, t.size-at/PageSize*PageSize)
		n += copy(p[n:], t.plain[at%PageSize:end])
	}
	return n, nil
}

// WriteAt is io.WriterAt's.
func (t *tempFile) WriteAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		i, in := at/PageSize, at%PageSize
		if in != 0 || len(p)-n < PageSize {
			if err := t.load(i); err != nil {
				return n, t.report(err)
			}
		}
		m := copy(t.plain[in:], p[n:])
		if err := t.store(i); err != nil {
			return n, err
		}
		n += m
		t.size = max(t.size, at+int64(m))
	}
	return n, nil
}

// Truncate shortens the file, or lengthens it with zeros.
func (t *tempFile) Truncate(size int64) error {
	if size < t.size {
		if part := size % PageSize; part != 0 {
			if err := t.load(size / PageSize); err != nil {
				return t.report(err)
			}
			clear(t.plain[part:])
			if err := t.store(size / PageSize); err != nil {
				return err
			}
		}
		t.loaded = -1
		if err := t.File.Truncate((size + PageSize - 1) / PageSize * sealedTemp); err != nil {
			return err
		}
	}
	t.size = size
	return nil
}

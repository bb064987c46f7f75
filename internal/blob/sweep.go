package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"penates"
)

// Sweep removes the blob files that are not listed and were put, or put again,
// before a time; it returns how many and their size, and how many that are not
// listed stay because they are younger. What lies among them that is no blob stays.
func (s *Store) Sweep(before time.Time, listed func(name string) bool) (removed int, size int64, left int, err error) {
	names, err := s.Names()
	if err != nil {
		return 0, 0, 0, err
	}
	for _, name := range names {
		if listed(name) || filepath.Dir(name) == "." {
			continue
		}
		n, err := s.sweepOne(filepath.Join(s.dir, filepath.FromSlash(name)), before)
		switch {
		case err != nil:
			return removed, size, left, err
		case n < 0:
			left++
		default:
			removed, size = removed+1, size+n
		}
	}
	return removed, size, left, nil
}

// sweepOne removes a file that is old enough and returns its size, or -1. No Put can
// come between the look at its age and its removal.
func (s *Store) sweepOne(path string, before time.Time) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return -1, nil
	case err != nil:
		return 0, err
	case s.pending[path] != nil, !info.Mode().IsRegular(), !info.ModTime().Before(before):
		return -1, nil
	}
	return info.Size(), os.Remove(path)
}

// SetAside renames the blob file of that name to one in the folder beside the store
// that is added to its name, so that it is no blob any more but not lost. It returns
// the new name, in the folder of the store.
func (s *Store) SetAside(name, suffix string) (string, error) {
	aside := filepath.Base(s.dir) + suffix + "/" + filepath.ToSlash(filepath.Dir(name)) + filepath.Base(name)
	to := filepath.Join(filepath.Dir(s.dir), filepath.FromSlash(aside))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return aside, os.Rename(filepath.Join(s.dir, filepath.FromSlash(name)), to)
}

// Identify reads the blob file of that name, as Verify does, and returns the id and
// size of its content, and when it was put.
func (s *Store) Identify(ctx context.Context, name string) (id penates.BlobID, size int64, put time.Time, err error) {
	if err := s.Verify(ctx, name); err != nil {
		return "", 0, put, err
	}
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, put, err
	}
	r, err := s.open(path)
	if err != nil {
		return "", 0, put, err
	}
	defer r.Close()
	sum := sha256.New()
	if size, err = io.Copy(sum, r); err != nil {
		return "", 0, put, err
	}
	return penates.NewBlobID([sha256.Size]byte(sum.Sum(nil))), size, info.ModTime(), nil
}

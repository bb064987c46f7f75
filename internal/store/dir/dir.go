// Package dir keeps objects as files of a folder: on this disk, on a USB stick,
// on a mounted share. The folder holds nothing but objects under their own names,
// so that it can be copied with anything.
//
// PutIfAbsent writes a file under a name of its own, fsyncs it, gives it its name
// with renameat2(RENAME_NOREPLACE), or linkat where that is missing, and fsyncs
// the folder. Both calls are atomic between processes. On network mounts they are
// what the server makes of them: NFS and SMB servers keep the promise.
package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"penates"
	"penates/internal/durable"
	"penates/internal/store"
)

// A Store is a folder of objects.
type Store struct {
	root *os.Root

	mu    sync.Mutex
	known map[string]bool // folders whose own names are durable
}

var _ store.Store = (*Store)(nil)

const (
	// newFolder holds what is being written; no object has such a name.
	newFolder = ".unfinished"
	// abandoned is how old an unfinished file must be before it is taken for
	// what a dead process left.
	abandoned = 24 * time.Hour
)

// Open returns the store in the folder at path. The folder is made if need be,
// but not the one it is in: a disk that is not mounted must not look like an
// empty store.
func Open(path string) (*Store, error) {
	if err := os.Mkdir(path, 0o700); err == nil {
		if err := durable.SyncDir(filepath.Dir(filepath.Clean(path))); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("open store: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{root: root, known: map[string]bool{".": true}}
	if err := s.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), root.Close())
	}
	return s, nil
}

// Close closes the folder. Objects stay as they are.
func (s *Store) Close() error { return s.root.Close() }

// sweep removes old unfinished files. A folder that can only be read has none.
func (s *Store) sweep() error {
	left, err := fs.ReadDir(s.root.FS(), newFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range left {
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > abandoned {
			err = s.root.Remove(path.Join(newFolder, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// PutIfAbsent implements [store.Store].
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if err := errors.Join(store.Check(name, data), ctx.Err()); err != nil {
		return err
	}
	// Most repetitions are found out here, before anything is written.
	err := s.absent(name)
	if err == nil {
		err = s.put(name, data)
	}
	if errors.Is(err, penates.Exists) {
		// Whoever is told that the object is there may rely on it.
		err = errors.Join(err, s.syncFolder(path.Dir(name)))
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// absent returns an error if something has that name.
func (s *Store) absent(name string) error {
	info, err := s.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("in its place is no file: %w", penates.Invalid)
	}
	return penates.Exists
}

func (s *Store) put(name string, data []byte) error {
	temp := path.Join(newFolder, rand.Text())
	if err := s.root.Mkdir(newFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.settle(temp, name)
	}
	if err != nil {
		if rm := s.root.Remove(temp); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, rm)
		}
	}
	return err
}

// settle gives the finished file its name and makes the name durable.
func (s *Store) settle(temp, name string) error {
	folder := path.Dir(name)
	if err := s.makeFolder(folder); err != nil {
		return err
	}
	if err := s.publish(temp, name); errors.Is(err, fs.ErrExist) {
		return penates.Exists
	} else if err != nil {
		return err
	}
	return s.syncFolder(folder)
}

// makeFolder makes a folder and those it is in, durably. A folder that is there
// may be another process's that has not come to its fsync, so each is seen to
// once by every process.
func (s *Store) makeFolder(folder string) error {
	s.mu.Lock()
	known := s.known[folder]
	s.mu.Unlock()
	if known {
		return nil
	}
	above := path.Dir(folder)
	if err := s.makeFolder(above); err != nil {
		return err
	}
	if err := s.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.syncFolder(above); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[folder] = true
	return nil
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	if err := errors.Join(store.CheckName(name), ctx.Err()); err != nil {
		return nil, err
	}
	data, err := s.read(name)
	if missing(err) {
		err = penates.NotExist
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return data, nil
}

func (s *Store) read(name string) (data []byte, err error) {
	info, err := s.root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, penates.NotExist
	case info.Size() > store.MaxObject:
		return nil, fmt.Errorf("%d bytes: %w", info.Size(), penates.Damaged)
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data = make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// Delete implements [store.Store]. It does not wait for the disk: after a loss of
// power the object may be there again.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := errors.Join(store.CheckName(name), ctx.Err()); err != nil {
		return err
	}
	info, err := s.root.Lstat(name)
	if err == nil && info.Mode().IsRegular() {
		err = s.root.Remove(name)
	}
	if err != nil && !missing(err) {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

// missing reports whether err says that there is no such file, be it that a
// part of its path is a file itself.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

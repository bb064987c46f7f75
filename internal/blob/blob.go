// Package blob keeps bytes by their content, sealed, each once, in a folder
// whose file names and sizes do not reveal what is in it: names are keyed
// hashes, sizes are padded.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"penates"
	"penates/internal/durable"
	"penates/internal/seal"
)

// A Store is a folder of sealed blobs.
type Store struct {
	dir  string
	key  seal.Key
	name seal.Key

	mu      sync.Mutex
	pending map[string]*os.File // written, not yet synced; nil for a folder
	fresh   []string            // names of files since the last call of Fresh
}

// newFolder holds what is being written.
const newFolder = "new"

// Open returns the store in dir, which is made if need be. Its keys are derived
// from master.
func Open(dir string, master seal.Key) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, newFolder), 0o700); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, key: master.Derive("penates/blob/content/1"), name: master.Derive("penates/blob/name/1"), pending: map[string]*os.File{}}
	return s, s.sweep()
}

// Close forgets the keys. Nothing can be read or put afterwards.
func (s *Store) Close() {
	s.key.Wipe()
	s.name.Wipe()
}

// sweep removes what an interrupted Put left; it was never referred to.
func (s *Store) sweep() error {
	left, err := os.ReadDir(filepath.Join(s.dir, newFolder))
	for _, e := range left {
		err = errors.Join(err, os.Remove(filepath.Join(s.dir, newFolder, e.Name())))
	}
	return err
}

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// path returns where the blob with that sum is kept.
func (s *Store) path(sum [sha256.Size]byte) (string, error) {
	mac, err := s.name.MAC(sum[:])
	name := encoding.EncodeToString(mac[:])
	return filepath.Join(s.dir, name[:2], name[2:]), err
}

// pathOf returns where the blob is kept.
func (s *Store) pathOf(id penates.BlobID) (string, error) {
	sum, err := id.Sum()
	if err != nil {
		return "", err
	}
	return s.path(sum)
}

// Put stores what r gives and returns its id and size. It is durable after the
// next Flush. Bytes that are there already are not stored again.
func (s *Store) Put(ctx context.Context, r io.Reader) (id penates.BlobID, size int64, err error) {
	temp := filepath.Join(s.dir, newFolder, hex.EncodeToString(random()))
	f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(temp)))
		}
	}()
	sum, size, err := s.write(ctx, f, r)
	if err != nil {
		return "", 0, errors.Join(err, f.Close())
	}
	path, err := s.path(sum)
	if err != nil {
		return "", 0, errors.Join(err, f.Close())
	}
	return penates.NewBlobID(sum), size, s.settle(f, temp, path)
}

func random() []byte {
	b := make([]byte, 16)
	rand.Read(b)
	return b
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// settle gives the finished file its name, unless the same bytes have it.
func (s *Store) settle(f *os.File, temp, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(path); err == nil {
		// It may be about to be swept because nothing listed it so far.
		now := time.Now()
		return errors.Join(os.Chtimes(path, now, now), f.Close(), os.Remove(temp))
	}
	folder := filepath.Dir(path)
	if err := os.Mkdir(folder, 0o700); err == nil {
		s.pending[s.dir] = nil
	} else if !errors.Is(err, fs.ErrExist) {
		return errors.Join(err, f.Close())
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, f.Close())
	}
	s.pending[path], s.pending[folder] = f, nil
	s.fresh = append(s.fresh, s.nameOf(path))
	if len(s.pending) < maxPending {
		return nil
	}
	return s.flush()
}

// maxPending bounds the files that are open because they wait for Flush.
const maxPending = 128

// Flush makes all that was put durable.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

// Fresh returns the names of the blob files that were added since the last call.
func (s *Store) Fresh() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, s.fresh = s.fresh, nil
	return names
}

func (s *Store) flush() (err error) {
	for _, f := range s.pending {
		if f != nil {
			err = errors.Join(err, f.Sync(), f.Close())
		}
	}
	for folder, f := range s.pending {
		if f == nil {
			err = errors.Join(err, durable.SyncDir(folder))
		}
	}
	clear(s.pending)
	return err
}

// Name returns the name of the blob's file, as Names lists it.
func (s *Store) Name(id penates.BlobID) (string, error) {
	path, err := s.pathOf(id)
	return s.nameOf(path), err
}

// Names returns the names of all blob files, and of anything else that lies
// among them.
func (s *Store) Names() (names []string, err error) {
	folders, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		if folder.Name() == newFolder {
			continue
		}
		if !folder.IsDir() {
			names = append(names, folder.Name())
			continue
		}
		files, err := os.ReadDir(filepath.Join(s.dir, folder.Name()))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			names = append(names, folder.Name()+"/"+f.Name())
		}
	}
	return names, nil
}

// Remove deletes a blob. That it is not there is no error.
func (s *Store) Remove(id penates.BlobID) error {
	path, err := s.pathOf(id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.pending[path]; f != nil {
		err = f.Close()
		delete(s.pending, path)
	}
	return errors.Join(err, ignoreMissing(os.Remove(path)))
}

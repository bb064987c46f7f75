// Package durable changes files so that a crash or a loss of power leaves the
// old content or the new one, never a mixture, and keeps other processes away
// with a lock the kernel drops when its holder dies.
//
// It relies on what POSIX file systems give: rename(2) within a folder is
// atomic, fsync(2) of a file makes its content last and fsync(2) of a folder
// makes its names last. It does not protect against a disk that acknowledges
// writes it has not made, nor against file systems without atomic rename, such
// as some network mounts.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unfinished marks the names of files whose writing has not been completed.
const unfinished = ".unfinished-"

// WriteFile replaces the content of the file at path with data, or creates it,
// with permissions perm. When it returns nil the new content survives a loss of
// power; when it fails the old content is untouched, except after a failure of
// the last step, the fsync of the folder, which leaves the old or the new.
//
// System calls: open(O_CREAT|O_EXCL) of a new name in the same folder, write,
// fchmod, fsync, close, rename, then fsync of the folder.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+unfinished+"*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = fill(f, data, perm)
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), ignoreMissing(os.Remove(f.Name())))
	}
	return SyncDir(dir)
}

func fill(f *os.File, data []byte, perm os.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// RemoveUnfinished deletes from the folder dir what interrupted calls of
// [WriteFile] left there, and says how many files that was. The caller must
// know that nobody is writing in dir, for instance by holding its [Lock].
func RemoveUnfinished(dir string) (removed int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("remove unfinished files: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), ".") || !strings.Contains(e.Name(), unfinished) {
			continue
		}
		if rm := os.Remove(filepath.Join(dir, e.Name())); rm != nil {
			err = errors.Join(err, ignoreMissing(rm))
			continue
		}
		removed++
	}
	return removed, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

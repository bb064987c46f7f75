package sealvfs

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// memoryFolders returns the folders on tmpfs that a user may write in.
func memoryFolders() []string {
	var found []string
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/dev/shm"} {
		var fs unix.Statfs_t
		if dir == "" || unix.Statfs(dir, &fs) != nil {
			continue
		}
		if fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC {
			found = append(found, dir)
		}
	}
	return found
}

// deadMan is the byte of a wal-index that every connection using it keeps a lock
// on (https://sqlite.org/walformat.html#the_wal_index_file_format).
const deadMan = 128

// removeUnused deletes a wal-index that no connection of any process uses.
func removeUnused(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: deadMan, Len: 1}
	if unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock) == nil {
		err = os.Remove(path)
	}
	return errors.Join(err, f.Close())
}

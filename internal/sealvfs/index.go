package sealvfs

import (
	"fmt"
	"os"
	"path/filepath"
)

// memoryDir returns a folder of this user alone, on a file system that is held
// in memory if the machine has one, and whether it is.
func memoryDir() (dir string, inMemory bool, err error) {
	name := fmt.Sprintf("penates-%d", os.Getuid())
	for _, parent := range memoryFolders() {
		if dir := filepath.Join(parent, name); ownFolder(dir) {
			return dir, true, nil
		}
		if dir, err := os.MkdirTemp(parent, name+"-*"); err == nil {
			return dir, true, nil
		}
	}
	if dir := filepath.Join(os.TempDir(), name); ownFolder(dir) {
		return dir, false, nil
	}
	dir, err = os.MkdirTemp("", name+"-*")
	return dir, false, err
}

// ownFolder makes the folder unless it exists, and tells whether it is a folder
// that only this user can use: in a folder open to all, somebody else may have
// made it first.
func ownFolder(dir string) bool {
	_ = os.Mkdir(dir, 0o700) // whatever went wrong, what is there now is what counts
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && info.Mode().Perm() == 0o700 && ownedByUser(info)
}

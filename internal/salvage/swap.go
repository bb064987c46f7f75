package salvage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"penates/internal/durable"
)

// What is added to a database's file name.
const (
	Making  = ".repairing" // to one that is being made
	Made    = ".repaired"  // to one that is whole and takes its place
	Damaged = ".damaged"   // to what it replaced
)

// Swap puts the database that was made at path+Making, and closed, in the place of
// the one at path, which is set aside with its log. From the moment it begins it is
// carried through, by Finish if need be.
func Swap(path string) (aside []string, err error) {
	f, err := os.OpenFile(path+Making, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(path+Making, path+Made); err != nil {
		return nil, err
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return Finish(path)
}

// Finish carries a Swap through that was cut short, and returns the files that were
// set aside. Without one it does nothing.
func Finish(path string) (aside []string, err error) {
	if _, err := os.Lstat(path + Made); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	// First the files that are replaced get a second name, then the log goes, which
	// belongs to none but its database, then the name passes to the new one.
	for _, suffix := range []string{"", "-wal"} {
		name, err := keep(path + suffix)
		if err != nil {
			return nil, err
		}
		if name != "" {
			aside = append(aside, filepath.Base(name))
		}
	}
	dir := filepath.Dir(path)
	if err := durable.SyncDir(dir); err != nil {
		return nil, err
	}
	if err := os.Remove(path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := durable.SyncDir(dir); err != nil {
		return nil, err
	}
	if err := os.Rename(path+Made, path); err != nil {
		return nil, err
	}
	return aside, durable.SyncDir(dir)
}

// keep gives the file at path a second name that no other file has, unless it has
// one already. The file may be missing.
func keep(path string) (name string, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		name = path + Damaged
		if n > 1 {
			name = fmt.Sprintf("%s.%d", name, n)
		}
		there, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, os.Link(path, name)
		case err != nil:
			return "", err
		case os.SameFile(there, info):
			return name, nil
		}
	}
}

// SetAside renames the file at path to a name that says it is damaged, which it
// returns without its folder. The file may be missing.
func SetAside(path string) (string, error) {
	name, err := keep(path)
	if err != nil || name == "" {
		return "", err
	}
	return filepath.Base(name), os.Remove(path)
}

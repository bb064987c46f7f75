package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// publish gives the file temp its name unless there is one of that name:
// MoveFileEx without MOVEFILE_REPLACE_EXISTING.
func (s *Store) publish(temp, name string) error {
	from, err := windows.UTF16PtrFromString(filepath.Join(s.root.Name(), filepath.FromSlash(temp)))
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(filepath.Join(s.root.Name(), filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	err = windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) || errors.Is(err, windows.ERROR_FILE_EXISTS) {
		return fmt.Errorf("move: %w", fs.ErrExist)
	}
	return err
}

// syncFolder does nothing on Windows, where MOVEFILE_WRITE_THROUGH has seen to it.
func (s *Store) syncFolder(string) error { return nil }

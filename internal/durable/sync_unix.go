//go:build unix

package durable

import (
	"errors"
	"fmt"
	"os"
)

// SyncDir makes the names in the folder dir last: files created, renamed or
// removed there before the call survive a loss of power. It calls fsync(2) on
// the folder (fcntl F_FULLFSYNC on macOS). On Windows, which has no such call,
// it does nothing.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

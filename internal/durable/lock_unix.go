//go:build unix

package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"penates"
)

func lockFile(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return penates.InUse
		default:
			return err
		}
	}
}

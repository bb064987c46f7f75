//go:build unix

package backup

import (
	"os"
	"syscall"
)

// sameDisk reports whether two folders are on one file system; if it cannot be
// told, they are.
func sameDisk(a, b string) bool {
	of := func(path string) (uint64, bool) {
		info, err := os.Stat(path)
		if err != nil {
			return 0, false
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return 0, false
		}
		return uint64(stat.Dev), true
	}
	x, okX := of(a)
	y, okY := of(b)
	return !okX || !okY || x == y
}

package ocr

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// confine keeps the process from writing files, from leaving its memory behind when it fails,
// and from taking more memory than it needs.
func confine(pid int) error {
	for what, most := range map[int]uint64{unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_AS: maxMemory} {
		err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: most, Max: most}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended, which Wait says
			return fmt.Errorf("limits of tesseract: %w", err)
		}
	}
	return nil
}

package backup

import (
	"path/filepath"
	"strings"
)

// sameDisk reports whether two folders are on one drive letter.
func sameDisk(a, b string) bool {
	return strings.EqualFold(filepath.VolumeName(a), filepath.VolumeName(b))
}

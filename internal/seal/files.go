package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"penates"
)

// The names of a header's two copies in a vault's folder.
const (
	HeaderFile = "keys"
	HeaderCopy = "keys.copy"
)

// A Fault says what is wrong with one of the two copies of a header.
type Fault struct {
	File string // HeaderFile or HeaderCopy
	Err  error  // of kind penates.Damaged, or penates.NotExist when it is missing
}

// Error names the file and says what is wrong.
func (f Fault) Error() string { return fmt.Sprintf("%s: %v", f.File, f.Err) }

// Unwrap returns Err.
func (f Fault) Unwrap() error { return f.Err }

// Load reads the header in the folder dir from whichever of its copies is good,
// and says what is wrong with the other; saving the header mends it. When the
// two differ, a change was interrupted: the later one is returned and the other
// reported. With no good copy the error is of kind [penates.Damaged], or
// [penates.NotExist] when there is neither file; a copy of a later format gives
// [penates.Newer] whatever the other is.
func Load(dir string) (*Header, []Fault, error) {
	var good *Header
	var goodName string
	var faults []Fault
	for _, name := range []string{HeaderFile, HeaderCopy} {
		h, err := loadOne(filepath.Join(dir, name), good)
		switch {
		case errors.Is(err, penates.Newer):
			return nil, nil, Fault{name, err}
		case err != nil:
			faults = append(faults, Fault{name, err})
		case good == nil:
			good, goodName = h, name
		case string(good.raw) != string(h.raw):
			stale := name
			if h.Generation() > good.Generation() {
				good, stale = h, goodName
			}
			faults = append(faults, Fault{stale, fmt.Errorf("it is not the latest: %w", penates.Damaged)})
		}
	}
	if good == nil {
		return nil, faults, noHeader(dir, faults)
	}
	return good, faults, nil
}

func noHeader(dir string, faults []Fault) error {
	for _, f := range faults {
		if !errors.Is(f, penates.NotExist) {
			return fmt.Errorf("no copy of the keys can be read: %w", errors.Join(faults[0], faults[1]))
		}
	}
	return fmt.Errorf("keys of a vault in %s: %w", dir, penates.NotExist)
}

// loadOne reads a copy, which is like, mostly.
func loadOne(path string, like *Header) (*Header, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, penates.NotExist
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxHeader+1))
	if err != nil {
		return nil, err
	}
	if like != nil && string(raw) == string(like.raw) {
		return like, nil
	}
	return ParseHeader(raw)
}

// Save writes both copies of the header in the folder dir, one after the other,
// with write, which must replace a file so that a crash leaves the old or the
// new content (durable.WriteFile does).
func (h *Header) Save(dir string, write func(path string, data []byte, perm os.FileMode) error) error {
	for _, name := range []string{HeaderFile, HeaderCopy} {
		if err := write(filepath.Join(dir, name), h.raw, 0o600); err != nil {
			return fmt.Errorf("save keys: %w", err)
		}
	}
	return nil
}

package ship

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

// notes keep a shipper's state: whole in a file that is replaced, and what each
// entry changes in one of two sectors of another, in turn. A file replaced for each
// entry would make every fsync of the vault's own log wait for it. A sector counts
// for the whole state that it was written after, and only if that is the older one.
type notes struct {
	path    string
	of      string // sum of the whole state
	base    *Entry // that is in it
	sectors *os.File
}

// step is what a sector holds.
type step struct {
	Of string `json:"of"`
	state
}

const (
	stepSector = 512
	stepSum    = 16 // bytes of the SHA-256 that a sector begins with
)

// openNotes opens the notes of which the whole state is at path.
func openNotes(path string) (*notes, error) {
	sectors, err := os.OpenFile(path+".step", os.O_RDWR|os.O_CREATE, 0o600)
	return &notes{path: path, sectors: sectors}, err
}

// load reads the state of a vault; one that is not whole is none.
func (n *notes) load(vault string) state {
	s := state{Vault: vault}
	if raw, err := os.ReadFile(n.path); err == nil {
		var was state
		if json.Unmarshal(raw, &was) == nil && was.Vault == vault {
			s = was
		}
		n.of = sumOf(raw)
	}
	n.base = s.Base
	for i := range int64(2) {
		var sector [stepSector]byte
		if _, err := n.sectors.ReadAt(sector[:], i*stepSector); err != nil {
			continue // there is none yet
		}
		if was, ok := parseStep(sector[:]); ok && was.Of == n.of && was.Vault == vault && was.Seq > s.Seq {
			was.Base = s.Base
			s = was.state
		}
	}
	return s
}

func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:stepSum])
}

// parseStep reads a sector; one that was torn is none.
func parseStep(sector []byte) (s step, ok bool) {
	sum := sha256.Sum256(sector[stepSum:])
	ok = bytes.Equal(sum[:stepSum], sector[:stepSum]) && json.Unmarshal(sector[stepSum:], &s) == nil
	return s, ok
}

// save writes the whole state so that a killed process leaves the old or the new
// one. It may be older than the chain after a loss of power, which is noticed.
func (n *notes) save(s *state) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	temp := n.path + ".new"
	if err := os.WriteFile(temp, raw, 0o600); err != nil {
		return err
	}
	if err := os.Rename(temp, n.path); err != nil {
		return err
	}
	n.of, n.base = sumOf(raw), s.Base
	return nil
}

// step writes what an entry changed.
func (n *notes) step(s *state) error {
	if s.Base != n.base || n.of == "" {
		return n.save(s)
	}
	now := step{n.of, *s}
	now.Base = nil
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if len(text) > stepSector-stepSum {
		return n.save(s)
	}
	sector := append(make([]byte, stepSum), text...)
	sector = append(sector, bytes.Repeat([]byte{' '}, stepSector-len(sector))...)
	sum := sha256.Sum256(sector[stepSum:])
	copy(sector, sum[:stepSum])
	if _, err := n.sectors.WriteAt(sector, int64(s.Seq%2)*stepSector); err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	return nil
}

func (n *notes) close() error { return n.sectors.Close() }

package ship

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"penates"
	"penates/internal/durable"
	"penates/internal/seal"
)

// An Anchor remembers, in a sealed file beside the database, which commit was the
// last one. The database alone cannot tell that an older state of it was put
// back; the anchor can, unless it was put back too.
//
// It is one sector, written after each commit and not synced: after a loss of
// power it may be behind the database, never ahead of it.
type Anchor struct {
	f     *os.File
	key   seal.Key
	vault string
}

// An Anchored is what an anchor holds.
type Anchored struct {
	Point Point  `json:"point"`
	Keys  uint64 `json:"keys"` // generation of the header
	// Moved says that the log was moved into the database file and removed since.
	Moved bool `json:"moved,omitempty"`
}

// AnchorFile is the name of an anchor in a vault's folder.
const AnchorFile = "anchor"

const (
	anchorSize = 512
	anchorText = anchorSize - seal.Overhead - 1
)

// pausedFile says that a vault was restored and is not to be shipped until its
// owner says so, because another copy of it may be in use.
const pausedFile = "paused"

// AnchorKey derives an anchor's key.
func AnchorKey(master seal.Key) seal.Key { return master.Derive("penates/anchor/1") }

// CreateAnchor makes the anchor of the vault in dir, in the place of any other.
func CreateAnchor(dir string, key seal.Key, vault string) (*Anchor, error) {
	path := filepath.Join(dir, AnchorFile)
	if err := durable.WriteFile(path, make([]byte, anchorSize), 0o600); err != nil {
		return nil, err
	}
	return openAnchor(path, key, vault)
}

// OpenAnchor opens the anchor of the vault in dir. Without one it returns nil.
func OpenAnchor(dir string, key seal.Key, vault string) (*Anchor, error) {
	a, err := openAnchor(filepath.Join(dir, AnchorFile), key, vault)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return a, err
}

func openAnchor(path string, key seal.Key, vault string) (*Anchor, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	return &Anchor{f: f, key: key, vault: vault}, nil
}

func (a *Anchor) context() []byte { return []byte("anchor/" + a.vault) }

// Set remembers a commit.
func (a *Anchor) Set(h Anchored) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if len(text) > anchorText {
		return fmt.Errorf("anchor of %d bytes: %w", len(text), penates.TooLarge)
	}
	padded := make([]byte, anchorText)
	for i := copy(padded, text); i < len(padded); i++ {
		padded[i] = ' '
	}
	sealed, err := seal.Seal(a.key, a.context(), padded)
	if err == nil {
		_, err = a.f.WriteAt(sealed, 0)
	}
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	return nil
}

// Get returns what the anchor remembers.
func (a *Anchor) Get() (h Anchored, err error) {
	sealed := make([]byte, anchorSize)
	if _, err := a.f.ReadAt(sealed, 0); err != nil {
		return h, fmt.Errorf("anchor: it is cut short: %w (%w)", penates.Damaged, err)
	}
	text, err := seal.Open(a.key, a.context(), sealed)
	if err != nil {
		return h, fmt.Errorf("anchor: %w", err)
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("anchor: %w (%w)", penates.Damaged, err)
	}
	return h, nil
}

// Close makes what is remembered last.
func (a *Anchor) Close() error { return errors.Join(a.f.Sync(), a.f.Close()) }

// Compare says how the vault in dir differs from what its anchor remembers: local
// is its last commit, keys the generation of its header; tip returns the tip of an
// earlier commit, "" when it is no longer known.
func (h *Anchored) Compare(dir string, local Point, keys uint64, tip func(commit int64) (string, error)) error {
	if keys < h.Keys {
		return fmt.Errorf("the keys are number %d, number %d was in use: %w", keys, h.Keys, OldKeys)
	}
	at := h.Point.At.Format(time.DateTime)
	if local.Commit < h.Point.Commit {
		alarm := Older
		// Opening the database makes an empty log where there is none.
		info, err := os.Stat(filepath.Join(dir, databaseFile+"-wal"))
		if gone := errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0; gone && !h.Moved {
			alarm = LogMissing
		}
		return fmt.Errorf("the database is at commit %d, it was at %d on %s: %w", local.Commit, h.Point.Commit, at, alarm)
	}
	was, err := tip(h.Point.Commit)
	if err == nil && was != h.Point.Tip && (was != "" || h.Point.Commit == local.Commit) {
		err = fmt.Errorf("commit %d is not the one that was made on %s: %w", h.Point.Commit, at, Forked)
	}
	return err
}

// Paused reports whether the vault in dir waits for its owner to say that it is
// the one to be shipped.
func Paused(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, Folder, pausedFile))
	return err == nil
}

// Resume ends that.
func Resume(dir string) error {
	err := os.Remove(filepath.Join(dir, Folder, pausedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

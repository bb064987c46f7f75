package ship

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"penates/internal/durable"
)

// Folder is the folder within a vault's that shipping keeps its notes in. None of
// them is needed: without them shipping reads the chain and makes a snapshot.
const Folder = "backup"

// state is what a shipper remembers of where it was.
type state struct {
	Vault string `json:"vault"`
	Seq   uint64 `json:"seq"`
	Hash  string `json:"hash"`
	Epoch uint64 `json:"epoch"`
	position
	Base *Entry `json:"base,omitempty"` // newest snapshot
	// Behind says that only a snapshot makes what comes next restorable.
	Behind bool `json:"behind,omitempty"`
	// Since is the first number whose blobs the catalogue has.
	Since uint64 `json:"since"`
	// Shipped counts entries and bytes since the snapshot.
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// A catalogue knows which blobs are in the store, and where.
type catalogue struct {
	path string

	mu    sync.Mutex
	files map[string]listed
	out   *os.File
}

// listed is a blob of the catalogue.
type listed struct {
	File
	Seq uint64 `json:"seq"` // of the entry that told of it; 0 for a snapshot's
}

// openCatalogue reads the notes at path; lines that are not whole are left out.
func openCatalogue(path string) (*catalogue, error) {
	c := &catalogue{path: path, files: map[string]listed{}}
	f, err := os.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxEnvelope)
		for lines.Scan() {
			var l listed
			if json.Unmarshal(lines.Bytes(), &l) == nil && l.check() == nil {
				c.files[l.Name] = l
			}
		}
	}
	c.out, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return c, err
}

func (c *catalogue) get(name string) (listed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.files[name]
	return l, ok
}

// add notes files that an entry tells of.
func (c *catalogue) add(seq uint64, files ...File) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := bufio.NewWriter(c.out)
	e := json.NewEncoder(w)
	for _, f := range files {
		l := listed{f, seq}
		c.files[f.Name] = l
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return w.Flush()
}

// keep drops the files that drop says so of, and writes the notes anew.
func (c *catalogue) keep(drop func(listed) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text []byte
	for name, l := range c.files {
		if drop(l) {
			delete(c.files, name)
			continue
		}
		line, err := json.Marshal(l)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	if err := durable.WriteFile(c.path, text, 0o600); err != nil {
		return err
	}
	out, err := os.OpenFile(c.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	err = c.out.Close()
	c.out = out
	return err
}

func (c *catalogue) close() error { return c.out.Close() }

// blobNames lists the blob files of the vault in dir.
func blobNames(dir string) (names []string, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, blobFolder, "??", "*"))
	for _, p := range paths {
		names = append(names, filepath.Base(filepath.Dir(p))+"/"+filepath.Base(p))
	}
	return names, err
}

// The names in a vault's folder that are shipped.
const (
	databaseFile = "vault.db"
	blobFolder   = "blobs"
)

func folderOf(dir string) (string, error) {
	path := filepath.Join(dir, Folder)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("notes of backups: %w", err)
	}
	return path, nil
}

// each calls f for every blob.
func (c *catalogue) each(f func(listed)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.files {
		f(l)
	}
}

// hasNotes reports whether the vault in dir has been shipped.
func hasNotes(dir string) bool {
	notes, err := filepath.Glob(filepath.Join(dir, Folder, "*.json"))
	return err == nil && len(notes) > 0
}

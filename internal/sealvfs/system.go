package sealvfs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates"
	"penates/internal/seal"
)

// A System opens the sealed databases of one vault. A process may have as many
// Systems as it has vaults; they share nothing. It may be used by several
// goroutines at once, each connection by one at a time.
//
// The wal-index that the connections of a database share is a file on tmpfs, in
// $XDG_RUNTIME_DIR or /dev/shm, whose name says nothing and which SQLite removes
// with the last connection. On systems without tmpfs it is in the folder for
// temporary files; [System.IndexInMemory] tells.
type System struct {
	layer    *layer
	name     string
	dir      string // of wal-indexes
	inMemory bool
	indexKey seal.Key

	mu      sync.Mutex
	indexes map[string]bool // that connections were opened with
}

// New returns the System of the vault with that id, whose files key seals. Both
// are needed to read them again.
func New(key seal.Key, vault string) (*System, error) { return newSystem(key, vault, vfs.Find("")) }

func newSystem(key seal.Key, vault string, base vfs.VFS) (*System, error) {
	c, err := newCiphers(key, vault)
	if err != nil {
		return nil, fmt.Errorf("sealed files: %w", err)
	}
	dir, inMemory, err := memoryDir()
	if err != nil {
		return nil, fmt.Errorf("folder for the wal-index: %w", err)
	}
	s := &System{name: "penates-" + rand.Text(), dir: dir, inMemory: inMemory, indexKey: key.Derive("sqlite/index"), indexes: map[string]bool{}}
	s.layer = &layer{VFS: base, c: c, index: s.index}
	vfs.Register(s.name, s.layer)
	return s, nil
}

// Close forgets the System. Its connections must be closed first.
func (s *System) Close() error {
	vfs.Unregister(s.name)
	s.indexKey.Wipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for path := range s.indexes {
		// The last connection removes it, except when the database is damaged.
		errs = append(errs, removeUnused(path))
	}
	clear(s.indexes)
	return errors.Join(errs...)
}

// IndexInMemory tells whether the wal-index stays off the disk.
func (s *System) IndexInMemory() bool { return s.inMemory }

// index returns where the wal-index of the database at path is. The name does
// not reveal the path. It is the same for all connections of the vault, and
// after a crash, so that SQLite finds the file left over and empties it.
func (s *System) index(path string) (string, error) {
	name, err := s.indexKey.MAC([]byte(path))
	if err != nil {
		return "", err
	}
	index := filepath.Join(s.dir, hex.EncodeToString(name[:16]))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexes[index] = true
	return index, nil
}

// Mode says how a database is opened.
type Mode string

// The ways to open a database.
const (
	ReadWriteCreate Mode = "rwc"
	ReadWrite       Mode = "rw"
	ReadOnly        Mode = "ro"
)

// SQLite does not read + as a space, and PathEscape leaves what separates.
var separators = strings.NewReplacer("&", "%26", "=", "%3D", "+", "%2B")

// URI names the sealed database at path for SQLite, as in VACUUM INTO or the
// backup functions of a connection.
func (s *System) URI(path string, mode Mode) string {
	path = url.PathEscape(filepath.ToSlash(path))
	of := separators.Replace(path)
	return "file:" + path + "?vfs=" + s.name + "&mode=" + string(mode) + "&modeof=" + of
}

// Open connects to the sealed database at path: write-ahead log, every commit
// synced, FTS5 registered, files for their owner only. The context interrupts
// the opening; sqlite3.WithMaxMemory in it caps the connection's memory. Whoever
// opens must hold the vault's lock: other processes have no part in the
// wal-index. Bytes that are not what was written give an error of kind
// [penates.Damaged] here, and later one that [System.Explain] makes so.
func (s *System) Open(ctx context.Context, path string, mode Mode) (*sqlite3.Conn, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := prepareFile(path, mode); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn, err := sqlite3.OpenContext(ctx, s.URI(path, mode))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", s.Explain(err))
	}
	if err := s.prepare(conn, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, s.Explain(err)), conn.Close())
	}
	return conn, nil
}

// Explain returns err, and if it is what SQLite says of damage adds the kind
// [penates.Damaged] and, when bytes were not what was written, which place of
// which file was last found so. Other errors, and nil, come back as they are.
func (s *System) Explain(err error) error {
	switch {
	case errors.Is(err, penates.Damaged):
		return err
	case errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.CORRUPT):
		return fmt.Errorf("%w: %w", err, penates.Damaged) // the files are cut or mixed
	case !errors.Is(err, sqlite3.IOERR_DATA):
		return err
	}
	if last := s.layer.damage.last.Load(); last != nil {
		return fmt.Errorf("%w: %w", *last, err)
	}
	return fmt.Errorf("%w: %w", err, penates.Damaged)
}

// prepareFile makes a new database's file, so that it and the files SQLite
// makes beside it are for its owner only.
func prepareFile(path string, mode Mode) error {
	if mode == ReadWriteCreate {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, penates.NotExist)
	}
	return nil
}

// busy is how long a new connection waits for others, unless its user says
// otherwise.
const busy = 10 * time.Second

func (s *System) prepare(conn *sqlite3.Conn, mode Mode) error {
	if err := conn.BusyTimeout(busy); err != nil {
		return err
	}
	if err := Reserve(conn); err != nil {
		return err
	}
	if err := fts5.Register(conn); err != nil {
		return err
	}
	if mode == ReadOnly {
		return conn.Exec("PRAGMA query_only=ON; PRAGMA schema_version")
	}
	return conn.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
}

// Reserve tells SQLite to leave room on every page for what seals it. [System.Open]
// does so; a connection opened otherwise needs it before it creates a database.
func Reserve(conn *sqlite3.Conn) error {
	n, err := conn.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES)
	if err == nil && n != reserved {
		_, err = conn.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES, reserved)
	}
	return err
}

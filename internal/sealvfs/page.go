package sealvfs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates"
	"penates/internal/seal"
)

// PageSize is the size of a page in the main file, and reserved what a page
// keeps for its tag and nonce.
const (
	PageSize = 4096
	reserved = seal.Overhead
	usable   = PageSize - reserved
	sector   = 512
)

// The kinds of sealed thing. Each kind of file has its own subkey, each kind of
// block its own associated data.
const (
	kindPage    = "page"
	kindHeader  = "wal head"
	kindMark    = "wal mark"
	kindFrame   = "walframe"
	kindLogPage = "wal page"
	kindJournal = "journal"
	kindTemp    = "temp"
)

// A place is what a block is bound to besides its vault.
type place struct {
	kind   string  // at most 8 bytes
	salts  [8]byte // generation of the log, for its pages
	number uint64
}

// A sealer seals and opens the blocks of one open file. It is for one goroutine.
type sealer struct {
	run     *seal.Run
	context [8 + 16 + 8 + 8]byte // kind, vault, salts, number
}

func newSealer(x *seal.XAES, vault [16]byte) *sealer {
	s := &sealer{run: x.Run()}
	copy(s.context[8:], vault[:])
	return s
}

func (s *sealer) bind(p place) []byte {
	clear(s.context[:8])
	copy(s.context[:8], p.kind)
	copy(s.context[24:], p.salts[:])
	binary.BigEndian.PutUint64(s.context[32:], p.number)
	return s.context[:]
}

// seal fills dst, which is seal.Overhead longer than plain.
func (s *sealer) seal(dst, plain []byte, p place) { s.run.Seal(dst, plain, s.bind(p)) }

// open reports whether sealed is what seal made for that place, and if so writes
// its plaintext to dst.
func (s *sealer) open(dst, sealed []byte, p place) bool { return s.run.Open(dst, sealed, s.bind(p)) }

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// damaged is the error for bytes that were written and are not what was written.
func damaged(path, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", path, fmt.Sprintf(format, args...), penates.Damaged)
}

// A record keeps the last damage found, since SQLite forgets all of an error but
// its code.
type record struct{ last atomic.Pointer[error] }

// report turns an error into what SQLite gets: SQLITE_IOERR_DATA for damage. The
// error it makes hides what it wraps, so it is made last.
func (r *record) report(err error) error {
	if !errors.Is(err, penates.Damaged) {
		return err
	}
	if r != nil {
		r.last.Store(&err)
	}
	return vfs.SystemError(err, sqlite3.IOERR_DATA)
}

// misuse is the error for an access SQLite never makes to such a file.
func misuse(path, what string, off int64, n int) error {
	err := fmt.Errorf("%s: %s of %d bytes at %d: %w", path, what, n, off, penates.Unsupported)
	return vfs.SystemError(err, sqlite3.IOERR)
}

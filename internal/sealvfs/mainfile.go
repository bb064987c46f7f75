package sealvfs

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates"
)

// mainFile is the database file: page i is sealed where it stands.
type mainFile struct {
	sealedFile
	s      *sealer
	shm    vfs.SharedMemory
	moving bool  // the log is being moved here: nobody else changes the size
	least  int64 // then the size is at least that
	ahead  ahead
	sealed [PageSize]byte
	plain  [PageSize]byte
}

var (
	_ vfs.FileSharedMemory = (*mainFile)(nil)
	_ vfs.FilePragma       = (*mainFile)(nil)
)

func newMainFile(f sealedFile, c *ciphers, shm vfs.SharedMemory) *mainFile {
	return &mainFile{sealedFile: f, s: newSealer(c.main, c.vault), shm: shm}
}

// SharedMemory returns the wal-index, which is not beside the database.
func (m *mainFile) SharedMemory() vfs.SharedMemory { return m.shm }

// Close closes the wal-index too.
func (m *mainFile) Close() error {
	var err error
	if m.shm != nil {
		err = m.shm.Close()
	}
	return errors.Join(err, m.File.Close())
}

// Pragma refuses another page size and memory maps.
func (m *mainFile) Pragma(name, value string) (string, error) {
	switch {
	case name == "page_size" && value != "" && value != fmt.Sprint(PageSize):
		return fmt.Sprint(PageSize), nil
	case name == "mmap_size":
		return "0", nil
	}
	return vfsutil.WrapPragma(m.File, name, value)
}

// ReadAt is io.ReaderAt's. The reserved bytes of pages read as zeros.
func (m *mainFile) ReadAt(p []byte, off int64) (n int, err error) {
	if off%PageSize == 0 && len(p) == PageSize {
		if err := m.readPage(p, off/PageSize); err != nil {
			return 0, m.report(err)
		}
		return PageSize, nil
	}
	for n < len(p) {
		at := off + int64(n)
		if err := m.readPage(m.plain[:], at/PageSize); err != nil {
			// A connection reads the first 100 bytes when it opens, before recovery and
			// without a lock: page 1 may be torn and about to be restored. Nothing read
			// only means "the default page size"; if page 1 is truly damaged, reading
			// it whole will say so.
			if off == 0 && len(p) == 100 && errors.Is(err, penates.Damaged) {
				return 0, io.EOF
			}
			return n, m.report(err)
		}
		n += copy(p[n:], m.plain[at%PageSize:])
	}
	return n, nil
}

// readPage reads page i, from 0, into dst, which has its size, and opens it there. A
// page that is not wholly there is the end of the file.
func (m *mainFile) readPage(dst []byte, i int64) error {
	if sealed := m.ahead.get(m.File, i); sealed != nil && m.s.open(dst, sealed, place{kind: kindPage, number: uint64(i)}) {
		clear(dst[usable:PageSize])
		return nil
	}
	for try := 0; ; try++ {
		n, err := m.File.ReadAt(dst, i*PageSize)
		if n < PageSize {
			if err == nil {
				err = io.EOF
			}
			return err
		}
		if m.s.open(dst, dst, place{kind: kindPage, number: uint64(i)}) {
			clear(dst[usable:PageSize])
			return nil
		}
		// The unlocked read of page 1 may meet a checkpoint that is writing it.
		if i != 0 || try == 2 {
			clear(dst)
			return damaged(m.path, "page %d is not what was written", i+1)
		}
		time.Sleep(time.Duration(try+1) * 500 * time.Microsecond)
	}
}

// WriteAt is io.WriterAt's, for whole pages.
func (m *mainFile) WriteAt(p []byte, off int64) (int, error) {
	if off%PageSize != 0 || len(p) != PageSize {
		return 0, misuse(m.path, "write", off, len(p))
	}
	if off == 0 && p[20] != reserved {
		err := fmt.Errorf("%s: pages have %d reserved bytes, not %d: %w", m.path, p[20], reserved, penates.Unsupported)
		return 0, vfs.SystemError(err, sqlite3.IOERR_WRITE)
	}
	if err := m.fillTo(off / PageSize); err != nil {
		return 0, err
	}
	if err := m.writePage(p, off/PageSize); err != nil {
		return 0, err
	}
	return PageSize, nil
}

// CheckpointStart says that the log is about to be moved here.
func (m *mainFile) CheckpointStart() {
	m.moving, m.least = true, -1
	m.sealedFile.CheckpointStart()
}

// CheckpointDone says that it was.
func (m *mainFile) CheckpointDone() {
	m.moving = false
	m.sealedFile.CheckpointDone()
}

// fillTo writes empty pages from the end of the file up to page i, which a
// backup or a big transaction may write first.
func (m *mainFile) fillTo(i int64) error {
	if m.moving && i*PageSize <= m.least {
		m.least = max(m.least, (i+1)*PageSize)
		return nil
	}
	size, err := m.File.Size()
	if err != nil {
		return err
	}
	m.least = max(size/PageSize, i+1) * PageSize // once the page is written
	clear(m.plain[:])
	for h := (size + PageSize - 1) / PageSize; h < i; h++ {
		if err := m.writePage(m.plain[:], h); err != nil {
			return err
		}
	}
	return nil
}

func (m *mainFile) writePage(p []byte, i int64) error {
	m.s.seal(m.sealed[:], p[:usable], place{kind: kindPage, number: uint64(i)})
	return changing(func() error {
		_, err := m.File.WriteAt(m.sealed[:], i*PageSize)
		return err
	})
}

// Truncate shortens the file, or lengthens it with empty pages.
func (m *mainFile) Truncate(size int64) error {
	current, err := m.File.Size()
	if err != nil {
		return err
	}
	if size > current {
		return m.fillTo(size / PageSize)
	}
	return changing(func() error { return m.File.Truncate(size) })
}

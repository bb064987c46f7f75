package sealvfs

import (
	"encoding/binary"

	"github.com/ncruces/go-sqlite3/vfs"
)

// Sync makes the log last and then marks how far it lasts. A mark that is never
// ahead of the disk makes damage of what is before it, and never of what a loss
// of power can tear.
func (l *logFile) Sync(flags vfs.SyncFlag) error {
	if err := l.writeHead(); err != nil {
		return err
	}
	if err := l.File.Sync(flags); err != nil {
		l.committed = 0
		return err
	}
	next := mark{l.salts, l.committed}
	if l.committed == 0 || next == l.mark {
		return nil
	}
	var block [blockPlain]byte
	copy(block[:], next.salts[:])
	binary.BigEndian.PutUint32(block[8:], next.frames)
	if err := l.put(block[:], markAt, place{kind: kindMark}); err != nil {
		return err
	}
	l.mark = next
	return nil
}

// LogHeader is the size of the block a log begins with, which is another for each
// of its generations. The mark has a block of that size behind it, of which
// nothing is needed to read the log elsewhere.
const LogHeader int64 = sector

// LogSize returns the size of a log of so many frames. The frames of commits are
// not written again within a generation of the log.
func LogSize(frames int) int64 { return frameAt(uint32(frames)) }

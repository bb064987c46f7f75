package sealvfs

import (
	"encoding/binary"
	"errors"
	"io"

	"penates"
	"penates/internal/seal"
)

// Sizes in SQLite's log (https://sqlite.org/fileformat2.html#walformat) and in ours.
const (
	logHeader   = 32
	frameHeader = 24
	frameSize   = frameHeader + PageSize

	blockPlain  = sector - seal.Overhead
	markAt      = sector
	framesAt    = 2 * sector
	pageInFrame = frameHeader + seal.Overhead
	sealedFrame = frameSize + 2*seal.Overhead
)

// logFile is the write-ahead log. Each write SQLite makes is one sealed slot, so
// nothing is read to be written back. What SQLite does, in the version used:
//
//   - reads 32 bytes at 0, and 24+4096 at each frame: recovery;
//   - reads 4096 at a frame's page: a committed frame, listed in the wal-index;
//   - reads 8 bytes of a header, and whole frames: before it rewrites the
//     checksums of frames that a transaction wrote twice;
//   - writes 32 bytes at 0, 24 at a frame, 4096 at its page. Frames written after
//     such a double one get zeros for salts and checksums, until the commit.
type logFile struct {
	sealedFile
	s     *sealer
	salts [8]byte // generation of the log, as last seen
	mark  mark    // as last read or written
	// committed counts the frames up to the last commit that this file wrote
	// since it last knew; 0 for none.
	committed uint32
	head      head
	plain     [PageSize]byte
	sealed    [sealedFrame]byte
}

// A head is the header of a frame that is still to be written: with its page, which
// SQLite writes next, or before anything else happens to the log.
type head struct {
	waits bool
	frame uint32
	plain [frameHeader]byte
}

// A mark says that frames of the generation salts are on disk up to the number
// frames. It is written after each sync of a commit and reaches the disk with
// the next one, or when the process dies and the machine does not.
type mark struct {
	salts  [8]byte
	frames uint32
}

func newLogFile(f sealedFile, c *ciphers) *logFile {
	return &logFile{sealedFile: f, s: newSealer(c.log, c.vault)}
}

func frameAt(f uint32) int64 { return framesAt + int64(f)*sealedFrame }

// frameOf splits an offset in SQLite's log into a frame and what is in it.
func frameOf(off int64) (frame uint32, in int) {
	return uint32((off - logHeader) / frameSize), int((off - logHeader) % frameSize)
}

// writeHead writes the header that waits.
func (l *logFile) writeHead() error {
	if !l.head.waits {
		return nil
	}
	l.head.waits = false
	err := l.put(l.head.plain[:], frameAt(l.head.frame), place{kind: kindFrame, number: uint64(l.head.frame)})
	if err != nil {
		l.committed = 0
	}
	return err
}

// writeFrame writes a page with the header that waits for it.
func (l *logFile) writeFrame(page []byte, f uint32) error {
	l.head.waits = false
	l.s.seal(l.sealed[:pageInFrame], l.head.plain[:], place{kind: kindFrame, number: uint64(f)})
	l.s.seal(l.sealed[pageInFrame:], page, l.pagePlace(f))
	_, err := l.File.WriteAt(l.sealed[:], frameAt(f))
	return err
}

// Close writes what waits.
func (l *logFile) Close() error { return errors.Join(l.writeHead(), l.File.Close()) }

// Size is the size SQLite would see.
func (l *logFile) Size() (int64, error) {
	if err := l.writeHead(); err != nil {
		return 0, err
	}
	n, err := l.File.Size()
	switch {
	case err != nil:
		return 0, err
	case n < sector:
		return 0, nil
	}
	return logHeader + max(0, n-framesAt)/sealedFrame*frameSize, nil
}

// Truncate shortens the log.
func (l *logFile) Truncate(size int64) error {
	if err := l.writeHead(); err != nil {
		return err
	}
	if size < logHeader {
		l.mark, l.committed = mark{}, 0
		return l.File.Truncate(0)
	}
	frames, _ := frameOf(size)
	return l.File.Truncate(frameAt(frames))
}

// slot reads the sealed slot at off into dst. It reports whether the slot is
// authentic and, if not, whether it holds anything but zeros; the error is of
// the disk or io.EOF.
func (l *logFile) slot(dst []byte, off int64, p place) (ok, blank bool, err error) {
	sealed := l.sealed[:len(dst)+seal.Overhead]
	n, err := l.File.ReadAt(sealed, off)
	if n < len(sealed) {
		if err == nil {
			err = io.EOF
		}
		return false, false, err
	}
	if l.s.open(dst, sealed, p) {
		return true, false, nil
	}
	return false, isZero(sealed), nil
}

func (l *logFile) put(plain []byte, off int64, p place) error {
	sealed := l.sealed[:len(plain)+seal.Overhead]
	l.s.seal(sealed, plain, p)
	_, err := l.File.WriteAt(sealed, off)
	return err
}

// ReadAt is io.ReaderAt's, for the reads listed above.
func (l *logFile) ReadAt(p []byte, off int64) (int, error) {
	if err := l.writeHead(); err != nil {
		return 0, err
	}
	if off < logHeader {
		if off+int64(len(p)) > logHeader {
			return 0, misuse(l.path, "read", off, len(p))
		}
		header, err := l.readHeader()
		if err == nil && off == 0 && len(p) == logHeader {
			err = l.recover(header)
		}
		if err != nil {
			return 0, l.report(err)
		}
		return copy(p, header[off:]), nil
	}
	f, in := frameOf(off)
	switch {
	case in == 0 && len(p) == frameSize:
		return l.readFrame(p, f)
	case in == frameHeader && len(p) == PageSize:
		return l.readPage(p, f)
	case in > frameHeader && in+len(p) <= frameSize:
		if _, err := l.readPage(l.plain[:], f); err != nil {
			return 0, err
		}
		return copy(p, l.plain[in-frameHeader:]), nil
	case in+len(p) <= frameHeader:
		header, err := l.readFrameHeader(f)
		if err != nil {
			return 0, l.report(err)
		}
		return copy(p, header[in:]), nil
	}
	return 0, misuse(l.path, "read", off, len(p))
}

// readHeader returns the log's header and learns its salts. A log whose header
// was never written reads as zeros, which SQLite takes for no log.
func (l *logFile) readHeader() (header [logHeader]byte, err error) {
	var block [blockPlain]byte
	ok, blank, err := l.slot(block[:], 0, place{kind: kindHeader})
	if err != nil {
		return header, err
	}
	if !ok && !blank {
		return header, damaged(l.path, "the header of the log is not what was written")
	}
	copy(header[:], block[:])
	copy(l.salts[:], header[16:])
	return header, nil
}

// recover learns how much of the log is known to be on disk, and refuses a log
// that lost some of it. Nobody writes meanwhile: recovery has the log for itself.
func (l *logFile) recover(header [logHeader]byte) error {
	if err := l.readMark(); err != nil {
		return err
	}
	if l.mark.frames > 0 && header == [logHeader]byte{} {
		return damaged(l.path, "the header of the log was erased")
	}
	n, err := l.File.Size()
	if err != nil {
		return err
	}
	if need := l.settled(); n < frameAt(need) {
		return damaged(l.path, "the log has %d of its %d frames", max(0, n-framesAt)/sealedFrame, need)
	}
	return nil
}

func (l *logFile) readMark() error {
	var block [blockPlain]byte
	ok, blank, err := l.slot(block[:], markAt, place{kind: kindMark})
	switch {
	case errors.Is(err, io.EOF), blank:
		l.mark = mark{}
	case err != nil:
		return err
	case !ok:
		return damaged(l.path, "the mark of the log is not what was written")
	default:
		l.mark = mark{[8]byte(block[:8]), binary.BigEndian.Uint32(block[8:])}
	}
	return nil
}

// settled returns how many frames of this generation are known to be on disk.
func (l *logFile) settled() uint32 {
	if l.mark.salts == l.salts {
		return l.mark.frames
	}
	return 0
}

func (l *logFile) readFrameHeader(f uint32) (header [frameHeader]byte, err error) {
	ok, _, err := l.slot(header[:], frameAt(f), place{kind: kindFrame, number: uint64(f)})
	if err == nil && !ok {
		err = damaged(l.path, "the header of frame %d is not what was written", f+1)
	}
	return header, err
}

// readFrame is recovery reading on until the log ends: at the first frame that
// cannot be opened or is of another generation. Zeros tell SQLite so. But a frame
// that was on disk cannot have ended the log.
func (l *logFile) readFrame(p []byte, f uint32) (int, error) {
	header, err := l.readFrameHeader(f)
	if err == nil {
		copy(p, header[:])
		var ok bool
		ok, _, err = l.slot(p[frameHeader:], frameAt(f)+pageInFrame, l.pagePlace(f))
		if err == nil && !ok {
			err = damaged(l.path, "frame %d is not what was written", f+1)
		}
	}
	settled := f < l.settled()
	switch {
	case err == nil && settled && [8]byte(header[8:16]) != l.salts:
		return 0, l.report(damaged(l.path, "frame %d is of another generation", f+1))
	case errors.Is(err, penates.Damaged) && !settled:
		clear(p)
		return len(p), nil
	case err != nil:
		return 0, l.report(err)
	}
	return len(p), nil
}

func (l *logFile) pagePlace(f uint32) place {
	return place{kind: kindLogPage, salts: l.salts, number: uint64(f)}
}

// readPage reads the page of a frame that the wal-index lists. If it does not
// open, another connection may have begun a new generation.
func (l *logFile) readPage(p []byte, f uint32) (int, error) {
	for try := 0; ; try++ {
		ok, _, err := l.slot(p, frameAt(f)+pageInFrame, l.pagePlace(f))
		if err != nil {
			return 0, err
		}
		if ok {
			return len(p), nil
		}
		before := l.salts
		if try == 0 {
			_, err = l.readHeader()
		}
		if err != nil {
			return 0, l.report(err)
		}
		if before == l.salts {
			return 0, l.report(damaged(l.path, "frame %d is not what was written", f+1))
		}
	}
}

// WriteAt is io.WriterAt's, for the writes listed above.
func (l *logFile) WriteAt(p []byte, off int64) (int, error) {
	f, in := frameOf(off)
	whole := l.head.waits && l.head.frame == f && in == frameHeader && len(p) == PageSize
	var err error
	if !whole {
		err = l.writeHead()
	}
	switch {
	case err != nil:
	case whole:
		err = l.writeFrame(p, f)
	case off == 0 && len(p) == logHeader:
		var block [blockPlain]byte
		copy(block[:], p)
		copy(l.salts[:], p[16:])
		l.committed = 0
		err = l.put(block[:], 0, place{kind: kindHeader})
	case off >= logHeader && in == 0 && len(p) == frameHeader:
		// Zero salts stand for the current ones until the commit. Others are
		// current: the writer knows its generation even if this file does not.
		if salts := [8]byte(p[8:16]); salts != [8]byte{} {
			l.salts = salts
		}
		if pages := binary.BigEndian.Uint32(p[4:]); pages != 0 {
			l.committed = f + 1
		} else {
			l.committed = min(l.committed, f)
		}
		l.head = head{waits: true, frame: f, plain: [frameHeader]byte(p)}
	case off >= logHeader && in == frameHeader && len(p) == PageSize:
		err = l.put(p, frameAt(f)+pageInFrame, l.pagePlace(f))
	default:
		return 0, misuse(l.path, "write", off, len(p))
	}
	if err != nil {
		l.committed = 0
		return 0, err
	}
	return len(p), nil
}

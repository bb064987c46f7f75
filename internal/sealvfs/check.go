package sealvfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3/util/vfsutil"

	"penates"
	"penates/internal/seal"
)

// A Report says what [Check] read.
type Report struct {
	Pages  int64 // of the main file
	Frames int64 // of the log that are authentic
	// Loose counts frames at the log's end that are not authentic but that were
	// never known to be on disk: what a loss of power leaves. SQLite ignores them.
	Loose int64
}

// maxFindings bounds how many damaged places a check names.
const maxFindings = 100

// Check reads every page of the sealed database at path and every frame of its
// log, and names those that are not what was written in an error of kind
// [penates.Damaged]. It does not need SQLite and changes nothing; while somebody
// writes to the database it may name what is being written. Progress, if not
// nil, is called from time to time with how many bytes of how many were read.
func Check(ctx context.Context, key seal.Key, vault, path string, progress func(done, total int64)) (Report, error) {
	c, err := newCiphers(key, vault)
	if err != nil {
		return Report{}, fmt.Errorf("check: %w", err)
	}
	k := &checker{ctx: ctx, progress: progress}
	main, err := os.Open(path)
	if err != nil {
		return Report{}, checkError(err)
	}
	defer main.Close()
	log, err := os.Open(path + "-wal")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Report{}, checkError(err)
	}
	if err == nil {
		defer log.Close()
	} else {
		log = nil
	}
	if err = k.measure(main, log); err == nil && log != nil {
		err = k.log(newLogFile(sealedFile{File: &rawFile{file: log}, path: log.Name()}, c))
	}
	if err == nil {
		err = k.main(newMainFile(sealedFile{File: &rawFile{file: main}, path: path}, c, nil))
	}
	if err == nil {
		err = errors.Join(k.findings...)
	}
	return k.report, checkError(err)
}

func checkError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("check: %w: %w", err, penates.NotExist)
	}
	return fmt.Errorf("check: %w", err)
}

type checker struct {
	ctx         context.Context
	progress    func(done, total int64)
	done, total int64
	mainSize    int64
	logSize     int64
	report      Report
	findings    []error
}

func (k *checker) measure(main, log *os.File) error {
	info, err := main.Stat()
	if err != nil {
		return err
	}
	k.mainSize = info.Size()
	if log != nil {
		if info, err = log.Stat(); err != nil {
			return err
		}
		k.logSize = info.Size()
	}
	k.total = k.mainSize + k.logSize
	return nil
}

// step counts n bytes and reports the error that ends the check, if any.
func (k *checker) step(n int64) error {
	k.done += n
	if k.progress != nil && (k.done/(1<<20) != (k.done-n)/(1<<20) || k.done == k.total) {
		k.progress(k.done, k.total)
	}
	if len(k.findings) >= maxFindings {
		return fmt.Errorf("%w\nand perhaps more", errors.Join(k.findings...))
	}
	return k.ctx.Err()
}

// found keeps an error of damage and returns any other.
func (k *checker) found(err error) error {
	if errors.Is(err, penates.Damaged) {
		k.findings = append(k.findings, err)
		return nil
	}
	return err
}

func (k *checker) main(m *mainFile) error {
	var page [PageSize]byte
	var counted int64 // pages that the header on page 1 counts
	for i := range k.mainSize / PageSize {
		err := m.readPage(page[:], i)
		if err == nil {
			k.report.Pages++
		}
		if i == 0 && err == nil {
			counted = int64(binary.BigEndian.Uint32(page[28:]))
		}
		if err := k.found(err); err != nil {
			return err
		}
		if err := k.step(PageSize); err != nil {
			return err
		}
	}
	if rest := k.mainSize % PageSize; rest != 0 {
		k.findings = append(k.findings, damaged(m.path, "%d bytes follow the last page", rest))
	}
	// With frames in the log the main file may lag behind.
	if counted > k.mainSize/PageSize && k.report.Frames == 0 {
		k.findings = append(k.findings, damaged(m.path, "it has %d of its %d pages", k.mainSize/PageSize, counted))
	}
	return nil
}

func (k *checker) log(l *logFile) error {
	if k.logSize < sector {
		return k.step(k.logSize)
	}
	header, err := l.readHeader()
	if err == nil {
		err = l.recover(header)
	}
	if err := k.found(err); err != nil {
		return err
	}
	var frame [frameSize]byte
	for f := range uint32(max(0, k.logSize-framesAt) / sealedFrame) {
		ok, err := l.intact(frame[:], f)
		switch {
		case err != nil:
			return err
		case ok:
			k.report.Frames++
		case f < l.settled():
			k.findings = append(k.findings, damaged(l.path, "frame %d is not what was written", f+1))
		default:
			k.report.Loose++
		}
		if err := k.step(sealedFrame); err != nil {
			return err
		}
	}
	return k.step(k.logSize - max(0, k.logSize-framesAt)/sealedFrame*sealedFrame)
}

// intact tells whether frame f is authentic, in the generation it says it is of.
func (l *logFile) intact(p []byte, f uint32) (bool, error) {
	header, err := l.readFrameHeader(f)
	if errors.Is(err, penates.Damaged) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at := l.pagePlace(f)
	if salts := [8]byte(header[8:16]); salts != [8]byte{} && f >= l.settled() {
		at.salts = salts
	}
	ok, _, err := l.slot(p[frameHeader:], frameAt(f)+pageInFrame, at)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return ok && (f >= l.settled() || [8]byte(header[8:16]) == l.salts), err
}

// rawFile is a file open for reading, as a vfs.File.
type rawFile struct {
	vfsutil.SliceFile // for the methods a check does not use
	file              *os.File
}

// ReadAt is io.ReaderAt's.
func (r *rawFile) ReadAt(p []byte, off int64) (int, error) { return r.file.ReadAt(p, off) }

// WriteAt refuses: a check changes nothing.
func (r *rawFile) WriteAt([]byte, int64) (int, error) { return 0, penates.Denied }

// Size returns the size of the file.
func (r *rawFile) Size() (int64, error) {
	info, err := r.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

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
	// Blocks counts those of a rollback journal, which a crash may leave where
	// the log is not used.
	Blocks int64
}

// maxFindings bounds how many damaged places a check names.
const maxFindings = 100

// Check reads every page of the sealed database at path, every frame of its log
// and every block of its journal, and names those that are not what was written
// in an error of kind
// [penates.Damaged]. It does not need SQLite and changes nothing; while somebody
// writes to the database it may name what is being written. Progress, if not
// nil, is called from time to time with how many bytes of how many were read.
func Check(ctx context.Context, key seal.Key, vault, path string, progress func(done, total int64)) (Report, error) {
	c, err := newCiphers(key, vault)
	if err != nil {
		return Report{}, fmt.Errorf("check: %w", err)
	}
	k := &checker{ctx: ctx, progress: progress}
	parts := []struct {
		suffix string
		check  func(base sealedFile, size int64) error
	}{
		{"-wal", func(f sealedFile, size int64) error { return k.log(newLogFile(f, c), size) }},
		{"", func(f sealedFile, size int64) error { return k.main(newMainFile(f, c, nil), size) }},
		{"-journal", func(f sealedFile, size int64) error { return k.journal(newJournalFile(f, c), size) }},
	}
	files := make([]*rawFile, len(parts))
	for i, p := range parts {
		f, err := openRaw(path+p.suffix, p.suffix != "")
		if err != nil {
			return Report{}, checkError(err)
		}
		if f != nil {
			defer f.file.Close()
			files[i], k.total = f, k.total+f.size
		}
	}
	for i, p := range parts {
		if files[i] == nil {
			continue
		}
		if err := p.check(sealedFile{File: files[i], path: path + p.suffix}, files[i].size); err != nil {
			return k.report, checkError(err)
		}
	}
	return k.report, checkError(errors.Join(k.findings...))
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
	report      Report
	findings    []error
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

func (k *checker) main(m *mainFile, size int64) error {
	var page [PageSize]byte
	var counted int64 // pages that the header on page 1 counts
	for i := range size / PageSize {
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
	if rest := size % PageSize; rest != 0 {
		k.findings = append(k.findings, damaged(m.path, "%d bytes follow the last page", rest))
	}
	// With frames in the log the main file may lag behind.
	if counted > size/PageSize && k.report.Frames == 0 {
		k.findings = append(k.findings, damaged(m.path, "it has %d of its %d pages", size/PageSize, counted))
	}
	return nil
}

func (k *checker) log(l *logFile, size int64) error {
	if size < sector {
		return k.step(size)
	}
	header, err := l.readHeader()
	if err == nil {
		err = l.recover(header)
	}
	if err := k.found(err); err != nil {
		return err
	}
	var frame [frameSize]byte
	for f := range uint32(max(0, size-framesAt) / sealedFrame) {
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
	return k.step(size - max(0, size-framesAt)/sealedFrame*sealedFrame)
}

func (k *checker) journal(j *journalFile, size int64) error {
	for i := range size / sector {
		_, err := j.load(i)
		if err == nil {
			k.report.Blocks++
		}
		if err := k.found(err); err != nil {
			return err
		}
		if err := k.step(sector); err != nil {
			return err
		}
	}
	return k.step(size % sector)
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
	size              int64
}

// openRaw opens a file; without one it returns nil if that may be.
func openRaw(path string, optional bool) (*rawFile, error) {
	f, err := os.Open(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &rawFile{file: f, size: info.Size()}, nil
}

// ReadAt is io.ReaderAt's.
func (r *rawFile) ReadAt(p []byte, off int64) (int, error) { return r.file.ReadAt(p, off) }

// WriteAt refuses: a check changes nothing.
func (r *rawFile) WriteAt([]byte, int64) (int, error) { return 0, penates.Denied }

// Size returns the size the file had when it was opened.
func (r *rawFile) Size() (int64, error) { return r.size, nil }

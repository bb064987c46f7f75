package sealvfs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"penates"
	"penates/internal/seal"
)

// Rescued reads the pages of a sealed database that may be damaged, each from the
// latest commit of the log that has it, else from the main file. It changes
// nothing. What it says of lost pages is known once it is open.
type Rescued struct {
	main   *mainFile
	log    *logFile
	files  []*rawFile
	frames map[uint32]uint32 // frame of each page that the log has
	lost   map[uint32]bool   // pages whose latest state the log had, and lost
	count  uint32
	// Cut is not "" when the log's last commits cannot be used, and says why.
	Cut string
}

// Rescue opens the database at path, of the vault with that id, whatever is left of
// it. The error is of kind NotExist when there is no main file.
func Rescue(key seal.Key, vault, path string) (*Rescued, error) {
	c, err := newCiphers(key, vault)
	if err != nil {
		return nil, err
	}
	r := &Rescued{frames: map[uint32]uint32{}, lost: map[uint32]bool{}}
	f, err := openRaw(path, false)
	if err != nil {
		return nil, checkError(err)
	}
	r.files = append(r.files, f)
	r.main = newMainFile(sealedFile{File: f, path: path}, c, nil)
	r.count = uint32(f.size / PageSize)
	l, err := openRaw(path+"-wal", true)
	if err == nil && l != nil {
		r.files = append(r.files, l)
		r.log = newLogFile(sealedFile{File: l, path: path + "-wal"}, c)
		err = r.readLog(l.size)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close closes the files.
func (r *Rescued) Close() (err error) {
	for _, f := range r.files {
		err = errors.Join(err, f.file.Close())
	}
	return err
}

// Count returns how many pages the database has.
func (r *Rescued) Count() uint32 { return r.count }

// Usable is how many bytes of a page are in use.
func (r *Rescued) Usable() int { return usable }

// Page returns page number n, from 1, or an error of kind Damaged. The bytes are the
// caller's.
func (r *Rescued) Page(n uint32) ([]byte, error) {
	if n == 0 || n > r.count || r.lost[n] {
		return nil, fmt.Errorf("page %d is lost: %w", n, penates.Damaged)
	}
	p := make([]byte, PageSize)
	if f, ok := r.frames[n]; ok {
		ok, _, err := r.log.slot(p, frameAt(f)+pageInFrame, r.log.pagePlace(f))
		if err == nil && !ok {
			err = fmt.Errorf("page %d is lost: %w", n, penates.Damaged)
		}
		return p, err
	}
	err := r.main.readPage(p, int64(n)-1)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("page %d is lost: %w", n, penates.Damaged)
	}
	return p, err
}

// readLog learns which frames hold which pages, up to the last commit.
func (r *Rescued) readLog(size int64) error {
	header, err := r.log.readHeader()
	if errors.Is(err, io.EOF) || err == nil && header == [logHeader]byte{} {
		return nil
	}
	if err == nil {
		err = r.log.readMark()
	}
	if errors.Is(err, penates.Damaged) {
		r.Cut = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	pending, bad := map[uint32]uint32{}, map[uint32]bool{}
	for f := range uint32(max(0, size-framesAt) / sealedFrame) {
		head, err := r.log.readFrameHeader(f)
		if errors.Is(err, penates.Damaged) {
			if f < r.log.settled() {
				r.Cut = err.Error() // nobody knows which page is out of date
			}
			return nil
		}
		if err != nil {
			return err
		}
		if [8]byte(head[8:16]) != r.log.salts {
			return nil
		}
		page := binary.BigEndian.Uint32(head[:])
		ok, _, err := r.log.slot(r.log.plain[:], frameAt(f)+pageInFrame, r.log.pagePlace(f))
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case !ok && f >= r.log.settled():
			return nil // it was never known to be on disk
		}
		pending[page], bad[page] = f, !ok
		if pages := binary.BigEndian.Uint32(head[4:]); pages != 0 { // a commit
			for page, f := range pending {
				r.frames[page], r.lost[page] = f, bad[page]
			}
			clear(pending)
			clear(bad)
			r.count = pages
		}
	}
	return nil
}

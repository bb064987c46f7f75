package sealvfs

import (
	"encoding/binary"
	"io"
)

// journalBlock is how much of a journal a block holds, after the count of its
// bytes. Only the last block may be partly filled.
const journalBlock = blockPlain - 2

// journalFile is a rollback journal or a super-journal. Writers come and go, so
// nothing is kept between calls. Being one sector each, its blocks are whole
// after a loss of power, or blank if they had never been written.
type journalFile struct {
	sealedFile
	s      *sealer
	plain  [blockPlain]byte
	sealed [sector]byte
}

func newJournalFile(f sealedFile, c *ciphers) *journalFile {
	return &journalFile{sealedFile: f, s: newSealer(c.journal, c.vault)}
}

// load opens block i into j.plain and returns its data. A blank block, which a
// loss of power leaves where nothing was synced, reads as zeros.
func (j *journalFile) load(i int64) ([]byte, error) {
	n, err := j.File.ReadAt(j.sealed[:], i*sector)
	if n < sector {
		if err == nil {
			err = io.EOF
		}
		return nil, err
	}
	data := j.plain[2:]
	if !j.s.open(j.plain[:], j.sealed[:], place{kind: kindJournal, number: uint64(i)}) {
		if !isZero(j.sealed[:]) {
			return nil, damaged(j.path, "block %d is not what was written", i+1)
		}
		clear(j.plain[:])
		return data, nil
	}
	n = int(binary.BigEndian.Uint16(j.plain[:]))
	if n > len(data) {
		return nil, damaged(j.path, "block %d counts %d bytes", i+1, n)
	}
	return data[:n], nil
}

func (j *journalFile) store(i int64, n int) error {
	binary.BigEndian.PutUint16(j.plain[:], uint16(n))
	j.s.seal(j.sealed[:], j.plain[:], place{kind: kindJournal, number: uint64(i)})
	_, err := j.File.WriteAt(j.sealed[:], i*sector)
	return err
}

func (j *journalFile) size() (int64, error) {
	n, err := j.File.Size()
	last := n/sector - 1
	if err != nil || last < 0 {
		return 0, err
	}
	data, err := j.load(last)
	return last*journalBlock + int64(len(data)), err
}

// Size is the size SQLite would see.
func (j *journalFile) Size() (int64, error) {
	n, err := j.size()
	return n, j.report(err)
}

// ReadAt is io.ReaderAt's.
func (j *journalFile) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		data, err := j.load(at / journalBlock)
		if err != nil {
			return n, j.report(err)
		}
		in := int(at % journalBlock)
		if in >= len(data) {
			size, err := j.File.Size()
			if err != nil {
				return n, err
			}
			if at/journalBlock >= size/sector-1 {
				return n, io.EOF
			}
			// A loss of power left the block as it was before others followed it.
			data = j.plain[2:]
			clear(data[in:])
		}
		n += copy(p[n:], data[in:])
	}
	return n, nil
}

// WriteAt is io.WriterAt's.
func (j *journalFile) WriteAt(p []byte, off int64) (n int, err error) {
	size, err := j.size()
	if err == nil && off > size {
		err = j.fill(size, off)
	}
	for n < len(p) && err == nil {
		var m int
		m, err = j.patch(p[n:], off+int64(n))
		n += m
	}
	return n, j.report(err)
}

// fill writes zeros from the end of the journal to off.
func (j *journalFile) fill(size, off int64) error {
	var zeros [journalBlock]byte
	for size < off {
		m, err := j.patch(zeros[:min(off-size, journalBlock)], size)
		if err != nil {
			return err
		}
		size += int64(m)
	}
	return nil
}

// patch writes the part of p that is in the block at off.
func (j *journalFile) patch(p []byte, off int64) (int, error) {
	i, in := off/journalBlock, int(off%journalBlock)
	data, err := j.load(i)
	switch {
	case err == io.EOF:
		clear(j.plain[:])
		data = nil
	case err != nil:
		return 0, err
	}
	m := copy(j.plain[2+in:], p)
	return m, j.store(i, max(len(data), in+m))
}

// Truncate shortens the journal, or lengthens it with zeros.
func (j *journalFile) Truncate(size int64) error {
	current, err := j.size()
	switch {
	case err != nil:
		return j.report(err)
	case size > current:
		return j.report(j.fill(current, size))
	}
	blocks := (size + journalBlock - 1) / journalBlock
	if part := int(size % journalBlock); part != 0 {
		if _, err := j.load(blocks - 1); err != nil {
			return j.report(err)
		}
		clear(j.plain[2+part:])
		if err := j.store(blocks-1, part); err != nil {
			return err
		}
	}
	return j.File.Truncate(blocks * sector)
}

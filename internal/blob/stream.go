package blob

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"penates"
	"penates/internal/seal"
)

// The plain text of a blob's file is: one byte that says how the content is
// kept, the content, zeros up to the padded size, and the tail: the length of
// what is kept and that of the content, 8 bytes each, big-endian.
const (
	asIs       = 0
	compressed = 1

	headSize = 1
	tailSize = 16
)

// aad keeps a blob's file from being taken for something else that is sealed.
var aad = []byte("penates blob 1")

// sample is how much of the content decides whether it is compressed.
const sample = 64 << 10

// write seals r into f and returns the sum and size of the content.
func (s *Store) write(ctx context.Context, f *os.File, r io.Reader) (sum [sha256.Size]byte, size int64, err error) {
	buffered := bufio.NewWriterSize(f, 128<<10)
	sealed, err := seal.NewWriter(s.key, aad, buffered)
	if err != nil {
		return sum, 0, err
	}
	in := bufio.NewReaderSize(&stoppable{ctx, r}, sample)
	start, err := in.Peek(sample)
	if err != nil && !errors.Is(err, io.EOF) {
		return sum, 0, err
	}
	way := byte(asIs)
	if compresses(start) {
		way = compressed
	}
	if _, err := sealed.Write([]byte{way}); err != nil {
		return sum, 0, err
	}
	h := sha256.New()
	kept := &counter{w: sealed}
	if size, err = keep(kept, way, io.TeeReader(in, h)); err != nil {
		return sum, 0, err
	}
	if err := finish(sealed, kept.n, size); err != nil {
		return sum, 0, err
	}
	if err := errors.Join(sealed.Close(), buffered.Flush()); err != nil {
		return sum, 0, err
	}
	return [sha256.Size]byte(h.Sum(nil)), size, nil
}

// compresses reports whether the start of some content shrinks by a tenth.
func compresses(start []byte) bool {
	if len(start) < 256 {
		return false
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return false
	}
	defer e.Close()
	return len(e.EncodeAll(start, nil)) < len(start)*9/10
}

func keep(w io.Writer, way byte, r io.Reader) (int64, error) {
	if way == asIs {
		return io.Copy(w, r)
	}
	e, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(e, r)
	return n, errors.Join(err, e.Close())
}

// finish writes the padding and the tail.
func finish(w io.Writer, kept, size int64) error {
	zeros := make([]byte, 32<<10)
	for left := padded(kept) - kept; left > 0; {
		n := min(left, int64(len(zeros)))
		if _, err := w.Write(zeros[:n]); err != nil {
			return err
		}
		left -= n
	}
	tail := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(kept)), uint64(size))
	_, err := w.Write(tail)
	return err
}

// padded rounds n up as in Padmé (Nikitin et al., "Reducing Metadata Leakage
// from Encrypted Files and Communication with PURBs", 2019): at most 12 % more,
// O(log log n) bits of the size are told.
func padded(n int64) int64 {
	const least = 256
	if n <= least {
		return least
	}
	e := bits.Len64(uint64(n)) - 1
	last := e - bits.Len64(uint64(e))
	mask := int64(1)<<last - 1
	return (n + mask) &^ mask
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// stoppable stops reading when its context ends.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.r.Read(p)
}

// A Reader reads the content of a blob; Close ends it.
type Reader struct {
	f    *os.File
	name string
	kept *io.SectionReader // what is kept of the content
	// padding is what follows it, up to the tail.
	padding *io.SectionReader
	way     byte
	size    int64

	zr  *zstd.Decoder
	pos int64 // of the next byte of the content
	at  int64 // where the decoder is
}

// Open returns a reader of the blob, or a NotExist error. Damage is reported by
// the read that meets it.
func (s *Store) Open(id penates.BlobID) (*Reader, error) {
	path, err := s.pathOf(id)
	if err != nil {
		return nil, err
	}
	return s.open(path)
}

func (s *Store) open(path string) (*Reader, error) {
	name := s.nameOf(path)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob file %s: %w", name, penates.NotExist)
	} else if err != nil {
		return nil, err
	}
	r, err := s.reader(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob file %s: %w", name, err), f.Close())
	}
	r.name = name
	return r, nil
}

// nameOf returns the path of a blob's file within the store.
func (s *Store) nameOf(path string) string {
	return filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
}

func (s *Store) reader(f *os.File) (*Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := seal.NewReaderAt(s.key, aad, f, info.Size())
	if err != nil {
		return nil, err
	}
	var tail [tailSize]byte
	end := opened.Size() - tailSize
	if end < headSize {
		return nil, fmt.Errorf("too short: %w", penates.Damaged)
	}
	if _, err := opened.ReadAt(tail[:], end); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var way [headSize]byte
	if _, err := opened.ReadAt(way[:], 0); err != nil {
		return nil, err
	}
	kept, size := int64(binary.BigEndian.Uint64(tail[:])), int64(binary.BigEndian.Uint64(tail[8:]))
	if kept < 0 || kept > end-headSize || size < 0 || way[0] > compressed {
		return nil, fmt.Errorf("lengths do not fit: %w", penates.Damaged)
	}
	return &Reader{f: f, way: way[0], size: size,
		kept:    io.NewSectionReader(opened, headSize, kept),
		padding: io.NewSectionReader(opened, headSize+kept, end-headSize-kept)}, nil
}

// Size returns the length of the content.
func (r *Reader) Size() int64 { return r.size }

// Read reads the content on from where the last Read or Seek left it.
func (r *Reader) Read(p []byte) (int, error) {
	if r.way == asIs {
		n, err := r.kept.ReadAt(p, r.pos)
		r.pos += int64(n)
		if n > 0 && errors.Is(err, io.EOF) {
			err = nil
		}
		return n, r.damage(err)
	}
	if err := r.catchUp(); err != nil {
		return 0, err
	}
	n, err := r.zr.Read(p)
	r.pos += int64(n)
	r.at = r.pos
	return n, r.damage(err)
}

// catchUp brings the decoder to pos.
func (r *Reader) catchUp() error {
	if r.zr == nil || r.at > r.pos {
		if r.zr != nil {
			r.zr.Close()
		}
		kept := io.NewSectionReader(r.kept, 0, r.kept.Size())
		zr, err := zstd.NewReader(kept, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return r.damage(err)
		}
		r.zr, r.at = zr, 0
	}
	n, err := io.CopyN(io.Discard, r.zr, r.pos-r.at)
	r.at += n
	return r.damage(err)
}

// damage names the file in an error of reading it.
func (r *Reader) damage(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, penates.Damaged), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("blob file %s: %w", r.name, err)
	}
	return fmt.Errorf("blob file %s: %w (%w)", r.name, penates.Damaged, err)
}

// Seek sets where the next Read begins.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d: %w", offset, penates.Invalid)
	}
	r.pos = offset
	return offset, nil
}

// Close ends reading.
func (r *Reader) Close() error {
	if r.zr != nil {
		r.zr.Close()
	}
	return r.f.Close()
}

// Verify reads the whole blob file of that name (see Names) and returns a
// Damaged error unless every byte of it is what was written and its content is
// what the name says.
func (s *Store) Verify(ctx context.Context, name string) error {
	r, err := s.open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, &stoppable{ctx, r})
	if err != nil {
		return err
	}
	right, err := s.path([sha256.Size]byte(h.Sum(nil)))
	if err != nil {
		return err
	}
	if n != r.size || s.nameOf(right) != name {
		return fmt.Errorf("blob file %s: the content is not what its name says: %w", name, penates.Damaged)
	}
	return r.verifyPadding()
}

// verifyPadding reads what lies between the content and the tail, so that every
// byte of the file has been authenticated.
func (r *Reader) verifyPadding() error {
	_, err := io.Copy(io.Discard, io.NewSectionReader(r.padding, 0, r.padding.Size()))
	return r.damage(err)
}

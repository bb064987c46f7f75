package seal

import (
	"crypto/cipher"
	"fmt"
	"io"
	"sync"

	"penates"
)

// A ReaderAt opens any part of a stream. It keeps the last chunk it opened. It
// may be used by several goroutines at once.
type ReaderAt struct {
	r     io.ReaderAt
	aead  cipher.AEAD
	size  int64 // of the plaintext
	tail  int64 // number of the last chunk
	total int64 // of the sealed stream

	mu     sync.Mutex
	sealed []byte
	plain  []byte
	number int64 // of the chunk in plain, -1 for none
}

var _ io.ReaderAt = (*ReaderAt)(nil)

// NewReaderAt returns a ReaderAt of the stream that fills the first size bytes
// of r. It opens the last chunk at once, so that a stream cut short or made
// longer is refused here.
func NewReaderAt(key Key, context []byte, r io.ReaderAt, size int64) (*ReaderAt, error) {
	body := size - headSize
	if body < TagSize {
		return nil, fmt.Errorf("stream ends too early: %w", penates.Damaged)
	}
	head := make([]byte, headSize)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, headSize), head); err != nil {
		return nil, readError("stream", err)
	}
	aead, err := openHead(key, context, head)
	if err != nil {
		return nil, err
	}
	tail := (body - 1) / sealedChunk
	s := &ReaderAt{
		r: r, aead: aead, tail: tail, total: size, number: -1,
		size:   body - (tail+1)*TagSize,
		sealed: make([]byte, min(body, sealedChunk)),
		plain:  make([]byte, 0, min(body, chunkSize)),
	}
	if s.size < 0 {
		return nil, fmt.Errorf("stream ends too early: %w", penates.Damaged)
	}
	if err := s.load(tail); err != nil {
		return nil, err
	}
	return s, nil
}

// Size returns the length of the plaintext.
func (s *ReaderAt) Size() int64 { return s.size }

// ReadAt is io.ReaderAt's.
func (s *ReaderAt) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("read stream at %d: %w", off, penates.Invalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		if off >= s.size {
			return n, io.EOF
		}
		if err := s.load(off / chunkSize); err != nil {
			return n, err
		}
		m := copy(p[n:], s.plain[off%chunkSize:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

// load brings the chunk of that number into plain.
func (s *ReaderAt) load(number int64) error {
	if s.number == number {
		return nil
	}
	s.number = -1
	start := headSize + number*sealedChunk
	n := min(sealedChunk, s.total-start)
	if _, err := io.ReadFull(io.NewSectionReader(s.r, start, n), s.sealed[:n]); err != nil {
		return readError("stream", err)
	}
	plain, err := openChunk(s.aead, s.plain[:0], s.sealed[:n], uint64(number), number == s.tail)
	if err != nil {
		return err
	}
	s.plain, s.number = plain, number
	return nil
}

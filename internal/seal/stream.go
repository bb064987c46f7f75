package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"penates"
)

// A stream is a version byte, a 32-byte random salt and then chunks of 64 KiB of
// plaintext, each AES-256-GCM under a key derived (HKDF-SHA-256) from the
// caller's key, the salt and the context. The nonce is the chunk's number in 11
// bytes and a last byte that is 1 for the last chunk only: the STREAM
// construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015). The last chunk
// is never empty unless the whole stream is.
const (
	streamVersion = 1
	saltSize      = 32
	headSize      = 1 + saltSize
	chunkSize     = 64 << 10
	sealedChunk   = chunkSize + TagSize
)

// StreamSize returns how long a stream of n bytes is once sealed.
func StreamSize(n int64) int64 {
	chunks := max(1, (n+chunkSize-1)/chunkSize)
	return headSize + n + chunks*TagSize
}

func streamCipher(key Key, salt, context []byte) (cipher.AEAD, error) {
	raw, err := key.derive(salt, "stream/"+string(context)).raw()
	if err != nil {
		return nil, err
	}
	defer clear(raw[:])
	block, err := aes.NewCipher(raw[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func chunkNonce(number uint64, last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:], number)
	if last {
		nonce[11] = 1
	}
	return nonce
}

// grow makes room in a full buffer of at most a sealed chunk and a byte. Most
// streams are short, so buffers start small.
func grow(buf []byte) []byte {
	if len(buf) < cap(buf) {
		return buf
	}
	return slices.Grow(buf, min(max(2048, 3*cap(buf)), sealedChunk+1-len(buf)))
}

// A Writer seals what is written to it. Nothing is complete before Close.
type Writer struct {
	w      io.Writer
	aead   cipher.AEAD
	buf    []byte // plaintext not yet sealed, at most a chunk
	number uint64
	err    error
}

var _ io.WriteCloser = (*Writer)(nil)

// NewWriter returns a Writer that seals under key, bound to context, into w.
func NewWriter(key Key, context []byte, w io.Writer) (*Writer, error) {
	head := make([]byte, headSize)
	head[0] = streamVersion
	rand.Read(head[1:])
	aead, err := streamCipher(key, head[1:], context)
	if err != nil {
		return nil, fmt.Errorf("seal stream: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("seal stream: %w", err)
	}
	return &Writer{w: w, aead: aead}, nil
}

var errClosed = errors.New("write to a closed stream")

// Write seals p. A full chunk is kept back until more comes, since it may be
// the last.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && w.err == nil {
		if len(w.buf) == chunkSize {
			w.flush(false)
			continue
		}
		w.buf = grow(w.buf)
		m := min(len(p), cap(w.buf)-len(w.buf), chunkSize-len(w.buf))
		w.buf = append(w.buf, p[:m]...)
		p, n = p[m:], n+m
	}
	return n, w.err
}

// Close seals the last chunk. It does not close the writer underneath. A stream
// that was not closed does not open.
func (w *Writer) Close() error {
	if errors.Is(w.err, errClosed) {
		return nil
	}
	if w.err == nil {
		w.flush(true)
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}

func (w *Writer) flush(last bool) {
	sealed := w.aead.Seal(w.buf[:0], chunkNonce(w.number, last), w.buf, nil)
	if _, err := w.w.Write(sealed); err != nil {
		w.err = fmt.Errorf("seal stream: %w", err)
	}
	w.number++
	w.buf = w.buf[:0]
}

func openHead(key Key, context, head []byte) (cipher.AEAD, error) {
	if err := checkVersion("stream", head[0], streamVersion); err != nil {
		return nil, err
	}
	aead, err := streamCipher(key, head[1:headSize], context)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return aead, nil
}

// A Reader opens a stream from its beginning. Bytes it returns are authentic;
// whether the stream is whole is known at io.EOF only.
type Reader struct {
	r      io.Reader
	aead   cipher.AEAD
	buf    []byte // a sealed chunk and the first byte of the next
	out    []byte // an opened chunk
	plain  []byte // the part of out not yet returned
	number uint64
	err    error
}

// NewReader returns a Reader of the stream that r holds until its end.
func NewReader(key Key, context []byte, r io.Reader) (*Reader, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, readError("stream", err)
	}
	aead, err := openHead(key, context, head)
	if err != nil {
		return nil, err
	}
	return &Reader{r: r, aead: aead}, nil
}

// readError makes of an early end an error of kind Damaged.
func readError(what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s ends too early: %w", what, penates.Damaged)
	}
	return fmt.Errorf("read %s: %w", what, err)
}

// Read is io.Reader's.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.plain) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

func (r *Reader) fill() {
	last, err := r.readChunk()
	if err != nil {
		r.err = fmt.Errorf("read stream: %w", err)
		return
	}
	n := min(len(r.buf), sealedChunk)
	if r.out, r.err = openChunk(r.aead, r.out[:0], r.buf[:n], r.number, last); r.err != nil {
		return
	}
	r.plain = r.out
	r.buf = append(r.buf[:0], r.buf[n:]...)
	r.number++
	if last {
		r.err = io.EOF
	}
}

// readChunk fills buf with a chunk and one byte more, unless the stream ends
// before.
func (r *Reader) readChunk() (last bool, err error) {
	for len(r.buf) <= sealedChunk {
		r.buf = grow(r.buf)
		room := r.buf[len(r.buf):min(cap(r.buf), sealedChunk+1)]
		n, err := io.ReadFull(r.r, room)
		r.buf = r.buf[:len(r.buf)+n]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func openChunk(aead cipher.AEAD, dst, sealed []byte, number uint64, last bool) ([]byte, error) {
	if len(sealed) < TagSize || last && len(sealed) == TagSize && number > 0 {
		return nil, fmt.Errorf("stream ends too early, in chunk %d: %w", number, penates.Damaged)
	}
	plain, err := aead.Open(dst, chunkNonce(number, last), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("chunk %d of the stream is not what was written: %w", number, penates.Damaged)
	}
	return plain, nil
}

package atproto

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"penates"
)

// Limits of a CAR file. Records are at most a megabyte; nodes of the tree less.
const (
	maxHeader = 64 << 10
	maxBlock  = 8 << 20
)

// A block is some bytes and what names them.
type block struct {
	id   cid
	data []byte // valid until the next block
	at   int64  // offset of the block in the file
}

// A car reads the blocks of a content addressable archive (CARv1) in order.
type car struct {
	ctx   context.Context
	r     *bufio.Reader
	at    int64
	buf   []byte
	roots []cid
}

// openCAR reads the header.
func openCAR(ctx context.Context, r io.Reader) (*car, error) {
	c := &car{ctx: ctx, r: bufio.NewReaderSize(r, 256<<10)}
	b, err := c.section(maxHeader)
	if err != nil {
		return nil, fmt.Errorf("header of the CAR file: %w", err)
	}
	v, err := unmarshal(b)
	header, _ := v.(map[string]any)
	if err != nil || header == nil {
		return nil, fmt.Errorf("header of the CAR file: %w", penates.Invalid)
	}
	if version, _ := header["version"].(int64); version != 1 {
		return nil, fmt.Errorf("version %d of CAR: %w", version, penates.Unsupported)
	}
	roots, _ := header["roots"].([]any)
	for _, root := range roots {
		if id, ok := root.(cid); ok {
			c.roots = append(c.roots, id)
		}
	}
	return c, nil
}

// section reads a length and as many bytes.
func (c *car) section(limit uint64) ([]byte, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	counter := &counted{c.r, 0}
	n, err := binary.ReadUvarint(counter)
	c.at += counter.n
	switch {
	case err == io.EOF && counter.n == 0:
		return nil, io.EOF
	case err != nil:
		return nil, cut(err)
	case n > limit:
		return nil, fmt.Errorf("a block of %d bytes: %w", n, penates.TooLarge)
	}
	if uint64(cap(c.buf)) < n {
		c.buf = make([]byte, n)
	}
	b := c.buf[:n]
	_, err = io.ReadFull(c.r, b)
	c.at += int64(n)
	if err != nil {
		return nil, cut(err)
	}
	return b, nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file ends within a block: %w", penates.Damaged)
	}
	return err
}

type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// errOther marks a block whose bytes are not what its name says; the next can be
// read all the same.
var errOther = errors.New("its bytes do not match its name")

// next returns the next block, io.EOF behind the last.
func (c *car) next() (block, error) {
	at := c.at
	b, err := c.section(maxBlock)
	if err != nil {
		return block{}, err
	}
	n, sum := cidLength(b)
	if n == 0 {
		return block{at: at}, fmt.Errorf("the block at byte %d has no name: %w (%w)", at, penates.Damaged, errOther)
	}
	bl := block{cid(b[:n]), b[n:], at}
	if got := sha256.Sum256(bl.data); sum != nil && !bytes.Equal(got[:], sum) {
		return bl, fmt.Errorf("the block at byte %d: %w (%w)", at, penates.Damaged, errOther)
	}
	return bl, nil
}

// cidLength returns how many bytes of b are a CID, 0 when it begins with none,
// and the SHA-256 sum in it, nil when it is of another hash.
func cidLength(b []byte) (n int, sum []byte) {
	if len(b) >= 34 && b[0] == 0x12 && b[1] == 32 { // version 0
		return 34, b[2:34]
	}
	var fields [4]uint64 // version, codec, hash, length
	for i := range fields {
		v, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return 0, nil
		}
		fields[i] = v
		n += k
	}
	if fields[0] != 1 || fields[3] > 128 || n+int(fields[3]) > len(b) {
		return 0, nil
	}
	end := n + int(fields[3])
	if fields[2] == 0x12 && fields[3] == sha256.Size {
		sum = b[n:end]
	}
	return end, sum
}

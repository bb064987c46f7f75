package walk

import (
	"bufio"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"penates"
)

// A local is the header before a member's bytes (APPNOTE 4.3.7).
type local struct {
	flags, method uint16
	crc           uint32
	packed, size  int64
	name          string
}

// described reports that crc and sizes follow the member instead of preceding it.
func (l *local) described() bool { return l.flags&8 != 0 }

// salvage reads a zip whose list of members is missing or damaged from its
// beginning, member by member, as far as it goes, and then refuses the archive.
func (w *walker) salvage(ctx context.Context, s source, whole *budget) error {
	br := bufio.NewReaderSize(io.NewSectionReader(s.at, 0, s.size), HeadSize)
	taken := 0
	for ; taken < w.Limits.Entries; taken++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := readLocal(br, w.Limits.Name)
		if err != nil {
			break
		}
		goOn, err := w.salvageMember(ctx, s, whole, l, br)
		if err != nil {
			return err
		}
		if !goOn {
			break
		}
	}
	return w.Refuse(s.path, fmt.Errorf("cut short: its list of members is missing, what stands before the cut (%d members) was read: %w", taken, penates.Damaged))
}

func (w *walker) salvageMember(ctx context.Context, s source, whole *budget, l *local, br *bufio.Reader) (goOn bool, err error) {
	packed := &io.LimitedReader{R: br, N: l.packed}
	m := &member{crc: crc32.NewIEEE(), header: l}
	switch {
	case l.flags&encryptedFlag != 0 || (l.method != 0 && l.method != 8) || (l.described() && l.method == 0):
		// What such a member holds, and where it ends, cannot be known for certain.
		if l.described() {
			return false, nil
		}
		name, err := cleanName(l.name, w.Limits.Name)
		if err == nil {
			err = errMethod(l.method)
			if l.flags&encryptedFlag != 0 {
				err = errEncrypted
			}
			name = s.path + "/" + name
		}
		if err := w.Refuse(name, err); err != nil {
			return false, err
		}
		_, skipped := io.Copy(io.Discard, packed)
		return skipped == nil && packed.N == 0, nil
	case l.method == 0:
		m.r = packed
	case l.described():
		// flate takes no byte beyond its end from a reader of single bytes, and so
		// finds where the member ends.
		m.r, m.after = flate.NewReader(br), br
	default:
		m.r = flate.NewReader(packed)
	}
	name, err := cleanName(l.name, w.Limits.Name)
	switch {
	case err != nil:
		err = w.Refuse(s.path, err)
	case name != "" && l.name[len(l.name)-1] != '/' && !isNoise(name):
		err = w.salvageFile(ctx, source{path: s.path + "/" + name, size: -1, r: m, depth: s.depth + 1, whole: whole}, m)
	}
	if err != nil {
		return false, err
	}
	if _, err := io.Copy(io.Discard, &tracked{ctx: ctx, r: m, whole: whole}); err != nil {
		var over *overrun
		switch {
		case errors.As(err, &over):
			return false, over
		case ctx.Err() != nil:
			return false, ctx.Err()
		case l.described():
			return false, nil // where the next member begins is not known
		}
	}
	if _, err := io.Copy(io.Discard, packed); !l.described() && (err != nil || packed.N > 0) {
		return false, nil
	}
	return true, nil
}

// salvageFile visits a member, unless the cut goes through it: the archive's one
// refusal answers for that.
func (w *walker) salvageFile(ctx context.Context, s source, m *member) error {
	quiet := *w
	quiet.Visitor = &cutVisitor{w.Visitor, s.path, m}
	return quiet.file(ctx, s)
}

type cutVisitor struct {
	Visitor
	path   string
	member *member
}

func (c *cutVisitor) Refuse(path string, err error) error {
	if path == c.path && errors.Is(c.member.err, io.ErrUnexpectedEOF) {
		return nil
	}
	return c.Visitor.Refuse(path, err)
}

// A member is the content of a salvaged member, checked against its checksum.
type member struct {
	r      io.Reader
	after  *bufio.Reader // where the descriptor follows, if one does
	crc    hash.Hash32
	header *local
	read   int64
	err    error
}

func (m *member) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.crc.Write(p[:n])
	m.read += int64(n)
	if err == io.EOF {
		err = m.check()
	}
	m.err = err
	return n, err
}

func (m *member) check() error {
	want, size := m.header.crc, m.header.size
	if m.after != nil {
		var err error
		if want, err = readDescriptor(m.after); err != nil {
			return io.ErrUnexpectedEOF
		}
		size = m.read
	}
	switch {
	case m.read < size:
		return io.ErrUnexpectedEOF
	case m.crc.Sum32() != want || m.read != size:
		return fmt.Errorf("its bytes do not match its checksum: %w", penates.Damaged)
	}
	return io.EOF
}

func readLocal(br *bufio.Reader, nameLimit int) (*local, error) {
	var b [30]byte
	if _, err := io.ReadFull(br, b[:]); err != nil {
		return nil, err
	}
	if string(b[:4]) != "PK\x03\x04" {
		return nil, penates.Invalid
	}
	l := &local{
		flags: binary.LittleEndian.Uint16(b[6:]), method: binary.LittleEndian.Uint16(b[8:]),
		crc:    binary.LittleEndian.Uint32(b[14:]),
		packed: int64(binary.LittleEndian.Uint32(b[18:])), size: int64(binary.LittleEndian.Uint32(b[22:])),
	}
	name := make([]byte, binary.LittleEndian.Uint16(b[26:]))
	extra := make([]byte, binary.LittleEndian.Uint16(b[28:]))
	if _, err := io.ReadFull(br, name); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(br, extra); err != nil {
		return nil, err
	}
	if len(name) == 0 || len(name) > nameLimit {
		return nil, penates.Invalid
	}
	l.name = string(name)
	if !l.sizes(extra) {
		return nil, penates.Invalid
	}
	return l, nil
}

// sizes takes the sizes of members beyond 4 GiB from the extra field (4.5.3).
func (l *local) sizes(extra []byte) bool {
	const large = 1<<32 - 1
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return true
		}
		if id == 1 && n >= 16 && l.size == large && l.packed == large {
			l.size = int64(binary.LittleEndian.Uint64(extra))
			l.packed = int64(binary.LittleEndian.Uint64(extra[8:]))
		}
		extra = extra[n:]
	}
	return l.size >= 0 && l.packed >= 0
}

// readDescriptor reads what follows a member whose header could not tell its
// sizes (4.3.9): an optional signature, the checksum, and two sizes of 4 or 8
// bytes; which of the two is seen from where the next header begins.
func readDescriptor(br *bufio.Reader) (crc uint32, err error) {
	if b, err := br.Peek(4); err == nil && string(b) == "PK\x07\x08" {
		br.Discard(4)
	}
	var b [4]byte
	if _, err := io.ReadFull(br, b[:]); err != nil {
		return 0, err
	}
	sizes := 8
	if b, err := br.Peek(18); err == nil && string(b[8:10]) != "PK" && string(b[16:18]) == "PK" {
		sizes = 16
	}
	if n, err := br.Discard(sizes); err != nil && n == 0 {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b[:]), nil
}

package walk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"penates"
)

var little = binary.LittleEndian

// errList is what a list of members that cannot be followed gives.
var errList = fmt.Errorf("the list of members cannot be followed: %w", penates.Damaged)

// A list says where the members of a split zip are listed (APPNOTE 4.3.14 to 4.3.16).
type list struct {
	entries      uint64
	size, offset uint64
	part         uint32
}

// relist returns the list of members of a zip in parts, and what stands behind it, as
// they would be if the zip were one file: places are given from its beginning instead
// of from that of the part a member begins in.
func relist(p *parts, limits Limits) ([]byte, error) {
	l, err := p.list()
	if err != nil {
		return nil, err
	}
	at, ok := p.place(l.part, l.offset)
	if !ok || l.size > uint64(p.size()-at) {
		return nil, errList
	}
	if l.size > uint64(limits.Directory) || l.entries > uint64(limits.Entries) {
		return nil, fmt.Errorf("the list of members is too long: %w", penates.TooLarge)
	}
	old := make([]byte, l.size)
	if err := p.full(old, at); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for range l.entries {
		n, err := p.relistMember(old, &out)
		if err != nil {
			return nil, err
		}
		old = old[n:]
	}
	return append(out.Bytes(), listEnd(l.entries, out.Len(), p.size())...), nil
}

// full fills b with what stands at off.
func (p *parts) full(b []byte, off int64) error {
	if _, err := p.ReadAt(b, off); err != nil && err != io.EOF {
		return err
	} else if err == io.EOF {
		return errList
	}
	return nil
}

// place returns where in the whole an offset into one of the parts, from 0, is.
func (p *parts) place(part uint32, offset uint64) (int64, bool) {
	if uint64(part) >= uint64(len(p.ends)) {
		return 0, false
	}
	start := int64(0)
	if part > 0 {
		start = p.ends[part-1]
	}
	if offset > uint64(p.ends[part]-start) {
		return 0, false
	}
	return start + int64(offset), true
}

const (
	wide16 = math.MaxUint16 // the value stands in a zip64 record
	wide32 = math.MaxUint32
)

// list finds the list of members by the records at the end.
func (p *parts) list() (l list, err error) {
	at, record := endRecord(p, p.size())
	if record == nil {
		return l, errList
	}
	l = list{uint64(little.Uint16(record[10:])), uint64(little.Uint32(record[12:])), uint64(little.Uint32(record[16:])), uint32(little.Uint16(record[6:]))}
	if l.entries != wide16 && l.size != wide32 && l.offset != wide32 && l.part != wide16 {
		return l, nil
	}
	locator, wide := make([]byte, 20), make([]byte, 56)
	if at < int64(len(locator)) || p.full(locator, at-int64(len(locator))) != nil || string(locator[:4]) != "PK\x06\x07" {
		return l, nil // the values are what they seem
	}
	where, ok := p.place(little.Uint32(locator[4:]), little.Uint64(locator[8:]))
	if !ok || p.full(wide, where) != nil || string(wide[:4]) != "PK\x06\x06" {
		return l, errList
	}
	return list{little.Uint64(wide[32:]), little.Uint64(wide[40:]), little.Uint64(wide[48:]), little.Uint32(wide[20:])}, nil
}

// relistMember writes the first entry of old as it is in a zip that is one file, and
// returns how long it was (APPNOTE 4.3.12, 4.5.3).
func (p *parts) relistMember(old []byte, out *bytes.Buffer) (int, error) {
	const fixed = 46
	if len(old) < fixed || !bytes.HasPrefix(old, directorySignature) {
		return 0, errList
	}
	name, extra, comment := int(little.Uint16(old[28:])), int(little.Uint16(old[30:])), int(little.Uint16(old[32:]))
	length := fixed + name + extra + comment
	if len(old) < length {
		return 0, errList
	}
	others, wide := cutExtra(old[fixed+name:fixed+name+extra], 1)
	head := bytes.Clone(old[:fixed])
	var kept []byte // of the zip64 extra: the sizes, in their order
	for _, field := range []int{24, 20} {
		if little.Uint32(head[field:]) == wide32 && len(wide) >= 8 {
			kept, wide = append(kept, wide[:8]...), wide[8:]
		}
	}
	offset, part := uint64(little.Uint32(head[42:])), uint32(little.Uint16(head[34:]))
	if offset == wide32 && len(wide) >= 8 {
		offset, wide = little.Uint64(wide), wide[8:]
	}
	if part == wide16 && len(wide) >= 4 {
		part = little.Uint32(wide)
	}
	at, ok := p.place(part, offset)
	if !ok {
		return 0, errList
	}
	little.PutUint16(head[34:], 0)
	little.PutUint32(head[42:], wide32)
	kept = little.AppendUint64(kept, uint64(at))
	block := append(little.AppendUint16(little.AppendUint16(nil, 1), uint16(len(kept))), kept...)
	if len(block)+len(others) > math.MaxUint16 {
		return 0, errList
	}
	little.PutUint16(head[30:], uint16(len(block)+len(others)))
	for _, b := range [][]byte{head, old[fixed : fixed+name], block, others, old[fixed+name+extra : length]} {
		out.Write(b)
	}
	return length, nil
}

// cutExtra takes the block id out of extra fields, and returns the others and what
// was in it.
func cutExtra(extra []byte, id uint16) (others, block []byte) {
	for len(extra) >= 4 {
		n := 4 + int(little.Uint16(extra[2:]))
		if n > len(extra) {
			break
		}
		if little.Uint16(extra) == id {
			block = extra[4:n]
		} else {
			others = append(others, extra[:n]...)
		}
		extra = extra[n:]
	}
	return others, block
}

// listEnd returns what stands behind a list of n entries that begins at offset.
func listEnd(n uint64, size int, offset int64) []byte {
	const version = 45 // that reads zip64
	b := append([]byte(nil), "PK\x06\x06"...)
	b = little.AppendUint64(b, 44) // that follow
	b = little.AppendUint32(b, version|version<<16)
	b = little.AppendUint64(b, 0) // parts
	for _, v := range []uint64{n, n, uint64(size), uint64(offset)} {
		b = little.AppendUint64(b, v)
	}
	b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
	b = little.AppendUint64(b, uint64(offset)+uint64(size))
	b = little.AppendUint32(b, 1)
	return append(b, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
}

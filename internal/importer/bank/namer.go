package bank

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"

	"penates"
)

// A Namer numbers equal records, so that two purchases of one day, amount and
// label are two, while the same purchases read from an overlapping statement
// get the same names again. The zero Namer is ready; use one for each statement.
//
// Its memory is bounded: a record counts as the first again when a hundred
// thousand others came since it was last seen, which statements in order of
// date never do.
type Namer struct {
	recent, older map[uint64]uint32
}

const namerSize = 100_000

// Repeat returns how many times name came before.
func (n *Namer) Repeat(name string) int {
	sum := sha256.Sum256([]byte(name))
	return n.count(binary.LittleEndian.Uint64(sum[:]))
}

func (n *Namer) count(key uint64) int {
	if n.recent == nil || len(n.recent) >= namerSize {
		n.older, n.recent = n.recent, map[uint64]uint32{}
	}
	before, ok := n.recent[key]
	if !ok {
		before = n.older[key]
	}
	n.recent[key] = before + 1
	return int(before)
}

// Unique returns name, followed by "#2" and so on when it came before.
func (n *Namer) Unique(name string) string {
	if before := n.Repeat(name); before > 0 {
		return name + "#" + strconv.Itoa(before+1)
	}
	return name
}

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Hash returns a unique name made of the content of a record: 26 characters of
// a SHA-256 sum, and "#2" and so on when equal content came before.
func (n *Namer) Hash(parts ...string) string {
	buf := make([]byte, 0, 256)
	for _, p := range parts {
		buf = strconv.AppendInt(buf, int64(len(p)), 10)
		buf = append(buf, ':')
		buf = append(buf, p...)
	}
	sum := sha256.Sum256(buf)
	name := base32Lower.EncodeToString(sum[:16])
	if before := n.count(binary.LittleEndian.Uint64(sum[:])); before > 0 {
		name += "#" + strconv.Itoa(before+1)
	}
	return name
}

// Canonical returns d without needless zeros, so that "12.50" and "12.5" name
// the same amount.
func Canonical(d penates.Decimal) string {
	s := string(d)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

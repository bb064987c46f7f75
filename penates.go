// Package penates names the things a personal data vault is made of: documents
// in a common envelope, the types they come in, who asks for them, and the
// kinds of error every layer above speaks in. It knows only the standard
// library; everything else in the module may use it.
package penates

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
)

// A DocumentID names one document: "doc_" and 26 lower-case base32 characters.
// It is derived from the document's source, so reading a source twice gives the
// same ids.
type DocumentID string

// A BlobID names bytes by their content: "sha256-" and 64 hexadecimal digits.
type BlobID string

// A GrantID names a grant: "grt_" and 26 random base32 characters.
type GrantID string

// A LinkID names a link between two documents: "lnk_" and 26 characters.
type LinkID string

// A JobID names one run of an import or a connector.
type JobID string

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewDocumentID derives the id of the document that connector knows as nativeID
// within connection (an account, a meter, a mailbox …).
func NewDocumentID(connector, connection, nativeID string) DocumentID {
	h := sha256.New()
	for _, part := range [...]string{connector, connection, nativeID} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return DocumentIDOf([16]byte(h.Sum(nil)[:16]))
}

// DocumentIDOf writes 128 bits as the id of a document.
func DocumentIDOf(bits [16]byte) DocumentID {
	text := [idLength]byte{'d', 'o', 'c', '_'}
	base32Lower.Encode(text[4:], bits[:])
	return DocumentID(text[:])
}

const idLength = 4 + 26

// base32Digits are the values of the characters of base32; 0xff is none.
var base32Digits = func() (d [256]byte) {
	for i := range d {
		switch c := byte(i); {
		case 'a' <= c && c <= 'z':
			d[i] = c - 'a'
		case '2' <= c && c <= '7':
			d[i] = c - '2' + 26
		default:
			d[i] = 0xff
		}
	}
	return d
}()

// Bits returns the 128 bits of the id, or false when it is none. It is written out
// because a question under a grant asks it of every row.
func (d DocumentID) Bits() (bits [16]byte, ok bool) {
	text, ok := strings.CutPrefix(string(d), "doc_")
	if !ok || len(d) != idLength {
		return bits, false
	}
	var buffer uint32 // the last have bits are not yet in bits
	have, at := 0, 0
	for i := range len(text) {
		v := base32Digits[text[i]]
		if v == 0xff {
			return [16]byte{}, false
		}
		buffer, have = buffer<<5|uint32(v), have+5
		if have >= 8 && at < len(bits) {
			have -= 8
			bits[at] = byte(buffer >> have)
			at++
		}
	}
	if buffer&(1<<have-1) != 0 { // another id has the same bits
		return [16]byte{}, false
	}
	return bits, true
}

// NewID returns prefix, an underscore and 128 random bits.
func NewID(prefix string) string {
	var b [16]byte
	rand.Read(b[:])
	return prefix + "_" + base32Lower.EncodeToString(b[:])
}

// NewBlobID wraps a SHA-256 sum.
func NewBlobID(sum [sha256.Size]byte) BlobID {
	return BlobID("sha256-" + hex.EncodeToString(sum[:]))
}

// Sum returns the SHA-256 sum inside the id, or an Invalid error.
func (b BlobID) Sum() (sum [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(string(b), "sha256-")
	if raw, err := hex.DecodeString(digits); ok && err == nil && len(raw) == len(sum) {
		return [sha256.Size]byte(raw), nil
	}
	return sum, fmt.Errorf("blob id %q: %w", b, Invalid)
}

// An Actor is whoever asks: "owner", or a kind and a name as in "app:budget",
// "person:zoe@example.org", "insight:energy-cost".
type Actor string

// Owner is the person the vault belongs to.
const Owner Actor = "owner"

// An Action is something a grant may allow.
type Action string

// The actions of a grant.
const (
	Read    Action = "read"
	Add     Action = "add"
	Change  Action = "change"
	Delete  Action = "delete"
	Share   Action = "share"
	Compute Action = "compute"
)

package scope

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"penates"
)

// IDs gives documents ids of a grant's own: those of the vault are made from what
// the source calls a document, so whoever guesses that could see by the id whether
// it is right, and two grantees could compare what they were given. An id is 128
// bits, one block of AES, so its own can be turned back. Numbers of the change
// sequence and places in lists are hidden too.
type IDs struct {
	block cipher.Block
	aead  cipher.AEAD
}

// NewIDs returns the ids under a key of 32 bytes, of which another grant has another.
func NewIDs(key []byte) (*IDs, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("a key of %d bytes: %w", len(key), penates.Invalid)
	}
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return nil, err
	}
	seal, err := aes.NewCipher(key[16:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(seal)
	return &IDs{block, aead}, err
}

// Own returns the grant's own id of a document. What is no id of a document has none.
func (i *IDs) Own(id penates.DocumentID) penates.DocumentID {
	bits, ok := id.Bits()
	if !ok {
		return ""
	}
	i.block.Encrypt(bits[:], bits[:])
	return penates.DocumentIDOf(bits)
}

// Real returns the id in the vault that Own made id of.
func (i *IDs) Real(id penates.DocumentID) penates.DocumentID {
	bits, ok := id.Bits()
	if !ok {
		return ""
	}
	i.block.Decrypt(bits[:], bits[:])
	return penates.DocumentIDOf(bits)
}

// half is how many bits of a number are ciphered at a time; twice as many fit a
// number of JavaScript.
const half = 26

// Cursor makes a number of the vault's change sequence the grant's own: the
// distance between two would tell how much else changed. Zero stays.
func (i *IDs) Cursor(seq int64) int64 {
	l, r := uint32(seq>>half)&(1<<half-1), uint32(seq)&(1<<half-1)
	for round := range byte(rounds) {
		l, r = r, l^i.round(round, r)
	}
	return int64(l)<<half | int64(r)
}

// Seq returns the number that Cursor made n of.
func (i *IDs) Seq(n int64) int64 {
	l, r := uint32(n>>half)&(1<<half-1), uint32(n)&(1<<half-1)
	for round := range byte(rounds) {
		l, r = r^i.round(rounds-1-round, l), l
	}
	return int64(l)<<half | int64(r)
}

const rounds = 8

func (i *IDs) round(n byte, x uint32) uint32 {
	var block [aes.BlockSize]byte
	block[0] = n
	copy(block[1:], "cursor")
	binary.BigEndian.PutUint32(block[12:], x)
	i.block.Encrypt(block[:], block[:])
	return binary.BigEndian.Uint32(block[:]) & (1<<half - 1)
}

// Seal hides a text that the grantee is to hand back, such as the place in a list.
func (i *IDs) Seal(s string) string {
	if s == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(i.aead.Seal(nil, nil, []byte(s), nil))
}

// Open returns the text that Seal hid, or an Invalid error.
func (i *IDs) Open(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		b, err = i.aead.Open(nil, nil, b, nil)
	}
	if err != nil {
		return "", fmt.Errorf("page %.40q: %w", s, penates.Invalid)
	}
	return string(b), nil
}

package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
)

// Sizes of XAES-256-GCM, and what a sealed message is longer by than its
// plaintext when the nonce is stored with it.
const (
	NonceSize = 24
	TagSize   = 16
	Overhead  = NonceSize + TagSize
)

// prefixSize is the half of the nonce that XAES-256-GCM derives a key from.
const prefixSize = 12

// An XAES is XAES-256-GCM (https://c2sp.org/XAES-256-GCM) under one key: AES-256-GCM
// whose nonces are long enough (24 bytes) to be drawn at random for ever. It may
// be used by several goroutines at once.
type XAES struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

var _ cipher.AEAD = (*XAES)(nil)

// NewXAES returns the cipher for key.
func NewXAES(key Key) (*XAES, error) {
	raw, err := key.raw()
	if err != nil {
		return nil, err
	}
	defer clear(raw[:])
	block, err := aes.NewCipher(raw[:])
	if err != nil {
		return nil, err
	}
	x := &XAES{block: block}
	// Steps 1 and 2 of the specification, the CMAC subkey, depend on the key alone.
	block.Encrypt(x.k1[:], x.k1[:])
	var carry byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		carry, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|carry
	}
	x.k1[len(x.k1)-1] ^= carry * 0b10000111
	return x, nil
}

// NonceSize returns 24.
func (*XAES) NonceSize() int { return NonceSize }

// Overhead returns 16, the size of the tag.
func (*XAES) Overhead() int { return TagSize }

// derive returns AES-256-GCM under the key that the first half of a nonce gives
// (steps 3 to 5).
func (x *XAES) derive(prefix []byte) cipher.AEAD {
	var key [KeySize]byte
	defer clear(key[:])
	for i := range 2 {
		half := key[i*aes.BlockSize:][:aes.BlockSize]
		half[1], half[2] = byte(i+1), 'X'
		copy(half[4:], prefix[:prefixSize])
		for j := range half {
			half[j] ^= x.k1[j]
		}
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("seal: AES refuses 32 bytes: " + err.Error()) // cannot happen
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("seal: GCM refuses AES: " + err.Error()) // cannot happen
	}
	return gcm
}

// Seal is cipher.AEAD's. A nonce of another size than 24 panics, as there.
func (x *XAES) Seal(dst, nonce, plaintext, additional []byte) []byte {
	checkNonce(nonce)
	return x.derive(nonce).Seal(dst, nonce[prefixSize:], plaintext, additional)
}

// Open is cipher.AEAD's. A nonce of another size than 24 panics, as there.
func (x *XAES) Open(dst, nonce, ciphertext, additional []byte) ([]byte, error) {
	checkNonce(nonce)
	return x.derive(nonce).Open(dst, nonce[prefixSize:], ciphertext, additional)
}

func checkNonce(nonce []byte) {
	if len(nonce) != NonceSize {
		panic("seal: XAES-256-GCM nonces have 24 bytes")
	}
}

// A Run seals and opens many messages with [XAES] and remembers the keys that
// nonces give, so that most of them cost what AES-256-GCM costs. It draws the
// first half of the nonce once for [runLength] messages and the second half for
// each: two messages share a nonce with a probability under 2⁻⁶⁵ per run. A Run
// is for one goroutine.
type Run struct {
	x      *XAES
	prefix [prefixSize]byte
	sealer cipher.AEAD
	left   int

	known [8]derived
	next  int
}

type derived struct {
	prefix [prefixSize]byte
	aead   cipher.AEAD
}

const runLength = 1 << 16

// Run starts a series of messages.
func (x *XAES) Run() *Run { return &Run{x: x} }

// Seal writes the ciphertext of plaintext, its tag and its nonce into dst, which
// has [Overhead] bytes more than plaintext and either does not overlap it or
// starts where it starts.
func (r *Run) Seal(dst, plaintext, additional []byte) {
	if r.left == 0 {
		rand.Read(r.prefix[:])
		r.sealer, r.left = r.x.derive(r.prefix[:]), runLength
	}
	r.left--
	n := len(plaintext)
	nonce := dst[n+TagSize : n+Overhead]
	copy(nonce, r.prefix[:])
	rand.Read(nonce[prefixSize:])
	r.sealer.Seal(dst[:0], nonce[prefixSize:], plaintext, additional)
}

// Open writes into dst the plaintext of sealed, as Seal made it; dst has at
// least [Overhead] bytes less, and either does not overlap sealed or starts where it
// starts. It reports whether sealed is authentic; when it is not, dst holds zeros.
func (r *Run) Open(dst, sealed, additional []byte) bool {
	n := len(sealed) - Overhead
	if n < 0 {
		return false
	}
	nonce := sealed[n+TagSize:]
	_, err := r.opener(nonce[:prefixSize]).Open(dst[:0], nonce[prefixSize:], sealed[:n+TagSize], additional)
	return err == nil
}

func (r *Run) opener(prefix []byte) cipher.AEAD {
	p := [prefixSize]byte(prefix)
	if r.sealer != nil && p == r.prefix {
		return r.sealer
	}
	for i := range r.known {
		if k := &r.known[i]; k.aead != nil && k.prefix == p {
			return k.aead
		}
	}
	a := r.x.derive(prefix)
	r.known[r.next] = derived{p, a}
	r.next = (r.next + 1) % len(r.known)
	return a
}

package seal

import (
	"crypto/rand"
	"fmt"

	"penates"
)

// boxVersion is the first byte of what Seal returns.
const boxVersion = 1

// Seal returns plaintext sealed under key and bound to context, which is not
// stored and must be given again to open it. It is for things that fit in
// memory; [NewWriter] is for the others.
//
// Layout: a version byte, a 24-byte nonce, then XAES-256-GCM's ciphertext and
// tag with the version byte and context as additional data.
func Seal(key Key, context, plaintext []byte) ([]byte, error) {
	x, err := NewXAES(key.Derive("box"))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 1+NonceSize, 1+Overhead+len(plaintext))
	out[0] = boxVersion
	nonce := out[1:]
	rand.Read(nonce)
	return x.Seal(out, nonce, plaintext, boxContext(context)), nil
}

// Open returns what [Seal] was given. Any other bytes, key or context give an
// error of kind [penates.Damaged]; a version this release does not know,
// [penates.Newer].
func Open(key Key, context, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+Overhead {
		return nil, fmt.Errorf("sealed bytes end too early: %w", penates.Damaged)
	}
	if err := checkVersion("sealed bytes", sealed[0], boxVersion); err != nil {
		return nil, err
	}
	x, err := NewXAES(key.Derive("box"))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	plaintext, err := x.Open(nil, sealed[1:1+NonceSize], sealed[1+NonceSize:], boxContext(context))
	if err != nil {
		return nil, fmt.Errorf("sealed bytes do not open: %w", penates.Damaged)
	}
	return plaintext, nil
}

func boxContext(context []byte) []byte {
	return append([]byte{boxVersion}, context...)
}

// checkVersion refuses formats later than known, and those that never were.
func checkVersion(what string, got, known byte) error {
	switch {
	case got > known:
		return fmt.Errorf("%s of format %d: %w", what, got, penates.Newer)
	case got < known:
		return fmt.Errorf("%s of format %d: %w", what, got, penates.Damaged)
	}
	return nil
}

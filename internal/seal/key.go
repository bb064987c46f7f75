// Package seal keeps what belongs to the person unreadable and unchangeable by
// anybody without their keys.
//
// A vault has one random master [Key]. It is wrapped in the slots of the vault's
// clear [Header], one slot per way to open it: a passphrase (Argon2id, RFC 9106)
// or a printed recovery sheet. Every use of the master key goes through its own
// subkey (HKDF-SHA-256, RFC 5869), named by a purpose. Bytes are sealed with
// XAES-256-GCM (C2SP) when they are small or are pages, and with STREAM over
// AES-256-GCM when they are long. What arrives while the vault is locked is
// sealed to its public key with HPKE (RFC 9180, MLKEM768-X25519).
//
// What is sealed cannot be read, changed, shortened, extended or moved without
// an error of kind [penates.Damaged]. It can be replaced as a whole by an older
// authentic version; whoever must notice that keeps a counter elsewhere.
package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"

	"penates"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// redacted is what a secret says of itself to logs and messages.
const redacted = "[secret]"

// A Key is 32 secret bytes. Copies share the secret: wiping one wipes all. It
// never shows its bytes to fmt, slog or encoding packages, not even as a field
// of another struct. The zero Key and a wiped Key open nothing; using them gives
// an error of kind [penates.Locked].
type Key struct {
	// A function, because fmt follows pointers and prints what it finds when the
	// verb does not suit.
	s func() *secret
}

type secret struct {
	mu    sync.RWMutex
	bytes [KeySize]byte
	wiped bool
}

func keyOf(bytes [KeySize]byte) Key {
	s := &secret{bytes: bytes}
	return Key{func() *secret { return s }}
}

// NewKey returns a random key.
func NewKey() Key {
	var b [KeySize]byte
	defer clear(b[:])
	rand.Read(b[:])
	return keyOf(b)
}

// ParseKey returns the key made of exactly 32 bytes, which it copies.
func ParseKey(raw []byte) (Key, error) {
	if len(raw) != KeySize {
		return Key{}, fmt.Errorf("a key has %d bytes, not %d: %w", KeySize, len(raw), penates.Invalid)
	}
	return keyOf([KeySize]byte(raw)), nil
}

// raw returns a copy of the secret, which the caller clears after use.
func (k Key) raw() (b [KeySize]byte, err error) {
	if k.s == nil {
		return b, fmt.Errorf("no key: %w", penates.Locked)
	}
	s := k.s()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.wiped {
		return b, fmt.Errorf("the key was wiped: %w", penates.Locked)
	}
	return s.bytes, nil
}

// Derive returns the subkey of k for one purpose. Subkeys of different purposes
// say nothing about each other or about k. Deriving from a zero or wiped key
// gives a zero key.
func (k Key) Derive(purpose string) Key { return k.derive(nil, purpose) }

func (k Key) derive(salt []byte, purpose string) Key {
	raw, err := k.raw()
	if err != nil {
		return Key{}
	}
	defer clear(raw[:])
	return deriveFrom(raw[:], salt, purpose)
}

func deriveFrom(material, salt []byte, purpose string) Key {
	out, err := hkdf.Key(sha256.New, material, salt, "penates/1/"+purpose, KeySize)
	if err != nil {
		return Key{} // only for lengths HKDF does not have
	}
	defer clear(out)
	return keyOf([KeySize]byte(out))
}

// Clone returns a key of the same bytes that is wiped by itself.
func (k Key) Clone() Key {
	raw, err := k.raw()
	if err != nil {
		return Key{}
	}
	defer clear(raw[:])
	return keyOf(raw)
}

// Wipe overwrites the secret in memory, for this Key and its copies.
func (k Key) Wipe() {
	if k.s == nil {
		return
	}
	s := k.s()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.bytes[:])
	s.wiped = true
}

// Usable tells whether k is neither zero nor wiped.
func (k Key) Usable() bool {
	_, err := k.raw()
	return err == nil
}

// String hides the key.
func (k Key) String() string { return redacted }

// Format hides the key from every verb of package fmt.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue hides the key from package log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText refuses to write a key.
func (k Key) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("a key is never written in clear: %w", penates.Denied)
}

var (
	_ fmt.Formatter  = Key{}
	_ slog.LogValuer = Key{}
)

package seal

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
	"log/slog"

	"penates"
)

// identity is the part of a header about the vault's identity keys: their public
// halves, and their secrets (an Ed25519 seed, then the KEM's private key) sealed
// under a key derived from the master key.
type identity struct {
	Sign   []byte `json:"ed25519"`
	Seal   []byte `json:"mlkem768-x25519"`
	Sealed []byte `json:"sealed"`
}

func (i *identity) check() error {
	if len(i.Sign) != ed25519.PublicKeySize {
		return damagedHeader("the signing key has %d bytes", len(i.Sign))
	}
	if _, err := sealingKEM().NewPublicKey(i.Seal); err != nil {
		return damagedHeader("the sealing key has %d bytes and does not parse", len(i.Seal))
	}
	return nil
}

func sealingKEM() hpke.KEM { return hpke.MLKEM768X25519() }

func (h *Header) identityContext() []byte { return []byte("identity/" + h.body.Vault) }

func (h *Header) newIdentity(master Key) error {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	defer clear(seed)
	kem, err := sealingKEM().GenerateKey()
	if err != nil {
		return err
	}
	private, err := kem.Bytes()
	if err != nil {
		return err
	}
	secrets := append(seed, private...)
	defer clear(secrets)
	defer clear(private)
	sealed, err := Seal(master.Derive("identity"), h.identityContext(), secrets)
	if err != nil {
		return err
	}
	h.body.Identity = identity{
		Sign:   ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey),
		Seal:   kem.PublicKey().Bytes(),
		Sealed: sealed,
	}
	return nil
}

// SigningKey returns the public key that the vault's signatures verify with.
func (h *Header) SigningKey() ed25519.PublicKey {
	return append(ed25519.PublicKey(nil), h.body.Identity.Sign...)
}

// SealingKey returns the public key to give [SealTo], 1216 bytes.
func (h *Header) SealingKey() []byte { return append([]byte(nil), h.body.Identity.Seal...) }

// An Identity is the secret half of a vault's identity keys. It does not show
// them to fmt or slog.
type Identity struct{ keys func() identityKeys }

type identityKeys struct {
	sign ed25519.PrivateKey
	seal hpke.PrivateKey
}

// Identity returns the vault's identity keys, which the master key opens.
func (h *Header) Identity(master Key) (*Identity, error) {
	secrets, err := Open(master.Derive("identity"), h.identityContext(), h.body.Identity.Sealed)
	if err != nil {
		return nil, fmt.Errorf("identity keys: %w", err)
	}
	defer clear(secrets)
	if len(secrets) < ed25519.SeedSize {
		return nil, damagedHeader("the identity keys are too short")
	}
	i := identityKeys{sign: ed25519.NewKeyFromSeed(secrets[:ed25519.SeedSize])}
	if i.seal, err = sealingKEM().NewPrivateKey(secrets[ed25519.SeedSize:]); err != nil {
		return nil, damagedHeader("identity keys: %v", err)
	}
	if !h.SigningKey().Equal(i.sign.Public()) || string(i.seal.PublicKey().Bytes()) != string(h.body.Identity.Seal) {
		return nil, damagedHeader("the public identity keys are not those of the secret ones")
	}
	return &Identity{func() identityKeys { return i }}, nil
}

// Sign returns the Ed25519 signature (RFC 8032) of message. What the message is
// about belongs in its first bytes, so that no signature serves twice.
func (i *Identity) Sign(message []byte) []byte { return ed25519.Sign(i.keys().sign, message) }

// Public returns the key that [Identity.Sign]'s signatures verify with.
func (i *Identity) Public() ed25519.PublicKey { return i.keys().sign.Public().(ed25519.PublicKey) }

// Format hides the secrets from every verb of package fmt.
func (i *Identity) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue hides the secrets from package log/slog.
func (i *Identity) LogValue() slog.Value { return slog.StringValue(redacted) }

// sealedToVersion is the first byte of what SealTo returns.
const sealedToVersion = 1

func hpkeInfo(context []byte) []byte { return append([]byte("penates/1/sealed-to/"), context...) }

// SealTo seals plaintext so that only the holder of the secret half of public
// can open it, given the same context: HPKE (RFC 9180) in base mode with
// MLKEM768-X25519, HKDF-SHA-256 and AES-256-GCM, after a version byte. Anybody
// can seal, so what opens says nothing about who sealed it.
func SealTo(public, context, plaintext []byte) ([]byte, error) {
	key, err := sealingKEM().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("seal to a public key: %w", penates.Invalid)
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), hpkeInfo(context), plaintext)
	if err != nil {
		return nil, fmt.Errorf("seal to a public key: %w", err)
	}
	return append([]byte{sealedToVersion}, sealed...), nil
}

// Open returns what [SealTo] was given. Any other bytes, key or context give an
// error of kind [penates.Damaged].
func (i *Identity) Open(context, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, fmt.Errorf("sealed bytes end too early: %w", penates.Damaged)
	}
	if err := checkVersion("sealed bytes", sealed[0], sealedToVersion); err != nil {
		return nil, err
	}
	plaintext, err := hpke.Open(i.keys().seal, hpke.HKDFSHA256(), hpke.AES256GCM(), hpkeInfo(context), sealed[1:])
	if err != nil {
		return nil, fmt.Errorf("bytes sealed to the vault do not open: %w", penates.Damaged)
	}
	return plaintext, nil
}

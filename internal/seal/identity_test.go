package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"penates"
	"penates/internal/seal"
)

func TestIdentity(t *testing.T) {
	h, master, _ := create(t, "x")
	h = parse(t, h.Marshal())
	identity, err := h.Identity(master)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("penates/test: hello")
	if !ed25519.Verify(h.SigningKey(), message, identity.Sign(message)) || !identity.Public().Equal(h.SigningKey()) {
		t.Error("the signature does not verify")
	}
	for _, n := range []int{0, 10, 100_000} {
		sealed, err := seal.SealTo(h.SealingKey(), []byte("inbox"), randomBytes(n))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := identity.Open([]byte("inbox"), sealed); err != nil || !bytes.Equal(got, randomBytes(n)) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := identity.Open([]byte("outbox"), sealed); !errors.Is(err, penates.Damaged) {
			t.Errorf("other context: %v", err)
		}
		for at := 0; at < len(sealed); at += 1 + len(sealed)/50 {
			bad := bytes.Clone(sealed)
			bad[at] ^= 1
			if _, err := identity.Open([]byte("inbox"), bad); !errors.Is(err, penates.Damaged) {
				t.Errorf("byte %d: %v", at, err)
			}
			if _, err := identity.Open([]byte("inbox"), sealed[:at]); !errors.Is(err, penates.Damaged) {
				t.Errorf("first %d bytes: %v", at, err)
			}
		}
	}
	if _, err := identity.Open(nil, []byte{2}); !errors.Is(err, penates.Newer) {
		t.Error(err)
	}
	other, otherMaster, _ := create(t, "y")
	if _, err := h.Identity(otherMaster); err == nil {
		t.Error("another master key opened the identity")
	}
	stranger, err := other.Identity(otherMaster)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.SealTo(h.SealingKey(), nil, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Open(nil, sealed); !errors.Is(err, penates.Damaged) {
		t.Errorf("another vault opened it: %v", err)
	}
	if _, err := seal.SealTo([]byte("short"), nil, nil); !errors.Is(err, penates.Invalid) {
		t.Error(err)
	}
}

// No bytes of somebody else open.
func FuzzOpen(f *testing.F) {
	h, master, _ := create(f, "x")
	identity, err := h.Identity(master)
	if err != nil {
		f.Fatal(err)
	}
	boxed, err := seal.Seal(seal.NewKey(), nil, []byte("text"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(boxed)
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		_, errBox := seal.Open(master, nil, sealed)
		_, errTo := identity.Open(nil, sealed)
		for _, err := range []error{errBox, errTo} {
			if !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Newer) {
				t.Error(err)
			}
		}
	})
}

package seal_test

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"penates/internal/seal"
)

func xaes(t testing.TB, key []byte) *seal.XAES {
	t.Helper()
	k, err := seal.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	x, err := seal.NewXAES(k)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The vectors of https://c2sp.org/XAES-256-GCM, for both values of the first bit of L.
func TestXAESVectors(t *testing.T) {
	for _, v := range []struct {
		key        byte
		additional string
		sealed     string
	}{
		{0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{0x03, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x := xaes(t, bytes.Repeat([]byte{v.key}, seal.KeySize))
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		got := x.Seal(nil, nonce, []byte("XAES-256-GCM"), []byte(v.additional))
		if hex.EncodeToString(got) != v.sealed {
			t.Errorf("key %d: sealed %x", v.key, got)
		}
		if plain, err := x.Open(nil, nonce, got, []byte(v.additional)); err != nil || string(plain) != "XAES-256-GCM" {
			t.Errorf("key %d: opened %q, %v", v.key, plain, err)
		}
	}
}

// The accumulated randomized test of the specification.
func TestXAESAccumulated(t *testing.T) {
	iterations, want := 10_000, "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
	random, hash := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	next := func(n int) []byte {
		b := make([]byte, n)
		random.Read(b)
		return b
	}
	for range iterations {
		x := xaes(t, next(seal.KeySize))
		nonce := next(seal.NonceSize)
		plain := next(int(next(1)[0]))
		additional := next(int(next(1)[0]))
		sealed := x.Seal(nil, nonce, plain, additional)
		if opened, err := x.Open(nil, nonce, sealed, additional); err != nil || !bytes.Equal(opened, plain) {
			t.Fatal("does not open", err)
		}
		hash.Write(sealed)
	}
	var sum [32]byte
	hash.Read(sum[:])
	if hex.EncodeToString(sum[:]) != want {
		t.Errorf("after %d: %x", iterations, sum)
	}
}

// What a Run seals is plain XAES-256-GCM, in either direction, and no nonce
// comes twice.
func TestRun(t *testing.T) {
	x := xaes(t, []byte(keyText))
	runs := []*seal.Run{x.Run(), x.Run(), x.Run()}
	seen := map[string]bool{}
	for i := range 200 {
		plain := []byte(strings.Repeat("text", i%50))
		additional := fmt.Append(nil, i)
		sealed := make([]byte, len(plain)+seal.Overhead)
		runs[i%3].Seal(sealed, plain, additional)
		cut := len(plain) + seal.TagSize
		nonce := sealed[cut:]
		if seen[string(nonce)] {
			t.Fatal("a nonce came twice")
		}
		seen[string(nonce)] = true
		if got, err := x.Open(nil, nonce, sealed[:cut], additional); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("XAES does not open what a run sealed: %v", err)
		}
		for _, r := range runs {
			dst := make([]byte, len(plain))
			if !r.Open(dst, sealed, additional) || !bytes.Equal(dst, plain) {
				t.Fatal("a run does not open what a run sealed")
			}
			if r.Open(dst, sealed, append(additional, 0)) {
				t.Fatal("other additional data were accepted")
			}
			sealed[i%len(sealed)] ^= 1
			if r.Open(dst, sealed, additional) {
				t.Fatal("a flipped bit was accepted")
			}
			sealed[i%len(sealed)] ^= 1
		}
	}
	if runs[0].Open(nil, make([]byte, seal.Overhead-1), nil) {
		t.Error("too few bytes were accepted")
	}
}

func BenchmarkPage(b *testing.B) {
	x := xaes(b, []byte(keyText))
	run := x.Run()
	plain, sealed := make([]byte, 4056), make([]byte, 4096)
	additional := make([]byte, 40)
	b.Run("seal", func(b *testing.B) {
		b.SetBytes(4096)
		for b.Loop() {
			run.Seal(sealed, plain, additional)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.SetBytes(4096)
		for b.Loop() {
			if !run.Open(plain, sealed, additional) {
				b.Fatal("not authentic")
			}
		}
	})
	b.Run("open/new-key-each", func(b *testing.B) {
		b.SetBytes(4096)
		for b.Loop() {
			if !x.Run().Open(plain, sealed, additional) {
				b.Fatal("not authentic")
			}
		}
	})
}

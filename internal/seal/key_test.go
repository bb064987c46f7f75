package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"penates"
	"penates/internal/seal"
)

const keyText = "abcdefghijklmnopqrstuvwxyz012345"

func parseKey(t testing.TB, raw string) seal.Key {
	t.Helper()
	k, err := seal.ParseKey([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A secret does not show in any message, whatever prints it and however deep.
func TestKeyIsRedacted(t *testing.T) {
	_, _, sheet, err := seal.Create([]byte("x"), seal.Options{Cost: seal.CheapCost})
	if err != nil {
		t.Fatal(err)
	}
	h, master, _, err := seal.Create([]byte("x"), seal.Options{Cost: seal.CheapCost})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := h.Identity(master)
	if err != nil {
		t.Fatal(err)
	}
	type nested struct {
		Key    seal.Key
		hidden seal.Key
		Sheet  seal.Sheet
		sheet  *seal.Sheet
		id     *seal.Identity
	}
	key := parseKey(t, keyText)
	n := nested{key, key, sheet, &sheet, identity}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", &key)
		fmt.Fprintf(&out, verb+"\n", n)
		fmt.Fprintf(&out, verb+"\n", []any{key, &n, sheet, identity})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", key, "sheet", sheet, "id", identity, "nested", n)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", key, "sheet", sheet, "id", identity, "nested", fmt.Sprint(n))
	if _, err := json.Marshal(key); !errors.Is(err, penates.Denied) {
		t.Errorf("a key was marshalled: %v", err)
	}
	printed := out.String()
	for _, secret := range []string{
		keyText, "6162636465", "616263", "97 98 99", "0x61, 0x62", "97, 98",
		sheet.Code(), strings.Split(sheet.Code(), "-")[0], strings.ReplaceAll(sheet.Code(), "-", ""),
	} {
		if strings.Contains(printed, secret) {
			at := strings.Index(printed, secret)
			t.Errorf("%q was printed: %s", secret, printed[max(0, at-300):at+20])
		}
	}
	if !strings.Contains(printed, "[secret]") {
		t.Error("nothing was printed:", printed)
	}
}

func TestKeyDerive(t *testing.T) {
	key := parseKey(t, keyText)
	sealed, err := seal.Seal(key.Derive("a"), nil, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := seal.Open(parseKey(t, keyText).Derive("a"), nil, sealed); err != nil || string(got) != "text" {
		t.Errorf("same key and purpose: %q, %v", got, err)
	}
	for name, other := range map[string]seal.Key{
		"the key itself": key, "another purpose": key.Derive("b"), "derived twice": key.Derive("a").Derive("a"),
		"another key": seal.NewKey().Derive("a"),
	} {
		if _, err := seal.Open(other, nil, sealed); !errors.Is(err, penates.Damaged) {
			t.Errorf("%s opened it: %v", name, err)
		}
	}
}

// A key that is gone seals and opens nothing, rather than with zeros.
func TestKeyWipe(t *testing.T) {
	key := parseKey(t, keyText)
	shared := key
	sealed, err := seal.Seal(key, nil, []byte("text"))
	if err != nil || !key.Usable() {
		t.Fatal(err)
	}
	shared.Wipe()
	for name, k := range map[string]seal.Key{"wiped": key, "zero": {}, "derived": key.Derive("x")} {
		k.Wipe()
		if k.Usable() {
			t.Errorf("%s key is usable", name)
		}
		_, errSeal := seal.Seal(k, nil, nil)
		_, errOpen := seal.Open(k, nil, sealed)
		_, errWriter := seal.NewWriter(k, nil, new(bytes.Buffer))
		_, errCipher := seal.NewXAES(k)
		_, errMAC := k.MAC(nil)
		for _, err := range []error{errSeal, errOpen, errWriter, errCipher, errMAC} {
			if !errors.Is(err, penates.Locked) {
				t.Errorf("%s key: %v", name, err)
			}
		}
	}
	for _, n := range []int{0, 31, 33} {
		if _, err := seal.ParseKey(make([]byte, n)); !errors.Is(err, penates.Invalid) {
			t.Errorf("key of %d bytes: %v", n, err)
		}
	}
}

// Locking a vault while somebody uses its key is safe.
func TestKeyWipeConcurrent(t *testing.T) {
	key := seal.NewKey()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				sealed, err := seal.Seal(key, nil, []byte("x"))
				if err == nil {
					_, err = seal.Open(key, nil, sealed)
				}
				if err != nil && !errors.Is(err, penates.Locked) {
					t.Error(err)
				}
			}
		})
	}
	key.Wipe()
	wg.Wait()
}

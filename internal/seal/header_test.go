package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/seal"
)

func create(t testing.TB, passphrase string) (*seal.Header, seal.Key, seal.Sheet) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h, master, sheet, err := seal.Create([]byte(passphrase), seal.Options{Cost: seal.CheapCost, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if !h.Created().Equal(now) || h.Generation() != 1 || !strings.HasPrefix(h.Vault(), "vlt_") {
		t.Fatal("header of", h.Vault(), h.Created(), h.Generation())
	}
	return h, master, sheet
}

func parse(t testing.TB, raw []byte) *seal.Header {
	t.Helper()
	h, err := seal.ParseHeader(raw)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sameKey tells whether two keys are one: what one seals the other opens.
func sameKey(a, b seal.Key) bool {
	sealed, err := seal.Seal(a, nil, nil)
	if err != nil {
		return false
	}
	_, err = seal.Open(b, nil, sealed)
	return err == nil
}

func TestUnlock(t *testing.T) {
	h, master, sheet := create(t, "l'été à Étretat")
	h = parse(t, h.Marshal())
	for _, same := range []string{"l'été à Étretat", "l'e\u0301te\u0301 a\u0300 E\u0301tretat"} {
		got, err := h.Unlock([]byte(same))
		if err != nil || !sameKey(got, master) {
			t.Errorf("%q: %v", same, err)
		}
	}
	if got, err := h.UnlockSheet(strings.ToLower(sheet.Code())); err != nil || !sameKey(got, master) {
		t.Errorf("sheet: %v", err)
	}
	for passphrase, want := range map[string]error{
		"l'ete a Etretat": penates.WrongKey, "L'été à Étretat": penates.WrongKey, "": penates.Invalid,
		strings.Repeat("x", 5000): penates.TooLarge,
	} {
		if _, err := h.Unlock([]byte(passphrase)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v", passphrase, err)
		}
	}
	_, _, other := create(t, "other")
	if _, err := h.UnlockSheet(other.Code()); !errors.Is(err, penates.WrongKey) {
		t.Errorf("sheet of another vault: %v", err)
	}
	if _, err := h.UnlockSheet("0"); !errors.Is(err, penates.Invalid) {
		t.Errorf("no sheet: %v", err)
	}
	if _, _, _, err := seal.Create(nil, seal.Options{}); !errors.Is(err, penates.Invalid) {
		t.Errorf("create without passphrase: %v", err)
	}
}

func TestChangePassphraseAndSheet(t *testing.T) {
	h, master, oldSheet := create(t, "old")
	if err := h.SetPassphrase(master, []byte("new")); err != nil {
		t.Fatal(err)
	}
	newSheet, err := h.NewSheet(master)
	if err != nil {
		t.Fatal(err)
	}
	h = parse(t, h.Marshal())
	if h.Generation() != 3 {
		t.Error("generation", h.Generation())
	}
	if got, err := h.Unlock([]byte("new")); err != nil || !sameKey(got, master) {
		t.Error(err)
	}
	if got, err := h.UnlockSheet(newSheet.Code()); err != nil || !sameKey(got, master) {
		t.Error(err)
	}
	_, errOld := h.Unlock([]byte("old"))
	_, errSheet := h.UnlockSheet(oldSheet.Code())
	if !errors.Is(errOld, penates.WrongKey) || !errors.Is(errSheet, penates.WrongKey) {
		t.Error("the old ones:", errOld, errSheet)
	}
	before := h.Marshal()
	for name, err := range map[string]error{
		"wrong master key": h.SetPassphrase(seal.NewKey(), []byte("x")),
		"no passphrase":    h.SetPassphrase(master, nil),
		"wiped key":        h.SetPassphrase(seal.Key{}, []byte("x")),
	} {
		if err == nil || !bytes.Equal(before, h.Marshal()) {
			t.Errorf("%s: %v, header changed: %t", name, err, !bytes.Equal(before, h.Marshal()))
		}
	}
	if got, err := h.Unlock([]byte("new")); err != nil || !sameKey(got, master) {
		t.Error("after refused changes:", err)
	}
}

// Any flipped bit, cut or addition shows before a passphrase is asked for.
func TestHeaderDamage(t *testing.T) {
	h, _, _ := create(t, "x")
	raw := h.Marshal()
	for i := range raw {
		for bit := range 8 {
			bad := bytes.Clone(raw)
			bad[i] ^= 1 << bit
			if _, err := seal.ParseHeader(bad); !errors.Is(err, penates.Damaged) {
				t.Fatalf("byte %d, bit %d: %v", i, bit, err)
			}
		}
		if _, err := seal.ParseHeader(raw[:i]); !errors.Is(err, penates.Damaged) {
			t.Fatalf("first %d bytes: %v", i, err)
		}
	}
	for _, bad := range [][]byte{append(bytes.Clone(raw), '\n'), append([]byte{' '}, raw...), bytes.Repeat(raw, 2),
		make([]byte, seal.MaxHeader+1), bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))} {
		if _, err := seal.ParseHeader(bad); !errors.Is(err, penates.Damaged) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

// Somebody who changes the header and corrects its sum is caught at unlock.
func TestHeaderForged(t *testing.T) {
	h, master, _ := create(t, "x")
	raw := h.Marshal()
	_, foreign, _, err := seal.Create([]byte("y"), seal.Options{Cost: seal.CheapCost})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"created":    {"2026-03-01", "2025-03-01"},
		"generation": {`"generation": 1`, `"generation": 7`},
		"slot type":  {`"recovery-sheet"`, `"recovery-sheep"`},
		"spaces":     {`"vault": `, `"vault":  `},
		"mac title":  {"\nmac ", "\nmaC "},
	} {
		bad := seal.Resum(bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1))
		if bytes.Equal(bad, raw) {
			t.Fatalf("%s: nothing was changed", name)
		}
		h := parse(t, bad)
		if _, err := h.Unlock([]byte("x")); !errors.Is(err, penates.Damaged) {
			t.Errorf("%s: unlock: %v", name, err)
		}
		if err := h.SetPassphrase(master, []byte("z")); !errors.Is(err, penates.Damaged) {
			t.Errorf("%s: set passphrase: %v", name, err)
		}
	}
	if err := h.Verify(master); err != nil {
		t.Error(err)
	}
	if err := h.Verify(foreign); !errors.Is(err, penates.Damaged) {
		t.Error("another master key:", err)
	}
}

func TestHeaderFormats(t *testing.T) {
	h, _, _ := create(t, "x")
	raw := h.Marshal()
	body := raw[bytes.IndexByte(raw, '\n')+1:]
	for first, want := range map[string]error{
		"penates-keys 2\n": penates.Newer, "penates-keys 4000000000\n": penates.Newer,
		"penates-keys 0\n": penates.Damaged, "penates-keys x\n": penates.Damaged, "penates-keys 99999999999\n": penates.Damaged,
		"something 1\n": penates.Damaged, "": penates.Damaged,
	} {
		if _, err := seal.ParseHeader(seal.Resum(append([]byte(first), body...))); !errors.Is(err, want) {
			t.Errorf("%q: %v", first, err)
		}
	}
	// A later format may be anything between its first and last line.
	if _, err := seal.ParseHeader(seal.Resum(append([]byte("penates-keys 2\n\x00\xff\n"), raw[len(raw)-69:]...))); !errors.Is(err, penates.Newer) {
		t.Error(err)
	}
}

// A header may not make the machine work or allocate without bounds.
func TestHeaderLimits(t *testing.T) {
	h, _, _ := create(t, "x")
	raw := h.Marshal()
	for name, change := range map[string][2]string{
		"memory":     {`"memory": 64`, `"memory": 4194304`},
		"passes":     {`"passes": 1`, `"passes": 4294967295`},
		"lanes":      {`"lanes": 1`, `"lanes": 255`},
		"no passes":  {`"passes": 1`, `"passes": 0`},
		"no lanes":   {`"lanes": 1`, `"lanes": 0`},
		"no memory":  {`"memory": 64`, `"memory": 1`},
		"no cost":    {`"argon2id"`, `"argon2if"`},
		"short salt": {`"salt": "`, `"salt": "", "was": "`},
		"huge lanes": {`"lanes": 1`, `"lanes": 256`},
	} {
		bad := seal.Resum(bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1))
		if bytes.Equal(bad, raw) {
			t.Fatalf("%s: nothing was changed", name)
		}
		start := time.Now()
		_, err := parse(t, bad).Unlock([]byte("x"))
		if err == nil || errors.Is(err, penates.WrongKey) {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
}

// Slots of types this release does not know survive its changes.
func TestUnknownSlots(t *testing.T) {
	h, master, _ := create(t, "x")
	const text = `{"type":"passkey","later":[1,2.50,{"é":null}],"key":"&<>"}`
	if err := h.AddSlot(master, "passkey", text); err != nil {
		t.Fatal(err)
	}
	h = parse(t, h.Marshal())
	if err := h.SetPassphrase(master, []byte("y")); err != nil {
		t.Fatal(err)
	}
	h = parse(t, h.Marshal())
	if got := h.SlotTypes(); !slices.Equal(got, []string{"recovery-sheet", "passkey", "passphrase"}) {
		t.Error(got)
	}
	flat := strings.NewReplacer(" ", "", "\n", "").Replace(string(h.Marshal()))
	if !strings.Contains(flat, text) {
		t.Errorf("the slot was changed: %s", flat)
	}
	for _, bad := range []string{`{}`, `{"type":""}`, `{"type":5}`, `[]`} {
		h := parse(t, h.Marshal())
		if err := h.AddSlot(master, "x", bad); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.ParseHeader(h.Marshal()); !errors.Is(err, penates.Damaged) {
			t.Errorf("slot %s: %v", bad, err)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	h, _, _ := create(f, "x")
	raw := h.Marshal()
	f.Add(raw)
	f.Add([]byte("penates-keys 1\n{}\n"))
	f.Add([]byte(fmt.Sprintf("penates-keys 1\n{\"slots\":[{\"type\":\"x\"}]}\n%s", raw[len(raw)-138:])))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := seal.ParseHeader(raw); err != nil && !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Newer) {
			t.Error(err)
		}
		if len(raw) < 138 {
			return
		}
		// With a right sum, the rest is parsed too.
		h, err := seal.ParseHeader(seal.Resum(raw))
		if err != nil {
			if !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Newer) {
				t.Error(err)
			}
			return
		}
		if _, err := h.UnlockSheet("00000-00000"); err == nil {
			t.Error("unlocked")
		}
		if err := h.Verify(seal.NewKey()); !errors.Is(err, penates.Damaged) {
			t.Error(err)
		}
	})
}

func BenchmarkUnlock(b *testing.B) {
	h, _, _, err := seal.Create([]byte("x"), seal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := h.Unlock([]byte("x")); err != nil {
			b.Fatal(err)
		}
	}
}

package seal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"penates"
)

// The types of slot this release knows.
const (
	passphraseSlot = "passphrase"
	sheetSlot      = "recovery-sheet"
)

// maxTries bounds how many slots of one type an unlock tries, since each
// passphrase slot costs what its header asks for.
const maxTries = 4

// A slot is a way to the master key: a type and fields only that type
// understands. Slots of types this release does not know stay as they are.
type slot struct {
	kind string
	raw  json.RawMessage
}

// fields of the slots known here.
type fields struct {
	Type string `json:"type"`
	Cost *Cost  `json:"argon2id,omitempty"`
	Salt []byte `json:"salt"`
	Key  []byte `json:"key"` // the master key sealed under the slot's
}

// UnmarshalJSON keeps the slot as it is written.
func (s *slot) UnmarshalJSON(raw []byte) error {
	var t struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	if t.Type == "" {
		return errors.New("a slot has no type")
	}
	s.kind, s.raw = t.Type, slices.Clone(raw)
	return nil
}

// MarshalJSON writes the slot as it was.
func (s slot) MarshalJSON() ([]byte, error) { return s.raw, nil }

// Unlock returns the master key for a passphrase. The error is of kind
// [penates.WrongKey] when it is not the vault's, and [penates.Damaged] when it
// is but the header was changed.
func (h *Header) Unlock(passphrase []byte) (Key, error) {
	return h.open(passphraseSlot, func(f *fields) (Key, error) {
		if f.Cost == nil {
			return Key{}, damagedHeader("a passphrase slot has no cost")
		}
		return stretch(passphrase, f.Salt, *f.Cost)
	})
}

// UnlockSheet returns the master key for a recovery sheet's code. Beside the
// errors of [Header.Unlock], one of kind [penates.Invalid] names a mistyped group.
func (h *Header) UnlockSheet(code string) (Key, error) {
	sheet, err := ParseSheet(code)
	if err != nil {
		return Key{}, err
	}
	return h.open(sheetSlot, func(f *fields) (Key, error) { return sheetKey(sheet, f.Salt), nil })
}

func sheetKey(s Sheet, salt []byte) Key {
	return deriveFrom(s.secret(), salt, "slot/"+sheetSlot)
}

// open tries the slots of one type, with the key that unwrap makes for each.
func (h *Header) open(kind string, unwrap func(*fields) (Key, error)) (Key, error) {
	tries := 0
	for _, s := range h.body.Slots {
		if s.kind != kind {
			continue
		}
		if tries++; tries > maxTries {
			return Key{}, damagedHeader("it has more than %d slots of type %s", maxTries, kind)
		}
		f, err := s.fields()
		if err != nil {
			return Key{}, err
		}
		wrapping, err := unwrap(f)
		if err != nil {
			return Key{}, fmt.Errorf("unlock: %w", err)
		}
		master, err := h.unwrap(kind, wrapping, f.Key)
		wrapping.Wipe()
		switch {
		case err == nil:
			if err := h.Verify(master); err != nil {
				master.Wipe()
				return Key{}, err
			}
			return master, nil
		case !errors.Is(err, penates.Damaged):
			return Key{}, err
		}
	}
	if tries == 0 {
		return Key{}, fmt.Errorf("unlock: the vault has no %s: %w", kind, penates.NotExist)
	}
	// The sum over the header matched, so what does not open is the wrong key.
	return Key{}, fmt.Errorf("unlock by %s: %w", kind, penates.WrongKey)
}

func (s slot) fields() (*fields, error) {
	f := new(fields)
	if err := json.Unmarshal(s.raw, f); err != nil {
		return nil, damagedHeader("slot of type %s: %v", s.kind, err)
	}
	if len(f.Salt) < minSalt || len(f.Salt) > maxSalt {
		return nil, damagedHeader("slot of type %s has a salt of %d bytes", s.kind, len(f.Salt))
	}
	return f, nil
}

func (h *Header) slotContext(kind string) []byte {
	return []byte("slot/" + kind + "/" + h.body.Vault)
}

func (h *Header) unwrap(kind string, wrapping Key, sealed []byte) (Key, error) {
	raw, err := Open(wrapping, h.slotContext(kind), sealed)
	if err != nil {
		return Key{}, err
	}
	defer clear(raw)
	return ParseKey(raw)
}

// replace puts master, wrapped, in the only slot of f's type.
func (h *Header) replace(master, wrapping Key, f fields) error {
	raw, err := master.raw()
	if err != nil {
		return err
	}
	defer clear(raw[:])
	if f.Key, err = Seal(wrapping, h.slotContext(f.Type), raw[:]); err != nil {
		return err
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(h.body.Slots), func(s slot) bool { return s.kind == f.Type })
	h.body.Slots = append(others, slot{f.Type, text})
	return nil
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return salt
}

func (h *Header) putPassphrase(master Key, passphrase []byte, c Cost) error {
	f := fields{Type: passphraseSlot, Cost: &c, Salt: newSalt()}
	wrapping, err := stretch(passphrase, f.Salt, c)
	if err != nil {
		return err
	}
	defer wrapping.Wipe()
	return h.replace(master, wrapping, f)
}

func (h *Header) putSheet(master Key, s Sheet) error {
	f := fields{Type: sheetSlot, Salt: newSalt()}
	wrapping := sheetKey(s, f.Salt)
	defer wrapping.Wipe()
	return h.replace(master, wrapping, f)
}

// SetPassphrase makes passphrase the only one that opens the vault, at the cost
// the former one had. The header must be saved afterwards. Somebody who kept an
// older copy of the header can still open it with the passphrase of that time.
func (h *Header) SetPassphrase(master Key, passphrase []byte) error {
	cost := DefaultCost
	for _, s := range h.body.Slots {
		if f, err := s.fields(); s.kind == passphraseSlot && err == nil && f.Cost != nil && f.Cost.check() == nil {
			cost = *f.Cost
		}
	}
	return h.change("set passphrase", master, func() error { return h.putPassphrase(master, passphrase, cost) })
}

// NewSheet makes a recovery sheet that replaces the former one. The header must
// be saved before the sheet is shown.
func (h *Header) NewSheet(master Key) (Sheet, error) {
	s := newSheet()
	if err := h.change("make recovery sheet", master, func() error { return h.putSheet(master, s) }); err != nil {
		return Sheet{}, err
	}
	return s, nil
}

// change runs edit on an authentic header and writes it anew; on any error the
// header stays as it was.
func (h *Header) change(what string, master Key, edit func() error) error {
	before := h.body.Slots
	err := h.Verify(master)
	if err == nil {
		err = edit()
	}
	if err == nil {
		err = h.encode(master)
	}
	if err != nil {
		h.body.Slots = before
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

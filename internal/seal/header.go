package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"penates"
)

// A header is text: a line with its format, a JSON body, a line with a MAC under
// a key derived from the master key and a line with a SHA-256 sum of all before.
//
//	penates-keys 1
//	{"vault": …}
//	mac 9f86d0…
//	sum 60303a…
//
// The first and the last line are the same in every format there will ever be,
// so that a damaged header is told from a newer one, and both before anybody is
// asked for a passphrase. The MAC is what somebody who can compute the sum cannot.
const (
	headerVersion = 1
	headerTitle   = "penates-keys "
	macTitle      = "mac "
	sumTitle      = "sum "
	hashLine      = 4 + 2*sha256.Size + 1
	maxHeader     = 256 << 10
	maxSlots      = 64
)

// A Header is what a vault says in clear: its id, the public halves of its
// identity keys and the slots that its master key is wrapped in. Its methods
// that change it are not for concurrent use.
type Header struct {
	raw  []byte
	body body
}

type body struct {
	Vault      string    `json:"vault"`
	Created    time.Time `json:"created"`
	Generation uint64    `json:"generation"`
	Identity   identity  `json:"identity"`
	Slots      []slot    `json:"slots"`
}

// Options of Create; the zero value is right for a real vault.
type Options struct {
	Cost Cost      // DefaultCost when zero
	Now  time.Time // the clock's when zero
}

// Create makes the keys of a new vault: its header, its master key and the
// recovery sheet to be printed, which cannot be shown again.
func Create(passphrase []byte, o Options) (*Header, Key, Sheet, error) {
	if o.Cost == (Cost{}) {
		o.Cost = DefaultCost
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	master := NewKey()
	h := &Header{body: body{Vault: penates.NewID("vlt"), Created: o.Now.UTC().Truncate(time.Second)}}
	sheet := newSheet()
	err := h.newIdentity(master)
	if err == nil {
		err = h.putPassphrase(master, passphrase, o.Cost)
	}
	if err == nil {
		err = h.putSheet(master, sheet)
	}
	if err == nil {
		err = h.encode(master)
	}
	if err != nil {
		master.Wipe()
		return nil, Key{}, Sheet{}, fmt.Errorf("create keys: %w", err)
	}
	return h, master, sheet, nil
}

// Vault returns the vault's id, "vlt_" and 26 characters.
func (h *Header) Vault() string { return h.body.Vault }

// Created returns when the vault was made.
func (h *Header) Created() time.Time { return h.body.Created }

// Generation counts the changes of the header. A vault that remembers it can
// tell when an older header, with an older passphrase, was put back.
func (h *Header) Generation() uint64 { return h.body.Generation }

// SlotTypes returns the types of the slots, in order, those unknown to this
// release included.
func (h *Header) SlotTypes() []string {
	types := make([]string, len(h.body.Slots))
	for i, s := range h.body.Slots {
		types[i] = s.kind
	}
	return types
}

// Marshal returns the header's file.
func (h *Header) Marshal() []byte { return slices.Clone(h.raw) }

// encode writes the body down and authenticates it under master.
func (h *Header) encode(master Key) error {
	b := h.body
	b.Generation++
	text := new(bytes.Buffer)
	enc := json.NewEncoder(text)
	enc.SetEscapeHTML(false) // which would respell slots of other releases
	enc.SetIndent("", " ")
	if err := enc.Encode(b); err != nil {
		return err
	}
	raw := fmt.Appendf(nil, "%s%d\n%s", headerTitle, headerVersion, text)
	mac, err := master.Derive("header").MAC(raw)
	if err != nil {
		return err
	}
	raw = fmt.Appendf(raw, "%s%x\n", macTitle, mac)
	raw = fmt.Appendf(raw, "%s%x\n", sumTitle, sha256.Sum256(raw))
	if len(raw) > maxHeader {
		return fmt.Errorf("header of %d bytes: %w", len(raw), penates.TooLarge)
	}
	h.raw, h.body = raw, b
	return nil
}

// ParseHeader reads a header's file. Any byte that is not what was written gives
// an error of kind [penates.Damaged]; an intact header of a later format,
// [penates.Newer]. A header somebody changed on purpose is caught at unlock.
func ParseHeader(raw []byte) (*Header, error) {
	signed, err := checkSum(raw)
	if err != nil {
		return nil, err
	}
	title, text, ok := bytes.Cut(signed, []byte("\n"))
	number, isHeader := bytes.CutPrefix(title, []byte(headerTitle))
	version, err := strconv.ParseUint(string(number), 10, 32)
	switch {
	case !ok || !isHeader || err != nil || version == 0:
		return nil, damagedHeader("its first line is %.40q", title)
	case version > headerVersion:
		return nil, fmt.Errorf("keys of format %d: %w", version, penates.Newer)
	}
	if len(text) < hashLine {
		return nil, damagedHeader("it has no body")
	}
	h := &Header{raw: slices.Clone(raw)}
	if err := decodeBody(text[:len(text)-hashLine], &h.body); err != nil {
		return nil, damagedHeader("%v", err)
	}
	if err := h.checkBody(); err != nil {
		return nil, err
	}
	return h, nil
}

// checkSum returns what comes before the sum's line, which must match it.
func checkSum(raw []byte) ([]byte, error) {
	if len(raw) > maxHeader {
		return nil, damagedHeader("it has %d bytes", len(raw))
	}
	if len(raw) < hashLine {
		return nil, damagedHeader("it ends too early")
	}
	signed := raw[:len(raw)-hashLine]
	// Comparing text leaves one spelling only: a digit in upper case is damage too.
	if want := fmt.Sprintf("%s%x\n", sumTitle, sha256.Sum256(signed)); want != string(raw[len(signed):]) {
		return nil, damagedHeader("its sum does not match")
	}
	return signed, nil
}

func decodeBody(text []byte, b *body) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(b); err != nil {
		return err
	}
	if err := d.Decode(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		return errors.New("something follows its body")
	}
	return nil
}

func (h *Header) checkBody() error {
	switch {
	case h.body.Vault == "":
		return damagedHeader("it has no vault id")
	case len(h.body.Slots) > maxSlots:
		return damagedHeader("it has %d slots", len(h.body.Slots))
	}
	return h.body.Identity.check()
}

func damagedHeader(format string, args ...any) error {
	return fmt.Errorf("the keys are not what was written: %s: %w", fmt.Sprintf(format, args...), penates.Damaged)
}

// Verify checks the header's MAC: nobody without the master key wrote or changed
// it. The error is of kind [penates.Damaged]. Unlocking verifies by itself.
func (h *Header) Verify(master Key) error {
	end := len(h.raw) - 2*hashLine
	if end < 0 {
		return damagedHeader("it ends too early")
	}
	mac, err := master.Derive("header").MAC(h.raw[:end])
	if err != nil {
		return fmt.Errorf("verify keys: %w", err)
	}
	want := fmt.Appendf(nil, "%s%x\n", macTitle, mac)
	if !hmac.Equal(h.raw[end:end+hashLine], want) {
		return damagedHeader("they were changed by somebody without the master key")
	}
	return nil
}

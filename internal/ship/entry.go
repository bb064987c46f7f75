package ship

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"penates/internal/store"
)

// An Entry is one link of a vault's chain in a store. Its parts are optional: an
// entry without any only claims an epoch.
type Entry struct {
	Vault   string    `json:"vault"`
	Seq     uint64    `json:"seq"`
	Epoch   uint64    `json:"epoch"`
	Prev    string    `json:"prev,omitempty"` // hash of the entry before
	Base    uint64    `json:"base,omitempty"` // number of the newest entry with a snapshot
	Written time.Time `json:"written"`
	Point   Point     `json:"point"` // last commit that is whole with this entry

	Keys     []byte    `json:"keys,omitempty"` // the header, where it is new
	Blobs    []File    `json:"blobs,omitempty"`
	Segment  *Segment  `json:"segment,omitempty"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	// Collects counts the pieces that are to be deleted.
	Collects int `json:"collects,omitempty"`

	Size int64  `json:"size"`          // of the payload
	Sum  string `json:"sum,omitempty"` // SHA-256 of the payload

	payload []byte
	hash    string
	signed  bool
}

// A Segment says which bytes of which log the payload is.
type Segment struct {
	Log   string `json:"log"` // of which generation: SHA-256 of its sealed header
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Whole bool   `json:"whole"` // it ends at a commit
	// After is the commit that it follows.
	After int64 `json:"after"`
}

// A Snapshot says where the manifest of a whole vault is.
type Snapshot struct {
	Point    Point    `json:"point"` // what the database file holds
	Next     uint64   `json:"next"`  // first entry that goes beyond that
	Manifest []string `json:"manifest"`
	// Floor is the number from which on every entry is there. Before it there are
	// those of the earlier snapshots only.
	Floor   uint64 `json:"floor"`
	Earlier []Kept `json:"earlier,omitempty"`
}

// A Kept is a snapshot that can be restored.
type Kept struct {
	Seq   uint64 `json:"seq"`
	Next  uint64 `json:"next"`
	Point Point  `json:"point"`
}

// A File is a file of the vault, cut into pieces.
type File struct {
	Name   string   `json:"name"`
	Size   int64    `json:"size"`
	Piece  int64    `json:"piece"` // size of all pieces but the last
	Pieces []string `json:"pieces"`
}

// An entry's object is a line, the length of its envelope (4 bytes, big-endian),
// the envelope in JSON, the length of the signature (1 byte, 0 or 64), the
// signature, the payload.
const (
	entryTitle  = "penates-backup 1\n"
	entryLabel  = "penates backup entry 1\n" // begins what is signed
	maxEnvelope = 4 << 20
	maxPayload  = store.MaxObject - maxEnvelope - 128
)

// encode writes the entry's object; sign may be nil.
func (e *Entry) encode(sign func([]byte) []byte) ([]byte, error) {
	e.Size = int64(len(e.payload))
	if e.Size > 0 {
		sum := sha256.Sum256(e.payload)
		e.Sum = hex.EncodeToString(sum[:])
	}
	envelope, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if len(envelope) > maxEnvelope || len(e.payload) > maxPayload {
		return nil, fmt.Errorf("entry %d is too large (%d and %d bytes)", e.Seq, len(envelope), len(e.payload))
	}
	var signature []byte
	if sign != nil {
		signature = sign(append([]byte(entryLabel), envelope...))
	}
	raw := append([]byte(entryTitle), binary.BigEndian.AppendUint32(nil, uint32(len(envelope)))...)
	raw = append(raw, envelope...)
	raw = append(raw, byte(len(signature)))
	raw = append(raw, signature...)
	e.signed, e.hash = len(signature) > 0, hashEntry(envelope, signature)
	return append(raw, e.payload...), nil
}

func hashEntry(envelope, signature []byte) string {
	h := sha256.New()
	h.Write(envelope)
	h.Write(signature)
	return hex.EncodeToString(h.Sum(nil))
}

// ParseEntry reads an entry's object and checks its payload and, if it has one,
// its signature under key. Anything but what was written is an [Altered] alarm.
func ParseEntry(raw []byte, key ed25519.PublicKey) (*Entry, error) {
	envelope, signature, payload, err := splitEntry(raw)
	if err != nil {
		return nil, fmt.Errorf("entry: %w: %w", err, Altered)
	}
	e := &Entry{payload: payload, hash: hashEntry(envelope, signature), signed: len(signature) > 0}
	d := json.NewDecoder(bytes.NewReader(envelope))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, fmt.Errorf("entry: %w: %w", err, Altered)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("entry %d: something follows its envelope: %w", e.Seq, Altered)
	}
	sum := sha256.Sum256(payload)
	if e.Size != int64(len(payload)) || e.Size > 0 && e.Sum != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("entry %d: its %d bytes are not the %d that were written: %w", e.Seq, len(payload), e.Size, Altered)
	}
	if e.signed && key != nil && !ed25519.Verify(key, append([]byte(entryLabel), envelope...), signature) {
		return nil, fmt.Errorf("entry %d: its signature is not the vault's: %w", e.Seq, Altered)
	}
	return e, e.check()
}

var errShort = errors.New("it is cut short, or something else")

func splitEntry(raw []byte) (envelope, signature, payload []byte, err error) {
	rest, ok := bytes.CutPrefix(raw, []byte(entryTitle))
	if !ok || len(rest) < 4 || len(raw) > store.MaxObject {
		return nil, nil, nil, errShort
	}
	n := int64(binary.BigEndian.Uint32(rest))
	rest = rest[4:]
	if n > maxEnvelope || n+1 > int64(len(rest)) {
		return nil, nil, nil, errShort
	}
	envelope, rest = rest[:n], rest[n:]
	s := int(rest[0])
	rest = rest[1:]
	if s != 0 && s != ed25519.SignatureSize || s > len(rest) {
		return nil, nil, nil, errShort
	}
	return envelope, rest[:s], rest[s:], nil
}

// check refuses what no writer writes.
func (e *Entry) check() error {
	ok := e.Seq > 0 && e.Epoch > 0
	if s := e.Segment; s != nil {
		ok = ok && s.From >= 0 && s.To-s.From == e.Size
	} else {
		ok = ok && e.Size == 0
	}
	for _, f := range e.Blobs {
		ok = ok && f.check() == nil
	}
	if s := e.Snapshot; s != nil {
		ok = ok && e.Base == e.Seq && s.Next > 0 && s.Floor <= s.Next && len(s.Manifest) > 0
	}
	if !ok {
		return fmt.Errorf("entry %d: its parts do not fit: %w", e.Seq, Altered)
	}
	return nil
}

// check refuses a file whose pieces cannot be as many as its size asks for.
func (f *File) check() error {
	n := int64(len(f.Pieces))
	if f.Size < 0 || f.Piece <= 0 || f.Piece > store.MaxObject || n != (f.Size+f.Piece-1)/f.Piece {
		return fmt.Errorf("file %q: its %d pieces are not %d bytes: %w", f.Name, n, f.Size, Altered)
	}
	return nil
}

// sizeOf returns the size of piece i.
func (f *File) sizeOf(i int) int64 { return min(f.Piece, f.Size-int64(i)*f.Piece) }

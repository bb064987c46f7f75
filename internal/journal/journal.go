// Package journal is the record of every access to a vault: entries chained by
// their hashes, so that none can be changed, dropped or put between without its
// being seen.
package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"penates"
)

// HashSize is the size of an entry's hash in bytes.
const HashSize = sha256.Size

// An Entry is one line of the journal: one access, or several alike that were
// counted together.
type Entry struct {
	At      time.Time            `json:"at"`
	Until   time.Time            `json:"until,omitzero"` // of the last access it counts
	Actor   penates.Actor        `json:"actor"`
	Grant   penates.GrantID      `json:"grant,omitempty"`
	Purpose string               `json:"purpose,omitempty"`
	Action  penates.Action       `json:"action"`
	What    string               `json:"what"`
	Types   map[penates.Type]int `json:"types,omitempty"`
	Rows    int64                `json:"rows,omitempty"`  // given, of all types; not counted of the owner's own
	Bytes   int64                `json:"bytes,omitempty"` // given, where they were counted
	Calls   int                  `json:"calls,omitempty"`
	Refused string               `json:"refused,omitempty"`
	// Breaks are places before this entry where the chain is broken, because what was
	// there is lost: a repair tells of them, so that they are known and stay visible.
	Breaks []Break `json:"breaks,omitempty"`
}

// A Break is a place where entries are missing or are not what they were.
type Break struct {
	After int64 `json:"after"` // the last entry before it; 0 for none
	// At is the entry that does not follow from it, with the hash it is kept with;
	// 0 when what is lost came last, and nobody knows how much it was.
	At   int64  `json:"at,omitempty"`
	Hash string `json:"hash,omitempty"` // hexadecimal
}

// Encode returns the bytes of e that are kept and hashed.
func (e *Entry) Encode() ([]byte, error) { return json.Marshal(e) }

// Decode reads what Encode wrote.
func Decode(b []byte) (e Entry, err error) {
	if err = json.Unmarshal(b, &e); err != nil {
		err = fmt.Errorf("journal entry: %w (%w)", penates.Damaged, err)
	}
	return e, err
}

// Chain returns the hash of the entry that follows prev, at number n: SHA-256
// over a label, the hash before, the number and the entry's bytes.
func Chain(prev []byte, n int64, entry []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "penates journal 1\n%x\n%d\n%d\n", prev, n, len(entry))
	h.Write(entry)
	return h.Sum(nil)
}

// A Verifier checks a chain entry by entry.
type Verifier struct {
	n      int64
	prev   []byte
	told   map[Break]int64 // and by which entry
	breaks int
}

// Told takes the breaks that entry n tells of; it is called before Next for those
// entries that do. A break is only accepted when a later entry tells of it.
func (v *Verifier) Told(n int64, e *Entry) {
	if v.told == nil {
		v.told = map[Break]int64{}
	}
	for _, b := range e.Breaks {
		v.told[b] = n
		if b.At == 0 {
			v.breaks++
		}
	}
}

// Breaks counts the breaks that were accepted.
func (v *Verifier) Breaks() int { return v.breaks }

// Next takes the next entry. It returns a Damaged error that names the first
// entry which does not follow from the one before, unless a later one tells so.
func (v *Verifier) Next(n int64, entry, hash []byte) error {
	follows := n == v.n+1 && bytes.Equal(Chain(v.prev, n, entry), hash)
	if !follows {
		by, told := v.told[Break{v.n, n, hex.EncodeToString(hash)}]
		switch {
		case told && by > n && n > v.n:
			v.breaks++
		case n != v.n+1:
			return fmt.Errorf("journal: entry %d is missing: %w", v.n+1, penates.Damaged)
		default:
			return fmt.Errorf("journal: entry %d does not follow from the one before: %w", n, penates.Damaged)
		}
	}
	v.n, v.prev = n, hash
	return nil
}

// Head returns the number and hash of the last entry taken.
func (v *Verifier) Head() (int64, []byte) { return v.n, v.prev }

// Alike reports whether e and f may be counted together: same actor, grant,
// purpose, action, subject and refusal.
func (e *Entry) Alike(f *Entry) bool {
	return e.Actor == f.Actor && e.Grant == f.Grant && e.Purpose == f.Purpose &&
		e.Action == f.Action && e.What == f.What && e.Refused == f.Refused
}

// Merge counts f together with e.
func (e *Entry) Merge(f *Entry) {
	e.Calls = max(e.Calls, 1) + max(f.Calls, 1)
	e.Rows, e.Bytes = e.Rows+f.Rows, e.Bytes+f.Bytes
	e.Until = f.At
	if !f.Until.IsZero() {
		e.Until = f.Until
	}
	for t, n := range f.Types {
		if e.Types == nil {
			e.Types = map[penates.Type]int{}
		}
		e.Types[t] += n
	}
}

// Refusal is why something was refused, as the journal keeps it.
func Refusal(err error) string {
	const most = 200 // bytes
	if text := err.Error(); len(text) <= most && errors.Is(err, penates.Denied) {
		return text
	}
	var kind penates.Kind
	if errors.As(err, &kind) {
		return kind.Error()
	}
	return penates.Denied.Error()
}

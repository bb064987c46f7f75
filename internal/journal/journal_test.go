package journal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"penates"
	"penates/internal/journal"
)

type line struct{ entry, hash []byte }

func chain(t *testing.T, n int) (lines []line) {
	t.Helper()
	var prev []byte
	for i := range n {
		e := journal.Entry{At: time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC), Actor: penates.Owner, Action: penates.Read, What: "query"}
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		prev = journal.Chain(prev, int64(i+1), b)
		lines = append(lines, line{b, prev})
	}
	return lines
}

func verify(lines []line) error {
	v := &journal.Verifier{}
	for i, l := range lines {
		if err := v.Next(int64(i+1), l.entry, l.hash); err != nil {
			return err
		}
	}
	return nil
}

func TestChain(t *testing.T) {
	if err := verify(chain(t, 20)); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]line) []line{
		"changed": func(l []line) []line {
			l[7].entry = bytes.Replace(l[7].entry, []byte("query"), []byte("other"), 1)
			return l
		},
		"dropped":       func(l []line) []line { return append(l[:7], l[8:]...) },
		"first dropped": func(l []line) []line { return l[1:] },
		"swapped":       func(l []line) []line { l[7], l[8] = l[8], l[7]; return l },
		"put between":   func(l []line) []line { return append(append(l[:7:7], l[3]), l[7:]...) },
		"hash changed":  func(l []line) []line { l[7].hash = bytes.Clone(l[7].hash); l[7].hash[0] ^= 1; return l },
	} {
		err := verify(spoil(chain(t, 20)))
		if !errors.Is(err, penates.Damaged) || !strings.Contains(err.Error(), "entry") {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := &journal.Verifier{}
	if err := v.Next(2, nil, nil); !errors.Is(err, penates.Damaged) {
		t.Errorf("a gap: %v", err)
	}
}

func TestMerge(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := journal.Entry{At: at, Actor: penates.Owner, Action: penates.Read, What: "list", Types: map[penates.Type]int{penates.Bills: 2}}
	f := e
	f.At, f.Types = at.Add(time.Second), map[penates.Type]int{penates.Bills: 1, penates.Files: 1}
	if !e.Alike(&f) {
		t.Error("two accesses of one kind are not alike")
	}
	e.Merge(&f)
	e.Merge(&f)
	if e.Calls != 3 || e.Types[penates.Bills] != 4 || e.Types[penates.Files] != 2 || !e.Until.Equal(f.At) {
		t.Errorf("%+v", e)
	}
	f.Refused = "not allowed"
	if e.Alike(&f) {
		t.Error("a refusal counts together with what was allowed")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"at":"2026-01-01T00:00:00Z","actor":"owner","action":"read","what":"query"}`))
	f.Add([]byte(`{"at":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := journal.Decode(b)
		if err != nil {
			if !errors.Is(err, penates.Damaged) {
				t.Error(err)
			}
			return
		}
		if again, err := e.Encode(); err == nil {
			if _, err := journal.Decode(again); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestToldBreak: a break that a later entry tells of is known, exactly that one.
func TestToldBreak(t *testing.T) {
	lines := chain(t, 12)
	cut := append(lines[:4:4], lines[7:]...) // 5 to 7 are lost
	run := func(told journal.Break, by int64) (*journal.Verifier, error) {
		v := &journal.Verifier{}
		v.Told(by, &journal.Entry{Breaks: []journal.Break{told}})
		for i, l := range cut {
			n := int64(i + 1)
			if i >= 4 {
				n += 3
			}
			if err := v.Next(n, l.entry, l.hash); err != nil {
				return v, err
			}
		}
		return v, nil
	}
	right := journal.Break{After: 4, At: 8, Hash: hex.EncodeToString(lines[7].hash)}
	if v, err := run(right, 12); err != nil || v.Breaks() != 1 {
		t.Errorf("a break that is told of: %v", err)
	}
	other := right
	other.Hash = hex.EncodeToString(lines[8].hash)
	for name, try := range map[string]struct {
		told journal.Break
		by   int64
	}{"by an entry before it": {right, 4}, "with another hash": {other, 12}, "after another": {journal.Break{After: 3, At: 8, Hash: right.Hash}, 12}} {
		if _, err := run(try.told, try.by); !errors.Is(err, penates.Damaged) || !strings.Contains(err.Error(), "entry 5 is missing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

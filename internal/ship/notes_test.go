package ship_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"penates/internal/ship"
)

// TestTornNotes spoils one of the sectors that tell of the last entries, or both, or
// leaves those of an earlier whole state: a shipper goes on from what is left.
func TestTornNotes(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(2, 50)
	s := p.ship(st, nil)
	s.flush(t)
	notes := filepath.Join(p.dir, ship.Folder, "test.json")
	for i, spoil := range []func(sectors, before []byte) []byte{
		func(b, _ []byte) []byte { return b },
		func(b, _ []byte) []byte { b[40]++; return b },
		func(b, _ []byte) []byte { b[512+40]++; return b },
		func(b, _ []byte) []byte { b[0]++; b[512]++; return b },
		func(b, before []byte) []byte { return append(before[:512:512], b[512:]...) },
		func(b, before []byte) []byte { return append(b[:256:256], before[256:]...) },
		func(b, _ []byte) []byte { return b[:700] },
		func([]byte, []byte) []byte { return nil },
	} {
		s.flush(t)
		whole := must[[]byte](t)(os.ReadFile(notes))
		var before []byte
		for range 3 {
			before, _ = os.ReadFile(notes + ".step") // there may be none yet
			p.fill(1, 5)
			s.flush(t)
		}
		if now := must[[]byte](t)(os.ReadFile(notes)); string(now) != string(whole) {
			t.Errorf("%d: the whole state was written for entries", i)
		}
		if err := s.stop(); err == nil {
			t.Fatal("it ended by itself")
		}
		sectors := must[[]byte](t)(os.ReadFile(notes + ".step"))
		if err := os.WriteFile(notes+".step", spoil(sectors, before), 0o600); err != nil {
			t.Fatal(err)
		}
		pieces := len(st.names("/obj/"))
		s = p.ship(st, nil)
		last := p.fill(1, 5)
		s.flush(t)
		if n := len(st.names("/obj/")); n != pieces {
			t.Errorf("%d: %d pieces, there were %d: it made a snapshot", i, n, pieces)
		}
		p.back(st, time.Time{}, last, p.says())
	}
}

// TestNotesOfAnother leaves the sectors beside a whole state that is not the one they
// were written after.
func TestNotesOfAnother(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(2, 50)
	s := p.ship(st, nil)
	s.flush(t)
	notes := filepath.Join(p.dir, ship.Folder, "test.json")
	p.fill(2, 5)
	s.flush(t)
	if err := s.stop(); err == nil {
		t.Fatal("it ended by itself")
	}
	if err := os.Remove(notes); err != nil {
		t.Fatal(err)
	}
	other := newMemory() // a store that was emptied
	s = p.ship(other, nil)
	last := p.fill(1, 5)
	s.flush(t)
	p.back(other, time.Time{}, last, p.says())
}

package ship_test

import (
	"errors"
	"testing"
	"time"

	"penates/internal/ship"
)

// FuzzParseEntry reads anything as an entry: it never panics, and what it takes
// can be told apart from nothing.
func FuzzParseEntry(f *testing.F) {
	p, st := newPerson(f), newMemory()
	s := p.ship(st, nil)
	s.flush(f)
	p.blob(100)
	s.flush(f)
	for _, name := range st.names("/log/") {
		if raw := st.objects[name]; len(raw) < 30_000 {
			f.Add(raw)
		}
	}
	f.Add([]byte("penates-backup 1\n\x00\x00\x00\x02{}\x00"))
	f.Add([]byte("penates-backup 1\n\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := ship.ParseEntry(raw, nil)
		if err == nil && (e.Seq == 0 || e.Epoch == 0) {
			t.Error("an entry without number or epoch")
		}
		if err != nil && !errors.Is(err, ship.Altered) {
			t.Errorf("an error that is no alarm: %v", err)
		}
	})
}

// TestEveryObjectIsWatched changes, cuts and removes each object of a store: a
// restore of the newest state names what is wrong, or does not need the object.
func TestEveryObjectIsWatched(t *testing.T) {
	p, st := newPerson(t), newMemory()
	p.fill(1, 20)
	s := p.ship(st, nil)
	s.flush(t)
	p.blob(5000)
	last := p.fill(2, 20)
	s.flush(t)
	if err := s.stop(); err == nil {
		t.Fatal("it ended by itself")
	}
	says := p.says()
	head := st.names("/log/")[len(st.names("/log/"))-1]
	changes := map[string]func(m *memory, name string){
		"flip":   func(m *memory, name string) { d := m.objects[name]; m.objects[name] = flipped(d, len(d)/2) },
		"sign":   func(m *memory, name string) { d := m.objects[name]; m.objects[name] = flipped(d, len(d)-1) },
		"cut":    func(m *memory, name string) { d := m.objects[name]; m.objects[name] = d[:len(d)-1] },
		"empty":  func(m *memory, name string) { m.objects[name] = nil },
		"remove": func(m *memory, name string) { delete(m.objects, name) },
	}
	seen := 0
	for _, name := range st.names("/") {
		for what, change := range changes {
			m := st.clone()
			change(m, name)
			r, dir, err := p.restore(m, time.Time{})
			var alarm ship.Alarm
			switch {
			case errors.As(err, &alarm):
				seen++
			case err != nil:
				t.Errorf("%s %s: %v", what, name, err)
			case name == head && what == "remove": // only what remembers the head could tell
			case r.Point.Commit != last.Commit || p.at(dir).says() != says:
				t.Errorf("%s %s: restored commit %d and nothing was said", what, name, r.Point.Commit)
			}
		}
	}
	if seen < 3*len(changes) {
		t.Errorf("only %d changes were named", seen)
	}
	t.Logf("%d changes of %d objects were named", seen, len(st.names("/")))
}

func flipped(d []byte, at int) []byte {
	d = append([]byte{}, d...)
	d[max(0, at)] ^= 4
	return d
}

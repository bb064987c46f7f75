package ship

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"penates/internal/store"
)

// A Retention says which states can be restored: every one stored within All, and
// the last of so many hours, days, weeks and months. The zero Retention is
// [DefaultRetention].
type Retention struct {
	All    time.Duration
	Hours  int
	Days   int
	Weeks  int
	Months int
	// Grace is how long pieces stay that nothing refers to, for whoever is
	// restoring.
	Grace time.Duration
}

// DefaultRetention keeps what a person may want back.
var DefaultRetention = Retention{All: 24 * time.Hour, Hours: 24, Days: 7, Weeks: 5, Months: 12, Grace: time.Hour}

// maxEntries bounds how many entries a restore has to read.
const maxEntries = 20_000

func (s *Shipper) retention() Retention {
	if s.cfg.Keep == (Retention{}) {
		return DefaultRetention
	}
	return s.cfg.Keep
}

// retain decides what the snapshot supersedes.
func (s *Shipper) retain(n *Snapshot) {
	n.Floor = n.Next
	base := s.state.Base
	if base == nil {
		return
	}
	all := append(append([]Kept{}, base.Snapshot.Earlier...), Kept{base.Seq, base.Snapshot.Next, base.Snapshot.Point})
	now, keep := s.cfg.Now(), s.retention()
	if !s.anew {
		n.Floor = max(base.Snapshot.Floor, floorOf(all, now.Add(-keep.All)))
		if s.state.Seq-n.Floor > maxEntries {
			n.Floor = base.Snapshot.Next
		}
	}
	s.anew = false
	all = slices.DeleteFunc(all, func(k Kept) bool { return s.gone[k.Seq] })
	n.Earlier = thin(all, keep, now, n.Floor)
}

// floorOf returns the first number needed to restore any state from a time on.
func floorOf(all []Kept, from time.Time) uint64 {
	floor := all[0].Next
	for _, k := range all {
		if !k.Point.At.After(from) {
			floor = k.Next
		}
	}
	return floor
}

// thin returns those of the snapshots that stay: all from floor on, and the last
// one of each hour, day, week and month that is to be kept.
func thin(all []Kept, keep Retention, now time.Time, floor uint64) (kept []Kept) {
	spans := []struct {
		n  int
		of func(time.Time) string
	}{
		{keep.Hours, func(t time.Time) string { return t.Format("2006-01-02T15") }},
		{keep.Days, func(t time.Time) string { return t.Format(time.DateOnly) }},
		{keep.Weeks, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprint(y, "-", w) }},
		{keep.Months, func(t time.Time) string { return t.Format("2006-01") }},
	}
	stays := map[uint64]bool{}
	for _, span := range spans {
		seen := map[string]bool{}
		for i := len(all) - 1; i >= 0 && len(seen) < span.n; i-- {
			if of := span.of(all[i].Point.At.UTC()); !seen[of] {
				seen[of], stays[all[i].Seq] = true, true
			}
		}
	}
	for _, k := range all {
		if stays[k.Seq] || k.Next >= floor {
			kept = append(kept, k)
		}
	}
	return kept
}

// garbage is what is to be deleted and when.
type garbage struct {
	pieces map[string]time.Time
	// refers caches which pieces earlier snapshots refer to.
	refers map[uint64]map[string]string
}

// spare keeps a piece that was put again from being deleted.
func (g *garbage) spare(piece string) { delete(g.pieces, piece) }

// collect deletes entries that a snapshot superseded, looks whether all that the
// snapshot refers to is there, and deletes pieces that nothing refers to any more.
func (s *Shipper) collect(ctx context.Context) error {
	n := s.state.Base.Snapshot
	stays := map[uint64]bool{s.state.Base.Seq: true}
	refers, err := s.references(ctx, n, stays)
	if err != nil {
		return err
	}
	seqs, err := s.chain.numbers(ctx, 0)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		if seq < n.Floor && !stays[seq] {
			if err := s.chain.store.Delete(ctx, s.chain.entryName(seq)); err != nil {
				return err
			}
		}
	}
	there, err := s.listPieces(ctx)
	if err != nil {
		return err
	}
	if err := s.missing(there, refers); err != nil || s.behind {
		return err
	}
	return s.condemn(ctx, there, refers)
}

// references returns the pieces that snapshots and entries which count refer to,
// and adds the numbers of earlier snapshots to stays.
func (s *Shipper) references(ctx context.Context, n *Snapshot, stays map[uint64]bool) (map[string]bool, error) {
	refers := map[string]bool{}
	s.mu.Lock()
	for _, p := range s.pieces {
		refers[p] = true
	}
	s.mu.Unlock()
	old := s.garbage.refers
	s.garbage.refers = map[uint64]map[string]string{}
	for _, k := range n.Earlier {
		stays[k.Seq] = true
		pieces := old[k.Seq]
		if pieces == nil {
			var err error
			if pieces, err = s.chain.refers(ctx, k.Seq); err != nil {
				var alarm Alarm
				if errors.As(err, &alarm) {
					s.gone[k.Seq] = true // the next snapshot does not count on it
				}
				return nil, err
			}
		}
		s.garbage.refers[k.Seq] = pieces
		for _, p := range pieces {
			refers[p] = true
		}
	}
	err := s.known.keep(func(l listed) bool {
		return l.Seq < n.Floor && len(l.Pieces) > 0 && !refers[l.Pieces[0]]
	})
	s.known.each(func(l listed) {
		for _, p := range l.Pieces {
			refers[p] = true
		}
	})
	return refers, err
}

// refers returns the pieces that the snapshot of that number refers to.
func (c *chain) refers(ctx context.Context, seq uint64) (map[string]string, error) {
	e, err := c.entry(ctx, seq)
	if err != nil || e.Snapshot == nil {
		return nil, err
	}
	m, err := c.manifest(ctx, e.Snapshot)
	if err != nil {
		return nil, err
	}
	pieces := map[string]string{}
	m.refer(pieces)
	for _, p := range e.Snapshot.Manifest {
		pieces[p] = p
	}
	return pieces, nil
}

// listPieces returns the pieces there are, with their sizes.
func (s *Shipper) listPieces(ctx context.Context) (map[string]int64, error) {
	there := map[string]int64{}
	prefix := s.chain.pieceName("")
	for o, err := range s.chain.store.List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		there[strings.TrimPrefix(o.Name, prefix)] = o.Size
	}
	return there, nil
}

// missing makes a new snapshot follow when the store lost pieces of this one.
func (s *Shipper) missing(there map[string]int64, refers map[string]bool) error {
	lost := map[string]bool{}
	for p := range refers {
		if size, ok := there[p]; !ok || size == 0 || size > store.MaxObject {
			lost[p] = true
		}
	}
	if len(lost) == 0 {
		return nil
	}
	s.warn("%d pieces are not listed: %v; they are stored again", len(lost), Truncated)
	s.mu.Lock()
	for sum, p := range s.pieces {
		if lost[p] {
			delete(s.pieces, sum)
		}
	}
	s.mu.Unlock()
	s.setBehind()
	return s.known.keep(func(l listed) bool {
		for _, p := range l.Pieces {
			if lost[p] {
				return true
			}
		}
		return false
	})
}

// condemn marks pieces that nothing refers to, and deletes those that were marked
// long enough ago. That an entry is stored after they were listed proves that
// they are of this writer or of those before it.
func (s *Shipper) condemn(ctx context.Context, there map[string]int64, refers map[string]bool) error {
	if s.state.Since > s.state.Base.Snapshot.Floor {
		return nil // entries that count may refer to what the notes do not know
	}
	now := s.cfg.Now()
	marked := map[string]time.Time{}
	fresh := 0
	for p := range there {
		if refers[p] {
			continue
		}
		at, known := s.garbage.pieces[p]
		if !known {
			at = now
			fresh++
		}
		marked[p] = at
	}
	s.mu.Lock()
	s.garbage.pieces = marked
	s.mu.Unlock()
	if fresh > 0 {
		if err := s.put(ctx, &Entry{Point: s.head.Point, Collects: fresh}); err != nil {
			return err
		}
	}
	for p, at := range marked {
		if now.Sub(at) >= s.retention().Grace {
			if err := s.chain.store.Delete(ctx, s.chain.pieceName(p)); err != nil {
				return err
			}
			s.mu.Lock()
			s.garbage.spare(p)
			s.mu.Unlock()
		}
	}
	return nil
}

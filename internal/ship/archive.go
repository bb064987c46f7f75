package ship

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"penates/internal/seal"
	"penates/internal/store"
)

// An Archive is what a store holds of one vault, for reading.
type Archive struct {
	chain  chain
	header *seal.Header
	head   *Entry
	base   *Entry // nil while there is no snapshot
	seqs   []uint64
}

// Vaults returns the ids of the vaults that a store holds.
func Vaults(ctx context.Context, st store.Store) (ids []string, err error) {
	after := ""
	for {
		found := ""
		for o, err := range st.List(ctx, "", after) {
			if err != nil {
				return nil, fmt.Errorf("list the backup: %w", err)
			}
			if id, rest, ok := strings.Cut(o.Name, "/"); ok && (strings.HasPrefix(rest, "log/") || strings.HasPrefix(rest, "obj/")) {
				found = id
				break
			}
		}
		if found == "" {
			return ids, nil
		}
		ids = append(ids, found)
		after = found + "0" // what sorts behind all that begins with "found/"
	}
}

// OpenArchive reads the newest entry of the vault's chain and the header of the
// vault, which says what key its signatures are checked with.
func OpenArchive(ctx context.Context, st store.Store, vault string) (*Archive, error) {
	a := &Archive{chain: chain{store: st, vault: vault}}
	var err error
	if a.seqs, err = a.chain.numbers(ctx, 0); err != nil {
		return nil, err
	}
	if len(a.seqs) == 0 {
		return nil, fmt.Errorf("backup of vault %s: there is none: %w", vault, Gap)
	}
	if err := a.readHeader(ctx); err != nil {
		return nil, err
	}
	a.chain.key = a.header.SigningKey()
	if a.head, err = a.chain.entry(ctx, a.seqs[len(a.seqs)-1]); err != nil {
		return nil, err
	}
	if a.head.Base == 0 {
		return a, nil
	}
	a.base, err = a.chain.entry(ctx, a.head.Base)
	if err == nil && a.base.Snapshot == nil {
		err = fmt.Errorf("entry %d is no snapshot: %w", a.head.Base, Altered)
	}
	return a, err
}

// readHeader looks for the newest header, from the newest entry back.
func (a *Archive) readHeader(ctx context.Context) error {
	for i := len(a.seqs) - 1; i >= 0; i-- {
		e, err := a.chain.entry(ctx, a.seqs[i])
		if err != nil {
			return err
		}
		raw := e.Keys
		if e.Snapshot != nil && raw == nil {
			m, err := a.chain.manifest(ctx, e.Snapshot)
			if err != nil {
				return err
			}
			raw = m.Keys
		}
		if raw == nil {
			continue
		}
		if a.header, err = seal.ParseHeader(raw); err != nil {
			return fmt.Errorf("keys in entry %d: %w: %w", e.Seq, Altered, err)
		}
		if a.header.Vault() != a.chain.vault {
			return fmt.Errorf("keys in entry %d are of another vault: %w", e.Seq, Altered)
		}
		return nil
	}
	return fmt.Errorf("keys of vault %s: %w", a.chain.vault, Gap)
}

// Header returns the vault's header.
func (a *Archive) Header() *seal.Header { return a.header }

// Vault returns the vault's id.
func (a *Archive) Vault() string { return a.chain.vault }

// Head returns the last commit the archive speaks of, and when it was stored.
func (a *Archive) Head() (Point, time.Time) { return a.head.Point, a.head.Written }

// Epoch returns the epoch of the newest entry.
func (a *Archive) Epoch() uint64 { return a.head.Epoch }

// Points returns the states that can be restored: those of snapshots, and the
// newest. Between the last floor and the newest every stored commit can be.
func (a *Archive) Points() (points []Point, since time.Time) {
	if a.base == nil {
		return nil, since
	}
	all := a.snapshots()
	for _, k := range all {
		points = append(points, k.Point)
		if since.IsZero() && k.Next >= a.base.Snapshot.Floor {
			since = k.Point.At
		}
	}
	if last := points[len(points)-1]; a.head.Point.Commit > last.Commit {
		points = append(points, a.head.Point)
	}
	return points, since
}

func (a *Archive) snapshots() []Kept {
	n := a.base.Snapshot
	return append(append([]Kept{}, n.Earlier...), Kept{a.base.Seq, n.Next, n.Point})
}

// A plan is what to read to restore a state.
type plan struct {
	base    *Entry
	entries []uint64
}

// plan finds the last snapshot up to a time (zero: the newest) and the entries
// that go on from it.
func (a *Archive) plan(ctx context.Context, at time.Time) (*plan, error) {
	if a.base == nil {
		return nil, fmt.Errorf("backup of vault %s: its first snapshot was not completed: %w", a.chain.vault, Gap)
	}
	var found *Kept
	for _, k := range a.snapshots() {
		if at.IsZero() || !k.Point.At.After(at) {
			found = &k
		}
	}
	if found == nil {
		return nil, fmt.Errorf("backup of vault %s: nothing is kept from before %s", a.chain.vault, at.Format(time.DateTime))
	}
	p := &plan{base: a.base}
	if found.Seq != a.base.Seq {
		var err error
		if p.base, err = a.chain.entry(ctx, found.Seq); err != nil {
			return nil, err
		}
		if p.base.Snapshot == nil || p.base.Snapshot.Point != found.Point {
			return nil, fmt.Errorf("entry %d is not the snapshot it was: %w", found.Seq, Altered)
		}
	}
	if found.Next < a.base.Snapshot.Floor {
		return p, nil // what came between this snapshot and the next was dropped
	}
	listed := map[uint64]bool{}
	for _, seq := range a.seqs {
		listed[seq] = true
	}
	for seq := found.Next; seq <= a.head.Seq; seq++ {
		if !listed[seq] {
			return nil, fmt.Errorf("entry %d of %d to %d: %w", seq, found.Next, a.head.Seq, Gap)
		}
		p.entries = append(p.entries, seq)
	}
	return p, nil
}

var errStop = errors.New("the state that was asked for is reached")

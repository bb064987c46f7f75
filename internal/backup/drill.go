package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"penates"
	"penates/internal/ship"
	"penates/internal/vault"
)

// DrillEvery is how often each copy is restored to prove that it can be.
const DrillEvery = 7 * 24 * time.Hour

// errMoved says that the vault was changed while it was compared with its copy.
var errMoved = errors.New("the vault was being changed all the time; try again when it is quiet")

// drillTries is how often a vault that is being changed is compared.
const drillTries = 3

// Drill restores the newest state of a target into a throw-away vault, opens it,
// verifies every byte and compares what it holds with the vault: documents, points
// and their hash for each type. What it found is kept with the target.
func (k *Keeper) Drill(ctx context.Context, v *vault.Vault, name string, progress func(what string, done, total int64)) (*Target, error) {
	k.drill.Lock()
	defer k.drill.Unlock()
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return nil, err
	}
	t, err := Find(ctx, s, name)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	p := &Proof{At: started.UTC().Truncate(time.Second)}
	if t.Proof != nil {
		p.Proven = t.Proof.Proven
	}
	for try := range drillTries {
		err = k.prove(ctx, v, s, t, p, progress)
		if !errors.Is(err, errMoved) || try == drillTries-1 {
			break
		}
	}
	if ctx.Err() != nil {
		return t, context.Cause(ctx)
	}
	p.Took = time.Since(started).Round(time.Millisecond)
	if err != nil {
		p.Failure = err.Error()
	} else {
		p.Proven = p.At
	}
	t.Proof = p
	return t, errors.Join(err, t.keep(ctx, s))
}

// prove does one comparison.
func (k *Keeper) prove(ctx context.Context, v *vault.Vault, s *vault.Session, t *Target, p *Proof, progress func(string, int64, int64)) (err error) {
	if err := k.Flush(ctx, t.ID); err != nil {
		return err
	}
	want, err := s.Hashes(ctx)
	if err != nil {
		return err
	}
	st, err := k.open(ctx, t.URL, t.Settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut(st)) }()
	dir, err := os.MkdirTemp(filepath.Join(v.Dir(), ship.Folder), "drill-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := ship.OpenArchive(ctx, st, v.ID())
	if err != nil {
		return err
	}
	twin, restored, err := v.Twin(ctx, a, ship.RestoreOptions{Dir: dir, Progress: func(done, total int64) { progress("restore", done, total) }})
	if twin != nil {
		defer func() { err = errors.Join(err, twin.Close()) }()
	}
	if err != nil {
		return err
	}
	p.Point, p.Blobs, p.Bytes, p.Types, p.Documents = restored.Point, restored.Blobs, restored.Bytes, len(want), 0
	for _, h := range want {
		p.Documents += h.Documents
	}
	return k.compare(ctx, s, twin, want, progress)
}

// compare verifies the copy and compares it with what the vault held before it was
// restored, and still holds.
func (k *Keeper) compare(ctx context.Context, s *vault.Session, twin *vault.Vault, want []vault.TypeHash, progress func(string, int64, int64)) error {
	copied, err := twin.As(penates.Owner, "")
	if err != nil {
		return err
	}
	found, err := copied.Check(ctx, func(what string, done, total int) { progress(what, int64(done), int64(total)) })
	if err != nil {
		return err
	}
	if n := len(found.Problems); n > 0 {
		return fmt.Errorf("the restored copy has %d problems, the first: %s: %w", n, found.Problems[0], penates.Damaged)
	}
	got, err := copied.Hashes(ctx)
	if err != nil || slices.Equal(got, want) {
		return err
	}
	now, err := s.Hashes(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(now, want) {
		return errMoved
	}
	return fmt.Errorf("the restored copy holds %s: %w", difference(got, want), penates.Damaged)
}

// difference words where two lists of hashes differ first.
func difference(got, want []vault.TypeHash) string {
	have := map[string]vault.TypeHash{}
	for _, h := range got {
		have[h.View] = h
	}
	for _, h := range want {
		if g := have[h.View]; g != h {
			return fmt.Sprintf("%d of %d %s, or others", g.Documents, h.Documents, h.View)
		}
	}
	return "types that the vault does not"
}

// drillDue drills the targets whose last drill was long ago, the first time when
// their first snapshot is stored.
func (k *Keeper) drillDue(ctx context.Context, v *vault.Vault, every time.Duration) {
	s, err := v.As(penates.Owner, "")
	if err != nil || every <= 0 {
		return
	}
	states, err := k.States(ctx, s)
	if err != nil {
		k.log.Warn("backups", "error", err)
		return
	}
	for _, state := range states {
		t := state.Target
		if !state.Running || state.Status.Snapshot.IsZero() || t.Proof != nil && time.Since(t.Proof.At) < every {
			continue
		}
		if _, err := k.Drill(ctx, v, t.ID, func(string, int64, int64) {}); err != nil && ctx.Err() == nil {
			k.log.Error("restoring the backup for proof failed", "from", t.Address(), "error", err)
		}
	}
}

// sweep removes what a drill left that was killed.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ship.Folder, "drill-*"))
	for _, d := range left {
		err = errors.Join(err, os.RemoveAll(d))
	}
	return err
}

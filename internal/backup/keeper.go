package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"penates"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/vault"
)

// A Keeper ships one vault to all its targets while it is unlocked.
type Keeper struct {
	open Opener
	log  *slog.Logger

	mu      sync.Mutex
	vault   *vault.Vault
	session *vault.Session
	running map[string]*runner
	lost    map[string]error // why targets are not shipped to
	drill   sync.Mutex       // held by the one under way
}

// A runner ships to one target.
type runner struct {
	target  Target
	store   store.Store
	shipper *ship.Shipper
	cancel  context.CancelFunc
	ended   chan struct{}
}

// NewKeeper returns a keeper of no vault yet.
func NewKeeper(open Opener, log *slog.Logger) *Keeper {
	if log == nil {
		log = slog.Default()
	}
	return &Keeper{open: open, log: log, running: map[string]*runner{}, lost: map[string]error{}}
}

// A State says how the copy in one store is.
type State struct {
	Target  Target      `json:"target"`
	Status  ship.Status `json:"status"`
	Running bool        `json:"running"`
	Paused  bool        `json:"paused,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// Sync brings what is shipped in line with the targets of the unlocked vault v:
// it starts with new ones and with those that failed before, and stops with those
// that are gone. only, if not nil, says which are to be started. Errors of single
// targets are in [Keeper.States].
func (k *Keeper) Sync(ctx context.Context, v *vault.Vault, only func(*Target) bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, err := v.As(penates.Owner, "")
	if err != nil {
		return err
	}
	targets, err := Targets(ctx, s)
	if err != nil {
		return err
	}
	if k.vault != v {
		k.stop(func(*runner) bool { return true })
		if err := sweep(v.Dir()); err != nil {
			k.log.Warn("what a drill left", "error", err)
		}
	}
	k.vault, k.session = v, s
	wanted := map[string]bool{}
	for _, t := range targets {
		wanted[t.ID] = true
	}
	k.stop(func(r *runner) bool { return !wanted[r.target.ID] || r.over() })
	for _, t := range targets {
		if k.running[t.ID] != nil || only != nil && !only(&t) {
			continue
		}
		delete(k.lost, t.ID)
		if ship.Paused(v.Dir()) {
			continue
		}
		if err := k.start(ctx, v, t); err != nil {
			k.lost[t.ID] = err
			k.log.Warn("backup", "to", t.Address(), "error", err)
		}
	}
	return nil
}

// Abandon stops shipping to a target, so that commits no longer wait for it.
func (k *Keeper) Abandon(id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stop(func(r *runner) bool { return r.target.ID == id })
	delete(k.lost, id)
	if k.vault == nil {
		return nil
	}
	source, err := k.vault.Shipped()
	if err == nil {
		source.Abandon(id)
	}
	return err
}

// Waits returns why commits are refused: a target they wait for is not reached, or
// somebody else writes the vault there.
func (k *Keeper) Waits(ctx context.Context, s *vault.Session) error {
	states, err := k.States(ctx, s)
	for _, state := range states {
		if state.Target.Durable && !state.Running && !state.Paused {
			err = errors.Join(err, fmt.Errorf("commits wait for the backup to %s: %w", state.Target.Address(), k.why(state.Target.ID)))
		}
	}
	return err
}

func (k *Keeper) why(id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.lost[id]; err != nil {
		return err
	}
	return errNotStarted
}

var errNotStarted = errors.New("it was not started yet")

// over reports whether the runner has ended by itself.
func (r *runner) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

func (k *Keeper) start(ctx context.Context, v *vault.Vault, t Target) error {
	source, err := v.Shipped()
	if err != nil {
		return err
	}
	st, err := k.open(ctx, t.URL, t.Settings)
	if err != nil {
		return err
	}
	shipper, err := ship.Start(ctx, ship.Config{Source: source, Store: st, Name: t.ID, Durable: t.Durable, Window: t.Window, Log: k.log})
	if err != nil {
		return errors.Join(err, shut(st))
	}
	r := &runner{target: t, store: st, shipper: shipper, ended: make(chan struct{})}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	k.running[t.ID] = r
	go func() {
		defer close(r.ended)
		err := shipper.Run(run)
		var alarm ship.Alarm
		if errors.As(err, &alarm) {
			k.log.Error("backup stopped", "to", t.Address(), "error", err)
			k.mu.Lock()
			k.lost[t.ID] = err
			k.mu.Unlock()
		}
		if err := shut(st); err != nil {
			k.log.Warn("backup", "to", t.Address(), "error", err)
		}
	}()
	return nil
}

// stop ends the runners that which says so of. k.mu is held, and let go of while
// they end.
func (k *Keeper) stop(which func(*runner) bool) {
	var ending []*runner
	for id, r := range k.running {
		if which(r) {
			delete(k.running, id)
			ending = append(ending, r)
		}
	}
	k.mu.Unlock()
	defer k.mu.Lock()
	for _, r := range ending {
		r.cancel()
		<-r.ended
	}
}

// Flush ships all that was committed before the call, to all targets or, unless
// it is "", to that one.
func (k *Keeper) Flush(ctx context.Context, id string) error {
	k.mu.Lock()
	var runners []*runner
	for _, r := range k.running {
		if id == "" || r.target.ID == id {
			runners = append(runners, r)
		}
	}
	var err error
	for lost, why := range k.lost {
		if id == "" || lost == id {
			err = errors.Join(err, why)
		}
	}
	k.mu.Unlock()
	if id != "" && len(runners) == 0 && err == nil {
		return fmt.Errorf("backup %s is not being written: %w", id, penates.NotExist)
	}
	errs := make(chan error, len(runners))
	for _, r := range runners {
		go func() {
			if err := r.shipper.Flush(ctx); err != nil {
				errs <- fmt.Errorf("backup to %s: %w", r.target.Address(), err)
				return
			}
			errs <- nil
		}()
	}
	for range runners {
		err = errors.Join(err, <-errs)
	}
	return err
}

// States returns how the copies in all targets are.
func (k *Keeper) States(ctx context.Context, s *vault.Session) (states []State, err error) {
	targets, err := Targets(ctx, s)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range targets {
		state := State{Target: t, Paused: k.vault != nil && ship.Paused(k.vault.Dir())}
		if r := k.running[t.ID]; r != nil && !r.over() {
			state.Running, state.Status = true, r.shipper.Status()
			state.Error = state.Status.Error
		}
		if why := k.lost[t.ID]; why != nil {
			state.Error = why.Error()
		}
		states = append(states, state)
	}
	return states, nil
}

// Close ends shipping. When the vault was locked or closed, what is still to be
// shipped is, for at most patience.
func (k *Keeper) Close(patience time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.vault != nil && k.vault.Locked() {
		var ending []*runner
		for _, r := range k.running {
			ending = append(ending, r)
		}
		k.mu.Unlock()
		wait := time.After(patience)
		for _, r := range ending {
			select {
			case <-r.ended:
			case <-wait:
			}
		}
		k.mu.Lock()
	}
	k.stop(func(*runner) bool { return true })
}

// How often a keeper looks whether the vault was locked or unlocked, and whether
// there are new targets or drills due.
const (
	lookEvery = time.Second
	syncEvery = 15 * time.Second
)

// Watch ships the vault that current returns whenever it is unlocked, until ctx
// ends, and drills the targets that are due.
func (k *Keeper) Watch(ctx context.Context, current func() *vault.Vault, drillEvery time.Duration) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	var synced time.Time
	var was bool
	for {
		v := current()
		unlocked := v != nil && !v.Locked()
		if unlocked && (!was || time.Since(synced) > syncEvery) {
			synced = time.Now()
			if err := k.Sync(ctx, v, nil); err != nil && ctx.Err() == nil && !errors.Is(err, penates.Locked) {
				k.log.Warn("backups", "error", err)
			}
			k.drillDue(ctx, v, drillEvery)
		}
		was = unlocked
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

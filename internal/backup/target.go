// Package backup keeps copies of a vault in stores of its owner's choice: it ships
// every commit there while the vault is unlocked, restores copies now and then to
// prove that they can be, and says what copies there are and how far they can be
// relied on.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"penates"
	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/vault"
)

// A Target is a store that a vault is shipped to. It is kept inside the vault, so
// that whatever its address says is sealed.
type Target struct {
	ID string `json:"id"`
	// URL is the address of the store, credentials included; see [Target.Address].
	URL string `json:"url"`
	// Durable makes every commit wait until it is stored; else it is stored within
	// about Window.
	Durable bool          `json:"durable,omitempty"`
	Window  time.Duration `json:"window"`
	Added   time.Time     `json:"added"`
	Proof   *Proof        `json:"proof,omitempty"` // the last drill
	// Settings are what opens the store beyond its address; never nil in what
	// [Targets] returns.
	Settings *Settings `json:"-"`
}

// A Proof says how a drill went.
type Proof struct {
	At        time.Time     `json:"at"`
	Took      time.Duration `json:"took"`
	Point     ship.Point    `json:"point"`
	Documents int           `json:"documents"`
	Types     int           `json:"types"`
	Blobs     int           `json:"blobs"`
	Bytes     int64         `json:"bytes"`
	// Failure says what was wrong; "" when all that the vault holds came back.
	Failure string `json:"failure,omitempty"`
	// Proven is when a drill last succeeded, be it this one or an earlier.
	Proven time.Time `json:"proven,omitzero"`
}

// An Opener opens the store at an address, with settings of its own if it has any.
type Opener func(ctx context.Context, url string, settings *Settings) (store.Store, error)

const (
	remembered = "backup" // kind of what the vault remembers of targets
	maxTargets = 16
	maxAddress = 2000
)

// DefaultWindow is how long a commit may wait to be shipped.
const DefaultWindow = 5 * time.Second

// Targets returns the targets of the session's vault, the oldest first.
func Targets(ctx context.Context, s *vault.Session) (targets []Target, err error) {
	err = s.RecallEach(ctx, remembered, "", func(_ string, value []byte) error {
		var t Target
		if err := json.Unmarshal(value, &t); err != nil {
			return fmt.Errorf("backup target: %w (%w)", penates.Damaged, err)
		}
		targets = append(targets, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(ctx, s)
	for i := range targets {
		t := &targets[i]
		if t.Settings = settings[t.ID]; t.Settings == nil {
			t.Settings = &Settings{keep: keeper(ctx, s, t.ID)}
		}
	}
	return targets, err
}

// keep stores what is known of the target.
func (t *Target) keep(ctx context.Context, s *vault.Session) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return s.Remember(ctx, remembered, t.ID, b, time.Time{})
}

// Find returns the target that an id or an address means; "" means the only one.
func Find(ctx context.Context, s *vault.Session, name string) (*Target, error) {
	targets, err := Targets(ctx, s)
	if err != nil {
		return nil, err
	}
	for i := range targets {
		t := &targets[i]
		if t.ID == name || t.URL == name || t.Address() == name || name == "" && len(targets) == 1 {
			return t, nil
		}
	}
	switch {
	case len(targets) == 0:
		return nil, fmt.Errorf(`there is no backup yet; "penates backup add" makes one: %w`, penates.NotExist)
	case name == "":
		return nil, fmt.Errorf(`there are %d backups; name one of "penates backup list": %w`, len(targets), penates.Invalid)
	}
	return nil, fmt.Errorf("backup %s: %w", name, penates.NotExist)
}

// Add makes the store at an address a target of the session's vault. The store is
// asked before anything is remembered.
func Add(ctx context.Context, s *vault.Session, open Opener, t Target) (*Target, error) {
	if t.URL == "" || len(t.URL) > maxAddress {
		return nil, fmt.Errorf("address of a backup: %w", penates.Invalid)
	}
	targets, err := Targets(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(targets) >= maxTargets {
		return nil, fmt.Errorf("%d backups: %w", len(targets), penates.TooLarge)
	}
	for _, other := range targets {
		if other.URL == t.URL {
			return nil, fmt.Errorf("a backup to %s: %w", t.Address(), penates.Exists)
		}
	}
	if t.Settings == nil {
		t.Settings = &Settings{}
	}
	st, err := open(ctx, t.URL, t.Settings)
	if err != nil {
		return nil, err
	}
	if t.Durable && !store.Fenced(st) {
		return nil, errors.Join(fmt.Errorf("%s cannot decide between two writers, so commits cannot wait for it: %w", t.Address(), penates.Unsupported), shut(st))
	}
	_, err = ship.Vaults(ctx, st)
	if err = errors.Join(err, shut(st)); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Address(), err)
	}
	t.ID, t.Added = strings.ReplaceAll(penates.NewID("bak"), "_", "-"), time.Now().UTC().Truncate(time.Second)
	if t.Window <= 0 {
		t.Window = DefaultWindow
	}
	if err := t.Settings.keepFor(ctx, s, t.ID); err != nil {
		return nil, err
	}
	return &t, t.keep(ctx, s)
}

// Remove forgets a target. What the store holds stays there.
func Remove(ctx context.Context, s *vault.Session, name string) (*Target, error) {
	t, err := Find(ctx, s, name)
	if err != nil {
		return nil, err
	}
	return t, errors.Join(s.Forget(ctx, remembered, t.ID), forgetSettings(ctx, s, t.ID))
}

// Address returns where the store is, without credentials.
func (t *Target) Address() string { return Redact(t.URL) }

// Redact takes the credentials out of an address.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return address
	}
	if u.Scheme == "file" && u.Host == "" {
		return u.Path
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Local returns the folder of a store that is one, or "".
func (t *Target) Local() string {
	u, err := url.Parse(t.URL)
	switch {
	case err == nil && u.Scheme == "file":
		return filepath.FromSlash(u.Path)
	case filepath.IsAbs(t.URL):
		return t.URL
	}
	return ""
}

// shut closes a store that can be closed.
func shut(st store.Store) error {
	if c, ok := st.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

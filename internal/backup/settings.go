package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"penates"
	"penates/internal/vault"
)

// Settings are what opens a store beyond its address and may change while it is used:
// tokens, which are renewed, and the key a host is known by. They are kept inside the
// vault, apart from the target, which says nothing of them.
type Settings struct {
	mu     sync.Mutex
	values map[string]string
	keep   func(map[string]string) error // nil while the target is not added
}

const (
	rememberedSettings = "backup-settings"
	keepTime           = time.Minute
)

// Get returns a setting.
func (s *Settings) Get(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	return value, ok
}

// Set changes a setting, and keeps it if the target is kept.
func (s *Settings) Set(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[key] = value
	if s.keep == nil {
		return
	}
	if err := s.keep(maps.Clone(s.values)); err != nil {
		slog.Warn("what opens a backup has changed and could not be kept", "setting", key, "error", err)
	}
}

// String says nothing of what they are.
func (s *Settings) String() string { return "(settings)" }

// GoString says nothing of what they are.
func (s *Settings) GoString() string { return "(settings)" }

// LogValue says nothing of what they are.
func (s *Settings) LogValue() slog.Value { return slog.StringValue("(settings)") }

// keeper returns what keeps the settings of a target.
func keeper(ctx context.Context, s *vault.Session, id string) func(map[string]string) error {
	return func(values map[string]string) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		defer cancel()
		b, err := json.Marshal(values)
		if err != nil {
			return err
		}
		return s.Remember(ctx, rememberedSettings, id, b, time.Time{})
	}
}

// keepFor keeps the settings with a target that is added.
func (s *Settings) keepFor(ctx context.Context, session *vault.Session, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keeper(ctx, session, id)
	if len(s.values) == 0 {
		return nil
	}
	return s.keep(maps.Clone(s.values))
}

// settingsOf returns the settings of the session's targets, by their ids.
func settingsOf(ctx context.Context, s *vault.Session) (map[string]*Settings, error) {
	all := map[string]*Settings{}
	err := s.RecallEach(ctx, rememberedSettings, "", func(id string, value []byte) error {
		settings := &Settings{keep: keeper(ctx, s, id)}
		if err := json.Unmarshal(value, &settings.values); err != nil {
			return fmt.Errorf("settings of a backup: %w (%w)", penates.Damaged, err)
		}
		all[id] = settings
		return nil
	})
	return all, err
}

// forgetSettings forgets what opens a target.
func forgetSettings(ctx context.Context, s *vault.Session, id string) error {
	if err := s.Forget(ctx, rememberedSettings, id); err != nil && !errors.Is(err, penates.NotExist) {
		return err
	}
	return nil
}

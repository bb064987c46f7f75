package vault

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
)

// settings are the names of what a person may set, and what each may hold; nil
// means any short text.
var settings = map[string]func(string) bool{
	"name":     nil,
	"language": oneOf("fr", "en"),
	"zone":     func(v string) bool { _, err := time.LoadLocation(v); return err == nil && v != "" },
	"country":  func(v string) bool { return len(v) == 2 && v[0] >= 'A' && v[0] <= 'Z' && v[1] >= 'A' && v[1] <= 'Z' },
	"theme":    oneOf("", "light", "dark"),
}

func oneOf(values ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(values, v) }
}

const maxSetting = 200

// Setting returns a setting of the vault: "name" (the owner's), "language"
// ("fr", "en"), "zone" (IANA), "country" (ISO 3166), "theme" ("", "light",
// "dark"). It is "" when it was never set.
func (s *Session) Setting(ctx context.Context, name string) (value string, err error) {
	if err := s.allowWhole(penates.Read, "settings"); err != nil {
		return "", err
	}
	err = s.read(ctx, func(c *conn) error {
		_, err := c.One("SELECT value FROM settings WHERE name = ?", func(r *sqlite3.Stmt) error {
			value = r.ColumnText(0)
			return nil
		}, name)
		return err
	})
	return value, err
}

// SetSetting changes a setting.
func (s *Session) SetSetting(ctx context.Context, name, value string) error {
	if err := s.allowAdminister("settings"); err != nil {
		return err
	}
	valid, ok := settings[name]
	if !ok || len(value) > maxSetting || valid != nil && !valid(value) {
		return fmt.Errorf("setting %s = %q: %w", name, value, penates.Invalid)
	}
	if err := s.writer().Do(ctx, func(c *conn) error { return setSetting(c, name, value) }); err != nil {
		return err
	}
	return s.record(penates.Change, "settings", nil)
}

func setSetting(c *conn, name, value string) error {
	return c.Run("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

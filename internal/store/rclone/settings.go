package rclone

import (
	"sync"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/obscure"
)

// Settings are what opens a drive and may change while it is used, as a token that is
// renewed: Set keeps a change. They hold secrets, and are kept sealed.
type Settings interface {
	Get(key string) (value string, ok bool)
	Set(key, value string)
}

// Memory is [Settings] that nobody keeps.
type Memory struct {
	mu     sync.Mutex
	values map[string]string
}

// Get implements [Settings].
func (m *Memory) Get(key string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[key]
	return value, ok
}

// Set implements [Settings].
func (m *Memory) Set(key, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[key] = value
}

// String says nothing of what they are.
func (m *Memory) String() string { return "(settings)" }

// GoString says nothing of what they are.
func (m *Memory) GoString() string { return "(settings)" }

// A mapper gives a backend its settings: neither the environment nor a file of
// rclone's own says anything.
type mapper struct {
	info     *fs.RegInfo
	asked    map[string]bool
	fixed    map[string]string
	settings Settings
}

func newMapper(info *fs.RegInfo, p place, secret string, s Settings) (*mapper, error) {
	k := kinds[p.scheme]
	m := &mapper{info: info, asked: map[string]bool{}, fixed: map[string]string{}, settings: s}
	for _, key := range k.asked {
		m.asked[key] = true
	}
	for key, value := range k.fixed {
		m.fixed[key] = value
	}
	if p.scheme == "sftp" {
		m.fixed["host"], m.fixed["port"], m.fixed["user"] = p.host, p.port, p.user
	}
	if secret == "" {
		return m, nil
	}
	hidden, err := obscure.Obscure(secret)
	if err != nil {
		return nil, err
	}
	switch _, key := s.Get("key_pem"); {
	case p.scheme == "sftp" && key:
		m.fixed["key_file_pass"] = hidden
	case p.scheme == "sftp":
		m.fixed["pass"] = hidden
	case p.scheme == "koofr":
		m.fixed["password"] = hidden
	}
	return m, nil
}

// Get implements configmap.Getter.
func (m *mapper) Get(key string) (string, bool) {
	if value, ok := m.fixed[key]; ok {
		return value, true
	}
	if m.asked[key] {
		if value, ok := m.settings.Get(key); ok && value != "" {
			return value, true
		}
	}
	if option := m.info.Options.Get(key); option != nil {
		o := *option
		o.Value = nil // whatever flags and the environment made of it
		return o.String(), true
	}
	return "", false
}

// Set implements configmap.Setter.
func (m *mapper) Set(key, value string) {
	if !m.asked[key] {
		return
	}
	if old, ok := m.settings.Get(key); !ok || old != value {
		m.settings.Set(key, value)
	}
}

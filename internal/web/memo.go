package web

import (
	"context"
	"sync"
	"time"

	"penates/internal/vault"
)

// memoLife is how long an answer computed over the whole vault may be shown
// again; what the person does on the page drops it at once.
const memoLife = 30 * time.Second

// A memo keeps such answers while the vault is open.
type memo struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	at      time.Time
	session *vault.Session // that computed it: answers do not outlive a lock
	value   any
}

func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = nil
}

// remember returns what compute answers, or answered a moment ago.
func remember[T any](v *visit, name string, compute func(context.Context, *vault.Session) (T, error)) (T, error) {
	m := &v.srv.memo
	m.mu.Lock()
	k, ok := m.kept[name]
	m.mu.Unlock()
	if value, same := k.value.(T); ok && same && k.session == v.s && v.now().Sub(k.at) < memoLife {
		return value, nil
	}
	value, err := compute(v.ctx(), v.s)
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]kept{}
	}
	m.kept[name] = kept{v.now(), v.s, value}
	return value, nil
}

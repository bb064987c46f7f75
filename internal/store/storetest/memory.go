package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"penates"
	"penates/internal/store"
)

// A Memory is a store in memory, for tests that do not care where.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

var _ store.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{objects: map[string][]byte{}} }

// PutIfAbsent implements [store.Store].
func (m *Memory) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if err := errors.Join(store.Check(name, data), ctx.Err()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[name]; ok {
		return fmt.Errorf("put %s: %w", name, penates.Exists)
	}
	m.objects[name] = slices.Clone(data)
	return nil
}

// Get implements [store.Store].
func (m *Memory) Get(ctx context.Context, name string) ([]byte, error) {
	if err := errors.Join(store.CheckName(name), ctx.Err()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, fmt.Errorf("get %s: %w", name, penates.NotExist)
	}
	return slices.Clone(data), nil
}

// List implements [store.Store].
func (m *Memory) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if err := errors.Join(store.CheckPrefix(prefix), ctx.Err()); err != nil {
			yield(store.Object{}, err)
			return
		}
		m.mu.Lock()
		objects := maps.Clone(m.objects)
		m.mu.Unlock()
		for _, name := range slices.Sorted(maps.Keys(objects)) {
			if strings.HasPrefix(name, prefix) && name > after && !yield(store.Object{Name: name, Size: int64(len(objects[name]))}, nil) {
				return
			}
		}
	}
}

// Delete implements [store.Store].
func (m *Memory) Delete(ctx context.Context, name string) error {
	if err := errors.Join(store.CheckName(name), ctx.Err()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	return nil
}

// Replace puts other data in the place of an object, or makes one, as a store
// that cannot be trusted does.
func (m *Memory) Replace(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[name] = slices.Clone(data)
}

// Clone returns a store with the same objects: the state an old copy brings back.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Memory{objects: maps.Clone(m.objects)}
}

package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"penates/internal/store"
)

// List implements [store.Store]. Folders that cannot hold what is asked for are
// not read.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if err := store.CheckPrefix(prefix); err != nil {
			yield(store.Object{}, err)
			return
		}
		l := listing{ctx: ctx, files: s.root.FS(), prefix: prefix, after: after, yield: yield}
		l.folder("")
	}
}

type listing struct {
	ctx           context.Context
	files         fs.FS
	prefix, after string
	yield         func(store.Object, error) bool
}

// folder lists what is in the folder whose objects' names begin with in, and
// says whether to go on.
func (l *listing) folder(in string) bool {
	if err := l.ctx.Err(); err != nil {
		l.yield(store.Object{}, err)
		return false
	}
	entries, err := fs.ReadDir(l.files, path.Join(".", in))
	if missing(err) && in != "" {
		return true // gone meanwhile
	}
	if err != nil {
		l.yield(store.Object{}, fmt.Errorf("list: %w", err))
		return false
	}
	names := make(map[string]fs.DirEntry, len(entries))
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		key := in + e.Name()
		if store.CheckName(key) != nil || !e.IsDir() && !e.Type().IsRegular() {
			continue
		}
		if e.IsDir() {
			key += "/" // sorts as the names of the objects in it do
		}
		names[key], keys = e, append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !l.entry(key, names[key]) {
			return false
		}
	}
	return true
}

func (l *listing) entry(key string, e fs.DirEntry) bool {
	if e.IsDir() {
		wanted := strings.HasPrefix(key, l.prefix) || strings.HasPrefix(l.prefix, key)
		passed := key <= l.after && !strings.HasPrefix(l.after, key)
		return !wanted || passed || l.folder(key)
	}
	if !strings.HasPrefix(key, l.prefix) || key <= l.after {
		return true
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		l.yield(store.Object{}, fmt.Errorf("list: %w", err))
		return false
	}
	return l.yield(store.Object{Name: key, Size: info.Size()}, nil)
}

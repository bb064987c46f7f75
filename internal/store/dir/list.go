package dir

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"penates/internal/store"
)

// List implements [store.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return store.Walk(ctx, prefix, after, func(folder string) ([]store.Entry, error) {
		return s.entries(folder, prefix)
	})
}

// entries gives what is in a folder and may begin with prefix.
func (s *Store) entries(folder, prefix string) ([]store.Entry, error) {
	found, err := fs.ReadDir(s.root.FS(), path.Join(".", folder))
	if missing(err) && folder != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries := make([]store.Entry, 0, len(found))
	for _, f := range found {
		e := store.Entry{Name: f.Name(), Folder: f.IsDir()}
		switch {
		case e.Folder:
		case !f.Type().IsRegular() || !strings.HasPrefix(folder+e.Name, prefix):
			continue
		default:
			info, err := f.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // gone meanwhile
			}
			if err != nil {
				return nil, err
			}
			e.Size = info.Size()
		}
		entries = append(entries, e)
	}
	return entries, nil
}

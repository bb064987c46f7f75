package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// An Entry is what a folder of a store with folders holds: an object or a folder.
type Entry struct {
	Name   string // within its folder
	Folder bool
	Size   int64
}

// Walk lists the objects of a store with folders, as [Store] asks: read gives the
// entries of a folder, in any order, none if it is gone. The folder's name is
// empty for the outermost one, else ends in a slash. Folders that cannot hold what
// is asked for are not read, and what is no object is left out.
func Walk(ctx context.Context, prefix, after string, read func(folder string) ([]Entry, error)) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield(Object{}, err)
			return
		}
		w := walk{ctx, prefix, after, read, yield}
		w.folder("")
	}
}

type walk struct {
	ctx           context.Context
	prefix, after string
	read          func(string) ([]Entry, error)
	yield         func(Object, error) bool
}

// folder lists what is in a folder and says whether to go on.
func (w *walk) folder(in string) bool {
	err := w.ctx.Err()
	var entries []Entry
	if err == nil {
		entries, err = w.read(in)
	}
	if err != nil {
		w.yield(Object{}, fmt.Errorf("list: %w", err))
		return false
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return CheckName(in+e.Name) != nil })
	for i, e := range entries {
		if entries[i].Name = in + e.Name; e.Folder {
			entries[i].Name += "/" // sorts as the names of the objects in it do
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range entries {
		if !w.entry(e) {
			return false
		}
	}
	return true
}

func (w *walk) entry(e Entry) bool {
	if e.Folder {
		wanted := strings.HasPrefix(e.Name, w.prefix) || strings.HasPrefix(w.prefix, e.Name)
		passed := e.Name <= w.after && !strings.HasPrefix(w.after, e.Name)
		return !wanted || passed || w.folder(e.Name)
	}
	if !strings.HasPrefix(e.Name, w.prefix) || e.Name <= w.after {
		return true
	}
	return w.yield(Object{e.Name, e.Size}, nil)
}

package rclone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	_ "github.com/rclone/rclone/backend/memory"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/configmap"

	"penates"
	"penates/internal/store"
	"penates/internal/store/storetest"
)

// A provided is a drive in memory that behaves as one of a provider: objects appear whole,
// nothing is linked, and a name may have two files.
type provided struct {
	fs.Fs
	features fs.Features
	thrice   bool // every file is listed three times
}

func (p *provided) Features() *fs.Features { return &p.features }

type numbered struct {
	fs.Object
	id string
}

func (n numbered) ID() string { return n.id }

func (p *provided) List(ctx context.Context, dir string) (entries fs.DirEntries, err error) {
	listed, err := p.Fs.List(ctx, dir)
	for _, e := range listed {
		o, ok := e.(fs.Object)
		if !ok || !p.thrice {
			entries = append(entries, e)
			continue
		}
		entries = append(entries, numbered{o, "2"}, numbered{o, "1"}, numbered{o, "3"})
	}
	return entries, err
}

func folder(tb testing.TB, name string, duplicates bool) *Store {
	tb.Helper()
	info, err := fs.Find("memory")
	if err != nil {
		tb.Fatal(err)
	}
	f, err := info.NewFs(configured(context.WithoutCancel(tb.Context())), "memory", name, configmap.Simple{})
	if err != nil {
		tb.Fatal(err)
	}
	p := &provided{Fs: f, features: *f.Features()}
	if duplicates {
		p.features.DuplicateFiles, p.thrice = true, true
	}
	s, err := openFs(tb.Context(), p)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestProvided(t *testing.T) {
	storetest.RunFew(t, func(tb testing.TB) storetest.Place {
		name := strings.ToLower(rand.Text())
		return func(tb testing.TB) store.Store { return folder(tb, name, false) }
	})
}

func TestTwoFilesOfOneName(t *testing.T) {
	s := folder(t, strings.ToLower(rand.Text()), true)
	for i := range 3 {
		if err := s.PutIfAbsent(t.Context(), fmt.Sprintf("a/%d", i), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if names := storetest.Names(t, s, "", ""); len(names) != 3 {
		t.Errorf("there is %q", names)
	}
	for range 2 {
		o, err := s.find(t.Context(), "a/1")
		if err != nil || id(o) != "1" {
			t.Errorf("%v, %v", o, err)
		}
	}
	if err := s.Delete(t.Context(), "a/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a/1"); !errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
}

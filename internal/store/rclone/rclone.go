// Package rclone keeps objects as files of whatever drives rclone's backends reach that
// are chosen in kinds.go: hosts by SFTP, Dropbox, Google Drive, OneDrive. It is the only
// package that imports rclone.
//
// Drives differ in what they do in one step. On a host of SFTP data are uploaded under a
// name of their own and linked to theirs, which hosts with hard links refuse when the
// name is taken: of several writers exactly one wins. Open tries that; where it does not
// hold, and on all drives of providers, a put looks whether the name is free and then
// takes it, so that the store is not [store.Fenced]. Whole objects appear at once in both:
// where uploads can be seen while they last, they are moved to their name afterwards.
//
// A host of SFTP is known by its key, which is learned the first time and kept with the
// [Settings]; another is refused. Neither files nor variables of rclone's own are read.
//
// Drives do not say whether what they acknowledge is on disk.
package rclone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"github.com/rclone/rclone/fs"

	"penates"
	"penates/internal/store"
)

const (
	newFolder     = ".new" // of what is no object yet, and in no list
	abandoned     = 24 * time.Hour
	slots         = 8 // calls at a time, each of which may be a connection
	tries         = 4
	closeTime     = 10 * time.Second
	maxDuplicates = 10_000
)

// A Store is a folder of a drive.
type Store struct {
	fs     fs.Fs
	fenced bool
	slots  chan struct{}
	calls  sync.WaitGroup

	mu     sync.Mutex
	names  map[string]*naming
	doubts map[string]fs.Object // which of several files of a name is the object
}

// A naming is a name that is being put.
type naming struct {
	sync.Mutex
	waiting int
}

var _ store.Store = (*Store)(nil)

// Open returns the store at an address like sftp://user@host/folder or dropbox:folder,
// without a password. The folder is made if need be.
func Open(ctx context.Context, address, secret string, settings Settings) (*Store, error) {
	p, err := parse(address)
	if err != nil {
		return nil, err
	}
	if settings == nil {
		settings = &Memory{}
	}
	f, err := connect(ctx, p, secret, settings)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", explain(ctx, err))
	}
	return openFs(ctx, f)
}

// connect makes a backend.
func connect(ctx context.Context, p place, secret string, settings Settings) (fs.Fs, error) {
	info, err := find(p.scheme)
	if err != nil {
		return nil, err
	}
	m, err := newMapper(info, p, secret, settings)
	if err != nil {
		return nil, err
	}
	if p.scheme == "sftp" {
		if err := learn(ctx, p, settings); err != nil {
			return nil, err
		}
	}
	return patient(ctx, func() (fs.Fs, error) {
		// Backends keep the context for as long as they live.
		return info.NewFs(configured(context.WithoutCancel(ctx)), "penates-"+p.scheme, p.folder, m)
	})
}

// patient waits for a backend, at most as long as ctx lasts.
func patient(ctx context.Context, open func() (fs.Fs, error)) (fs.Fs, error) {
	type opened struct {
		fs  fs.Fs
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := open()
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.fs, o.err
	case <-ctx.Done():
		go func() { _ = shut((<-done).fs) }()
		return nil, ctx.Err()
	}
}

func shut(f fs.Fs) error {
	if f == nil || f.Features().Shutdown == nil {
		return nil
	}
	return f.Features().Shutdown(context.Background())
}

// openFs makes a store of a backend.
func openFs(ctx context.Context, f fs.Fs) (*Store, error) {
	quiet()
	s := &Store{fs: f, slots: make(chan struct{}, slots), names: map[string]*naming{}, doubts: map[string]fs.Object{}}
	err := s.again(ctx, func() error { return s.do(ctx, func(ctx context.Context) error { return f.Mkdir(ctx, "") }) })
	if features := f.Features(); err == nil && features.PartialUploads {
		if features.Move == nil {
			err = fmt.Errorf("the drive cannot move files: %w", penates.Unsupported)
		} else {
			err = s.sweep(ctx)
		}
		if err == nil && features.Copy != nil {
			err = s.probe(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

// Fenced reports whether the drive decides between writers.
func (s *Store) Fenced() bool { return s.fenced }

// Close gives connections back, when the calls under way have ended.
func (s *Store) Close() error {
	ended := make(chan error, 1)
	go func() {
		s.calls.Wait()
		ended <- shut(s.fs)
	}()
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return nil // they end by themselves when the host is silent for a minute
	}
}

// ask calls rclone, some of whose backends do not look at the context: what they say
// after it has ended is lost.
func ask[T any](ctx context.Context, s *Store, call func(context.Context) (T, error)) (none T, err error) {
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	s.calls.Go(func() {
		defer func() { <-s.slots }()
		value, err := call(configured(ctx))
		done <- answer{value, err}
	})
	select {
	case a := <-done:
		return a.value, explain(ctx, a.err)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// do is ask for what has no answer.
func (s *Store) do(ctx context.Context, call func(context.Context) error) error {
	_, err := ask(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

// look asks for the file of a name.
func (s *Store) look(ctx context.Context, name string) (fs.Object, error) {
	return ask(ctx, s, func(ctx context.Context) (fs.Object, error) { return s.fs.NewObject(ctx, name) })
}

// again makes a call several times, if it fails for reasons that may pass.
func (s *Store) again(ctx context.Context, call func() error) error {
	for try := 1; ; try++ {
		err := call()
		if settled(err) || try == tries {
			return err
		}
		timer := time.NewTimer(time.Duration(50<<try) * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// probe finds out whether the host gives a file a second name, and refuses one that is
// taken.
func (s *Store) probe(ctx context.Context) error {
	first, err := s.enter(ctx, []byte("put by Penates to see what this host can do\n"))
	if err != nil {
		return err
	}
	defer s.tidy(ctx, first.Remote())
	second := newName()
	if err := s.link(ctx, first, second); err != nil {
		return ctx.Err() // it cannot
	}
	defer s.tidy(ctx, second)
	other, err := s.enter(ctx, []byte("another\n"))
	if err != nil {
		return err
	}
	defer s.tidy(ctx, other.Remote())
	s.fenced = linkRefused(s.link(ctx, other, second))
	return ctx.Err()
}

// sweep removes what writers that died long ago left, by the host's clock.
func (s *Store) sweep(ctx context.Context) error {
	entries, err := s.within(ctx, newFolder)
	if err != nil && !missing(err) {
		return err
	}
	now := time.Now()
	for _, e := range entries {
		if o, ok := e.(fs.Object); ok && now.Sub(o.ModTime(ctx)) > abandoned {
			if err := s.remove(ctx, o.Remote()); err != nil && !missing(err) {
				return err
			}
		}
	}
	return nil
}

// PutIfAbsent implements [store.Store].
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	err := errors.Join(store.Check(name, data), ctx.Err())
	if err == nil {
		defer s.hold(name)()
		err = s.again(ctx, func() error { return s.absent(ctx, name) })
	}
	if err == nil {
		err = s.put(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// hold keeps other callers in this process away from a name until it is let go of.
func (s *Store) hold(name string) (letGo func()) {
	s.mu.Lock()
	n := s.names[name]
	if n == nil {
		n = &naming{}
		s.names[name] = n
	}
	n.waiting++
	s.mu.Unlock()
	n.Lock()
	return func() {
		n.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if n.waiting--; n.waiting == 0 {
			delete(s.names, name)
		}
	}
}

// absent returns an error unless nothing has that name.
func (s *Store) absent(ctx context.Context, name string) error {
	_, err := s.find(ctx, name)
	switch {
	case err == nil:
		return penates.Exists
	case missing(err):
		return nil
	}
	return err
}

// find returns the file of a name.
func (s *Store) find(ctx context.Context, name string) (o fs.Object, err error) {
	s.mu.Lock()
	known := s.doubts[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	if o, err = s.look(ctx, name); refused(err) && s.below(ctx, name) {
		err = penates.NotExist
	}
	return o, err
}

// refused reports whether a host says that it cannot, rather than that it is not there.
func refused(err error) bool {
	var status *sftp.StatusError
	var path *os.PathError
	return !settled(err) && (errors.As(err, &status) || errors.As(err, &path))
}

// below reports whether a name is one below a file, which hosts call by many names.
func (s *Store) below(ctx context.Context, name string) bool {
	for in := path.Dir(name); in != "."; in = path.Dir(in) {
		if _, err := s.look(ctx, in); err == nil {
			return true
		}
	}
	return false
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	err := errors.Join(store.CheckName(name), ctx.Err())
	var data []byte
	if err == nil {
		err = s.again(ctx, func() error {
			data, err = s.read(ctx, name)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return data, nil
}

func (s *Store) read(ctx context.Context, name string) ([]byte, error) {
	o, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return ask(ctx, s, func(ctx context.Context) ([]byte, error) { return readAll(ctx, o) })
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return store.Walk(ctx, prefix, after, func(folder string) ([]store.Entry, error) {
		entries, err := s.within(ctx, strings.TrimSuffix(folder, "/"))
		if missing(err) && folder != "" {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return s.entries(entries)
	})
}

// within returns what is in a folder.
func (s *Store) within(ctx context.Context, folder string) (entries fs.DirEntries, err error) {
	err = s.again(ctx, func() (err error) {
		entries, err = ask(ctx, s, func(ctx context.Context) (fs.DirEntries, error) { return s.fs.List(ctx, folder) })
		return err
	})
	return entries, err
}

// entries returns what rclone lists as a folder of a store. Of several files of a name,
// which some drives have, one is the object from then on: the one of the lowest id.
func (s *Store) entries(listed fs.DirEntries) (entries []store.Entry, err error) {
	files := map[string]fs.Object{}
	for _, e := range listed {
		o, ok := e.(fs.Object)
		if !ok {
			entries = append(entries, store.Entry{Name: path.Base(e.Remote()), Folder: true})
			continue
		}
		if other := files[o.Remote()]; other != nil {
			if o, err = s.choose(other, o); err != nil {
				return nil, err
			}
		}
		files[o.Remote()] = o
	}
	for name, o := range files {
		entries = append(entries, store.Entry{Name: path.Base(name), Size: o.Size()})
	}
	return slices.CompactFunc(entries, func(a, b store.Entry) bool { return a == b && a.Folder }), nil
}

// choose says which of two files of a name is the object.
func (s *Store) choose(one, other fs.Object) (fs.Object, error) {
	if id(other) < id(one) {
		one = other
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.doubts) >= maxDuplicates {
		return nil, fmt.Errorf("more than %d names have two files on this drive, %s the last: %w", maxDuplicates, one.Remote(), penates.Damaged)
	}
	s.doubts[one.Remote()] = one
	return one, nil
}

func id(o fs.Object) string {
	if i, ok := o.(fs.IDer); ok {
		return i.ID()
	}
	return ""
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, name string) error {
	err := errors.Join(store.CheckName(name), ctx.Err())
	if err == nil {
		err = s.again(ctx, func() error { return s.remove(ctx, name) })
	}
	if err != nil && !missing(err) {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, name string) error {
	for range maxDuplicates { // of a name
		o, err := s.find(ctx, name)
		if err != nil {
			return err
		}
		err = s.do(ctx, o.Remove)
		s.mu.Lock()
		delete(s.doubts, name)
		s.mu.Unlock()
		if err != nil && !missing(err) || !s.fs.Features().DuplicateFiles {
			return err
		}
	}
	return nil
}

func readAll(ctx context.Context, o fs.Object) (data []byte, err error) {
	if o.Size() > store.MaxObject {
		return nil, fmt.Errorf("more than %d bytes: %w", store.MaxObject, penates.Damaged)
	}
	in, err := o.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	data, err = io.ReadAll(io.LimitReader(in, store.MaxObject+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > store.MaxObject:
		return nil, fmt.Errorf("more than %d bytes: %w", store.MaxObject, penates.Damaged)
	case o.Size() >= 0 && int64(len(data)) != o.Size():
		return nil, fmt.Errorf("%d of %d bytes came: %w", len(data), o.Size(), io.ErrUnexpectedEOF)
	}
	return data, nil
}

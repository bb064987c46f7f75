package rclone

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/hash"

	"penates"
)

// A body is data that are uploaded, until the caller wants them back.
type body struct {
	mu   sync.Mutex
	data *bytes.Reader
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.data == nil {
		return 0, context.Canceled
	}
	return b.data.Read(p)
}

func (b *body) abandon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = nil
}

// A source is what rclone wants to know of what is uploaded.
type source struct {
	name string
	size int64
	at   time.Time
}

func (s source) Fs() fs.Info                                     { return nil }
func (s source) String() string                                  { return s.name }
func (s source) Remote() string                                  { return s.name }
func (s source) ModTime(context.Context) time.Time               { return s.at }
func (s source) Size() int64                                     { return s.size }
func (s source) Hash(context.Context, hash.Type) (string, error) { return "", hash.ErrUnsupported }
func (s source) Storable() bool                                  { return true }
func (s source) Metadata(context.Context) (fs.Metadata, error)   { return nil, nil }
func (s source) UnWrap() fs.Object                               { return nil }

// upload writes a file of a name that nobody else uses, or that is not there.
func (s *Store) upload(ctx context.Context, name string, data []byte) (fs.Object, error) {
	in := &body{data: bytes.NewReader(data)}
	defer in.abandon()
	put := s.fs.Put
	if f := s.fs.Features(); f.DuplicateFiles && f.PutUnchecked != nil {
		put = f.PutUnchecked // which does not look whether it is there once more
	}
	return ask(ctx, s, func(ctx context.Context) (fs.Object, error) {
		o, err := put(ctx, in, source{name, int64(len(data)), time.Now()})
		if err == nil && o.Size() >= 0 && o.Size() != int64(len(data)) {
			err = fmt.Errorf("%d of %d bytes were stored", o.Size(), len(data))
		}
		return o, err
	})
}

// put decides how an object that is not there yet gets there.
func (s *Store) put(ctx context.Context, name string, data []byte) error {
	switch {
	case s.fenced:
		return s.putLinked(ctx, name, data)
	case s.fs.Features().PartialUploads:
		return s.putMoved(ctx, name, data)
	}
	return s.again(ctx, func() error {
		_, err := s.upload(ctx, name, data)
		if settled(err) {
			return err
		}
		return s.judge(ctx, name, data, err)
	})
}

func newName() string { return newFolder + "/" + strings.ToLower(rand.Text()) }

// enter uploads data under a name of their own, before they get theirs.
func (s *Store) enter(ctx context.Context, data []byte) (o fs.Object, err error) {
	err = s.again(ctx, func() error {
		file := newName()
		o, err = s.upload(ctx, file, data)
		if err != nil {
			s.tidy(ctx, file)
		}
		return err
	})
	return o, err
}

// putLinked gives the data a second name, which the host does in one step and refuses
// when that is taken, and takes the first away.
func (s *Store) putLinked(ctx context.Context, name string, data []byte) error {
	file, err := s.enter(ctx, data)
	if err != nil {
		return err
	}
	defer s.tidy(ctx, file.Remote())
	return s.again(ctx, func() error {
		err := s.link(ctx, file, name)
		if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		got, no := s.read(ctx, name)
		switch {
		case missing(no):
			return err
		case no != nil:
			return errors.Join(no, err)
		case linkRefused(err) || !bytes.Equal(got, data):
			return penates.Exists
		}
		return errUnsure
	})
}

func (s *Store) link(ctx context.Context, file fs.Object, name string) error {
	return s.do(ctx, func(ctx context.Context) error {
		_, err := s.fs.Features().Copy(ctx, file, name)
		return err
	})
}

// putMoved moves the data to their name when nothing is there. Another writer may come
// in between.
func (s *Store) putMoved(ctx context.Context, name string, data []byte) error {
	file, err := s.enter(ctx, data)
	if err != nil {
		return err
	}
	err = s.absent(ctx, name)
	if err == nil {
		err = s.do(ctx, func(ctx context.Context) error {
			_, err := s.fs.Features().Move(ctx, file, name)
			return err
		})
	}
	if err != nil {
		err = s.judge(ctx, name, data, err)
		s.tidy(ctx, file.Remote())
	}
	return err
}

// judge says what became of a put that failed, where there is only one writer.
func (s *Store) judge(ctx context.Context, name string, data []byte, err error) error {
	if settled(err) {
		return err
	}
	got, no := s.read(ctx, name)
	switch {
	case no != nil:
		return err
	case bytes.Equal(got, data):
		return nil
	}
	return errors.Join(penates.Exists, err)
}

// tidy removes what is not needed, also for a caller that has given up. What is left is
// removed later.
func (s *Store) tidy(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = s.remove(ctx, name)
}

package importer

import (
	"context"
	"errors"
	"io"

	"penates"
	"penates/internal/walk"
)

// spool holds an archive that lies inside another one in the store, which seals
// it, while it is read.
func (i *Import) spool(ctx context.Context, name string, r io.Reader) (walk.Spooled, error) {
	id, size, err := i.store.Keep(ctx, name, "application/zip", r)
	if err != nil {
		return nil, err
	}
	content, err := i.store.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	return &spooled{content, size, func() error { return i.forget(ctx, id) }}, nil
}

type spooled struct {
	content io.ReadSeekCloser
	size    int64
	forget  func() error
}

func (s *spooled) Size() int64 { return s.size }

// ReadAt may be used by one goroutine at a time.
func (s *spooled) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, penates.Invalid
	}
	if _, err := s.content.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.content, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

func (s *spooled) Close() error { return errors.Join(s.content.Close(), s.forget()) }

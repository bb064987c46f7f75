package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"penates"
)

// A Kept is a file an earlier import kept.
type Kept struct {
	Blob penates.BlobID
	Path string // where it was met
	Size int64
}

// Again reads files the store keeps already, as if they came in now, from the one
// with number from on: those before it were read by an import that was stopped. One
// that cannot be read is refused, and the others are read. After each, done hears how
// many of files are read; an error it returns ends the reading.
func (i *Import) Again(ctx context.Context, files []Kept, from int, done func(n int) error) error {
	for n, f := range files {
		i.meter.Total += f.Size
		if n < from {
			i.meter.Done += f.Size
		}
	}
	for n, f := range files[from:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		i.meter.Done += f.Size
		i.ahead = f.Size
		if err := i.again(ctx, f); err != nil {
			return err
		}
		i.ahead = 0
		i.tell(f.Path)
		if err := done(from + n + 1); err != nil {
			return err
		}
	}
	return nil
}

func (i *Import) again(ctx context.Context, f Kept) error {
	head := Head{Name: path.Base(f.Path), Path: f.Path, Size: f.Size}
	var err error
	if head.Bytes, err = i.head(ctx, f.Blob); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		i.report.refuse(f.Path, 0, 1, fmt.Errorf("the bytes that were kept of it cannot be read: %w", err))
		return nil
	}
	return i.give(ctx, head, f.Blob, false)
}

// head returns the first bytes of a file that is kept.
func (i *Import) head(ctx context.Context, id penates.BlobID) ([]byte, error) {
	r, err := i.store.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, HeadSize))
	return b, errors.Join(err, r.Close())
}

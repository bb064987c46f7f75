package gallery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"penates"
	"penates/internal/pdfdoc"
	"penates/internal/schema"
	"penates/internal/thumbnail"
	"penates/internal/vault"
)

// PDF is the media type of papers, of which scanned ones have a thumbnail.
const PDF = "application/pdf"

// maxTime bounds the looking for a picture in a paper.
const maxTime = 20 * time.Second

// Thumbnail returns a small picture of a file that the session may see: of a picture,
// or of the first page of a scanned paper, which is a picture itself. A page that is
// drawn has none.
func Thumbnail(ctx context.Context, s *vault.Session, shelf *thumbnail.Shelf, file schema.File) ([]byte, error) {
	open := func() (io.ReadSeekCloser, error) {
		f, _, err := s.Blob(ctx, file.Blob)
		return f, err
	}
	switch {
	case slices.Contains(thumbnail.Types, file.Mime):
		return shelf.Of(ctx, file.Blob, open)
	case file.Mime == PDF && file.Size <= pdfdoc.MaxSize:
		return shelf.Made(ctx, file.Blob, func() ([]byte, error) {
			r, err := open()
			if err != nil {
				return nil, err
			}
			content, err := io.ReadAll(io.LimitReader(r, pdfdoc.MaxSize))
			if err = errors.Join(err, r.Close()); err != nil {
				return nil, err
			}
			return firstPage(ctx, content)
		})
	}
	return nil, fmt.Errorf("thumbnail: %w", penates.NotExist)
}

// firstPage returns a small picture of the first picture of a PDF that can be read and
// is as large as a page.
func firstPage(ctx context.Context, content []byte) (thumb []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	doc, err := pdfdoc.Open(ctx, content)
	if err != nil {
		return nil, fmt.Errorf("thumbnail: %w (%w)", penates.NotExist, err)
	}
	const most = 8 // pictures that are looked at
	seen := 0
	doc.Images(func(i pdfdoc.Image) bool {
		switch {
		case i.JPEG != nil:
			thumb, err = thumbnail.Make(ctx, bytes.NewReader(i.JPEG))
		case i.Grey != nil:
			thumb, err = thumbnail.Of(i.Grey)
		}
		seen++
		return (err != nil || thumb == nil) && seen < most && ctx.Err() == nil
	})
	if err != nil || thumb == nil {
		return nil, fmt.Errorf("a paper without a picture of its first page: %w", penates.NotExist)
	}
	return thumb, nil
}

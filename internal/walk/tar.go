package walk

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"penates"
)

// tar looks into a tar (POSIX.1-2001, GNU, and the older forms). Where it comes
// out of a gzip, cut tells whether that ended too early.
func (w *walker) tar(ctx context.Context, s source, whole *budget, cut *bool) error {
	t := tar.NewReader(s.r)
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n > w.Limits.Entries {
			return w.Refuse(s.path, fmt.Errorf("a tar of more than %d members: %w", w.Limits.Entries, penates.TooLarge))
		}
		h, err := t.Next()
		var over *overrun
		switch {
		case errors.Is(err, io.EOF) && (cut == nil || !*cut):
			return nil
		case errors.As(err, &over):
			return over
		case err != nil:
			return w.Refuse(s.path, tarError(err, cut, n))
		}
		goOn, err := w.tarMember(ctx, s, whole, h, t)
		if err != nil || !goOn {
			return err
		}
	}
}

func tarError(err error, cut *bool, n int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || cut != nil && *cut {
		return fmt.Errorf("cut short: what stands before the cut (%d members) was read: %w", n, penates.Damaged)
	}
	return fmt.Errorf("unreadable after %d members: %w (%w)", n, penates.Damaged, err)
}

func (w *walker) tarMember(ctx context.Context, s source, whole *budget, h *tar.Header, t *tar.Reader) (goOn bool, err error) {
	name, err := cleanName(h.Name, w.Limits.Name)
	switch {
	case h.Typeflag == tar.TypeXGlobalHeader || h.Typeflag == tar.TypeDir:
		return true, nil
	case err != nil:
		return true, w.Refuse(s.path, err)
	case isNoise(name) || h.Typeflag == tar.TypeLink: // its content stands under the other name
		return true, nil
	}
	at := s.path + "/" + name
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
	case tar.TypeSymlink:
		if linkStays(name, h.Linkname) {
			return true, nil
		}
		return true, w.Refuse(at, errLink)
	default:
		return true, w.Refuse(at, errSpecial)
	}
	r := &ended{r: t}
	err = w.file(ctx, source{path: at, size: h.Size, r: r, depth: s.depth + 1, whole: whole})
	return !r.early, err
}

// ended remembers that its reader ended too early, after which nothing of the
// archive can follow.
type ended struct {
	r     io.Reader
	early bool
}

func (e *ended) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF {
		e.early = true
	}
	return n, err
}

// gzip looks into what gzip (RFC 1952) compressed: a tar, whose members then
// count as those of this archive, or one file.
func (w *walker) gzip(ctx context.Context, s source) error {
	packed := &credited{s.r, &budget{}}
	z, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return w.Refuse(s.path, fmt.Errorf("not a whole gzip: %w", penates.Damaged))
	}
	return w.within(s, func(whole *budget) error {
		packed.whole = whole
		inner := &cutShort{r: z}
		body := &tracked{ctx: ctx, r: inner, whole: whole}
		br := w.spare.take(body)
		defer w.spare.give(br)
		head, err := br.Peek(HeadSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return w.failed(ctx, s.path, body, err)
		}
		if archiveKind(head) == tarType {
			s.r = br
			return w.tar(ctx, s, whole, &inner.cut)
		}
		at := s.path + "/" + gunzippedName(s.path, z.Name, w.Limits.Name)
		err = w.file(ctx, source{path: at, size: -1, r: br, depth: s.depth + 1, cut: &inner.cut, whole: whole, paid: true})
		if err == nil && inner.cut {
			err = w.Refuse(s.path, fmt.Errorf("cut short, its end is missing: %w", penates.Damaged))
		}
		return err
	})
}

// gunzippedName is the name of the one file in a gzip: as its header says, else
// that of the gzip without its ending.
func gunzippedName(gz, header string, limit int) string {
	if name, err := cleanName(header, limit); err == nil {
		return path.Base(name)
	}
	base := path.Base(gz)
	if name := strings.TrimSuffix(base, path.Ext(base)); name != "" {
		return name
	}
	return base
}

// cutShort reads as if a stream that ends too early ended there, and remembers.
type cutShort struct {
	r   io.Reader
	cut bool
}

func (c *cutShort) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		c.cut, err = true, io.EOF
	}
	return n, err
}

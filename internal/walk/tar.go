package walk

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

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

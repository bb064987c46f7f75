package walk

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"

	"penates"
)

// maxWindow is how far back compressed bytes may refer to, which must be held in
// memory; the programs themselves use at most 64 MiB unless told otherwise.
const maxWindow = 64 << 20

// unpack returns what kind of compression packed into r, and the name of the file
// that it says it holds.
func unpack(kind string, r io.Reader) (out io.Reader, name string, done func(), err error) {
	done = func() {}
	switch kind {
	case bzipType:
		return bzip2.NewReader(r), "", done, nil
	case xzType:
		out, err = xz.NewReader(r, maxWindow)
		return out, "", done, err
	case zstdType:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
		if err != nil {
			return nil, "", done, err
		}
		return z, "", z.Close, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, "", done, err
	}
	return z, z.Name, done, nil
}

// packed looks into what gzip (RFC 1952), bzip2, xz or zstd (RFC 8878) compressed: a
// tar, whose members then count as those of this archive, or one file.
func (w *walker) packed(ctx context.Context, kind string, s source) error {
	packed := &credited{s.r, &budget{}}
	z, inside, done, err := unpack(kind, bufio.NewReader(packed))
	if err != nil {
		return w.Refuse(s.path, fmt.Errorf("not a whole %s: %w", kind[strings.LastIndexAny(kind, "/-")+1:], penates.Damaged))
	}
	defer done()
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
		at := s.path + "/" + unpackedName(s.path, inside, w.Limits.Name)
		err = w.file(ctx, source{path: at, size: -1, r: br, depth: s.depth + 1, cut: &inner.cut, whole: whole, paid: true})
		if err == nil && inner.cut {
			err = w.Refuse(s.path, fmt.Errorf("cut short, its end is missing: %w", penates.Damaged))
		}
		return err
	})
}

// unpackedName is the name of the one file in a compressed one: as its header says,
// else that of the file without its ending.
func unpackedName(packed, header string, limit int) string {
	if name, err := cleanName(header, limit); err == nil {
		return path.Base(name)
	}
	base := path.Base(packed)
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
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, xz.ErrBuf) {
		c.cut, err = true, io.EOF
	}
	return n, err
}

package walk

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"penates"
)

// zipFile looks into a zip (PKWARE APPNOTE 6.3). It needs to be read from its
// end, so one that comes as a stream is spooled.
func (w *walker) zipFile(ctx context.Context, s source) error {
	if s.at != nil {
		return w.within(s, func(whole *budget) error { return w.zip(ctx, s, whole) })
	}
	if w.Spool == nil {
		return w.Refuse(s.path, fmt.Errorf("a zip inside an archive: %w", penates.Unsupported))
	}
	held, err := w.Spool(ctx, s.path, s.r)
	if err != nil {
		return err
	}
	s.at, s.size = held, held.Size()
	if count := spanned(held, s.size); count > 1 && s.depth == 0 && w.Aside != nil {
		return errors.Join(w.Aside(ctx, s.path, held, count), held.Close())
	}
	err = w.within(s, func(whole *budget) error { return w.zip(ctx, s, whole) })
	return errors.Join(err, held.Close())
}

func (w *walker) zip(ctx context.Context, s source, whole *budget) error {
	whole.packed = s.size
	if parts := spanned(s.at, s.size); parts > 0 {
		if err := w.Refuse(s.path, errSpanned(parts, w.apart[s.path])); err != nil {
			return err
		}
	}
	directory := &directory{ReaderAt: s.at, limits: w.Limits}
	z, err := zip.NewReader(directory, s.size)
	switch {
	case directory.over:
		return w.Refuse(s.path, fmt.Errorf("a zip of more than %d members: %w", w.Limits.Entries, penates.TooLarge))
	case err != nil:
		return w.salvage(ctx, s, whole)
	}
	directory.opened = true
	if len(z.File) > w.Limits.Entries {
		return w.Refuse(s.path, fmt.Errorf("a zip of %d members: %w", len(z.File), penates.TooLarge))
	}
	packed := uint64(0)
	for _, m := range z.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Members that share bytes let a small archive unpack to anything.
		if packed += m.CompressedSize64; packed > uint64(s.size) || m.CompressedSize64 > uint64(s.size) {
			return w.Refuse(s.path, fmt.Errorf("a zip whose members overlap, from %q on: %w", clip(m.Name), penates.Invalid))
		}
		if err := w.zipMember(ctx, s, m, whole); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) zipMember(ctx context.Context, s source, m *zip.File, whole *budget) error {
	name, err := cleanName(m.Name, w.Limits.Name)
	if err != nil {
		return w.Refuse(s.path, err)
	}
	path := s.path + "/" + name
	mode := m.Mode()
	switch {
	case mode.IsDir() || strings.HasSuffix(m.Name, "/") || isNoise(name):
		return nil
	case m.Flags&encryptedFlag != 0:
		return w.Refuse(path, errEncrypted)
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return w.Refuse(path, errMethod(m.Method))
	case mode&fs.ModeSymlink == 0 && !mode.IsRegular():
		return w.Refuse(path, errSpecial)
	}
	r, err := m.Open()
	if err != nil {
		return w.Refuse(path, readError(zipError(err)))
	}
	defer r.Close()
	if mode&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(r, int64(w.Limits.Name)))
		if err != nil || !linkStays(name, string(target)) {
			return w.Refuse(path, errLink)
		}
		return nil
	}
	size := int64(min(m.UncompressedSize64, 1<<62))
	return w.file(ctx, source{path: path, size: size, r: zipReader{r}, depth: s.depth + 1, whole: whole})
}

const encryptedFlag = 1

var errEncrypted = fmt.Errorf("encrypted: unpack it with its password and import what comes out: %w", penates.Unsupported)

func errMethod(method uint16) error {
	return fmt.Errorf("compressed in a way that is not known here (zip method %d): %w", method, penates.Unsupported)
}

// zipReader gives the errors of a member a kind.
type zipReader struct{ io.Reader }

func (z zipReader) Read(p []byte) (int, error) {
	n, err := z.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = zipError(err)
	}
	return n, err
}

func zipError(err error) error {
	if errors.Is(err, zip.ErrChecksum) {
		return fmt.Errorf("its bytes do not match its checksum: %w", penates.Damaged)
	}
	return err
}

// directory watches the list of members being read, which the standard library
// holds in memory whole: it fails when the list is too long.
type directory struct {
	io.ReaderAt
	limits  Limits
	opened  bool
	over    bool
	bytes   int64
	entries int
	next    int64  // offset after the last read
	tail    []byte // its last bytes, where a signature may have begun
}

var directorySignature = []byte("PK\x01\x02")

func (d *directory) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.ReaderAt.ReadAt(p, off)
	if d.opened {
		return n, err
	}
	if off != d.next {
		d.tail = d.tail[:0]
	}
	d.entries += bytes.Count(append(d.tail, p[:n]...), directorySignature)
	d.tail = append(d.tail[:0], p[max(0, n-len(directorySignature)+1):n]...)
	d.next = off + int64(n)
	d.bytes += int64(n)
	// The end of the file is read up to three times, and may hold part of the list.
	const twice = 4096
	if d.bytes > d.limits.Directory+1<<20 || d.entries > d.limits.Entries+twice {
		d.over = true
		return 0, penates.TooLarge
	}
	return n, err
}

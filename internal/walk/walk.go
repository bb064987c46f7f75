// Package walk finds the files a person drops on Penates: alone, in folders, in
// zip and tar archives, compressed by gzip, bzip2, xz or zstd, in archives within
// archives, and in archives that were cut into parts.
//
// Everything is recognised by content and streamed: nothing is written to disk
// by this package, and memory does not grow with the size of what is walked.
// Whatever cannot be read is refused with the place it was found at, and the
// rest goes on. Names inside archives are never used as paths of the machine;
// names that try to leave their archive are refused all the same, because an
// archive that carries them is not what it says.
package walk

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"penates"
)

// HeadSize is how much of a file is known before it is read.
const HeadSize = 64 << 10

// A File is a file that was found.
type File struct {
	// Path is where it was found, slash-separated and beginning with the last
	// element of the path walked, as in "takeout.zip/Mail/all.mbox".
	Path string
	// Size is what the folder or archive says it is, or -1 when it does not say.
	Size int64
	// Head is the first HeadSize bytes, or all there is.
	Head []byte
	// Body is the whole content, to be read once, before Visit returns.
	Body io.Reader

	cut *bool
}

// Cut reports, once Body was read, that the end of the file is missing: it was
// compressed and the compressed bytes end too early. The Visitor's Refuse is
// told of it after Visit.
func (f *File) Cut() bool { return f.cut != nil && *f.cut }

// A Visitor is told what is found, in a fixed order (names sorted, members as
// they stand in their archive). An error it returns ends the walk, except one
// from Visit when Body could not be read: that file is refused.
type Visitor interface {
	// Claims reports that f, although it is an archive, is to be visited whole.
	Claims(f *File) bool
	Visit(ctx context.Context, f *File) error
	// Refuse is told what cannot be read, and why.
	Refuse(path string, err error) error
}

// A Spool holds an archive that lies inside another one while it is read,
// because a zip cannot be read as a stream. It keeps no clear text on disk.
type Spool func(ctx context.Context, name string, r io.Reader) (Spooled, error)

// A Spooled is what a Spool holds; Close lets it go.
type Spooled interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// A Meter says how far a walk is, in bytes of the files on disk.
type Meter struct {
	Done, Total int64
}

// Options of a walk. The zero Options read zips only where they lie on disk.
type Options struct {
	Limits Limits // Default where zero
	Spool  Spool  // nil: zips inside archives are refused
	Aside  Aside  // nil: the last part of a zip in parts is looked into as it is
	Meter  *Meter // kept up to date when not nil
}

type walker struct {
	Options
	Visitor
	spare *buffers
	taken map[string]bool   // files that were read as parts of another
	apart map[string]string // last parts of zips that cannot be joined, as shown, and why
}

// buffers are used again from file to file.
type buffers struct{ free []*bufio.Reader }

func (b *buffers) take(r io.Reader) *bufio.Reader {
	if n := len(b.free); n > 0 {
		br := b.free[n-1]
		b.free = b.free[:n-1]
		br.Reset(r)
		return br
	}
	return bufio.NewReaderSize(r, HeadSize)
}

func (b *buffers) give(br *bufio.Reader) {
	br.Reset(nil)
	b.free = append(b.free, br)
}

func newWalker(o Options, v Visitor) *walker {
	o.Limits = o.Limits.orDefault()
	if o.Meter == nil {
		o.Meter = &Meter{}
	}
	return &walker{Options: o, Visitor: v, spare: &buffers{}}
}

// Walk visits all files of paths, which name files and folders. It returns the
// error the visitor or ctx ended it with; what cannot be read is refused.
func Walk(ctx context.Context, paths []string, o Options, v Visitor) error {
	w := newWalker(o, v)
	if o.Meter != nil {
		for _, p := range paths {
			w.Meter.Total += diskSize(ctx, p)
		}
	}
	for _, p := range paths {
		if err := w.root(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Stream visits the file that r holds, as Walk does for one on disk. Size is -1
// when it is not known.
func Stream(ctx context.Context, name string, size int64, r io.Reader, o Options, v Visitor) error {
	w := newWalker(o, v)
	before := w.Meter.Done
	if size > 0 {
		w.Meter.Total += size
	}
	name, err := cleanName(filepath.Base(filepath.ToSlash(name)), w.Limits.Name)
	if err != nil {
		return w.Refuse("", err)
	}
	err = w.file(ctx, source{path: name, size: size, r: &metered{r: r, meter: w.Meter, end: before + max(size, 0)}})
	w.Meter.Done = before + max(size, 0)
	return err
}

// A source is a file about to be looked into.
type source struct {
	path  string
	size  int64
	r     io.Reader
	at    io.ReaderAt // when it can be read anywhere
	depth int         // archives it lies in
	whole *budget     // of the archive it lies in
	paid  bool        // what is read from r was charged to it already
	cut   *bool       // set when its end turns out to be missing
}

// file visits s, or looks into it when it is an archive.
func (w *walker) file(ctx context.Context, s source) error {
	body := &tracked{ctx: ctx, r: s.r, whole: s.whole}
	if s.paid {
		body.whole = nil
	}
	br := w.spare.take(body)
	defer w.spare.give(br)
	head, err := br.Peek(HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return w.failed(ctx, s.path, body, err)
	}
	f := &File{Path: s.path, Size: s.size, Head: head, Body: br, cut: s.cut}
	kind := archiveKind(head)
	if kind == "" || w.Claims(f) {
		err = w.Visit(ctx, f)
	} else if s.depth >= w.Limits.Depth {
		return w.Refuse(s.path, fmt.Errorf("an archive within %d others: %w", s.depth, penates.TooLarge))
	} else {
		s.r = br
		err = w.archive(ctx, kind, s)
	}
	if err == nil {
		return nil
	}
	return w.failed(ctx, s.path, body, err)
}

// failed refuses the file at path when it is its bytes that could not be read,
// and otherwise returns err, which ends the walk.
func (w *walker) failed(ctx context.Context, path string, body *tracked, err error) error {
	var over *overrun
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &over), errors.As(body.err, &over):
		// The archive whose limit was passed answers for all inside it.
		return over
	case body.err == nil:
		return err
	}
	return w.Refuse(path, readError(body.err))
}

func (w *walker) archive(ctx context.Context, kind string, s source) error {
	switch kind {
	case zipType:
		return w.zipFile(ctx, s)
	case gzipType, bzipType, xzType, zstdType:
		return w.packed(ctx, kind, s)
	}
	return w.within(s, func(whole *budget) error {
		s.r = &credited{s.r, whole}
		return w.tar(ctx, s, whole, nil)
	})
}

// within runs look with the budget of the archive s, and refuses the archive
// when it is this budget that was passed.
func (w *walker) within(s source, look func(whole *budget) error) error {
	whole := &budget{limits: w.Limits, parent: s.whole}
	err := look(whole)
	var over *overrun
	if errors.As(err, &over) && over.whose == whole {
		return w.Refuse(s.path, over.err)
	}
	return err
}

// tracked remembers the error its reader gave, which tells damaged input from a
// visitor that failed, and charges what is read to the archive's budget.
type tracked struct {
	ctx   context.Context
	r     io.Reader
	whole *budget
	err   error
}

func (t *tracked) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := t.r.Read(p)
	if over := t.whole.charge(int64(n)); over != nil {
		err = over
	}
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// metered moves a meter as it is read, never beyond end.
type metered struct {
	r     io.Reader
	at    io.ReaderAt
	meter *Meter
	end   int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.meter.Done = min(m.meter.Done+int64(n), max(m.end, m.meter.Done))
	return n, err
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.at.ReadAt(p, off)
	m.meter.Done = min(m.meter.Done+int64(n), max(m.end, m.meter.Done))
	return n, err
}

// readError says in words what kept a file from being read. The operating
// system's own errors are shortened to their cause: the path is told beside.
func readError(err error) error {
	var p *os.PathError
	switch {
	case errors.As(err, &p):
		return fmt.Errorf("cannot be read: %w", p.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("cut short, its end is missing: %w", penates.Damaged)
	case errors.Is(err, penates.Damaged), errors.Is(err, penates.TooLarge), errors.Is(err, penates.Unsupported), errors.Is(err, penates.Invalid):
		return err
	}
	return fmt.Errorf("%w (%w)", penates.Damaged, err)
}

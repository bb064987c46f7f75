package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/walk"
)

// Options of an import. The zero Options are ready for use.
type Options struct {
	Zone     *time.Location // where the person lives; UTC when nil
	Country  string         // ISO 3166; "FR" when empty
	Archives walk.Limits    // walk.Default where zero
	File     FileLimits     // DefaultFile where zero
	// Aside takes last parts of zips that come as a stream; nil looks into them as they are.
	Aside walk.Aside
	// Progress, when not nil, is called often while the import runs.
	Progress func(Progress)
	// Log hears of formats that broke down; never of what a file holds.
	Log *slog.Logger
}

// FileLimits bound what one file may take and give.
type FileLimits struct {
	Time  time.Duration
	Items int   // documents and points
	Bytes int64 // content of files inside it, as attachments
}

// DefaultFile lets a decade of mail in one file through.
var DefaultFile = FileLimits{Time: 2 * time.Hour, Items: 50_000_000, Bytes: 256 << 30}

// A Progress says how far an import is.
type Progress struct {
	Path        string // the file being read
	Done, Total int64  // bytes of the files that were given
	Documents   int    // documents and points so far
}

// An Import is one run over files and folders. What it read is in the store as
// it goes; running it again after it was cut short completes it.
type Import struct {
	store   Store
	formats []Format
	options Options
	report  *Report
	pending []pending
	kept    map[penates.BlobID]struct{} // files met in this import

	meter    walk.Meter
	ahead    int64 // bytes of meter.Done that are kept but not read yet
	items    int
	quietFor int
}

// A pending file was read; what became of it is asked when it is durable.
type pending struct {
	FileReport
	writer  Writer
	repeats int
}

// harvestAfter is how many files are read before their counts are asked for,
// which needs a Flush.
const harvestAfter = 4096

// New returns an import into store that reads formats, in their order.
func New(store Store, formats []Format, o Options) *Import {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Country == "" {
		o.Country = "FR"
	}
	if o.File.Time <= 0 {
		o.File.Time = DefaultFile.Time
	}
	if o.File.Items <= 0 {
		o.File.Items = DefaultFile.Items
	}
	if o.File.Bytes <= 0 {
		o.File.Bytes = DefaultFile.Bytes
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Import{store: store, formats: formats, options: o, report: newReport(), kept: map[penates.BlobID]struct{}{}}
}

// Run imports paths, which name files and folders, into store. The report is
// never nil: with an error (ctx ended, the store failed) it says what was
// durably stored until then.
func Run(ctx context.Context, store Store, formats []Format, paths []string, o Options) (*Report, error) {
	i := New(store, formats, o)
	err := i.Paths(ctx, paths...)
	report, ended := i.End()
	if err == nil {
		err = ended
	}
	return report, err
}

// Paths imports files and folders with all they hold.
func (i *Import) Paths(ctx context.Context, paths ...string) error {
	return walk.Walk(ctx, paths, i.walking(), i)
}

// Stream imports one file that is not on disk, as one that is dropped on a page.
// Size is -1 when it is not known.
func (i *Import) Stream(ctx context.Context, name string, size int64, r io.Reader) error {
	return walk.Stream(ctx, name, size, r, i.walking(), i)
}

// End makes all durable and returns what was done. The report is never nil. The
// store stays open.
func (i *Import) End() (*Report, error) {
	err := i.store.Flush()
	i.harvest()
	return i.report, err
}

func (i *Import) walking() walk.Options {
	return walk.Options{Limits: i.options.Archives, Spool: i.spool, Aside: i.options.Aside, Meter: &i.meter}
}

// Joined imports an archive that was cut into parts, which open opens. When they do not
// make one, the error is of kind Damaged and nothing was read.
func (i *Import) Joined(ctx context.Context, p walk.Part, parts []Kept) error {
	var sizes []int64
	for _, k := range parts {
		sizes = append(sizes, k.Size)
	}
	return walk.Joined(ctx, p, sizes, func(n int) (walk.Spooled, error) {
		content, err := i.store.Open(ctx, parts[n-1].Blob)
		if err != nil {
			return nil, err
		}
		return &spooled{content, sizes[n-1], func() error { return nil }}, nil
	}, i.walking(), i)
}

// Refused is how many rows and files were refused until now.
func (i *Import) Refused() int { return i.report.Refused }

// AsFile keeps a file whose bytes the store has as it is, whatever it looks like.
func (i *Import) AsFile(ctx context.Context, k Kept) error {
	head := Head{Name: path.Base(k.Path), Path: k.Path, Size: k.Size}
	_, err := i.read(ctx, asFile, &File{Head: head, Zone: i.options.Zone, Country: i.options.Country}, k.Blob)
	return err
}

// harvest adds up what became of the files that were read.
func (i *Import) harvest() {
	for _, p := range i.pending {
		counts := p.writer.Counts()
		if p.repeats > 0 {
			i.report.count(penates.Files, Count{Unchanged: p.repeats})
			p.Unchanged += p.repeats
		}
		for t, c := range counts {
			i.report.count(t, c)
			p.Count.add(c)
		}
		if len(i.report.Files) < maxFiles {
			i.report.Files = append(i.report.Files, p.FileReport)
		}
	}
	i.pending = i.pending[:0]
}

// Claims tells the walk that a format reads an archive whole.
func (i *Import) Claims(f *walk.File) bool {
	_, ok := Recognise(i.formats, Head{Name: path.Base(f.Path), Path: f.Path, Size: f.Size, Bytes: f.Head})
	return ok
}

// Refuse counts what the walk could not read.
func (i *Import) Refuse(place string, err error) error {
	i.report.refuse(place, 0, 1, err)
	return nil
}

// Visit keeps the bytes of a file and reads it with the format that is surest.
func (i *Import) Visit(ctx context.Context, f *walk.File) error {
	before := i.meter.Done
	head := Head{Name: path.Base(f.Path), Path: f.Path, Size: f.Size, Bytes: append([]byte(nil), f.Head...)}
	blob, size, err := i.store.Keep(ctx, f.Path, walk.Mime(head.Name, head.Bytes), f.Body)
	if err != nil {
		return err
	}
	head.Size = size
	i.ahead = max(i.meter.Done-before, 0)
	defer func() { i.ahead = 0 }()
	i.tell(f.Path)
	defer i.tell(f.Path)

	return i.give(ctx, head, blob, f.Cut())
}

// give reads the bytes kept as blob with the format that is surest. cut says that
// they are part of a file only.
func (i *Import) give(ctx context.Context, head Head, blob penates.BlobID, cut bool) error {
	file := &File{Head: head, Zone: i.options.Zone, Country: i.options.Country}
	for _, format := range rank(i.formats, head) {
		if mine, err := i.read(ctx, format, file, blob); mine || err != nil {
			return err
		}
	}
	if cut {
		return i.forget(ctx, blob) // part of a file nobody can read is of no use
	}
	_, err := i.read(ctx, asFile, file, blob)
	return err
}

// read reads file with format, and reports whether the format took it.
func (i *Import) read(ctx context.Context, format Format, file *File, blob penates.BlobID) (mine bool, err error) {
	limited, cancel := context.WithTimeout(ctx, i.options.File.Time)
	defer cancel()
	s := &sink{ctx: limited, run: i, writer: i.store.Begin(), format: format.Name, file: file, raw: blob}
	file.Open = func() (io.ReadCloser, error) {
		r, err := i.store.Open(limited, blob)
		if err != nil {
			s.fatal = err
			return nil, err
		}
		return &reading{ReadSeekCloser: r, ctx: limited, run: i, file: file, ahead: i.ahead}, nil
	}
	err = i.safely(limited, format, file, s)
	switch {
	case s.fatal != nil:
		err = s.fatal
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, ErrNotMine) && !s.gave() && s.refused == 0:
		return false, nil
	case limited.Err() != nil:
		s.refuse(0, 1, fmt.Errorf("reading it was given up after %s: %w", i.options.File.Time, penates.TooLong))
		err = nil
	case err != nil:
		s.refuse(0, 1, err)
		err = nil
	}
	told := FileReport{Path: file.Path, Blob: blob, Refused: s.refused}
	if format.Name != asFile.Name {
		told.Format, told.Sure = format.Name, format.sureness(file.Head)
	}
	i.pending = append(i.pending, pending{told, s.writer, s.repeats})
	if err == nil && format.Transient {
		err = i.forget(ctx, blob)
	} else if err == nil && !s.gave() {
		err = i.keepEmpty(ctx, s, file, blob)
	}
	if err == nil && len(i.pending) >= harvestAfter {
		err = i.store.Flush()
		i.harvest()
	}
	return true, err
}

// keepEmpty keeps a file that gave nothing but refusals as a file, so that it is
// not lost; one that holds nothing is let go.
func (i *Import) keepEmpty(ctx context.Context, s *sink, file *File, blob penates.BlobID) error {
	if s.refused == 0 || s.format == asFile.Name {
		return i.forget(ctx, blob)
	}
	_, err := i.read(ctx, asFile, file, blob)
	return err
}

// safely calls Read and turns a panic into a refusal of the file.
func (i *Import) safely(ctx context.Context, format Format, file *File, s *sink) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may quote the file, so only where it happened is logged.
			i.options.Log.Error("a format broke down", "format", format.Name, "stack", string(debug.Stack()))
			err = fmt.Errorf("the %s reader broke down on this file, which is a fault of Penates: %w", format.Name, penates.Unsupported)
		}
	}()
	return format.Read(ctx, file, s)
}

// asFile keeps what no format reads, with its words when it is plain text.
var asFile = Format{Name: fileConnector, Title: "file", Read: func(_ context.Context, f *File, out Sink) error {
	body := schema.File{Mime: walk.Mime(f.Name, f.Bytes)}
	if isText(body.Mime) {
		body.Text = locale.Decode(f.Bytes, "")
	}
	_, err := out.File(nil, body, nil)
	return err
}}

func isText(mime string) bool {
	kind, _, _ := strings.Cut(mime, ";")
	return kind == "text/plain" || kind == "text/markdown" || kind == "text/csv"
}

// repeated reports whether id was met before in this import, and remembers it.
func (i *Import) repeated(id penates.BlobID) bool {
	if _, ok := i.kept[id]; ok {
		return true
	}
	i.kept[id] = struct{}{}
	return false
}

func (i *Import) forget(ctx context.Context, id penates.BlobID) error {
	if f, ok := i.store.(Forgetter); ok {
		return f.Forget(ctx, id)
	}
	return nil
}

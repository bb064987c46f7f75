// Package intake brings files into a vault: it runs an import as one job of a
// session and lets the link rules relate what came with what was there.
package intake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/all"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/transcribe"
	"penates/internal/vault"
	"penates/internal/walk"
)

// An Intake is one import under way. Its methods are used by one goroutine.
type Intake struct {
	session *vault.Session
	job     *vault.Job
	run     *importer.Import
	store   *store
	notes   []string
	apart   apart // parts of archives that came as streams
}

// Start begins an import of what, in words the person will see among past
// imports. The caller ends it with End, whatever happens.
func Start(ctx context.Context, s *vault.Session, what string, progress func(importer.Progress), log *slog.Logger) (*Intake, error) {
	return start(ctx, s, what, progress, log, all.Formats)
}

func start(ctx context.Context, s *vault.Session, what string, progress func(importer.Progress), log *slog.Logger, formats []importer.Format) (*Intake, error) {
	zone, country, err := whereabouts(ctx, s)
	if err != nil {
		return nil, err
	}
	formats, err = withLearned(ctx, s, formats)
	if err != nil {
		return nil, err
	}
	job, err := s.StartJob(ctx, what)
	if err != nil {
		return nil, err
	}
	i := &Intake{session: s, job: job, store: &store{Job: job}}
	o := importer.Options{Zone: zone, Country: country, Aside: i.aside, Progress: progress, Log: log}
	i.store.words = sync.OnceValues(func() (*transcribe.Words, error) { return transcribe.Recognised(ctx, s) })
	i.store.into = func(id penates.DocumentID, body schema.Body) (schema.Body, error) { return i.withWords(ctx, id, body) }
	i.run = importer.New(i.store, slices.Concat([]importer.Format{i.exports()}, formats), o)
	return i, nil
}

// whereabouts returns the zone and country the person lives in.
func whereabouts(ctx context.Context, s *vault.Session) (*time.Location, string, error) {
	name, err := s.Setting(ctx, "zone")
	if err != nil {
		return nil, "", err
	}
	country, err := s.Setting(ctx, "country")
	if err != nil {
		return nil, "", err
	}
	if name == "" {
		name = "Europe/Paris"
	}
	zone, err := time.LoadLocation(name)
	return zone, country, err
}

// withWords puts into the body of a file the words that were recognised on it, which
// its format does not know.
func (i *Intake) withWords(ctx context.Context, id penates.DocumentID, body schema.Body) (schema.Body, error) {
	file, ok := body.(schema.File)
	if !ok {
		return body, nil
	}
	words, err := i.store.words()
	if err == nil {
		err = words.Into(ctx, id, &file)
	}
	return file, err
}

// Paths brings in files and folders with all they hold.
func (i *Intake) Paths(ctx context.Context, paths ...string) error { return i.run.Paths(ctx, paths...) }

// Stream brings in one file that is not on disk; size is -1 when not known. One that is
// a part of an archive is set aside, and End joins it with the others.
func (i *Intake) Stream(ctx context.Context, name string, size int64, r io.Reader) error {
	if p, ok := walk.PartOf(path.Base(name)); ok {
		return i.keepPart(ctx, p, path.Base(name), r)
	}
	if strings.EqualFold(path.Ext(name), ".zip") {
		b := bufio.NewReader(r)
		if head, err := b.Peek(2); err == nil && string(head) != "PK" {
			return i.maybeLast(ctx, path.Base(name), b)
		}
		r = b
	}
	return i.run.Stream(ctx, name, size, r)
}

// Put brings in one document that no file holds.
func (i *Intake) Put(d *penates.Document, body schema.Body) error {
	return i.job.Document(i.job.Counter(), d, body)
}

// End makes all durable, relates what is there and returns what was done. The
// report is never nil.
func (i *Intake) End(ctx context.Context) (*importer.Report, error) {
	gone, joined := i.join(ctx)
	report, err := i.run.End()
	err = errors.Join(joined, err)
	report.Notes = append(report.Notes, i.notes...)
	i.job.Refused(report.Refused)
	err = errors.Join(err, i.job.End(ctx))
	if err == nil && len(gone) > 0 {
		if err = i.session.Trash(ctx, gone...); errors.Is(err, penates.Denied) {
			err = nil // they stay beside what was read of them
		}
	}
	if err != nil || report.Added+report.Updated == 0 {
		return report, err
	}
	_, err = link.Run(context.WithoutCancel(ctx), i.session)
	return report, err
}

// store is a vault's job as an importer.Store.
type store struct {
	*vault.Job
	counter *vault.Counter // of the file being read
	given   *given         // nil unless what is given is remembered
	words   func() (*transcribe.Words, error)
	into    func(penates.DocumentID, schema.Body) (schema.Body, error)
}

var (
	_ importer.Store     = (*store)(nil)
	_ importer.Forgetter = (*store)(nil)
)

func (s *store) Keep(ctx context.Context, name, mime string, r io.Reader) (penates.BlobID, int64, error) {
	b, err := s.Job.Keep(ctx, name, mime, r)
	return b.ID, b.Size, err
}

func (s *store) Open(_ context.Context, id penates.BlobID) (io.ReadSeekCloser, error) {
	return s.Job.Open(id)
}

func (s *store) Begin() importer.Writer {
	s.counter = s.Counter()
	return writer{s.Job, s.counter, s.given, s.into}
}

type writer struct {
	*vault.Job
	counter *vault.Counter
	given   *given
	into    func(penates.DocumentID, schema.Body) (schema.Body, error)
}

func (w writer) Document(d *penates.Document, body schema.Body) error {
	w.given.document(d.ID)
	body, err := w.into(d.ID, body)
	if err != nil {
		return err
	}
	return w.Job.Document(w.counter, d, body)
}

func (w writer) Points(s *penates.Series) error {
	w.given.series(s.Source)
	return w.Job.Points(w.counter, s)
}

func (w writer) Counts() map[penates.Type]importer.Count {
	counts := map[penates.Type]importer.Count{}
	for t, n := range w.Job.Counts(w.counter) {
		counts[t] = importer.Count(n)
	}
	return counts
}

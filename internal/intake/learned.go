package intake

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/all"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/mapping"
	"penates/internal/sheet"
	"penates/internal/vault"
)

// withLearned puts the format of the tables whose columns the person named before
// formats. Who may not know of them reads without.
func withLearned(ctx context.Context, s *vault.Session, formats []importer.Format) ([]importer.Format, error) {
	learned, err := mapping.All(ctx, s)
	if errors.Is(err, penates.Denied) || err == nil && len(learned) == 0 {
		return formats, nil
	}
	return slices.Concat([]importer.Format{bankcsv.Mapped(learned)}, formats), err
}

// A Relearned says what a mapping made of the files that were here already.
type Relearned struct {
	*importer.Report
	Blobs   int `json:"blobs"`   // files it is for
	Trashed int `json:"trashed"` // documents they gave before and give no longer
}

// Relearn reads the kept files that a mapping is for again. What they gave before and
// give no longer goes into the trash, unless the person edited it. The answer is
// never nil.
func Relearn(ctx context.Context, s *vault.Session, m *mapping.Mapping, log *slog.Logger) (*Relearned, error) {
	done := &Relearned{Report: &importer.Report{}}
	raws, err := s.Raws(ctx)
	if err != nil {
		return done, err
	}
	var kept []importer.Kept
	read := map[penates.BlobID]bool{}
	for _, b := range raws {
		f, err := Raw(ctx, s, b)
		if err != nil || !maybeTable(f) || !bankcsv.Matches(ctx, m, f) {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			continue // a file that cannot be read is no file of the mapping
		}
		kept, read[b.ID] = append(kept, importer.Kept{Blob: b.ID, Path: f.Path, Size: b.Size}), true
	}
	if done.Blobs = len(kept); done.Blobs == 0 {
		return done, nil
	}
	i, err := start(ctx, s, "mapping", nil, log, all.Formats)
	if err != nil {
		return done, err
	}
	i.store.given = &given{documents: map[penates.DocumentID]struct{}{}, names: map[penates.DocumentID]struct{}{}}
	err = i.run.Again(ctx, kept, 0, func(int) error { return nil })
	report, ended := i.End(ctx)
	done.Report = report
	if err = errors.Join(err, ended); err != nil || !gaveRows(report) {
		return done, err // a mapping that reads nothing takes nothing away
	}
	var gone []penates.DocumentID
	err = s.Origins(ctx, func(o vault.Origin) error {
		if read[o.Source.Raw] && !o.Edited && !i.store.given.has(o) {
			gone = append(gone, o.ID)
		}
		return nil
	})
	if err == nil && len(gone) > 0 {
		err = Related(s, s.Trash)(ctx, gone...)
		done.Trashed = len(gone)
	}
	return done, err
}

func gaveRows(r *importer.Report) bool {
	c := r.Types[penates.BankOperations]
	return c != nil && c.Added+c.Updated+c.Unchanged > 0
}

// maybeTable tells early that a file is no table.
func maybeTable(f *importer.File) bool {
	return len(f.Bytes) > 0 && (sheet.Is(f.Bytes) || f.Bytes[0] != '<' && f.Bytes[0] != '{' && f.Bytes[0] != '%' && f.Bytes[0] != 'P')
}

// Raw returns a file that the vault keeps, to be read by formats.
func Raw(ctx context.Context, s *vault.Session, b vault.Blob) (*importer.File, error) {
	zone, country, err := whereabouts(ctx, s)
	if err != nil {
		return nil, err
	}
	f := &importer.File{Head: importer.Head{Name: b.Name, Path: b.Path, Size: b.Size}, Zone: zone, Country: country}
	if f.Path == "" {
		f.Path = b.Name
	}
	f.Open = func() (io.ReadCloser, error) {
		r, _, err := s.Blob(ctx, b.ID)
		return r, err
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	f.Bytes, err = io.ReadAll(io.LimitReader(r, importer.HeadSize))
	return f, errors.Join(err, r.Close())
}

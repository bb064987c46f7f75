package intake

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/all"
	"penates/internal/link"
	"penates/internal/vault"
)

// A Reparse says what reading everything again made of it.
type Reparse struct {
	*importer.Report
	// Read again.
	Blobs int `json:"blobs"`
	// Missing counts, by type, documents that the files they were once read from no
	// longer give. They stay; the person decides.
	Missing map[penates.Type]int `json:"missing"`
	// MissingIDs are the first thousand of them.
	MissingIDs []penates.DocumentID `json:"missingIds"`
}

const maxMissing = 1000

// Again reads every file the vault keeps again, with the formats of this release,
// in the order they came in. What the person edited or threw away stays as it is.
// The answer is never nil: with an error it says what was done until then.
func Again(ctx context.Context, s *vault.Session, progress func(importer.Progress), log *slog.Logger) (*Reparse, error) {
	return again(ctx, s, progress, log, all.Formats)
}

func again(ctx context.Context, s *vault.Session, progress func(importer.Progress), log *slog.Logger, formats []importer.Format) (*Reparse, error) {
	result := &Reparse{Report: &importer.Report{}, Missing: map[penates.Type]int{}, MissingIDs: []penates.DocumentID{}}
	raws, err := s.Raws(ctx)
	if err != nil {
		return result, err
	}
	i, err := start(ctx, s, "reparse", progress, log, formats)
	if err != nil {
		return result, err
	}
	i.store.given = &given{documents: map[penates.DocumentID]struct{}{}, names: map[penates.DocumentID]struct{}{}}
	kept, read := make([]importer.Kept, len(raws)), map[penates.BlobID]bool{}
	for n, b := range raws {
		kept[n] = importer.Kept{Blob: b.ID, Path: b.Path, Size: b.Size}
		if b.Path == "" {
			kept[n].Path = b.Name
		}
		read[b.ID] = true
	}
	err = i.run.Again(ctx, kept)
	report, ended := i.End(ctx)
	result.Report, result.Blobs = report, len(raws)
	if err = errors.Join(err, ended); err != nil {
		return result, err
	}
	err = s.Origins(ctx, func(o vault.Origin) error {
		if read[o.Source.Raw] && !o.Edited && !i.store.given.has(o) {
			result.Missing[o.Kind.Type]++
			if len(result.MissingIDs) < maxMissing {
				result.MissingIDs = append(result.MissingIDs, o.ID)
			}
		}
		return nil
	})
	if err == nil && report.Added+report.Updated == 0 { // else End has related them
		_, err = link.Run(context.WithoutCancel(ctx), s)
	}
	return result, err
}

// given remembers what formats gave; nil remembers nothing.
type given struct {
	documents map[penates.DocumentID]struct{}
	names     map[penates.DocumentID]struct{} // of series, which are stored in stretches
}

func (g *given) document(id penates.DocumentID) {
	if g != nil {
		g.documents[id] = struct{}{}
	}
}

func (g *given) series(s penates.Source) {
	if g != nil {
		g.names[penates.NewDocumentID(s.Connector, s.Connection, s.NativeID)] = struct{}{}
	}
}

func (g *given) has(o vault.Origin) bool {
	_, ok := g.documents[o.ID]
	if !ok && o.Kind.Series {
		// A stretch is named after its series and the time it covers.
		series := o.Source.NativeID[:max(strings.LastIndexByte(o.Source.NativeID, '/'), 0)]
		_, ok = g.names[penates.NewDocumentID(o.Source.Connector, o.Source.Connection, series)]
	}
	return ok
}

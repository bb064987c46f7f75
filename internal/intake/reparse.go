package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
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
	// Before are the files that a reparse read which was stopped; what they no longer
	// give is not in Missing.
	Before int `json:"before,omitempty"`
	// Missing counts, by type, documents that the files they were once read from no
	// longer give. They stay; the person decides.
	Missing map[penates.Type]int `json:"missing"`
	// MissingIDs are the first thousand of them.
	MissingIDs []penates.DocumentID `json:"missingIds"`
	// Changes are the first thousand documents that are new or read otherwise.
	Changes []Difference `json:"changes"`
}

// A Difference is what a reading made of one document.
type Difference struct {
	ID     penates.DocumentID `json:"id"`
	Type   penates.Type       `json:"type"`
	Added  bool               `json:"added,omitempty"`
	Fields []string           `json:"fields,omitempty"` // that are not what they were, those of the body by their own names
}

// maxMissing and maxChanges bound what is named one by one.
const (
	maxMissing = 1000
	maxChanges = 1000
)

// Again reads every file the vault keeps again, with the formats of this release,
// in the order they came in. What the person edited or threw away stays as it is.
// The answer is never nil: with an error it says what was done until then.
func Again(ctx context.Context, s *vault.Session, progress func(importer.Progress), log *slog.Logger) (*Reparse, error) {
	return again(ctx, s, &place{}, progress, log, all.Formats)
}

// Continue is Again, but goes on where one of the same release was stopped, unless
// mappings were learned since, or anew says to start over.
func Continue(ctx context.Context, s *vault.Session, release string, anew bool, progress func(importer.Progress), log *slog.Logger) (*Reparse, error) {
	return again(ctx, s, &place{Release: release, anew: anew}, progress, log, all.Formats)
}

func again(ctx context.Context, s *vault.Session, at *place, progress func(importer.Progress), log *slog.Logger, formats []importer.Format) (*Reparse, error) {
	result := &Reparse{Report: &importer.Report{}, Missing: map[penates.Type]int{}, MissingIDs: []penates.DocumentID{}, Changes: []Difference{}}
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
	}
	result.Before, err = at.recall(ctx, s, kept)
	for _, f := range kept[result.Before:] {
		read[f.Blob] = true
	}
	if err == nil {
		err = i.run.Again(ctx, kept, result.Before, func(n int) error { return at.passed(ctx, i, kept[n-1], n) })
	}
	report, ended := i.End(ctx)
	result.Report, result.Blobs = report, len(raws)-result.Before
	if err = errors.Join(err, ended, at.leave(context.WithoutCancel(ctx), i, err == nil && ended == nil)); err != nil {
		return result, err
	}
	err = s.Origins(ctx, func(o vault.Origin) error {
		if o.Source.Job == i.job.ID() && len(result.Changes) < maxChanges {
			result.Changes = append(result.Changes, Difference{ID: o.ID, Type: o.Kind.Type})
		}
		if read[o.Source.Raw] && !o.Edited && !i.store.given.has(o) {
			result.Missing[o.Kind.Type]++
			if len(result.MissingIDs) < maxMissing {
				result.MissingIDs = append(result.MissingIDs, o.ID)
			}
		}
		return nil
	})
	for n := range result.Changes {
		if err == nil {
			err = result.Changes[n].compare(ctx, s)
		}
	}
	if err == nil && report.Added+report.Updated == 0 { // else End has related them
		_, err = link.Run(context.WithoutCancel(ctx), s)
	}
	return result, err
}

// compare fills in what is different since the revision before.
func (d *Difference) compare(ctx context.Context, s *vault.Session) error {
	now, err := s.Document(ctx, d.ID)
	if err != nil {
		return err
	}
	past, err := s.History(ctx, d.ID)
	if err != nil {
		return err
	}
	before := slices.IndexFunc(past, func(r vault.Revision) bool { return r.Revision == now.Revision-1 })
	if d.Added = now.Revision == 1; d.Added || before < 0 {
		return nil
	}
	is, err := json.Marshal(now.Document)
	if err != nil {
		return err
	}
	if d.Fields = differences(past[before].Document, is); len(d.Fields) == 0 {
		d.Fields = []string{"points"}
	}
	return nil
}

// differences names the fields of two documents that are not the same, sorted. Where
// a document is from is left out: the import is another each time.
func differences(was, is json.RawMessage) (names []string) {
	a, b := fields(was), fields(is)
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// fields returns the fields of a document, those of its body beside the others, as
// JSON without blanks.
func fields(doc json.RawMessage) map[string][]byte {
	all, flat := map[string]json.RawMessage{}, map[string][]byte{}
	take := func(of map[string]json.RawMessage) {
		for name, value := range of {
			var b bytes.Buffer
			if json.Compact(&b, value) == nil {
				flat[name] = b.Bytes()
			}
		}
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(doc, &all) != nil {
		return flat
	}
	if json.Unmarshal(all["body"], &body) == nil {
		delete(all, "body")
	}
	for _, name := range []string{"id", "type", "source", "points"} {
		delete(all, name)
	}
	take(all)
	take(body)
	return flat
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

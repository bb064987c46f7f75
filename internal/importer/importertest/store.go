package importertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
)

// A Store is an importer.Store in memory, which keeps what several imports gave.
type Store struct {
	Documents map[penates.DocumentID]penates.Document
	Points    map[string]penates.Point // by series and time
	Blobs     map[penates.BlobID][]byte
	Links     []penates.Link
	// Fail, when set, is what the store answers from now on.
	Fail error
	// OnDocument, when set, is called before each document is stored.
	OnDocument func()
}

var (
	_ importer.Store     = (*Store)(nil)
	_ importer.Forgetter = (*Store)(nil)
)

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{Documents: map[penates.DocumentID]penates.Document{}, Points: map[string]penates.Point{}, Blobs: map[penates.BlobID][]byte{}}
}

// Keep stores r.
func (s *Store) Keep(_ context.Context, _, _ string, r io.Reader) (penates.BlobID, int64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	id := penates.NewBlobID(sha256.Sum256(b))
	s.Blobs[id] = b
	return id, int64(len(b)), s.Fail
}

type content struct{ *bytes.Reader }

func (content) Close() error { return nil }

// Open reads what Keep stored.
func (s *Store) Open(_ context.Context, id penates.BlobID) (io.ReadSeekCloser, error) {
	b, ok := s.Blobs[id]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", id, penates.NotExist)
	}
	return content{bytes.NewReader(b)}, nil
}

// Forget lets go of what no document refers to.
func (s *Store) Forget(_ context.Context, id penates.BlobID) error {
	for _, d := range s.Documents {
		if d.Source.Raw == id {
			return nil
		}
	}
	delete(s.Blobs, id)
	return nil
}

// Flush answers Fail.
func (s *Store) Flush() error { return s.Fail }

// Failed answers Fail.
func (s *Store) Failed() error { return s.Fail }

// Begin returns the writer of one file.
func (s *Store) Begin() importer.Writer {
	return &writer{s, map[penates.Type]importer.Count{}}
}

// Texts returns the texts of all documents, sorted.
func (s *Store) Texts() (texts []string) {
	for _, d := range s.Documents {
		texts = append(texts, d.Text)
	}
	slices.Sort(texts)
	return texts
}

type writer struct {
	store  *Store
	counts map[penates.Type]importer.Count
}

func (w *writer) count(t penates.Type, known, same bool) {
	c := w.counts[t]
	switch {
	case !known:
		c.Added++
	case same:
		c.Unchanged++
	default:
		c.Updated++
	}
	w.counts[t] = c
}

func (w *writer) Document(d *penates.Document, body schema.Body) error {
	if w.store.OnDocument != nil {
		w.store.OnDocument()
	}
	if w.store.Fail != nil {
		return w.store.Fail
	}
	kept := *d
	var err error
	if kept.Body, err = json.Marshal(body); err != nil {
		return fmt.Errorf("body: %w (%w)", penates.Invalid, err)
	}
	old, known := w.store.Documents[kept.ID]
	w.count(kept.Type, known, known && says(old) == says(kept))
	w.store.Documents[kept.ID] = kept
	return nil
}

// says is what a document says, without where it was read from.
func says(d penates.Document) string {
	d.Source = penates.Source{}
	b, err := json.Marshal(d)
	return string(b) + fmt.Sprint(err)
}

func (w *writer) Points(s *penates.Series) error {
	if w.store.Fail != nil {
		return w.store.Fail
	}
	for _, p := range s.Points {
		key := fmt.Sprint(s.Source.Connector, s.Source.Connection, s.Source.NativeID, p.Start)
		old, known := w.store.Points[key]
		w.count(s.Type, known, old == p)
		w.store.Points[key] = p
	}
	return nil
}

func (w *writer) Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error {
	w.store.Links = append(w.store.Links, penates.Link{From: from, Rel: rel, To: to})
	return w.store.Fail
}

func (w *writer) Counts() map[penates.Type]importer.Count { return maps.Clone(w.counts) }

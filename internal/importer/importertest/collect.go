// Package importertest helps the tests of formats: it reads a file with one
// format and collects what it gives.
package importertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/schema"
)

// A Refusal is what a format said of one bad row.
type Refusal struct {
	Line int
	Err  error
}

// A Collector is an importer.Sink that remembers.
type Collector struct {
	Connector string
	Documents []*penates.Document
	Bodies    []schema.Body // of Documents, at the same index
	Series    []*penates.Series
	Files     map[penates.DocumentID][]byte // content given to File
	Links     []penates.Link
	Refusals  []Refusal
	// Repeated counts documents whose id was given out before.
	Repeated int
	seen     map[penates.DocumentID]bool
}

var _ importer.Sink = (*Collector)(nil)

// Document keeps a copy of d with its id, type and body filled.
func (c *Collector) Document(d *penates.Document, body schema.Body) error {
	d = new(*d)
	if d.Source.NativeID == "" {
		return fmt.Errorf("%s: document without native id: %w", body.DocType(), penates.Invalid)
	}
	d.Type = body.DocType()
	d.Source.Connector = c.Connector
	d.ID = penates.NewDocumentID(c.Connector, d.Source.Connection, d.Source.NativeID)
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	d.Body = raw
	if c.seen == nil {
		c.seen = map[penates.DocumentID]bool{}
	}
	if c.seen[d.ID] {
		c.Repeated++
	}
	c.seen[d.ID] = true
	c.Documents = append(c.Documents, d)
	c.Bodies = append(c.Bodies, body)
	return nil
}

// Points keeps s.
func (c *Collector) Points(s *penates.Series) error {
	if s.Source.NativeID == "" {
		return fmt.Errorf("series without native id: %w", penates.Invalid)
	}
	s = new(*s)
	s.Points = append([]penates.Point(nil), s.Points...)
	c.Series = append(c.Series, s)
	return nil
}

// File keeps the content as a document.
func (c *Collector) File(d *penates.Document, body schema.File, content io.Reader) (penates.DocumentID, error) {
	if d == nil {
		d = &penates.Document{}
	}
	d = new(*d)
	var b []byte
	if content != nil {
		var err error
		if b, err = io.ReadAll(content); err != nil {
			return "", err
		}
	}
	if d.Source.NativeID == "" {
		d.Source.NativeID = "file:" + body.Name + fmt.Sprint(len(c.Files))
	}
	if err := c.Document(d, body); err != nil {
		return "", err
	}
	if c.Files == nil {
		c.Files = map[penates.DocumentID][]byte{}
	}
	id := c.Documents[len(c.Documents)-1].ID
	c.Files[id] = b
	return id, nil
}

// Link keeps the link.
func (c *Collector) Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error {
	c.Links = append(c.Links, penates.Link{From: from, Rel: rel, To: to})
	return nil
}

// Refuse keeps the refusal.
func (c *Collector) Refuse(line int, err error) error {
	c.Refusals = append(c.Refusals, Refusal{line, err})
	return nil
}

// OfType returns the documents of one type.
func (c *Collector) OfType(t penates.Type) (docs []*penates.Document) {
	for _, d := range c.Documents {
		if d.Type == t {
			docs = append(docs, d)
		}
	}
	return docs
}

// Points counts the points of all series.
func (c *Collector) PointCount() (n int) {
	for _, s := range c.Series {
		n += len(s.Points)
	}
	return n
}

// File returns content as a file named name, in Paris.
func File(name string, content []byte) *importer.File {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		zone = time.UTC
	}
	return &importer.File{
		Head:    importer.Head{Name: filepath.Base(name), Path: name, Size: int64(len(content)), Bytes: content[:min(len(content), importer.HeadSize)]},
		Zone:    zone,
		Country: "FR",
		Open:    func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

// Read reads content with format and returns what it gave, and Read's error.
func Read(format importer.Format, name string, content []byte) (*Collector, error) {
	c := &Collector{Connector: format.Name}
	return c, format.Read(context.Background(), File(name, content), c)
}

// Corpus returns the content of a file of the corpus that PENATES_CORPUS names,
// and false when the variable is not set. A file that is missing there fails the test.
func Corpus(t testing.TB, name string) ([]byte, bool) {
	t.Helper()
	root := os.Getenv("PENATES_CORPUS")
	if root == "" {
		return nil, false
	}
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b, true
}

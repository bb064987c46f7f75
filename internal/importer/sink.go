package importer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/schema"
	"penates/internal/walk"
)

// fileConnector is the connector of files that are kept as such: the same bytes
// are one document, wherever they were found.
const fileConnector = "file"

// A sink is the Sink one file is read into: it completes documents, holds the
// limits, and passes them to the store.
type sink struct {
	ctx    context.Context
	run    *Import
	writer Writer
	format string
	file   *File
	raw    penates.BlobID

	items   int   // documents and points given out
	bytes   int64 // content of files given out
	refused int
	repeats int   // files that were met before in this import
	fatal   error // why the whole import ends
}

var _ Sink = (*sink)(nil)

func (s *sink) gave() bool { return s.items > 0 }

// ready counts n items about to be given out, unless something ends the file.
func (s *sink) ready(n int) error {
	if s.fatal != nil {
		return s.fatal
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.items += n; s.items > s.run.options.File.Items {
		return fmt.Errorf("more than %d documents in one file: %w", s.run.options.File.Items, penates.TooLarge)
	}
	s.run.moved(s.file.Path, n)
	return nil
}

// outcome turns an error of the store into a refusal of n items, or into the end
// of the import.
func (s *sink) outcome(err error, locator string, n int) error {
	if err == nil {
		return nil
	}
	failed := s.run.store.Failed()
	switch {
	case failed != nil:
		s.fatal = failed
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
		s.items -= n
		s.refuse(lineOf(locator), n, err)
		return nil
	default:
		s.fatal = err
	}
	return s.fatal
}

// Document completes d and stores it.
func (s *sink) Document(d *penates.Document, body schema.Body) error {
	if err := s.ready(1); err != nil {
		return err
	}
	return s.document(d, body, s.format)
}

func (s *sink) document(d *penates.Document, body schema.Body, connector string) error {
	if d.Source.NativeID == "" {
		return s.outcome(fmt.Errorf("a document without an id of its own: %w", penates.Invalid), d.Source.Locator, 1)
	}
	d.Type = body.DocType()
	d.Source.Connector, d.Source.Raw = connector, s.raw
	d.ID = penates.NewDocumentID(connector, d.Source.Connection, d.Source.NativeID)
	return s.outcome(s.writer.Document(d, body), d.Source.Locator, 1)
}

// Points completes p and stores it; points without a time are refused one by one.
func (s *sink) Points(p *penates.Series) error {
	if err := s.ready(len(p.Points)); err != nil {
		return err
	}
	locator := p.Source.Locator
	if p.Source.NativeID == "" {
		return s.outcome(fmt.Errorf("a series without an id of its own: %w", penates.Invalid), locator, len(p.Points))
	}
	series := *p
	series.Points = timed(p.Points)
	for range len(p.Points) - len(series.Points) {
		s.items--
		s.refuse(lineOf(locator), 1, fmt.Errorf("a point without a time: %w", penates.Invalid))
	}
	if len(series.Points) == 0 {
		return nil
	}
	series.Source.Connector, series.Source.Raw = s.format, s.raw
	return s.outcome(s.writer.Points(&series), locator, len(series.Points))
}

// timed returns the points which have a time; points itself stays as it is.
func timed(points []penates.Point) []penates.Point {
	timeless := func(p penates.Point) bool { return p.Start.IsZero() }
	if !slices.ContainsFunc(points, timeless) {
		return points
	}
	return slices.DeleteFunc(slices.Clone(points), timeless)
}

// File keeps content, or the file being read, as a document.
func (s *sink) File(d *penates.Document, body schema.File, content io.Reader) (penates.DocumentID, error) {
	if err := s.ready(1); err != nil {
		return "", err
	}
	if d == nil {
		d = &penates.Document{}
	}
	if content == nil {
		s.describe(&body)
	} else if ok, err := s.keep(&body, content); err != nil || !ok {
		return "", err
	}
	if d.Text == "" {
		d.Text = body.Label
	}
	if d.Text == "" {
		d.Text = body.Name
	}
	connector := s.format
	if d.Source.NativeID == "" {
		connector, d.Source.Connection, d.Source.NativeID = fileConnector, "", string(body.Blob)
		if s.run.repeated(body.Blob) {
			s.repeats++
			return penates.NewDocumentID(connector, "", d.Source.NativeID), nil
		}
	}
	refused := s.refused
	if err := s.document(d, body, connector); err != nil || s.refused > refused {
		return "", err
	}
	return d.ID, nil
}

// describe fills what is known of the file being read.
func (s *sink) describe(body *schema.File) {
	body.Blob, body.Size = s.raw, s.file.Size
	if body.Name == "" {
		body.Name = s.file.Name
	}
	if dir := path.Dir(s.file.Path); body.Folder == "" && dir != "." {
		body.Folder = dir
	}
	if body.Mime == "" {
		body.Mime = walk.Mime(s.file.Name, s.file.Bytes)
	}
}

// keep stores the content of a file inside this one. Content that cannot be read
// (a damaged attachment) refuses only itself.
func (s *sink) keep(body *schema.File, content io.Reader) (ok bool, err error) {
	r := &contentReader{sink: s, r: content}
	br := bufio.NewReader(r)
	if body.Mime == "" {
		head, _ := br.Peek(4096) // what fails here fails again below
		body.Mime = walk.Mime(body.Name, head)
	}
	id, size, err := s.run.store.Keep(s.ctx, body.Name, body.Mime, br)
	switch {
	case s.ctx.Err() != nil:
		return false, s.ctx.Err()
	case err != nil && r.err != nil:
		s.items--
		s.refuse(0, 1, fmt.Errorf("the file %q inside it: %w", body.Name, r.err))
		return false, nil
	case err != nil:
		return false, s.outcome(err, "", 1)
	}
	body.Blob, body.Size = id, size
	return true, nil
}

// contentReader remembers what kept content from being read, and counts it.
type contentReader struct {
	sink *sink
	r    io.Reader
	err  error
}

func (c *contentReader) Read(p []byte) (int, error) {
	if err := c.sink.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.sink.bytes += int64(n)
	if limit := c.sink.run.options.File.Bytes; c.sink.bytes > limit {
		err = fmt.Errorf("more than %d bytes of files inside one file: %w", limit, penates.TooLarge)
	}
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// Link relates two documents; an end that was refused makes no link.
func (s *sink) Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error {
	if s.fatal != nil {
		return s.fatal
	}
	if from == "" || to == "" {
		return nil
	}
	if err := s.writer.Link(from, rel, to); err != nil {
		return s.outcome(fmt.Errorf("link: %w", err), "", 0)
	}
	return nil
}

// Refuse counts one row that cannot be taken.
func (s *sink) Refuse(line int, err error) error {
	if s.fatal != nil {
		return s.fatal
	}
	if err == nil {
		err = penates.Invalid
	}
	s.refuse(line, 1, err)
	return s.ctx.Err()
}

func (s *sink) refuse(line, n int, err error) {
	s.refused += n
	s.run.report.refuse(s.file.Path, line, n, err)
}

// lineOf returns the line a locator names, or 0.
func lineOf(locator string) int {
	digits, ok := strings.CutPrefix(locator, "line=")
	if !ok {
		return 0
	}
	first, _, _ := strings.Cut(digits, "-")
	line, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return line
}

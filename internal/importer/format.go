// Package importer turns files as people receive them into documents. A format
// is recognised by its content, read as a stream, and gives documents, points
// of series, files, and refusals that name the place of each bad row.
//
// Each format is one package below this one, which exports
//
//	var Format = importer.Format{Name: …, Recognise: …, Read: …}
//
// and one line in importer/all. Package importer/dummy is a commented example.
package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"penates"
	"penates/internal/schema"
)

// A Format reads one kind of file.
type Format struct {
	// Name is the connector name of its documents, as in "ofx". Changing it
	// changes every document's id.
	Name string
	// Title is the format as people call it, as in "OFX bank statement".
	Title string
	// Transient says that the file itself is let go of when it was read: what it
	// gives does not refer to it.
	Transient bool
	// Recognise says how sure it is, from 0 (no) to 100 (a signature that nothing
	// else has), that it can read a file beginning as h. It never panics.
	Recognise func(h Head) int
	// Read gives out all that f holds. It returns an error only when the rest of
	// the file cannot be read (or out said to stop); single bad rows go to
	// out.Refuse. What was given out before an error stays. ErrNotMine leaves the
	// file to the next format.
	Read func(ctx context.Context, f *File, out Sink) error
}

// HeadSize is how much of a file Recognise may look at.
const HeadSize = 64 << 10

// A Head is what is known of a file before it is read.
type Head struct {
	Name  string // base name; a hint only, names lie
	Path  string // slash-separated path within the folder or archive it was found in
	Size  int64
	Bytes []byte // the first HeadSize bytes
}

// A File is a file to be read; it may be opened several times.
type File struct {
	Head
	// Zone is where the person lives: the zone of stamps that carry none.
	Zone *time.Location
	// Country is where the person lives (ISO 3166), for telephone numbers and dates.
	Country string
	// Open returns the file from its beginning. In an import it is an io.Seeker
	// too, for formats that are read from their end.
	Open func() (io.ReadCloser, error)
}

// ReadAll returns the whole file, for formats that cannot be read as a stream,
// or a TooLarge error if it is longer than limit bytes.
func (f *File) ReadAll(limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("longer than %d bytes: %w", limit, penates.TooLarge)
	}
	return buf.Bytes(), nil
}

// A Sink takes what a format reads. An error it returns means: stop and return
// that error.
type Sink interface {
	// Document takes one document. The format fills Source.Connection,
	// Source.NativeID and Source.Locator, Time, Money, Parties, Refs, Text …; the
	// sink fills ID, Type, the rest of Source, and Body from body. NativeID must be
	// stable when the same thing is read again from a later or longer file.
	Document(d *penates.Document, body schema.Body) error

	// Points takes a stretch of a series, in any size and order. Source and Type
	// are filled as for Document.
	Points(s *penates.Series) error

	// File keeps bytes as an io.cozy.files document (an attachment, or the file
	// that is being read itself when content is nil) and returns its id, to be
	// linked to. d may be nil, or carry time, parties and text.
	File(d *penates.Document, body schema.File, content io.Reader) (penates.DocumentID, error)

	// Link relates two documents given out by this or an earlier import.
	Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error

	// Refuse counts one row, record or member that cannot be taken, and says why.
	// line is 1-based, 0 when the format has no lines (then say the place in err).
	Refuse(line int, err error) error
}

package importer

import (
	"context"
	"io"

	"penates"
	"penates/internal/schema"
)

// A Store is where an import puts what it reads: one job of a vault. One
// goroutine uses it at a time.
//
// An error of Keep or of a Writer that wraps penates.Invalid or
// penates.TooLarge refuses what was given, unless Failed says that the job
// itself cannot go on; any other error ends the import.
type Store interface {
	// Keep stores all of r, which was met at name (a path within the folder or
	// archive it came in, or a plain name), under its content, sealed, without ever writing it in
	// clear, and returns its id and size. Bytes that are there already are not
	// stored twice. When r fails nothing is kept and that error is returned.
	Keep(ctx context.Context, name, mime string, r io.Reader) (penates.BlobID, int64, error)
	// Open reads what Keep stored, even before Flush.
	Open(ctx context.Context, id penates.BlobID) (io.ReadSeekCloser, error)
	// Begin returns where that goes which one file gives.
	Begin() Writer
	// Flush makes all that was given so far durable.
	Flush() error
	// Failed returns the error that keeps the job from storing more, or nil.
	Failed() error
}

// A Writer takes what one file gives, in order. It has done with its arguments
// when it returns.
type Writer interface {
	// Document stores d, whose ID, Type and Source are filled, with its body.
	Document(d *penates.Document, body schema.Body) error
	// Points stores a stretch of a series; what counts is the point.
	Points(s *penates.Series) error
	// Link relates two documents because the source says so.
	Link(from penates.DocumentID, rel penates.Rel, to penates.DocumentID) error
	// Counts says what became of what was given. What is not durable yet is not
	// counted.
	Counts() map[penates.Type]Count
}

// A Forgetter is a Store that can let go of bytes it was asked to keep, unless
// something refers to them: of an archive inside an archive, and of files that
// gave nothing.
type Forgetter interface {
	Forget(ctx context.Context, id penates.BlobID) error
}

// A Count says how many documents or points were new, changed, or known already.
type Count struct {
	Added     int `json:"added"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
}

func (c *Count) add(o Count) {
	c.Added += o.Added
	c.Updated += o.Updated
	c.Unchanged += o.Unchanged
}

func (c Count) sum() int { return c.Added + c.Updated + c.Unchanged }

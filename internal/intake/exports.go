package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"penates"
	"penates/internal/export"
	"penates/internal/importer"
)

// exports returns the format of Penates' own exports. Unlike other formats it
// gives its documents to the vault as they were in the other one, and so nothing
// to the sink; the export itself is not kept.
func (i *Intake) exports() importer.Format {
	return importer.Format{
		Name: "penates-export", Title: "export of Penates", Transient: true,
		Recognise: func(h importer.Head) int {
			if export.Recognise(h.Bytes) {
				return 100
			}
			return 0
		},
		Read: i.readExport,
	}
}

func (i *Intake) readExport(ctx context.Context, f *importer.File, out importer.Sink) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	seeker, ok := r.(io.ReadSeeker)
	if !ok {
		return fmt.Errorf("the export cannot be read from its end: %w", penates.Unsupported)
	}
	to, err := i.job.Adopt(i.store.counter)
	if err != nil {
		return err
	}
	found, err := export.Adopt(ctx, &readerAt{seeker}, f.Size, to, export.Options{
		Refuse: func(member string, line int, err error) error {
			if failed := i.job.Failed(); failed != nil {
				return failed
			}
			return out.Refuse(line, fmt.Errorf("%s: %w", member, err))
		},
		Progress: func(int64, int64) {},
	})
	if err != nil {
		return err
	}
	i.notes = append(i.notes, adoptionNotes(f.Name, found, time.Now())...)
	return nil
}

// readerAt reads anywhere in what can seek. One goroutine uses it at a time.
type readerAt struct{ io.ReadSeeker }

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if _, err := r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.ReadSeeker, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

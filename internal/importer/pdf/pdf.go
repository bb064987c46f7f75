// Package pdf keeps PDFs as files, with the words of their pages so that they
// are found.
package pdf

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"penates/internal/importer"
	"penates/internal/pdfdoc"
	"penates/internal/schema"
)

// Format reads any PDF that no other format knows more of.
var Format = importer.Format{Name: "pdf", Title: "PDF", Recognise: recognise, Read: read}

func recognise(h importer.Head) int {
	if bytes.Contains(h.Bytes[:min(len(h.Bytes), 1024)], []byte("%PDF-")) {
		return 30
	}
	return 0
}

// maxTime is how long a PDF may be looked into for its words.
const maxTime = 20 * time.Second

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	if f.Size > pdfdoc.MaxSize {
		return fmt.Errorf("a PDF of %d bytes: %w", f.Size, importer.ErrNotMine)
	}
	content, err := f.ReadAll(pdfdoc.MaxSize)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	body := schema.File{Mime: "application/pdf"}
	// A PDF whose words cannot be had (encrypted, damaged) is kept without them.
	if pdf, err := pdfdoc.Open(limited, content); err == nil {
		body.Text = pdf.Text()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = out.File(nil, body, nil)
	return err
}

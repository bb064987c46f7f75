// Package pdfinvoice reads bills which are PDFs for people: it finds by their
// wording, in French, English, German and Dutch, who sends them, their number,
// days, total, VAT and what they belong to, and gives a bill with the PDF as its
// document. Statements of refunded care, as those of health insurances, become a
// refund for each act.
//
// The lines of the pages are read as people see them: a label and its value stand
// beside each other, or the value below. Of several amounts that may be the total
// the one counts whose label is surest and which net and VAT add up to. A French
// company is known by its number (SIREN), which stands in the small print and has
// a check digit; others by their name. What is not surely a bill, with a total, a
// day and a number or a known company, is left to be kept as a file.
package pdfinvoice

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"penates"
	"penates/internal/importer"
	"penates/internal/pdfdoc"
	"penates/internal/schema"
)

const connector = "pdfinvoice"

// Format reads PDFs whose text is that of a bill, and leaves the others. Those
// that carry the invoice as data are for package facturx, which is surer.
var Format = importer.Format{Name: connector, Title: "bill in PDF", Recognise: recognise, Read: read}

func recognise(h importer.Head) int {
	if bytes.Contains(h.Bytes[:min(len(h.Bytes), 1024)], []byte("%PDF-")) {
		return 60
	}
	return 0
}

const (
	// maxTime is how long a PDF may be looked into.
	maxTime = 20 * time.Second
	// maxPages bounds the pages that are searched: bills are short, and what
	// follows is their small print.
	maxPages = 12
	maxLines = 3000
)

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
	pdf, err := pdfdoc.Open(limited, content)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w (%w)", importer.ErrNotMine, err)
	}
	bills := billsIn(newText(pdf.Lines()))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(bills) == 0 {
		return fmt.Errorf("no bill: %w", importer.ErrNotMine)
	}
	return give(bills, pdf.Text(), out)
}

// A bill is a document that is about to be given out.
type bill struct {
	document penates.Document
	body     schema.Bill
}

// billsIn returns the bills of a text: one, none, or the refunds of a statement.
func billsIn(t *text) []bill {
	if t.isOther() {
		return nil
	}
	if refunds := refundsIn(t); len(refunds) > 0 {
		return refunds
	}
	if b, ok := billIn(t); ok {
		return []bill{b}
	}
	return nil
}

func give(bills []bill, words string, out importer.Sink) error {
	for i := range bills {
		if err := out.Document(&bills[i].document, bills[i].body); err != nil {
			return err
		}
	}
	first := &bills[0].document
	label := first.Text
	if len(bills) > 1 {
		label = bills[0].body.Vendor
	}
	id, err := out.File(&penates.Document{Time: first.Time, Parties: first.Parties, Refs: first.Refs, Text: label},
		schema.File{Mime: "application/pdf", Text: words, Label: label}, nil)
	if err != nil || id == "" {
		return err
	}
	for i := range bills {
		s := &bills[i].document.Source
		if err := out.Link(id, penates.Documents, penates.NewDocumentID(connector, s.Connection, s.NativeID)); err != nil {
			return err
		}
	}
	return nil
}

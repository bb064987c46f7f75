// Package facturx reads Factur-X 1.0 and ZUGFeRD 1 and 2 invoices: PDFs (PDF/A-3)
// with the invoice attached as XML. It gives the bill, the PDF as a file with its
// words, and the link between them.
package facturx

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"penates"
	"penates/internal/einvoice"
	"penates/internal/importer"
	"penates/internal/pdfdoc"
	"penates/internal/schema"
)

const connector = "facturx"

// Format reads PDFs that carry an invoice, and leaves the others.
var Format = importer.Format{Name: connector, Title: "Factur-X or ZUGFeRD invoice", Recognise: recognise, Read: read}

// recognise says that any PDF may be one: the attachment stands at the end of
// the file, or anywhere.
func recognise(h importer.Head) int {
	if bytes.Contains(h.Bytes[:min(len(h.Bytes), 1024)], []byte("%PDF-")) {
		return 80
	}
	return 0
}

// maxTime is how long a PDF may be looked into.
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
	pdf, err := pdfdoc.Open(limited, content)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w (%w)", importer.ErrNotMine, err)
	}
	data, ok := invoiceIn(pdf)
	if !ok {
		return fmt.Errorf("no invoice in it: %w", importer.ErrNotMine)
	}
	invoice, err := einvoice.ParseCII(bytes.NewReader(data))
	if err != nil {
		// The attachment is broken but the page can still be read by people.
		if _, kept := out.File(nil, file(pdf), nil); kept != nil {
			return kept
		}
		return fmt.Errorf("the invoice attached to it: %w", err)
	}
	return give(invoice, pdf, out)
}

// invoiceNames are what the attachment is called (Factur-X 1.0.07, 6.2.2); it is
// known by its content, these only decide between several.
var invoiceNames = map[string]bool{"factur-x.xml": true, "zugferd-invoice.xml": true, "xrechnung.xml": true}

func invoiceIn(pdf *pdfdoc.Doc) (data []byte, ok bool) {
	for a := range pdf.Attachments {
		if !einvoice.IsCII(a.Content[:min(len(a.Content), importer.HeadSize)]) {
			continue
		}
		if invoiceNames[strings.ToLower(a.Name)] {
			return a.Content, true
		}
		if !ok {
			data, ok = a.Content, true
		}
	}
	return data, ok
}

func file(pdf *pdfdoc.Doc) schema.File {
	return schema.File{Mime: "application/pdf", Text: pdf.Text()}
}

func give(invoice *einvoice.Invoice, pdf *pdfdoc.Doc, out importer.Sink) error {
	bill := &invoice.Document
	if err := out.Document(bill, invoice.Bill); err != nil {
		return err
	}
	for _, problem := range invoice.Problems {
		if err := out.Refuse(0, problem); err != nil {
			return err
		}
	}
	body := file(pdf)
	body.Label = bill.Text
	id, err := out.File(&penates.Document{Time: bill.Time, Parties: bill.Parties, Text: bill.Text, Refs: bill.Refs}, body, nil)
	if err != nil {
		return err
	}
	to := penates.NewDocumentID(connector, bill.Source.Connection, bill.Source.NativeID)
	return out.Link(id, penates.Documents, to)
}

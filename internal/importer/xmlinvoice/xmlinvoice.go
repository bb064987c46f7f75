// Package xmlinvoice reads invoices that come as XML: UN/CEFACT Cross Industry
// Invoice (D16B) and OASIS UBL 2.1, the two syntaxes of EN 16931, in which
// Peppol BIS Billing 3, XRechnung, Chorus Pro and others exchange them. It gives
// the bill, and the files that came inside it with their links to the bill.
//
// The bill of an invoice has the same connection and native id in either syntax:
// the vendor's VAT number or what is next best, and number, day and kind of the
// invoice.
package xmlinvoice

import (
	"bytes"
	"context"
	"io"

	"penates"
	"penates/internal/einvoice"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// CII reads invoices in the syntax of UN/CEFACT.
var CII = importer.Format{Name: "cii", Title: "CII e-invoice", Recognise: recognise(einvoice.IsCII), Read: read("cii", einvoice.ParseCII)}

// UBL reads invoices, credit notes and debit notes in the syntax of OASIS.
var UBL = importer.Format{Name: "ubl", Title: "UBL e-invoice", Recognise: recognise(einvoice.IsUBL), Read: read("ubl", einvoice.ParseUBL)}

func recognise(is func(head []byte) bool) func(importer.Head) int {
	return func(h importer.Head) int {
		head := h.Bytes
		if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
			head = []byte(locale.Decode(head, ""))
		}
		if is(head) {
			return 95
		}
		return 0
	}
}

func read(connector string, parse func(io.Reader) (*einvoice.Invoice, error)) func(context.Context, *importer.File, importer.Sink) error {
	return func(ctx context.Context, f *importer.File, out importer.Sink) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		invoice, err := parse(r)
		if err != nil {
			return err
		}
		return give(ctx, connector, invoice, out)
	}
}

func give(ctx context.Context, connector string, invoice *einvoice.Invoice, out importer.Sink) error {
	bill := &invoice.Document
	if err := out.Document(bill, invoice.Bill); err != nil {
		return err
	}
	for _, problem := range invoice.Problems {
		if err := out.Refuse(0, problem); err != nil {
			return err
		}
	}
	to := penates.NewDocumentID(connector, bill.Source.Connection, bill.Source.NativeID)
	for _, file := range invoice.Attached {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, err := out.File(&penates.Document{Time: bill.Time, Parties: bill.Parties, Refs: bill.Refs},
			schema.File{Name: file.Name, Mime: file.Mime, Label: bill.Text}, bytes.NewReader(file.Content))
		if err != nil {
			return err
		}
		if id == "" { // refused by the sink
			continue
		}
		if err := out.Link(id, penates.Documents, to); err != nil {
			return err
		}
	}
	return nil
}

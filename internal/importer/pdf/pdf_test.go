package pdf_test

import (
	"encoding/json"
	"errors"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/importertest"
	"penates/internal/importer/pdf"
	"penates/internal/pdfdoc"
	"penates/internal/schema"
)

const letter = "%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n" +
	"3 0 obj << /Type /Page /Contents 4 0 R /Resources << /Font << /F1 << /Subtype /Type1 >> >> >> >> endobj\n" +
	"4 0 obj << /Length 34 >> stream\nBT /F1 10 Tf (Ch\\350re Germaine) Tj ET\nendstream endobj trailer << /Root 1 0 R >>"

func TestRead(t *testing.T) {
	for content, want := range map[string]string{letter: "Chère Germaine", letter + " trailer << /Encrypt 1 0 R >>": "", "%PDF-1.4": ""} {
		c, err := importertest.Read(pdf.Format, "letter.pdf", []byte(content))
		if err != nil || len(c.Documents) != 1 || len(c.Refusals) > 0 || c.Documents[0].Type != penates.Files {
			t.Fatalf("%d documents, %v, %v", len(c.Documents), c.Refusals, err)
		}
		var body schema.File
		if err := json.Unmarshal(c.Documents[0].Body, &body); err != nil || body.Text != want || body.Mime != "application/pdf" {
			t.Errorf("%q, want %q, %v", body.Text, want, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	content := append([]byte(letter), make([]byte, pdfdoc.MaxSize)...)
	if _, err := importertest.Read(pdf.Format, "scan.pdf", content); !errors.Is(err, importer.ErrNotMine) {
		t.Errorf("%v; it is to be kept as a file unread", err)
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]bool{"%PDF-1.4": true, "\r\n\x00%PDF-1.4": true, "text about PDF": false, "": false} {
		if got := pdf.Format.Recognise(importer.Head{Bytes: []byte(head)}) > 0; got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

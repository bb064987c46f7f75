package transcribe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"strings"
	"testing"

	"penates"
	"penates/internal/ocr"
	"penates/internal/ocr/ocrtest"
	"penates/internal/schema"
	"penates/internal/transcribe"
	"penates/internal/vault"
	"penates/internal/vault/vaulttest"
)

// put stores a file with its content and returns its document's id.
func put(t *testing.T, s *vault.Session, name, mime, text string, content []byte) penates.DocumentID {
	t.Helper()
	b, err := s.Keep(t.Context(), name, mime, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	d := &penates.Document{Type: penates.Files, Source: penates.Source{Connector: "test", NativeID: name}}
	stored, err := s.Put(t.Context(), d, schema.File{Name: name, Mime: mime, Size: b.Size, Blob: b.ID, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return stored.ID
}

// scan is a PDF of one page that is a picture.
func scan(t *testing.T, page *image.Gray) []byte {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, page, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj << /Pages 2 0 R >> endobj 2 0 obj << /Type /Pages /Kids [3 0 R] >> endobj\n"+
		"3 0 obj << /Type /Page /Resources << /XObject << /Im0 4 0 R >> >> >> endobj\n"+
		"4 0 obj << /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream endobj trailer << /Root 1 0 R >>",
		page.Rect.Dx(), page.Rect.Dy(), picture.Len(), picture.Bytes())
}

func run(t *testing.T, s *vault.Session, r transcribe.Reader) transcribe.Report {
	t.Helper()
	report, err := transcribe.Run(t.Context(), s, r, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return *report
}

// TestRun has pictures and papers read by the real program and looks for them by their words.
func TestRun(t *testing.T) {
	ocrtest.Installed(t)
	r, err := ocr.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, s := vaulttest.Vault(t)
	picture := put(t, s, "ticket.png", "image/png", "Apple iPhone", ocrtest.PNG(t, ocrtest.Page(t, "Boulangerie Lefèvre", "Pâtisserie fraîche")))
	paper := put(t, s, "scan.pdf", "application/pdf", "", scan(t, ocrtest.Page(t, "Attestation de scolarité", "Collège de la Fontaine")))
	damaged := put(t, s, "cut.png", "image/png", "", []byte("\x89PNG\r\n\x1a\n"))
	put(t, s, "letter.pdf", "application/pdf", "words of its own", scan(t, ocrtest.Page(t, "not to be read")))
	put(t, s, "letter.txt", "text/plain", "", []byte("no picture"))

	got := run(t, s, r)
	if got.Read != 3 || got.Words != 2 || got.Unread != 1 || got.Left+got.Failed+got.Empty != 0 || len(got.Failures) != 1 || got.Failures[0].ID != damaged {
		t.Errorf("%+v", got)
	}
	for words, want := range map[string]penates.DocumentID{"boulangerie lefevre": picture, "Pâtisserie": picture, "iphone": picture, "scolarité": paper, "read": ""} {
		found, err := s.Search(t.Context(), vault.SearchQuery{Words: words})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Hits) != min(1, len(want)) || len(found.Hits) == 1 && found.Hits[0].ID != want {
			t.Errorf("%q finds %+v, want %s", words, found.Hits, want)
		}
	}
	table, err := s.Query(t.Context(), "SELECT id FROM files WHERE recognised = ?", 10, r.String())
	if err != nil || len(table.Rows) != 2 {
		t.Errorf("recognised: %+v, %v", table, err)
	}
	if again := run(t, s, r); again.Read != 0 || again.Left != 0 {
		t.Errorf("a second run: %+v", again)
	}
}

// A double reads what it is told.
type double struct {
	name  string
	reads int
	read  func(n int) (string, error)
}

func (d *double) Read(context.Context, io.ReadSeeker) (string, error) {
	d.reads++
	return d.read(d.reads)
}
func (d *double) ReadImage(context.Context, *image.Gray) (string, error) {
	return "", errors.New("no image")
}
func (d *double) String() string { return d.name }

// TestGoesOn stops a run in its midst, has one file fail, and lets the next ones go on.
func TestGoesOn(t *testing.T) {
	_, s := vaulttest.Vault(t)
	for n := range 5 {
		put(t, s, fmt.Sprint(n, ".png"), "image/png", "", []byte("\x89PNG\r\n\x1a\n"+strings.Repeat("x", n)))
	}
	ctx, stop := context.WithCancel(t.Context())
	r := &double{name: "eng", read: func(n int) (string, error) {
		switch n {
		case 1:
			return "", nil
		case 2:
			return "", errors.New("no memory")
		case 4:
			stop()
		}
		return "words", ctx.Err()
	}}
	report, err := transcribe.Run(ctx, s, r, func(int, int) {})
	if !errors.Is(err, context.Canceled) || report.Read != 3 || report.Empty != 1 || report.Failed != 1 || report.Words != 1 || report.Left != 2 {
		t.Errorf("stopped: %+v, %v", report, err)
	}
	next := &double{name: "eng", read: func(int) (string, error) { return "words", nil }}
	if got := run(t, s, next); got.Words != 3 || got.Read != 3 {
		t.Errorf("the next run: %+v", got)
	}
	// Who reads another language is shown what had no words.
	other := &double{name: "fra+eng", read: func(int) (string, error) { return "mots", nil }}
	if got := run(t, s, other); got.Words != 1 || got.Read != 1 {
		t.Errorf("another reader: %+v", got)
	}
	if got := run(t, s, other); got.Read != 0 {
		t.Errorf("at the end: %+v", got)
	}
}

package intake_test

import (
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/schema"
	"penates/internal/transcribe"
	"penates/internal/vault/vaulttest"
)

// A double recognises the same words on every picture.
type double struct{}

func (double) Read(context.Context, io.ReadSeeker) (string, error) { return "BOULANGERIE", nil }
func (double) ReadImage(context.Context, *image.Gray) (string, error) {
	return "", errors.New("no image")
}
func (double) String() string { return "double (fra)" }

// What was recognised on a picture is no edit: a later reading of the same bytes keeps
// the words and takes all else from the importer. What the person edited stays.
func TestRecognisedWordsStay(t *testing.T) {
	s, log := vaulttest.New(t), slog.New(slog.DiscardHandler)
	label := "first"
	format := importer.Format{
		Name: "shot", Title: "shot",
		Recognise: func(h importer.Head) int { return 100 * strings.Count(string(h.Bytes), "PNG") },
		Read: func(_ context.Context, _ *importer.File, out importer.Sink) error {
			_, err := out.File(&penates.Document{Text: label}, schema.File{Label: label, Mime: "image/png", Text: "caption"}, nil)
			return err
		},
	}
	bring := func(name, content string) penates.DocumentID {
		t.Helper()
		in, err := intake.StartWith(t.Context(), s, name, nil, log, []importer.Format{format})
		if err != nil {
			t.Fatal(err)
		}
		err = in.Stream(t.Context(), name, int64(len(content)), strings.NewReader(content))
		if _, ended := in.End(t.Context()); err != nil || ended != nil {
			t.Fatal(err, ended)
		}
		table, err := s.Query(t.Context(), "SELECT id FROM files WHERE name = ?", 1, name)
		if err != nil || len(table.Rows) != 1 {
			t.Fatal(table, err)
		}
		return penates.DocumentID(table.Rows[0][0].(string))
	}
	look := func(id penates.DocumentID) string {
		t.Helper()
		table, err := s.Query(t.Context(), "SELECT label, content, recognised FROM files WHERE id = ?", 1, string(id))
		d, err2 := s.Document(t.Context(), id)
		if err = errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		said := "edited"
		if !d.Edited {
			said = "not edited"
		}
		for _, v := range table.Rows[0] {
			text, _ := v.(string)
			said += "|" + text
		}
		return said
	}
	plain, edited := bring("a.png", "PNG a"), bring("b.png", "PNG b")
	if _, err := s.Edit(t.Context(), edited, func(d *penates.Document) error { d.Text = "mine"; return nil }); err != nil {
		t.Fatal(err)
	}
	if r, err := transcribe.Run(t.Context(), s, double{}, func(int, int) {}); err != nil || r.Words != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := look(plain); got != "not edited|first|caption\nBOULANGERIE|double (fra)" {
		t.Error(got)
	}
	again := func(updated int) {
		t.Helper()
		r, err := intake.AgainWith(t.Context(), s, intake.At(""), nil, log, []importer.Format{format})
		if err != nil || r.Added != 0 || r.Updated != updated || r.Refused != 0 {
			t.Errorf("%s, %v, want %d updated", r.Report, err, updated)
		}
	}
	again(0)
	label = "second"
	again(1)
	if got := look(plain); got != "not edited|second|caption\nBOULANGERIE|double (fra)" {
		t.Error(got)
	}
	if got := look(edited); got != "edited|first|caption\nBOULANGERIE|double (fra)" {
		t.Error(got)
	}
	again(0)
	if r, err := transcribe.Run(t.Context(), s, double{}, func(int, int) {}); err != nil || r.Read != 0 {
		t.Errorf("read again: %+v, %v", r, err)
	}
}

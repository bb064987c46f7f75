package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer"
	"penates/internal/intake"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// lines returns a format that reads each line of a file as a note, as read says;
// "" leaves a line out.
func lines(read func(line string) string) importer.Format {
	return importer.Format{
		Name: "lines", Title: "lines",
		Recognise: func(h importer.Head) int {
			if strings.HasPrefix(string(h.Bytes), "lines\n") && h.Path == "notes.zip/folder/notes.txt" {
				return 100
			}
			return 0
		},
		Read: func(_ context.Context, f *importer.File, out importer.Sink) error {
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			s := bufio.NewScanner(r)
			for s.Scan() {
				if text := read(s.Text()); text != "" {
					d := &penates.Document{Source: penates.Source{NativeID: s.Text()}, Text: text}
					if err := out.Document(d, schema.Note{Title: text}); err != nil {
						return err
					}
				}
			}
			return s.Err()
		},
	}
}

// A later release reads the kept files anew: what it understands better is
// updated, what it finds is added, what it no longer gives is named and stays,
// and what the person did stays.
func TestReparse(t *testing.T) {
	s, log := vaulttest.New(t), slog.New(slog.DiscardHandler)
	before := lines(func(line string) string {
		if line == "lines" || line == "found later" {
			return ""
		}
		return line
	})
	in, err := intake.StartWith(t.Context(), s, "lines", nil, log, []importer.Format{before})
	if err != nil {
		t.Fatal(err)
	}
	content := "lines\nsame\nbetter\nwrong\nedited\nthrown away\nfound later\n"
	// The path is part of what a format may look at.
	archive := zipped(t, "folder/notes.txt", content)
	err = in.Stream(t.Context(), "notes.zip", int64(len(archive)), bytes.NewReader(archive))
	report, ended := in.End(t.Context())
	if err != nil || ended != nil || report.Added != 5 {
		t.Fatal(report, err, ended)
	}
	id := func(line string) penates.DocumentID { return penates.NewDocumentID("lines", "", line) }
	if _, err := s.Edit(t.Context(), id("edited"), func(d *penates.Document) error { d.Text = "my own words"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Trash(t.Context(), id("thrown away")); err != nil {
		t.Fatal(err)
	}
	after := lines(func(line string) string {
		switch line {
		case "lines", "wrong":
			return ""
		case "same":
			return line
		}
		return strings.ToUpper(line)
	})
	result, err := intake.AgainWith(t.Context(), s, intake.At(""), nil, log, []importer.Format{after})
	if err != nil || result.Added != 1 || result.Updated != 1 || result.Unchanged != 3 || result.Refused != 0 || result.Blobs != 1 {
		t.Errorf("%s, %d blobs, %v", result.Report, result.Blobs, err)
	}
	if len(result.Missing) != 1 || result.Missing[penates.Notes] != 1 || result.MissingIDs[0] != id("wrong") {
		t.Errorf("missing %v %v", result.Missing, result.MissingIDs)
	}
	slices.SortFunc(result.Changes, func(a, b intake.Difference) int { return strings.Compare(fmt.Sprint(a.Added), fmt.Sprint(b.Added)) })
	if want := []intake.Difference{{ID: id("better"), Type: penates.Notes, Fields: []string{"text", "title"}}, {ID: id("found later"), Type: penates.Notes, Added: true}}; !reflect.DeepEqual(result.Changes, want) {
		t.Errorf("changes %+v, want %+v", result.Changes, want)
	}
	got := map[string]string{}
	for _, line := range []string{"same", "better", "wrong", "edited", "thrown away", "found later"} {
		d, err := s.Document(t.Context(), id(line))
		if err != nil {
			t.Fatal(line, err)
		}
		got[line] = fmt.Sprint(d.Text, " ", d.Trashed.IsZero())
	}
	for line, want := range map[string]string{
		"same": "same true", "better": "BETTER true", "wrong": "wrong true", "edited": "my own words true", "thrown away": "thrown away false", "found later": "FOUND LATER true",
	} {
		if got[line] != want {
			t.Errorf("%s: %q, want %q", line, got[line], want)
		}
	}
	if past, err := s.History(t.Context(), id("better")); err != nil || len(past) != 1 {
		t.Errorf("history %v, %v", past, err)
	}
	again, err := intake.AgainWith(t.Context(), s, intake.At(""), nil, log, []importer.Format{after})
	if err != nil || again.Added+again.Updated+len(again.Changes) != 0 {
		t.Errorf("the second time: %s, %v", again.Report, err)
	}
}

// TestReparseFormerAttachments reads a message whose attachment a later copy of it
// brought otherwise: the former bytes lay inside a file, and are none of their own.
func TestReparseFormerAttachments(t *testing.T) {
	s, log := vaulttest.New(t), slog.New(slog.DiscardHandler)
	letter := func(attached string) []byte {
		return []byte("From: zoe@mail.example\r\nTo: max@mail.example\r\nDate: Mon, 5 Jan 2026 10:00:00 +0100\r\nMessage-ID: <1@mail.example>\r\nSubject: soup\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n" +
			"--b\r\nContent-Type: application/octet-stream; name=soup.bin\r\nContent-Disposition: attachment; filename=soup.bin\r\n\r\n" + attached + "\r\n--b--\r\n")
	}
	for _, attached := range []string{"of carrots", "of pumpkins"} {
		content := letter(attached)
		in, err := intake.Start(t.Context(), s, "letters", nil, log)
		if err != nil {
			t.Fatal(err)
		}
		err = in.Stream(t.Context(), attached+".eml", int64(len(content)), bytes.NewReader(content))
		if report, ended := in.End(t.Context()); err != nil || ended != nil || report.Added+report.Updated == 0 {
			t.Fatalf("%+v, %v, %v", report, err, ended)
		}
	}
	result, err := intake.Again(t.Context(), s, nil, log)
	if err != nil || result.Added != 0 || result.Blobs != 2 {
		t.Errorf("%d files, changes %+v, %v", result.Blobs, result.Changes, err)
	}
}

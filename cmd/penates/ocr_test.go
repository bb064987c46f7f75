package main_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"penates/internal/ocr/ocrtest"
)

// TestWordsOnPictures imports a picture, has its words read, by the command alone and where a
// server holds the vault, and finds it by them. Nothing is left on disk.
func TestWordsOnPictures(t *testing.T) {
	ocrtest.Installed(t)
	m := newMachine(t)
	m.imported(m.file("ticket.png", string(ocrtest.PNG(t, ocrtest.Page(t, "Boulangerie "+canary)))))

	missing := m.command("ocr")
	missing.Env = append(missing.Env, "PATH="+t.TempDir())
	var errs bytes.Buffer
	missing.Stderr = &errs
	if err := missing.Run(); err == nil || missing.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "apt-get install tesseract-ocr") {
		t.Errorf("without tesseract: %v, %s", err, errs.String())
	}
	if out := m.must("search", canary); strings.Contains(out, "ticket") {
		t.Fatalf("found before it was read: %s", out)
	}
	if out := m.must("ocr"); !strings.HasPrefix(out, "1 files looked at: 1 with words") {
		t.Error(out)
	}
	m.imported(m.file("cabinet.png", string(ocrtest.PNG(t, ocrtest.Page(t, "Cabinet dentaire "+canary)))))
	server := m.serve()
	if out := m.must("ocr", "--json"); !strings.Contains(out, `"read": 1`) || !strings.Contains(out, `"words": 1`) {
		t.Error(out)
	}
	if out := m.must("search", canary); !strings.Contains(out, "ticket") || !strings.Contains(out, "cabinet") {
		t.Errorf("found: %s", out)
	}
	if out := m.must("ocr"); !strings.HasPrefix(out, "0 files looked at") {
		t.Error(out)
	}
	m.lookForWords("after pictures were read")
	server.end(os.Interrupt)
	m.lookForWords("stopped")
}

package ocr_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"penates"
	"penates/internal/ocr"
	"penates/internal/ocr/ocrtest"
)

func find(t *testing.T) *ocr.Reader {
	t.Helper()
	ocrtest.Installed(t)
	r, err := ocr.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !r.French() {
		t.Fatal("install the French of tesseract (on Debian: apt-get install tesseract-ocr-fra)")
	}
	return r
}

func TestRead(t *testing.T) {
	r := find(t)
	if by := r.String(); !strings.HasPrefix(by, "tesseract ") || !strings.HasSuffix(by, " fra+eng") {
		t.Errorf("read by %q", by)
	}
	page := ocrtest.Page(t, "Société des électriciens", "Montant réglé : 148,20 euros")
	const want = "Société des électriciens\nMontant réglé : 148,20 euros"
	var scan bytes.Buffer
	if err := tiff.Encode(&scan, page, nil); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"png": ocrtest.PNG(t, page), "tiff": scan.Bytes()} {
		got, err := r.Read(t.Context(), bytes.NewReader(content))
		if plain := strings.ReplaceAll(got, "réglé 148", "réglé : 148"); plain != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	blank := image.NewGray(image.Rect(0, 0, 600, 400))
	draw.Draw(blank, blank.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for name, p := range map[string]*image.Gray{"blank": blank, "tiny": image.NewGray(image.Rect(0, 0, 3, 3)), "empty": {}} {
		if got, err := r.ReadImage(t.Context(), p); got != "" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	r := find(t)
	// Tesseract takes what is no picture for a list of files to read.
	list := filepath.Join(t.TempDir(), "page.png")
	if err := os.WriteFile(list, ocrtest.PNG(t, ocrtest.Page(t, "Une page du disque")), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"names of files": list + "\n", "nothing": "", "a cut picture": string(ocrtest.PNG(t, ocrtest.Page(t, "x"))[:200])} {
		if got, err := r.Read(t.Context(), strings.NewReader(content)); got != "" || !errors.Is(err, penates.Unsupported) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := r.ReadImage(t.Context(), &image.Gray{Rect: image.Rect(0, 0, 1<<20, 20)}); !errors.Is(err, penates.TooLarge) {
		t.Errorf("a wide one: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(stopped, bytes.NewReader(ocrtest.PNG(t, ocrtest.Page(t, "arrêtée")))); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// program puts a script in the place of tesseract.
func program(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tesseract"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

const knows = `case $1 in --list-langs) echo fra; exit;; --version) echo tesseract 9; exit;; esac
`

func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := ocr.Find(t.Context()); !errors.Is(err, ocr.ErrMissing) {
		t.Errorf("nothing installed: %v", err)
	}
	program(t, "echo osd")
	if _, err := ocr.Find(t.Context()); !errors.Is(err, ocr.ErrMissing) {
		t.Errorf("neither French nor English: %v", err)
	}
}

// TestConfined looks at what the program sees and may do.
func TestConfined(t *testing.T) {
	t.Setenv("PENATES_PASSPHRASE", "correct horse battery")
	page := ocrtest.Page(t, "page")
	for name, tt := range map[string]struct{ script, want, fails string }{
		"environment": {`while read -r l; do :; done; set | { while read -r l; do case $l in *horse*) exit 1;; esac; done; exit 0; } && printf '5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t95\tsafe\n'`, "safe", ""},
		"files":       {`while read -r l; do :; done; echo picture > "${0%/*}/leak"; if [ -s "${0%/*}/leak" ]; then printf '5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t95\tleak\n'; fi`, "", "tesseract"},
		"words":       {`while read -r l; do :; done; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done`, "", "says more"},
		"failure":     {`echo "no data" >&2; exit 1`, "", "no data"},
	} {
		program(t, knows+tt.script)
		r, err := ocr.Find(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadImage(t.Context(), page)
		if name == "files" && err == nil && got == "" {
			continue // the shell went on without its file
		}
		if got != tt.want || (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

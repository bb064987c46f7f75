// Package ocrtest draws pictures of words for tests.
package ocrtest

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os/exec"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Installed fails the test where tesseract is not installed.
func Installed(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("tesseract"); err != nil {
		t.Fatal("install tesseract (on Debian: apt-get install tesseract-ocr tesseract-ocr-fra)")
	}
}

// Page returns a picture with lines of words, black on white.
func Page(t testing.TB, lines ...string) *image.Gray {
	t.Helper()
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 36, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	p := image.NewGray(image.Rect(0, 0, 900, 80+60*len(lines)))
	draw.Draw(p, p.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for i, line := range lines {
		d := font.Drawer{Dst: p, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(40, 80+60*i)}
		d.DrawString(line)
	}
	return p
}

// PNG returns a picture as a PNG file.
func PNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

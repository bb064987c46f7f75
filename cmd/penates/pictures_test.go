package main_test

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var takePictures = flag.Bool("pictures", false, "take the pictures of the documentation anew, from the demo")

const (
	picturesFolder = "../../docs/pictures"
	maxPicture     = 150_000 // bytes
)

// pictures are those of the documentation.
var pictures = []struct {
	name, language, path, theme string
	width, height               int64
}{
	{"home-en-light", "en", "/", "light", 1280, 800},
	{"home-fr-dark", "fr", "/", "dark", 1280, 800},
	{"energy-en-dark", "en", "/energy", "dark", 1280, 900},
	{"energy-fr-light", "fr", "/energy", "light", 1280, 900},
	{"money-en-light", "en", "/money", "light", 1280, 900},
	{"search-fr-light", "fr", "/search?q=EDF", "light", 1280, 900},
	{"timeline-en-light-phone", "en", "/timeline", "light", 390, 780},
	{"home-fr-light-phone", "fr", "/", "light", 390, 780},
}

var picture = regexp.MustCompile(`docs/pictures/([a-z0-9-]+)\.png`)

// TestPictures checks that the README shows the pictures there are, none of which
// is heavy. With -pictures they are taken first.
func TestPictures(t *testing.T) {
	if *takePictures {
		for _, language := range []string{"en", "fr"} {
			photograph(t, language)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range picture.FindAllSubmatch(readme, -1) {
		shown[string(m[1])] = true
	}
	for _, p := range pictures {
		if !shown[p.name] {
			t.Errorf("README.md does not show %s", p.name)
		}
		delete(shown, p.name)
		content, err := os.ReadFile(filepath.Join(picturesFolder, p.name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if len(content) > maxPicture {
			t.Errorf("%s has %d bytes, want at most %d", p.name, len(content), maxPicture)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(content)); err != nil || int64(c.Width) != p.width || int64(c.Height) != p.height {
			t.Errorf("%s is %d by %d, want %d by %d, %v", p.name, c.Width, c.Height, p.width, p.height, err)
		}
	}
	for name := range shown {
		t.Errorf("README.md shows %s, which there is not", name)
	}
}

// photograph takes the pictures of one language.
func photograph(t *testing.T, language string) {
	t.Helper()
	m := &machine{t: t, dir: "unused", tmp: t.TempDir()}
	s := m.start("demo", "--listen", "127.0.0.1:0", "--language", language)
	defer s.end(os.Interrupt)
	url := regexp.MustCompile(`http://\S+/open/\S+`).FindString(s.first)
	home := url[:strings.Index(url, "/open/")]
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	defer stop()
	ctx, closeTab := chromedp.NewContext(allocator)
	defer closeTab()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(chromedp.Do(ctx, chromedp.Navigate(url)))
	for _, p := range pictures {
		if p.language != language {
			continue
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: p.theme}}})
		must(err)
		must(chromedp.Do(ctx, chromedp.EmulateViewport(p.width, p.height), chromedp.Navigate(home+p.path)))
		shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		must(err)
		must(writePicture(p.name, shot))
	}
}

// writePicture packs a picture as small as it gets.
func writePicture(name string, shot []byte) error {
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, picture); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(picturesFolder, name+".png"), b.Bytes(), 0o644)
}

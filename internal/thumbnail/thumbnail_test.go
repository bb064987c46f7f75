package thumbnail_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"penates"
	"penates/internal/thumbnail"
)

// landscape is a picture twice as wide as high whose left upper quarter is red.
func landscape(w int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, w/2))
	for y := range w / 2 {
		for x := range w {
			c := color.RGBA{20, 20, 200, 255}
			if x < w/2 && y < w/4 {
				c = color.RGBA{220, 20, 20, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func encoded(t testing.TB, kind string, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, p, nil)
	case "png":
		err = png.Encode(&b, p)
	case "gif":
		err = gif.Encode(&b, p, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// held puts an EXIF orientation into a JPEG.
func held(picture []byte, orientation byte) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[len(exif)-7] = orientation
	segment := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(append([]byte{}, picture[:2]...), append(segment, exif...)...), picture[2:]...)
}

func isRed(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > b
}

func TestMake(t *testing.T) {
	for name, tt := range map[string]struct {
		content []byte
		w, h    int
		red     image.Point // a corner in which there is red, in quarters of the sides
	}{
		"jpeg": {encoded(t, "jpeg", landscape(800)), 320, 160, image.Point{0, 0}}, "png": {encoded(t, "png", landscape(640)), 320, 160, image.Point{0, 0}},
		"gif": {encoded(t, "gif", landscape(400)), 320, 160, image.Point{0, 0}}, "small": {encoded(t, "png", landscape(40)), 40, 20, image.Point{0, 0}},
		"turned 3": {held(encoded(t, "jpeg", landscape(800)), 3), 320, 160, image.Point{1, 1}}, "turned 6": {held(encoded(t, "jpeg", landscape(800)), 6), 160, 320, image.Point{1, 0}},
		"turned 8": {held(encoded(t, "jpeg", landscape(800)), 8), 160, 320, image.Point{0, 1}}, "turned 2": {held(encoded(t, "jpeg", landscape(800)), 2), 320, 160, image.Point{1, 0}},
		"turned 4": {held(encoded(t, "jpeg", landscape(800)), 4), 320, 160, image.Point{0, 1}}, "turned 5": {held(encoded(t, "jpeg", landscape(800)), 5), 160, 320, image.Point{0, 0}},
		"turned 7": {held(encoded(t, "jpeg", landscape(800)), 7), 160, 320, image.Point{1, 1}},
	} {
		thumb, err := thumbnail.Make(t.Context(), bytes.NewReader(tt.content))
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := jpeg.Decode(bytes.NewReader(thumb))
		if err != nil || p.Bounds().Dx() != tt.w || p.Bounds().Dy() != tt.h {
			t.Fatal(name, err, p.Bounds())
		}
		for _, corner := range []image.Point{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
			if at := p.At(tt.w/4+corner.X*tt.w/2, tt.h/8+corner.Y*tt.h*3/4); isRed(at) != (corner == tt.red) {
				t.Errorf("%s: %v at %v", name, at, corner)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	bomb := encoded(t, "png", landscape(8))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], 0) // whatever its checksum
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, tt := range map[string]struct {
		ctx     context.Context
		content []byte
		want    error
	}{
		"text": {t.Context(), []byte("no picture"), penates.Unsupported}, "cut": {t.Context(), encoded(t, "jpeg", landscape(800))[:2000], penates.Unsupported},
		"empty": {t.Context(), nil, penates.Unsupported}, "stopped": {stopped, encoded(t, "png", landscape(8)), context.Canceled},
	} {
		if _, err := thumbnail.Make(tt.ctx, bytes.NewReader(tt.content)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := thumbnail.Make(t.Context(), bytes.NewReader(bomb)); err == nil {
		t.Error("a picture of 60,000 by 60,000 pixels is decoded")
	}
	large := encoded(t, "gif", landscape(8))
	binary.LittleEndian.PutUint16(large[6:], 60_000)
	binary.LittleEndian.PutUint16(large[8:], 60_000)
	if _, err := thumbnail.Make(t.Context(), bytes.NewReader(large)); !errors.Is(err, penates.TooLarge) {
		t.Error(err)
	}
}

type opened struct{ *bytes.Reader }

func (opened) Close() error { return nil }

func TestShelf(t *testing.T) {
	content := encoded(t, "png", landscape(640))
	made := 0
	open := func() (io.ReadSeekCloser, error) { made++; return opened{bytes.NewReader(content)}, nil }
	ask := func(s *thumbnail.Shelf, id penates.BlobID) []byte {
		t.Helper()
		thumb, err := s.Of(t.Context(), id, open)
		if err != nil {
			t.Fatal(err)
		}
		return thumb
	}
	one := len(ask(thumbnail.NewShelf(1<<20), "x"))
	s := thumbnail.NewShelf(2 * one)
	made = 0
	for _, id := range []penates.BlobID{"a", "b", "a", "c", "a", "b"} { // b gave way to c
		ask(s, id)
	}
	if made != 4 {
		t.Errorf("%d were made", made)
	}
	s.Clear()
	if ask(s, "a"); made != 5 {
		t.Errorf("%d were made", made)
	}
	if _, err := s.Of(t.Context(), "gone", func() (io.ReadSeekCloser, error) { return nil, penates.NotExist }); !errors.Is(err, penates.NotExist) {
		t.Error(err)
	}
}

func FuzzMake(f *testing.F) {
	for _, kind := range []string{"jpeg", "png", "gif"} {
		f.Add(encoded(f, kind, landscape(16)))
	}
	f.Add(held(encoded(f, "jpeg", landscape(16)), 6))
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x01\x00\x01\x00\x02\x00\x34\x25\xa4\x00\x03\x70\x00\xfe\xfb\x94\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<16 {
			return
		}
		thumb, err := thumbnail.Make(t.Context(), bytes.NewReader(content))
		if err != nil {
			return
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(thumb)); err != nil || c.Width > thumbnail.Side || c.Height > thumbnail.Side {
			t.Fatal(c, err)
		}
	})
}

func BenchmarkMake(b *testing.B) {
	content := encoded(b, "jpeg", landscape(4000))
	for b.Loop() {
		if _, err := thumbnail.Make(b.Context(), bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}

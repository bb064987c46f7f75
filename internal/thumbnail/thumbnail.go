// Package thumbnail makes small pictures of large ones: of JPEG, PNG, GIF and WebP. What
// a picture may take is bounded before it is decoded, and two are made at a time at most.
package thumbnail

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // to be decoded
	"image/jpeg"
	_ "image/png" // to be decoded
	"io"
	"sync"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // to be decoded

	"penates"
)

// Side is how long the longer side of a thumbnail is at most, in pixels.
const Side = 320

// Limits of a picture.
const (
	maxBytes  = 64 << 20
	maxPixels = 64 << 20 // of one that takes three bytes each, or less
	maxColour = 24 << 20 // of one that may take eight
	quality   = 78
)

// Types are the media types of pictures that thumbnails are made of.
var Types = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// Make returns a JPEG of the picture that r holds, upright, at most Side wide and
// high. What is no picture of Types, or damaged, is Unsupported; one that is too large
// to be decoded is TooLarge.
func Make(ctx context.Context, r io.ReadSeeker) (thumb []byte, err error) {
	small, err := Upright(ctx, r, Side)
	if err != nil {
		return nil, err
	}
	return encode(small)
}

// Of returns a JPEG of a picture that is decoded already, at most Side wide and high.
func Of(full image.Image) ([]byte, error) { return encode(reduce(full, Side)) }

func encode(small image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, small, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// Upright returns the picture that r holds, upright, on white, at most side wide and high.
// It bounds and refuses as Make does.
func Upright(ctx context.Context, r io.ReadSeeker, side int) (p *image.RGBA, err error) {
	defer func() {
		if recover() != nil { // of a decoder, on bytes that are damaged
			p, err = nil, fmt.Errorf("picture: %w", penates.Unsupported)
		}
	}()
	limited := &reading{ctx: ctx, r: r}
	config, kind, err := image.DecodeConfig(limited)
	if err != nil {
		return nil, limited.why(err)
	}
	most := int64(maxColour)
	if kind == "jpeg" || kind == "webp" || kind == "gif" {
		most = maxPixels
	}
	if pixels := int64(config.Width) * int64(config.Height); config.Width <= 0 || config.Height <= 0 || pixels > most {
		return nil, fmt.Errorf("a picture of %d by %d pixels: %w", config.Width, config.Height, penates.TooLarge)
	}
	turned := 1
	if kind == "jpeg" {
		turned = orientation(limited.again())
	}
	full, _, err := image.Decode(limited.again())
	if err != nil {
		return nil, limited.why(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return turn(reduce(full, side), turned), nil
}

// A reading reads a picture while it is wanted, to a limit.
type reading struct {
	ctx context.Context
	r   io.ReadSeeker
	n   int64
	err error // of the reader, not of the picture
}

func (r *reading) again() *reading {
	if _, err := r.r.Seek(0, io.SeekStart); err != nil {
		r.err = err
	}
	r.n = 0
	return r
}

func (r *reading) Read(p []byte) (int, error) {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	if r.n > maxBytes && r.err == nil {
		r.err = fmt.Errorf("a picture of more than %d bytes: %w", maxBytes, penates.TooLarge)
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func (r *reading) Seek(offset int64, whence int) (int64, error) { return r.r.Seek(offset, whence) }

func (r *reading) why(err error) error {
	if r.err != nil {
		return r.err
	}
	return fmt.Errorf("picture: %w (%w)", penates.Unsupported, err)
}

// orientation returns how the camera was held (EXIF 3.0, 4.6.5: Orientation).
func orientation(r io.ReadSeeker) (turned int) {
	turned = 1
	defer func() { _ = recover() }() // of the library, on bytes that are damaged
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: r, ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF, LimitNumTags: 1000, LimitTagSize: 64 << 10,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if n, ok := t.Value.(uint16); ok && n >= 1 && n <= 8 {
				turned = int(n)
			}
			return nil
		},
	})
	return turned
}

// reduce returns the picture within a square of side, on white.
func reduce(full image.Image, side int) *image.RGBA {
	b := full.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Bounds(), full, b, draw.Over, nil)
	return small
}

// turn puts a picture upright that is stored in one of the eight ways of EXIF.
func turn(p *image.RGBA, turned int) *image.RGBA {
	if turned < 2 || turned > 8 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	if turned >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			to := image.Point{x, y}
			switch turned {
			case 2:
				to.X = w - 1 - x
			case 3:
				to = image.Point{w - 1 - x, h - 1 - y}
			case 4:
				to.Y = h - 1 - y
			case 5:
				to = image.Point{y, x}
			case 6:
				to = image.Point{w - 1 - y, x}
			case 7:
				to = image.Point{w - 1 - y, h - 1 - x}
			case 8:
				to = image.Point{y, h - 1 - x}
			}
			out.SetRGBA(to.X, to.Y, p.RGBAAt(x, y))
		}
	}
	return out
}

// A Shelf holds thumbnails in memory, those that were asked for last, until it is
// cleared. They are never written anywhere.
type Shelf struct {
	most  int
	turns chan struct{}

	mu     sync.Mutex
	bytes  int
	byID   map[penates.BlobID]*list.Element
	recent list.List // of *shelved
}

type shelved struct {
	id    penates.BlobID
	thumb []byte
}

// NewShelf returns a Shelf of at most so many bytes.
func NewShelf(most int) *Shelf {
	return &Shelf{most: most, turns: make(chan struct{}, 2), byID: map[penates.BlobID]*list.Element{}}
}

// Of returns the thumbnail of a picture, which open opens if it has to be made. Whoever
// asks has been let see the picture.
func (s *Shelf) Of(ctx context.Context, id penates.BlobID, open func() (io.ReadSeekCloser, error)) ([]byte, error) {
	return s.Made(ctx, id, func() ([]byte, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		thumb, err := Make(ctx, r)
		return thumb, errors.Join(err, r.Close())
	})
}

// Made returns the thumbnail of what id names, which make makes if it has to be made.
func (s *Shelf) Made(ctx context.Context, id penates.BlobID, make func() ([]byte, error)) ([]byte, error) {
	if thumb := s.find(id); thumb != nil {
		return thumb, nil
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if thumb := s.find(id); thumb != nil { // made meanwhile
		return thumb, nil
	}
	thumb, err := make()
	if err != nil {
		return nil, err
	}
	s.put(id, thumb)
	return thumb, nil
}

// Clear drops all that is held.
func (s *Shelf) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent.Init()
	clear(s.byID)
	s.bytes = 0
}

func (s *Shelf) find(id penates.BlobID) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byID[id]; e != nil {
		s.recent.MoveToFront(e)
		return e.Value.(*shelved).thumb
	}
	return nil
}

func (s *Shelf) put(id penates.BlobID, thumb []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[id] = s.recent.PushFront(&shelved{id, thumb})
	for s.bytes += len(thumb); s.bytes > s.most && s.recent.Len() > 0; {
		last := s.recent.Remove(s.recent.Back()).(*shelved)
		delete(s.byID, last.id)
		s.bytes -= len(last.thumb)
	}
}

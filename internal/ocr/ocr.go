// Package ocr has the words of a picture read by tesseract, a program of the system, where it
// is installed.
//
// The program is given no foreign bytes: pictures are decoded here, within bounds, and handed
// to it as plain rows of grey. They go through a pipe, the words come back through another;
// it is told to write no file and, on Linux, kept from it. Its time, its memory and its answer
// are bounded, it has one thread, no shell starts it, and it sees nothing of the environment
// but where its data are.
package ocr

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	_ "golang.org/x/image/tiff" // to be decoded

	"penates"
	"penates/internal/thumbnail"
)

// Limits of one picture.
const (
	maxSide   = 4000            // pixels, as of A4 at 300 to the inch; larger ones are made smaller
	minSide   = 16              // below which there is nothing to read
	maxTime   = 2 * time.Minute // of the program
	maxAnswer = 8 << 20
	maxMemory = 2 << 30 // of the program's addresses
)

// Types are the media types of pictures that are read.
var Types = append(slices.Clone(thumbnail.Types), "image/tiff")

// ErrMissing says that there is no tesseract, or none that reads French or English.
var ErrMissing = errors.New("tesseract is not installed; on Debian: apt-get install tesseract-ocr tesseract-ocr-fra")

// A Reader reads pictures.
type Reader struct {
	path      string
	version   string
	languages []string
}

// Find looks for tesseract where programs are, and for which of French and English it has.
func Find(ctx context.Context) (*Reader, error) {
	path, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, ErrMissing
	}
	r := &Reader{path: path}
	out, err := r.run(ctx, nil, "--list-langs")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	have := strings.Fields(string(out))
	for _, language := range []string{"fra", "eng"} {
		if slices.Contains(have, language) {
			r.languages = append(r.languages, language)
		}
	}
	if len(r.languages) == 0 {
		return nil, ErrMissing
	}
	if out, err = r.run(ctx, nil, "--version"); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if words := strings.Fields(string(out)); len(words) > 1 && words[0] == "tesseract" && len(words[1]) < 40 {
		r.version = strings.ToValidUTF8(words[1], "")
	}
	return r, nil
}

// French reports whether the reader knows French.
func (r *Reader) French() bool { return slices.Contains(r.languages, "fra") }

// String says who reads and in which languages, as in "tesseract 5.3.0 fra+eng".
func (r *Reader) String() string {
	return strings.Join(strings.Fields("tesseract "+r.version+" "+strings.Join(r.languages, "+")), " ")
}

// Read returns the words of a picture that is a file of Types, a line for each line; "" when
// there are none one could be sure of. What is no such picture, or damaged, is Unsupported;
// what is too large TooLarge.
func (r *Reader) Read(ctx context.Context, picture io.ReadSeeker) (string, error) {
	p, err := thumbnail.Upright(ctx, picture, maxSide)
	if err != nil {
		return "", err
	}
	return r.read(ctx, p)
}

// ReadImage returns the words of a picture that is decoded.
func (r *Reader) ReadImage(ctx context.Context, picture *image.Gray) (string, error) {
	if b := picture.Bounds(); b.Dx() > 4*maxSide || b.Dy() > 4*maxSide {
		return "", fmt.Errorf("a picture of %d by %d pixels: %w", b.Dx(), b.Dy(), penates.TooLarge)
	}
	return r.read(ctx, picture)
}

func (r *Reader) read(ctx context.Context, p image.Image) (string, error) {
	if b := p.Bounds(); b.Dx() < minSide || b.Dy() < minSide {
		return "", nil
	}
	out, err := r.run(ctx, graymap(p), "stdin", "stdout", "-l", strings.Join(r.languages, "+"), "-c", "tessedit_create_tsv=1")
	if err != nil {
		return "", err
	}
	return words(out), nil
}

// graymap writes a picture as rows of grey (netpbm's PGM).
func graymap(p image.Image) []byte {
	b := p.Bounds()
	out := fmt.Appendf(make([]byte, 0, 32+b.Dx()*b.Dy()), "P5\n%d %d\n255\n", b.Dx(), b.Dy())
	switch p := p.(type) {
	case *image.Gray:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			row := p.PixOffset(b.Min.X, y)
			out = append(out, p.Pix[row:row+b.Dx()]...)
		}
	case *image.RGBA:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			row := p.Pix[p.PixOffset(b.Min.X, y):]
			for x := range b.Dx() {
				c := row[4*x : 4*x+3] // ITU-R BT.601
				out = append(out, byte((19595*uint32(c[0])+38470*uint32(c[1])+7471*uint32(c[2])+1<<15)>>16))
			}
		}
	}
	return out
}

// run runs the program with the arguments, gives it input and returns what it says.
func (r *Reader) run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	cmd := exec.CommandContext(limited, r.path, args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "OMP_THREAD_LIMIT=1"}
	if data := os.Getenv("TESSDATA_PREFIX"); data != "" {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+data)
	}
	cmd.WaitDelay = 10 * time.Second
	out, said := &capped{most: maxAnswer, full: cancel}, &capped{most: 64 << 10}
	cmd.Stdout, cmd.Stderr = out, said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// It has no picture yet, so the limits are there before it does anything with one.
	err = confine(cmd.Process.Pid)
	if err == nil {
		_, err = in.Write(input)
	} else {
		cancel()
	}
	_ = in.Close() // with an error the program has gone, which Wait says
	ended := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case out.over:
		return nil, fmt.Errorf("tesseract says more than %d bytes: %w", maxAnswer, penates.TooLarge)
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("tesseract took more than %s: %w", maxTime, penates.TooLarge)
	case ended != nil:
		return nil, fmt.Errorf("tesseract: %w: %q", ended, said.last())
	}
	return out.held.Bytes(), err
}

// A capped buffer holds so much and drops the rest.
type capped struct {
	held bytes.Buffer // not embedded: its ReadFrom knows no bound
	most int
	over bool
	full func() // called when there is more, if set
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.most - c.held.Len(); len(p) > room {
		c.held.Write(p[:room])
		if c.over = true; c.full != nil {
			c.full()
		}
		return len(p), nil
	}
	return c.held.Write(p)
}

// last returns the last line of what was said.
func (c *capped) last() string {
	last := ""
	lines := bufio.NewScanner(&c.held)
	for lines.Scan() {
		if s := strings.TrimSpace(lines.Text()); s != "" {
			last = s[:min(len(s), 300)]
		}
	}
	return last
}

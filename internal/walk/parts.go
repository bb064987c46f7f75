package walk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"penates"
)

// maxParts bounds the files that one archive was cut into.
const maxParts = 999

// partNumber tells the parts that programs cut archives into, "a.zip.001" and so on.
func partNumber(name string) (whole string, n int) {
	ext := filepath.Ext(name)
	if len(ext) != 4 || strings.Trim(ext[1:], "0123456789") != "" {
		return "", 0
	}
	n, _ = strconv.Atoi(ext[1:])
	return strings.TrimSuffix(name, ext), n
}

func partName(whole string, n int) string { return fmt.Sprintf("%s.%03d", whole, n) }

// parts reads files behind each other as one. One of them is open at a time.
type parts struct {
	open func(n int) (piece, error) // n counts from 1
	ends []int64                    // offset behind each
	at   int                        // which is open, from 1; 0 for none
	file piece
}

// A piece is one part, wherever it is held.
type piece interface {
	io.ReaderAt
	io.Closer
}

func (p *parts) size() int64 { return p.ends[len(p.ends)-1] }

func (p *parts) Close() error {
	if p.file == nil {
		return nil
	}
	err := p.file.Close()
	p.file, p.at = nil, 0
	return err
}

// ReadAt may be used by one goroutine at a time.
func (p *parts) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, penates.Invalid
	}
	read, start := 0, int64(0)
	for i, end := range p.ends {
		if off < end && len(b) > read {
			n, err := p.readPart(i+1, b[read:read+int(min(int64(len(b)-read), end-off))], off-start)
			read += n
			off += int64(n)
			if err != nil {
				return read, err
			}
		}
		start = end
	}
	if read < len(b) {
		return read, io.EOF
	}
	return read, nil
}

func (p *parts) readPart(n int, b []byte, off int64) (int, error) {
	if p.at != n {
		if err := p.Close(); err != nil {
			return 0, err
		}
		f, err := p.open(n)
		if err != nil {
			return 0, err
		}
		p.file, p.at = f, n
	}
	read, err := p.file.ReadAt(b, off)
	if read == len(b) {
		return read, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // it was longer a moment ago
	}
	return read, err
}

// partSize returns how long a part is, and false when it is none: no file, empty, or
// the first one and not the beginning of an archive.
func partSize(f *os.File, first bool) (int64, bool) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return 0, false
	}
	if !first {
		return info.Size(), true
	}
	head := make([]byte, min(info.Size(), HeadSize))
	if _, err := f.ReadAt(head, 0); err != nil {
		return 0, false
	}
	return info.Size(), archiveKind(head) != ""
}

// joined looks into the archive whose first part open(1) is, and returns how many
// parts it has; fewer than two when it is none, or has no other part.
func (w *walker) joined(ctx context.Context, shown string, open func(n int) (*os.File, error)) (int, error) {
	p := &parts{open: func(n int) (piece, error) { return open(n) }}
	for n := 1; n <= maxParts; n++ {
		f, err := open(n)
		if err != nil {
			break
		}
		size, ok := partSize(f, n == 1)
		if err := f.Close(); err != nil || !ok {
			break
		}
		if n > 1 {
			size += p.size()
		}
		p.ends = append(p.ends, size)
	}
	if len(p.ends) < 2 {
		return 0, nil
	}
	end := w.Meter.Done + p.size()
	m := &metered{r: io.NewSectionReader(p, 0, p.size()), at: p, meter: w.Meter, end: end}
	err := w.file(ctx, source{path: shown, size: p.size(), r: m, at: m})
	w.Meter.Done = end
	if closed := p.Close(); err == nil && closed != nil {
		err = w.Refuse(shown, readError(closed))
	}
	return len(p.ends), err
}

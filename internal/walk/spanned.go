package walk

import (
	"bytes"
	"fmt"
	"io"

	"penates"
)

// endRecord returns the end of central directory record of a zip, and where it
// stands (APPNOTE 4.3.16); nil when there is none.
func endRecord(r io.ReaderAt, size int64) (int64, []byte) {
	const end, longestComment = 22, 1<<16 - 1
	b := make([]byte, min(size, end+longestComment))
	start := size - int64(len(b))
	if n, err := r.ReadAt(b, start); n < len(b) || err != nil && err != io.EOF {
		return 0, nil
	}
	for i := len(b) - end; i >= 0; i-- {
		if bytes.HasPrefix(b[i:], []byte("PK\x05\x06")) && i+end+int(little.Uint16(b[i+20:])) == len(b) {
			return start + int64(i), b[i:]
		}
	}
	return 0, nil
}

// spanned returns how many files a zip was split into of which r is the last, as
// "a.z01", "a.z02", "a.zip" are (APPNOTE 8.3); 0 for one that is whole.
func spanned(r io.ReaderAt, size int64) int {
	_, record := endRecord(r, size)
	if record == nil {
		return 0
	}
	// wide16: the number stands elsewhere; programs that split write the small one.
	if disk := little.Uint16(record[4:]); disk > 0 && disk != wide16 {
		return int(disk) + 1
	}
	return 0
}

// PartsOfZip returns how many files a zip was split into of which r is the last one; 0
// for any other file.
func PartsOfZip(r io.ReadSeeker, size int64) (int, error) {
	at := &seeking{r: r}
	return spanned(at, size), at.err
}

// seeking reads anywhere in what can be sought in.
type seeking struct {
	r   io.ReadSeeker
	err error
}

func (s *seeking) ReadAt(p []byte, off int64) (int, error) {
	_, err := s.r.Seek(off, io.SeekStart)
	if err != nil {
		s.err = err
		return 0, err
	}
	return io.ReadFull(s.r, p)
}

const joinParts = `put all parts into one folder and import that, or join them with "zip -s 0 NAME.zip --out whole.zip" and import what comes of it`

// errSpanned is of a last part that is looked into as it is.
func errSpanned(parts int, why string) error {
	if why == "" {
		why = "the others are not beside it"
	}
	return fmt.Errorf("the last of %d parts of one zip (.z01 and so on), and %s: what lies in it is read; for all of it, %s: %w", parts, why, joinParts, penates.Unsupported)
}

// errApart is of a part in which nothing can be found without the others.
func errApart(why string) error {
	return fmt.Errorf("a part of a zip that was split, and %s: %s: %w", why, joinParts, penates.Unsupported)
}

package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"penates"
)

// open opens a member; what is read of it counts towards the progress and the
// limit of what the export may unpack to.
func (t *taker) open(name string) (io.ReadCloser, error) {
	f := t.members[name]
	if f == nil {
		return nil, fmt.Errorf("it is missing from the export: %w", penates.NotExist)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	return &metered{r, t, nil}, nil
}

type metered struct {
	io.ReadCloser
	t   *taker
	err error
}

func (m *metered) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.err = m.t.ctx.Err(); m.err != nil {
		return 0, m.err
	}
	n, err := m.ReadCloser.Read(p)
	m.t.done += int64(n)
	m.t.o.Progress(m.t.done, max(m.t.total, m.t.done))
	switch {
	case m.t.done > m.t.room:
		err = fmt.Errorf("the export unpacks to more than %d bytes, which one of its size may not hold: %w", m.t.room, penates.TooLarge)
	case err != nil && err != io.EOF:
		err = fmt.Errorf("%w (%w)", penates.Damaged, err)
	}
	if err != nil {
		m.err = err
	}
	return n, err
}

// member reads a member line by line, and verifies that it is what the manifest
// says.
func (t *taker) member(f *File, take func([]byte) error) error {
	r, err := t.open(f.Name)
	if err != nil {
		return t.refuse(f.Name, 0, err)
	}
	sum := sha256.New()
	n, err := t.lines(f.Name, io.TeeReader(r, sum), take)
	if err = errors.Join(err, r.Close()); err != nil {
		return t.refuse(f.Name, n, err)
	}
	return t.refuse(f.Name, 0, f.verify(sum, n))
}

func (f *File) verify(sum hash.Hash, lines int) error {
	switch {
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return fmt.Errorf("its bytes are not those the manifest names; what could be read was taken: %w", penates.Damaged)
	case lines != f.Lines:
		return fmt.Errorf("it has %d lines instead of %d: %w", lines, f.Lines, penates.Damaged)
	}
	return nil
}

// maxRefused is how many lines of a member may be refused before the rest of it is.
const maxRefused = 10_000

// lines gives each line to take and returns how many there were. A line that
// cannot be taken is refused.
func (t *taker) lines(name string, r io.Reader, take func([]byte) error) (n int, err error) {
	br, bad := bufio.NewReaderSize(r, 256<<10), 0
	for {
		line, long, err := readLine(br)
		if len(line) > 0 || long {
			n++
			took := fmt.Errorf("a line of more than %d bytes: %w", maxLine, penates.TooLarge)
			if !long {
				took = take(line)
			}
			if took != nil {
				bad++
			}
			if bad > maxRefused {
				return n, fmt.Errorf("more than %d of its lines are refused; the rest is not read: %w", maxRefused, penates.TooLarge)
			}
			if refused := t.refuse(name, n, took); refused != nil {
				return n, refused
			}
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// readLine returns the next line, and whether it is too long to be returned.
func readLine(br *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			line, long = nil, true
		} else if !long {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

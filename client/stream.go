package client

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

const (
	maxEvent = 256 << 10
	silence  = 90 * time.Second // the vault gives a sign of life more often
)

var errSilent = errors.New("the vault fell silent")

// A stream reads server-sent events.
type stream struct {
	lines *bufio.Scanner
	alive *time.Timer
}

// newStream reads the events of body; gaveUp is called when nothing comes for too
// long.
func newStream(body io.Reader, gaveUp func()) *stream {
	s := &stream{lines: bufio.NewScanner(body), alive: time.AfterFunc(silence, gaveUp)}
	s.lines.Buffer(nil, maxEvent)
	return s
}

func (s *stream) close() { s.alive.Stop() }

// next returns the name and the data of the next event.
func (s *stream) next() (name string, data []byte, err error) {
	for s.lines.Scan() {
		s.alive.Reset(silence)
		line := s.lines.Bytes()
		if len(line) == 0 {
			if data != nil {
				return name, data, nil
			}
			name = ""
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			name = string(value)
		case "data":
			if data != nil {
				data = append(data, '\n')
			}
			if data = append(data, value...); data == nil {
				data = []byte{}
			}
			if len(data) > maxEvent {
				return "", nil, ErrTooLarge
			}
		}
	}
	if err := s.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return "", nil, ErrTooLarge
	} else if err != nil {
		return "", nil, err
	}
	return "", nil, io.ErrUnexpectedEOF
}

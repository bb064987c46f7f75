package client

import "io"

// Events reads events until the end, and returns how many there were.
func Events(r io.Reader) (n int, err error) {
	s := newStream(r, func() {})
	defer s.close()
	for {
		if _, _, err = s.next(); err != nil {
			return n, err
		}
		n++
	}
}

// Refusal reads why a vault refuses.
func Refusal(b []byte) string {
	e := &Error{Status: 400}
	e.read(b)
	return e.Error()
}

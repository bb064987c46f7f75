package ship

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"penates"
	"penates/internal/sealvfs"
)

// A Feed hands the commits of one vault to those who ship them. The vault tells it
// of each commit while nothing else can be written, and asks it when the log may
// be moved into the database file.
type Feed struct {
	path string // of the log

	mu        sync.Mutex
	file      *os.File
	at        position
	point     Point
	followers map[*Follower]struct{}
	holds     int
	kept      bool
	closed    bool
	changed   chan struct{} // closed and made anew when a follower got on
}

// A position is how far into which log.
type position struct {
	Log string `json:"log"`
	To  int64  `json:"to"`
}

// A capture is what one commit wrote.
type capture struct {
	position
	from  int64
	data  []byte
	point Point
	blobs []string
	keys  []byte
	since int64 // commit before it, where it is of several
}

// after returns the commit that the capture follows.
func (c *capture) after() int64 {
	if c.since > 0 {
		return c.since
	}
	return c.point.Commit - 1
}

// maxQueue bounds what waits in memory to be shipped. Beyond it a follower begins
// anew with a snapshot.
const maxQueue = 64 << 20

// When the log is moved into the database file: usually, and when nobody follows
// though somebody may later. Numbers of frames.
const (
	usualLog = 4000
	keptLog  = 40_000
)

// NewFeed returns the feed of the vault whose database is at path. With keep the
// log stays when the vault is closed, so that it can be shipped later.
func NewFeed(path string, keep bool) *Feed {
	return &Feed{path: path + "-wal", kept: keep, followers: map[*Follower]struct{}{}, changed: make(chan struct{})}
}

// Close ends the feed; followers ship what they have and end.
func (f *Feed) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for w := range f.followers {
		w.wakeUp()
	}
	f.advance()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Kept reports whether the log is to stay when the vault is closed.
func (f *Feed) Kept() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

// Due reports whether a log of so many frames should be moved into the database
// file now.
func (f *Feed) Due(frames int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holds > 0 {
		return false
	}
	return frames >= keptLog || frames >= usualLog && (len(f.followers) > 0 || !f.kept)
}

// Point returns the last commit the feed was told of.
func (f *Feed) Point() Point {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.point
}

// Holding reports whether the database file must not change.
func (f *Feed) Holding() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.holds > 0
}

// Hold keeps the log from being moved until release is called.
func (f *Feed) Hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.holds++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.holds--
	})
}

// Committed takes a commit: the log now has so many frames, and these blob files
// are new. others says that the connection made commits before it that were not
// counted, as compacting does. It is called before anything else can be written. It
// does not fail: a log that cannot be read, or of which something may have been
// missed, makes followers begin anew.
func (f *Feed) Committed(p Point, frames int, blobs []string, others bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.point = p
	was := f.at
	err := f.locate(frames)
	if len(f.followers) == 0 {
		return
	}
	c := capture{position: f.at, from: was.To, point: p, blobs: blobs}
	missed := false
	if was.Log != f.at.Log {
		c.from, missed = 0, others
	}
	if err == nil {
		c.data, err = f.read(c.from, c.To)
	}
	for w := range f.followers {
		w.take(c, missed || err != nil)
	}
}

// Keys takes a header that was just saved.
func (f *Feed) Keys(header []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.followers {
		w.take(capture{point: f.point, keys: header}, false)
	}
}

// locate sets where the log now ends.
func (f *Feed) locate(frames int) error {
	f.at = position{}
	header, err := f.read(0, sealvfs.LogHeader)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(header)
	f.at = position{hex.EncodeToString(sum[:]), sealvfs.LogSize(frames)}
	return nil
}

// read returns bytes of the log. The mark of what is on disk, which is written
// anew with each commit, reads as never written.
func (f *Feed) read(from, to int64) ([]byte, error) {
	if f.file == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return nil, err
		}
		f.file = file
	}
	data := make([]byte, to-from)
	if _, err := f.file.ReadAt(data, from); err != nil {
		return nil, err
	}
	if mark := sealvfs.LogHeader; from < 2*mark {
		clear(data[min(int64(len(data)), max(0, mark-from)):min(int64(len(data)), 2*mark-from)])
	}
	return data, nil
}

// between returns what the log held from one place to another, if it is still the
// same log.
func (f *Feed) between(at position, from int64) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.read(from, at.To)
	if err != nil {
		return nil, false
	}
	header, err := f.read(0, sealvfs.LogHeader) // a new log begins with its header
	sum := sha256.Sum256(header)
	return data, err == nil && hex.EncodeToString(sum[:]) == at.Log
}

// Stored waits until every follower that makes commits wait has stored p.
func (f *Feed) Stored(ctx context.Context, p Point) error {
	for {
		f.mu.Lock()
		waits, err := false, error(nil)
		for w := range f.followers {
			if w.durable && w.done < p.Commit {
				waits, err = true, errors.Join(err, w.err)
			}
		}
		changed := f.changed
		f.mu.Unlock()
		switch {
		case err != nil:
			return fmt.Errorf("stored here, not in the backup: %w", err)
		case !waits:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("stored here, not yet in the backup: %w (%w)", penates.TooLong, context.Cause(ctx))
		}
	}
}

// Calm waits until nothing is on its way to the stores that commits wait for, but no
// longer than d. A commit made meanwhile would wait behind it all the same; those that
// come in that time cost less as one, of which each page is shipped once.
func (f *Feed) Calm(d time.Duration) {
	var late <-chan time.Time
	for {
		f.mu.Lock()
		waits := false
		for w := range f.followers {
			waits = waits || w.durable && w.err == nil && w.done < f.point.Commit
		}
		changed := f.changed
		f.mu.Unlock()
		if !waits {
			return
		}
		if late == nil {
			late = time.After(d)
		}
		select {
		case <-changed:
		case <-late:
			return
		}
	}
}

// Refusal returns why nothing may be written, or nil: somebody else writes the
// vault, and commits are to wait for the store.
func (f *Feed) Refusal() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.followers {
		if w.durable && w.err != nil {
			return w.err
		}
	}
	return nil
}

// advance tells those who wait. f.mu is held.
func (f *Feed) advance() {
	close(f.changed)
	f.changed = make(chan struct{})
}

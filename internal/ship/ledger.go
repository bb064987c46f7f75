package ship

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/seal"
)

// A Ledger counts the commits of a vault's one writing connection: each commit
// has a row of its own in the table commits, is remembered by the anchor, and is
// handed to the feed. It also decides when the log is moved into the database
// file. Its methods are called while nothing else writes, except Stored, Refusal,
// Feed and Point.
type Ledger struct {
	c      *sqlite3.Conn
	feed   *Feed
	anchor *Anchor
	now    func() time.Time
	insert *sqlite3.Stmt
	pages  int // of the log, as of the last commit
	made   int // commits since the last one that was counted
	next   Point
	last   Anchored
	log    *slog.Logger
	vault  string
	dir    string

	mu     sync.Mutex
	point  Point
	header []byte
}

// LedgerOptions say of which vault a ledger is.
type LedgerOptions struct {
	Dir    string
	Master seal.Key
	Header *seal.Header
	Now    func() time.Time
	Log    *slog.Logger
	// Accept takes the state that is there for the last one, whatever the anchor
	// remembers.
	Accept bool
}

const (
	// remembered is how many commits the table holds at least: how far back two
	// histories can be told apart.
	remembered = 1024
	// storeTime bounds how long a commit waits for the store.
	storeTime = 30 * time.Second
)

// OpenLedger reads the last commit and compares it with what the anchor remembers;
// the error is an [Alarm] if it is an older one or another. A vault that has no
// commit counted yet gets an anchor.
func OpenLedger(c *sqlite3.Conn, o LedgerOptions) (*Ledger, error) {
	l := &Ledger{c: c, now: o.Now, log: o.Log, vault: o.Header.Vault(), dir: o.Dir, header: o.Header.Marshal(), last: Anchored{Keys: o.Header.Generation()}}
	err := l.one("SELECT n, tip, at FROM commits ORDER BY n DESC LIMIT 1", func(s *sqlite3.Stmt) {
		l.point = Point{s.ColumnInt64(0), s.ColumnText(1), time.UnixMilli(s.ColumnInt64(2)).UTC()}
	})
	if err != nil {
		return nil, err
	}
	if err := l.openAnchor(&o); err != nil {
		return nil, err
	}
	l.feed = NewFeed(filepath.Join(o.Dir, databaseFile), hasNotes(o.Dir))
	return l, l.Use(c)
}

// Use makes c the connection whose commits are counted. Nothing is counted after
// Use(nil), which is called when the connection is given away.
func (l *Ledger) Use(c *sqlite3.Conn) (err error) {
	if l.insert != nil {
		err = l.insert.Close()
	}
	l.c, l.insert = c, nil
	if c != nil {
		c.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
			l.pages = pages
			l.made++
			return nil
		})
	}
	return err
}

func (l *Ledger) openAnchor(o *LedgerOptions) (err error) {
	key := AnchorKey(o.Master)
	if l.anchor, err = OpenAnchor(o.Dir, key, l.vault); err != nil {
		return err
	}
	if l.anchor == nil || o.Accept {
		if l.point.Commit > 0 && !o.Accept {
			return fmt.Errorf("the vault is at commit %d: %w", l.point.Commit, Unanchored)
		}
		if l.anchor != nil {
			err = l.anchor.Close()
		}
		if err == nil {
			l.anchor, err = CreateAnchor(o.Dir, key, l.vault)
		}
		if err != nil {
			return err
		}
		return l.remember()
	}
	h, err := l.anchor.Get()
	if err == nil {
		err = h.Compare(o.Dir, l.point, l.last.Keys, func(n int64) (string, error) { return l.Tip(n) })
	}
	if err != nil {
		return errors.Join(err, l.anchor.Close())
	}
	return nil
}

// one calls row for the row that sql gives, if any.
func (l *Ledger) one(sql string, row func(*sqlite3.Stmt), args ...int64) error {
	s, _, err := l.c.Prepare(sql)
	if err != nil {
		return err
	}
	for i, a := range args {
		err = errors.Join(err, s.BindInt64(i+1, a))
	}
	if err == nil && s.Step() {
		row(s)
	}
	return errors.Join(err, s.Err(), s.Close())
}

// Tip returns the tip of a commit, or "" when it is no longer known.
func (l *Ledger) Tip(commit int64) (tip string, err error) {
	err = l.one("SELECT tip FROM commits WHERE n = ?", func(s *sqlite3.Stmt) { tip = s.ColumnText(0) }, commit)
	return tip, err
}

// Feed returns what hands the commits on.
func (l *Ledger) Feed() *Feed { return l.feed }

// Point returns the last commit.
func (l *Ledger) Point() Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.point
}

// Before counts the commit that the open transaction is about to become.
func (l *Ledger) Before() error {
	var tip [16]byte
	rand.Read(tip[:])
	l.next = Point{l.point.Commit + 1, hex.EncodeToString(tip[:]), l.now().UTC().Truncate(time.Millisecond)}
	if l.insert == nil {
		s, _, err := l.c.PrepareFlags("INSERT INTO commits (n, tip, at) VALUES (?, ?, ?)", sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return err
		}
		l.insert = s
	}
	err := errors.Join(l.insert.BindInt64(1, l.next.Commit), l.insert.BindText(2, l.next.Tip), l.insert.BindInt64(3, l.next.At.UnixMilli()))
	if err == nil {
		err = l.insert.Exec()
	}
	err = errors.Join(err, l.insert.Reset())
	if err == nil && l.next.Commit%256 == 0 {
		err = l.c.Exec(fmt.Sprintf("DELETE FROM commits WHERE n <= %d", l.next.Commit-remembered))
	}
	return err
}

// After takes the commit that was just made, whose new blob files are named. What
// goes wrong here does not undo the commit, so it is only noted: the anchor is then
// behind, the log grows.
func (l *Ledger) After(blobs []string) {
	l.mu.Lock()
	l.point = l.next
	l.mu.Unlock()
	l.feed.Committed(l.point, l.pages, blobs, l.made > 1)
	l.made = 0
	err := l.remember()
	if l.feed.Due(l.pages) {
		_, _, moved := l.c.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
		err = errors.Join(err, moved)
	}
	if err != nil {
		l.log.Error("after a commit", "error", err)
	}
}

func (l *Ledger) remember() error {
	l.last.Point = l.point
	return l.anchor.Set(l.last)
}

// Keys takes a header that was just saved.
func (l *Ledger) Keys(h *seal.Header) {
	l.mu.Lock()
	l.header = h.Marshal()
	l.mu.Unlock()
	l.last.Keys = h.Generation()
	l.feed.Keys(h.Marshal())
	if err := l.remember(); err != nil {
		l.log.Error("after a change of the keys", "error", err)
	}
}

// Source returns the vault as a [Shipper] needs it. While writing is held nothing
// can be written; commit ends the transaction that is open, or says that the vault
// was closed.
func (l *Ledger) Source(writing sync.Locker, commit func() error, sign func([]byte) []byte) Source {
	return Source{
		Vault: l.vault, Dir: l.dir, Sign: sign,
		Keys: func() []byte {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.header
		},
		Follow: func(name string, durable bool) *Follower {
			writing.Lock()
			defer writing.Unlock()
			return l.feed.Follow(name, durable)
		},
		Abandon: l.feed.Abandon,
		Still: func(ctx context.Context, f func(Point) error) (release func(), err error) {
			for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
				release, err := l.still(writing, commit, f)
				if !errors.Is(err, penates.InUse) {
					return release, err
				}
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return nil, errors.Join(err, context.Cause(ctx))
				}
			}
		},
		Tip: func(_ context.Context, n int64) (string, error) {
			writing.Lock()
			defer writing.Unlock()
			if err := commit(); err != nil {
				return "", err
			}
			return l.Tip(n)
		},
	}
}

// How long moving the log waits for those who read it, and how long anything else
// waits for others.
const (
	stillTime = 200 * time.Millisecond
	busyTime  = 10 * time.Second
)

// still moves all of the log into the database file, calls f, and keeps the file as
// it is until release is called. The error is of kind InUse while somebody reads
// what the log holds.
func (l *Ledger) still(writing sync.Locker, commit func() error, f func(Point) error) (release func(), err error) {
	writing.Lock()
	defer writing.Unlock()
	if err := commit(); err != nil {
		return nil, err
	}
	l.made = 0 // whatever was not counted, the file will hold
	if err := l.c.BusyTimeout(stillTime); err != nil {
		return nil, err
	}
	_, _, err = l.c.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) {
		err = fmt.Errorf("the database is being read: %w", penates.InUse)
	}
	if err = errors.Join(err, l.c.BusyTimeout(busyTime)); err != nil {
		return nil, err
	}
	return l.feed.Hold(), f(l.point)
}

// Aside runs f, which may write with another connection and move the log: what was
// not counted may be missed by who ships the vault, and is made good with a new
// snapshot. The error is of kind InUse while a snapshot needs the database file as it
// is.
func (l *Ledger) Aside(f func() error) error {
	if l.feed.Holding() {
		return fmt.Errorf("the database is being copied to a backup, try again later: %w", penates.InUse)
	}
	l.made += 2
	return f()
}

// Stored waits until all that was committed is in the stores that commits wait
// for, if there are any, but not for ever.
func (l *Ledger) Stored(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return l.feed.Stored(ctx, l.Point())
}

// Close ends the ledger before its connection is closed. The log stays beside the
// database if it is to be shipped.
func (l *Ledger) Close() error {
	c := l.c
	err := l.Use(nil)
	switch {
	case c == nil: // it was lost with an error
	case l.feed.Kept():
		_, no := c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true)
		err = errors.Join(err, no)
	default:
		l.last.Moved = true
		err = errors.Join(err, l.remember())
	}
	return errors.Join(err, l.feed.Close(), l.anchor.Close())
}

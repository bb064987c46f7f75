package vault

import (
	"context"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/journal"
)

// ownerMinute is how long the owner's own accesses are counted together.
const ownerMinute = time.Minute

// A log collects journal entries until they are written. Those who wait for
// theirs to be durable share commits: while one is under way, what comes
// meanwhile is collected for the next.
type log struct {
	mu      sync.Mutex
	waiting []line
	since   time.Time
	round   int // of what is waiting
	written int // rounds before this one are durable

	commit sync.Mutex // held by who writes
}

// A line is an entry that waits, with the grants it is charged to: that of the
// session and those it was passed on from; none for the owner's own.
type line struct {
	*journal.Entry
	chain []*grant.Grant
}

// add takes an entry; with durable it is in the vault when add returns.
func (l *log) add(w *writer, e *journal.Entry, durable bool, chain ...*grant.Grant) error {
	l.mu.Lock()
	merged := false
	for _, f := range l.waiting {
		if f.Alike(e) {
			f.Merge(e)
			merged = true
			break
		}
	}
	if !merged {
		l.waiting = append(l.waiting, line{e, chain})
	}
	if l.since.IsZero() {
		l.since = e.At
	}
	due := durable || e.At.Sub(l.since) >= ownerMinute || e.At.Before(l.since)
	round := l.round
	l.mu.Unlock()
	if !due {
		return nil
	}
	return l.write(w, round)
}

// flush writes all entries collected so far.
func (l *log) flush(w *writer) error {
	l.mu.Lock()
	round := l.round
	l.mu.Unlock()
	return l.write(w, round)
}

// write returns when the entries of a round are durable.
func (l *log) write(w *writer, round int) error {
	l.commit.Lock()
	defer l.commit.Unlock()
	l.mu.Lock()
	if round < l.written {
		l.mu.Unlock()
		return nil
	}
	lines := l.waiting
	l.waiting, l.since = nil, time.Time{}
	l.round++
	round = l.round
	l.mu.Unlock()
	var err error
	if len(lines) > 0 {
		err = w.do(context.Background(), func(c *conn) error {
			for _, e := range lines {
				if err := appendJournal(c, e.Entry); err != nil {
					return err
				}
				if err := noteUse(c, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil { // keep them for the next try
		l.waiting = append(lines, l.waiting...)
		l.since = lines[0].At
		return err
	}
	l.written = round
	return nil
}

// appendJournal chains e to the journal.
func appendJournal(c *conn, e *journal.Entry) error {
	n, prev, err := journalHead(c)
	if err != nil {
		return err
	}
	b, err := e.Encode()
	if err != nil {
		return err
	}
	return c.Run("INSERT INTO journal (n, entry, hash) VALUES (?, ?, ?)", n+1, engine.RawText(b), journal.Chain(prev, n+1, b))
}

func journalHead(c *conn) (n int64, hash []byte, err error) {
	_, err = c.One("SELECT n, hash FROM journal ORDER BY n DESC LIMIT 1", func(r *sqlite3.Stmt) error {
		n, hash = r.ColumnInt64(0), r.ColumnBlob(1, nil)
		return nil
	})
	return n, hash, err
}

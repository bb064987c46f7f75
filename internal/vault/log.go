package vault

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/journal"
)

// ownerMinute is how long the owner's own accesses are counted together.
const ownerMinute = time.Minute

// A log collects journal entries until they are written.
type log struct {
	mu      sync.Mutex
	waiting []*journal.Entry
	since   time.Time
}

// add takes an entry; with durable it is in the vault when add returns.
func (l *log) add(w *writer, e *journal.Entry, durable bool) error {
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
		l.waiting = append(l.waiting, e)
	}
	if l.since.IsZero() {
		l.since = e.At
	}
	due := durable || e.At.Sub(l.since) >= ownerMinute || e.At.Before(l.since)
	l.mu.Unlock()
	if !due {
		return nil
	}
	return l.flush(w)
}

// flush writes all entries collected so far.
func (l *log) flush(w *writer) error {
	l.mu.Lock()
	entries := l.waiting
	l.waiting, l.since = nil, time.Time{}
	l.mu.Unlock()
	if len(entries) == 0 {
		return nil
	}
	err := w.do(context.Background(), func(c *conn) error {
		for _, e := range entries {
			if err := appendJournal(c, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // keep them for the next try
		l.mu.Lock()
		l.waiting = append(entries, l.waiting...)
		l.since = entries[0].At
		l.mu.Unlock()
	}
	return err
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
	return c.run("INSERT INTO journal (n, entry, hash) VALUES (?, ?, ?)", n+1, rawText(b), journal.Chain(prev, n+1, b))
}

func journalHead(c *conn) (n int64, hash []byte, err error) {
	_, err = c.one("SELECT n, hash FROM journal ORDER BY n DESC LIMIT 1", func(r *sqlite3.Stmt) error {
		n, hash = r.ColumnInt64(0), r.ColumnBlob(1, nil)
		return nil
	})
	return n, hash, err
}

// A JournalFilter selects entries of the journal. The zero filter selects all.
type JournalFilter struct {
	Actor  penates.Actor
	Before int64 // entries with a lower number; 0 means the newest
	Limit  int   // at most 1,000; 50 when zero
	Others bool  // without the owner's own
}

// Journal returns entries newest first. Accesses that wait to be counted
// together are written first, so that the answer is whole.
func (s *Session) Journal(ctx context.Context, f JournalFilter) (entries []Entry, err error) {
	if err := s.allowAdminister("journal"); err != nil {
		return nil, err
	}
	if err := s.u.log.flush(s.u.w); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	where, args := "WHERE TRUE", []any{}
	if f.Before > 0 {
		where, args = where+" AND n < ?", append(args, f.Before)
	}
	if f.Actor != "" {
		where, args = where+" AND entry ->> '$.actor' = ?", append(args, f.Actor)
	}
	if f.Others {
		where, args = where+" AND entry ->> '$.actor' <> ?", append(args, penates.Owner)
	}
	err = s.read(ctx, func(c *conn) error {
		return c.each("SELECT n, entry, hash FROM journal "+where+" ORDER BY n DESC LIMIT ?", func(r *sqlite3.Stmt) error {
			e, err := journal.Decode(r.ColumnRawText(1))
			if err != nil {
				return err
			}
			entries = append(entries, Entry{Entry: e, Number: r.ColumnInt64(0), Hash: hex.EncodeToString(r.ColumnRawBlob(2))})
			return nil
		}, append(args, f.Limit)...)
	})
	return entries, err
}

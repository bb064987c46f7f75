// Package ledger writes a vault's journal: entries that are durable when they must
// be, with as few commits as that takes, and the sums drawn from them that bound
// what a grant gives in a day.
package ledger

import (
	"context"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/journal"
)

// OwnerMinute is how long the owner's own accesses are counted together.
const OwnerMinute = time.Minute

// A Writer runs f in a transaction, which is durable when Do returns.
type Writer interface {
	Do(ctx context.Context, f func(c *engine.Conn) error) error
}

// A Ledger collects journal entries until they are written. Those who wait for
// theirs to be durable share commits: while one is under way, what comes
// meanwhile is collected for the next.
type Ledger struct {
	mu      sync.Mutex
	waiting Lines
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

// Lines are entries that are written together.
type Lines []line

// Add adds an entry charged to grants, or counts it together with one that is alike.
func (l *Lines) Add(e *journal.Entry, chain ...*grant.Grant) {
	for _, f := range *l {
		if f.Alike(e) {
			f.Merge(e)
			return
		}
	}
	*l = append(*l, line{e, chain})
}

// Write chains the entries to the journal and adds them to the sums.
func (l Lines) Write(c *engine.Conn) error {
	for _, e := range l {
		if err := Append(c, e.Entry); err != nil {
			return err
		}
		if err := noteUse(c, e); err != nil {
			return err
		}
	}
	return nil
}

// Add takes an entry; with durable it is in the vault when Add returns.
func (l *Ledger) Add(w Writer, e *journal.Entry, durable bool, chain ...*grant.Grant) error {
	l.mu.Lock()
	l.waiting.Add(e, chain...)
	if l.since.IsZero() {
		l.since = e.At
	}
	due := durable || e.At.Sub(l.since) >= OwnerMinute || e.At.Before(l.since)
	round := l.round
	l.mu.Unlock()
	if !due {
		return nil
	}
	return l.write(w, round)
}

// Flush writes all entries collected so far.
func (l *Ledger) Flush(w Writer) error {
	l.mu.Lock()
	round := l.round
	l.mu.Unlock()
	return l.write(w, round)
}

// write returns when the entries of a round are durable.
func (l *Ledger) write(w Writer, round int) error {
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
		err = w.Do(context.Background(), lines.Write)
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

// Append chains e to the journal.
func Append(c *engine.Conn, e *journal.Entry) error {
	n, prev, err := Head(c)
	if err != nil {
		return err
	}
	b, err := e.Encode()
	if err != nil {
		return err
	}
	return c.Run("INSERT INTO journal (n, entry, hash) VALUES (?, ?, ?)", n+1, engine.RawText(b), journal.Chain(prev, n+1, b))
}

// Head returns the number and hash of the last entry.
func Head(c *engine.Conn) (n int64, hash []byte, err error) {
	_, err = c.One("SELECT n, hash FROM journal ORDER BY n DESC LIMIT 1", func(r *sqlite3.Stmt) error {
		n, hash = r.ColumnInt64(0), r.ColumnBlob(1, nil)
		return nil
	})
	return n, hash, err
}

// noteUse adds what an entry says to the sums by grant, day and type.
func noteUse(c *engine.Conn, e line) error {
	if e.Actor == penates.Owner {
		return nil
	}
	calls, refused := max(e.Calls, 1), 0
	if e.Refused != "" {
		calls, refused = 0, calls
	}
	note := func(actor penates.Actor, id penates.GrantID, t penates.Type, rows, bytes int64) error {
		return c.Run(`INSERT INTO uses (actor, "grant", day, type, rows, bytes, calls, refused, hours, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
			ON CONFLICT DO UPDATE SET rows = rows + ?5, bytes = bytes + ?6, calls = calls + ?7, refused = refused + ?8, hours = hours | ?9, last = max(last, ?11)`,
			actor, string(id), e.At.Format(time.DateOnly), string(t), rows, bytes, calls, refused, int64(1)<<e.At.Hour(), e.At.UnixMilli(), max(e.At.UnixMilli(), e.Until.UnixMilli()))
	}
	for t, n := range e.Types {
		if err := note(e.Actor, e.Grant, t, int64(n), 0); err != nil {
			return err
		}
	}
	if len(e.chain) == 0 {
		return note(e.Actor, e.Grant, "", e.Rows, e.Bytes)
	}
	for _, g := range e.chain {
		if err := note(g.Grantee, g.ID, "", e.Rows, e.Bytes); err != nil {
			return err
		}
	}
	return nil
}

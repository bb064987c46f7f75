package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/blob"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/journal"
	"penates/internal/ledger"
	"penates/internal/seal"
	"penates/internal/ship"
	"penates/internal/vault/rows"
)

// How long a group of writes of an import may grow before it is committed. Ids
// are in no order, so a group changes most pages of their index however few it
// writes; groups are large.
const (
	groupSize = 16_000
	groupTime = 4 * time.Second
)

// A writer is the only connection that writes. Imports write in groups that are
// committed together; all else is committed before the call returns.
type writer struct {
	rows.Table
	mu      sync.Mutex
	c       *conn       // nil while it is lent to pool, and at the end
	over    bool        // the vault is locked
	used    time.Time   // when something was committed last
	blobs   *blob.Store // made durable before each commit
	ledger  *ship.Ledger
	open    bool                // a transaction is open
	grouped int                 // writes of imports in it
	wrote   time.Time           // when an import wrote a document last
	kept    time.Time           // when one kept bytes last
	since   time.Time           // when it was opened
	sources map[[2]string]int64 // rows of sources by connector and connection
	waiting map[*Job]bool       // imports with uncommitted writes
	changed *signal             // told after each commit that changed documents
	told    int64               // seq when it was
	pool    *engine.Pool        // told of commits that changed more than the journal
	more    bool                // the transaction does
	quietly int                 // commits since pool was told

	queued sync.Mutex
	queue  []*turn
}

// A turn is a function that waits to be run in a transaction. Those that wait at the
// same time share one.
type turn struct {
	ctx   context.Context
	f     func(c *conn) error
	quiet bool
	entry *journal.Entry // of the journal, written with it, if it has one when f ends
	chain []*grant.Grant // to which entry is charged
	err   error
	over  bool
}

// Most functions that share a transaction, and most commits of the journal alone
// until readers move on from the state of the database they stay at.
const (
	mostTurns = 64
	mostQuiet = 64
)

// calmTime bounds how long a commit waits for the one before to be in the stores that
// commits wait for.
const calmTime = 20 * time.Millisecond

func newWriter(c *conn, blobs *blob.Store, ledger *ship.Ledger, u *unlocked) (*writer, error) {
	w := &writer{c: c, blobs: blobs, ledger: ledger, sources: map[[2]string]int64{}, waiting: map[*Job]bool{}, changed: &u.changed, pool: u.pool}
	return w, w.readSeq()
}

func (w *writer) readSeq() error {
	_, err := w.c.One(`SELECT max(coalesce((SELECT max(seq) FROM stored_documents), 0), coalesce((SELECT max(seq) FROM tombstones), 0))`,
		func(s *sqlite3.Stmt) error { w.Seq = s.ColumnInt64(0); return nil })
	return err
}

// lendAfter is how long nothing was written when the connection is lent to who reads:
// while reads and writes alternate each has its own.
const lendAfter = 5 * time.Second

// lend gives away the connection unless it is in use.
func (w *writer) lend() *conn {
	if !w.mu.TryLock() {
		return nil
	}
	defer w.mu.Unlock()
	if w.c == nil || w.open || time.Since(w.used) < lendAfter {
		return nil
	}
	_ = w.ledger.Use(nil) // the statement it closes is gone, whatever it answers
	c := w.c
	w.c = nil
	return c
}

// connected makes sure that there is a connection.
func (w *writer) connected() (err error) {
	switch {
	case w.c != nil:
		return nil
	case w.over:
		return errClosed
	}
	if w.c, err = w.pool.Writer(); err != nil {
		return err
	}
	return w.ledger.Use(w.c.Conn)
}

// regain is connected, for who is about to end the reading.
func (w *writer) regain() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connected()
}

func (w *writer) begin() error {
	if w.open {
		return nil
	}
	if err := w.connected(); err != nil {
		return err
	}
	if err := w.ledger.Feed().Refusal(); err != nil {
		return err
	}
	if err := w.c.Run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.open, w.since = true, time.Now()
	if err := w.Begin(w.c); err != nil {
		return w.rollback(err)
	}
	return nil
}

// commit makes all that was written durable and tells the imports so.
func (w *writer) commit() error {
	if !w.open {
		return nil
	}
	err := w.Settle(w.c)
	if err == nil {
		err = w.blobs.Flush()
	}
	if err == nil {
		err = w.ledger.Before()
	}
	tell := w.more || w.quietly >= mostQuiet
	if tell { // idle readers must not keep the log from being written anew
		w.pool.Changed()
	}
	if err == nil {
		err = w.c.Run("COMMIT")
	}
	if err != nil {
		return w.rollback(err)
	}
	w.used = time.Now()
	w.quietly++
	if tell {
		w.quietly = 0
		w.pool.Changed()
	}
	w.ledger.After(w.blobs.Fresh())
	w.open, w.more, w.grouped = false, false, 0
	for j := range w.waiting {
		j.settle()
	}
	clear(w.waiting)
	if w.told != w.Seq {
		w.told = w.Seq
		w.changed.tell()
	}
	return nil
}

// rollback undoes the open transaction because of cause, which the imports that
// lost writes with it will answer from then on.
func (w *writer) rollback(cause error) error {
	var err error
	if !w.c.GetAutocommit() {
		err = w.c.Run("ROLLBACK")
	}
	w.open, w.more, w.grouped = false, false, 0
	for j := range w.waiting {
		j.lose(cause)
	}
	clear(w.waiting)
	clear(w.sources)
	w.Drop()
	return errors.Join(cause, err, w.readSeq())
}

// Do runs f and commits, and waits for the stores that commits wait for. When f
// fails nothing of it stays, but what others wrote in the transaction does.
func (w *writer) Do(ctx context.Context, f func(c *conn) error) error {
	return w.do(&turn{ctx: ctx, f: f})
}

// settled is Do for what looks at full-text search.
func (w *writer) settled(ctx context.Context, f func(c *conn) error) error {
	return w.Do(ctx, func(c *conn) error {
		if err := w.Settle(c); err != nil {
			return err
		}
		return f(c)
	})
}

// quiet is the writer for what changes the journal only.
func (w *writer) quiet() quiet { return quiet{w} }

type quiet struct{ *writer }

func (q quiet) Do(ctx context.Context, f func(c *conn) error) error {
	return q.do(&turn{ctx: ctx, f: f, quiet: true})
}

func (w *writer) do(t *turn) error {
	w.queued.Lock()
	w.queue = append(w.queue, t)
	w.queued.Unlock()
	if err := w.take(t); err != nil {
		return err
	}
	return w.ledger.Stored(t.ctx)
}

// take returns when t was run and what it wrote is durable: together with what
// waits besides, or because somebody else took it along.
func (w *writer) take(t *turn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !t.over {
		w.share()
	}
	return t.err
}

// share runs those that wait in one transaction. An interrupted statement undoes
// the whole of it, so only who is alone can be interrupted.
func (w *writer) share() {
	w.ledger.Feed().Calm(calmTime)
	w.queued.Lock()
	turns := slices.Clone(w.queue[:min(len(w.queue), mostTurns)])
	w.queue = slices.Delete(w.queue, 0, len(turns))
	w.queued.Unlock()
	end := func(turns []*turn, err error) {
		for _, t := range turns {
			t.err, t.over = err, true
		}
	}
	end(turns, errLost) // unless what follows says else
	var done []*turn
	var lines ledger.Lines
	for i, t := range turns {
		ctx := t.ctx
		if len(turns) > 1 && ctx.Err() == nil {
			ctx = context.WithoutCancel(ctx)
		}
		err := w.apply(ctx, t)
		if err == nil {
			done = append(done, t)
			if t.entry != nil {
				lines.Add(t.entry, t.chain...)
			}
			continue
		}
		end(turns[i:i+1], err)
		if !w.open {
			end(done, err)
			done, lines = nil, nil
		}
	}
	if w.open && (len(done) > 0 || w.grouped == 0) {
		err := lines.Write(w.c)
		if err != nil {
			err = w.rollback(err)
		} else {
			err = w.commit()
		}
		end(done, err)
	}
}

var errLost = errors.New("what was to be written was lost with an error of something else")

// apply runs t in the open transaction. When it fails nothing of it stays.
func (w *writer) apply(ctx context.Context, t *turn) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.c.Run("SAVEPOINT one"); err != nil {
		return w.rollback(err)
	}
	w.Mark()
	seq := w.Seq
	if err := w.c.While(ctx, func() error { return t.f(w.c) }); err != nil {
		w.Seq = seq
		clear(w.sources)
		if w.c.GetAutocommit() { // the engine gave the whole transaction up
			return w.rollback(err)
		}
		if undo := errors.Join(w.c.Run("ROLLBACK TO one"), w.c.Run("RELEASE one")); undo != nil {
			return w.rollback(errors.Join(err, undo))
		}
		w.Undo()
		return err
	}
	w.Keep()
	if err := w.c.Run("RELEASE one"); err != nil {
		return w.rollback(err)
	}
	w.more = w.more || !t.quiet
	return nil
}

// group runs f, which writes n things, as part of import j, to be committed with
// more of its kind.
func (w *writer) group(j *Job, n int, f func(c *conn) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := j.failed(); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.waiting[j], w.more = true, true
	if err := f(w.c); err != nil {
		return w.rollback(fmt.Errorf("import: %w", err))
	}
	if w.grouped += n; w.grouped >= groupSize || time.Since(w.since) > groupTime {
		return w.commit()
	}
	return nil
}

// flush commits what imports have written so far.
func (w *writer) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.commit()
}

// writes returns when what an import writes now is said to be written, and keeps
// when bytes it keeps are said to be kept: the times tell which came first, however
// short a while lies between.
func (w *writer) writes(now time.Time) time.Time {
	w.wrote = latest(now, w.kept)
	return w.wrote
}

func (w *writer) keeps(now time.Time) time.Time {
	w.kept = latest(now, w.wrote.Add(time.Millisecond))
	return w.kept
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// rekeyed tells the ledger of a header that was saved.
func (w *writer) rekeyed(h *seal.Header) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger.Keys(h)
}

// close commits and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return nil
	}
	err := w.commit()
	err = errors.Join(err, w.ledger.Close())
	if w.c != nil {
		err = errors.Join(err, w.c.Close())
	}
	w.c, w.over = nil, true
	return err
}

func sourceRow(c *conn, s penates.Source) (n int64, err error) {
	if err := c.Run("INSERT OR IGNORE INTO sources (connector, connection) VALUES (?, ?)", s.Connector, s.Connection); err != nil {
		return 0, err
	}
	_, err = c.One("SELECT n FROM sources WHERE connector = ? AND connection = ?", func(r *sqlite3.Stmt) error {
		n = r.ColumnInt64(0)
		return nil
	}, s.Connector, s.Connection)
	return n, err
}

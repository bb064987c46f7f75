package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/blob"
	"penates/internal/seal"
	"penates/internal/ship"
)

// How long a group of writes of an import may grow before it is committed.
// Full-text updates are the dearer half of a commit, so groups are large.
const (
	groupSize = 4000
	groupTime = 2 * time.Second
)

// A writer is the only connection that writes. Imports write in groups that are
// committed together; all else is committed before the call returns.
type writer struct {
	mu      sync.Mutex
	c       *conn
	blobs   *blob.Store // made durable before each commit
	ledger  *ship.Ledger
	seq     int64               // last number of the change sequence
	open    bool                // a transaction is open
	grouped int                 // writes of imports in it
	since   time.Time           // when it was opened
	sources map[[2]string]int64 // rows of sources by connector and connection
	waiting map[*Job]bool       // imports with uncommitted writes
	changed *signal             // told after each commit that changed documents
	told    int64               // seq when it was
}

func newWriter(c *conn, blobs *blob.Store, ledger *ship.Ledger, changed *signal) (*writer, error) {
	w := &writer{c: c, blobs: blobs, ledger: ledger, sources: map[[2]string]int64{}, waiting: map[*Job]bool{}, changed: changed}
	return w, w.readSeq()
}

func (w *writer) readSeq() error {
	_, err := w.c.One(`SELECT max(coalesce((SELECT max(seq) FROM stored_documents), 0), coalesce((SELECT max(seq) FROM tombstones), 0))`,
		func(s *sqlite3.Stmt) error { w.seq = s.ColumnInt64(0); return nil })
	return err
}

func (w *writer) begin() error {
	if w.open {
		return nil
	}
	if w.c == nil {
		return errClosed
	}
	if err := w.ledger.Feed().Refusal(); err != nil {
		return err
	}
	if err := w.c.Run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.open, w.since = true, time.Now()
	return nil
}

// commit makes all that was written durable and tells the imports so.
func (w *writer) commit() error {
	if !w.open {
		return nil
	}
	err := w.blobs.Flush()
	if err == nil {
		err = w.ledger.Before()
	}
	if err == nil {
		err = w.c.Run("COMMIT")
	}
	if err != nil {
		return w.rollback(err)
	}
	w.ledger.After(w.blobs.Fresh())
	w.open, w.grouped = false, 0
	for j := range w.waiting {
		j.settle()
	}
	clear(w.waiting)
	if w.told != w.seq {
		w.told = w.seq
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
	w.open, w.grouped = false, 0
	for j := range w.waiting {
		j.lose(cause)
	}
	clear(w.waiting)
	clear(w.sources)
	return errors.Join(cause, err, w.readSeq())
}

// Do runs f and commits, and waits for the stores that commits wait for. When f
// fails nothing of it stays, but the writes of imports that share the transaction do.
func (w *writer) Do(ctx context.Context, f func(c *conn) error) error {
	if err := w.apply(ctx, f); err != nil {
		return err
	}
	return w.ledger.Stored(ctx)
}

func (w *writer) apply(ctx context.Context, f func(c *conn) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.c.Run("SAVEPOINT one"); err != nil {
		return w.rollback(err)
	}
	seq := w.seq
	if err := w.c.While(ctx, func() error { return f(w.c) }); err != nil {
		w.seq = seq
		clear(w.sources)
		if w.c.GetAutocommit() { // the engine gave the whole transaction up
			return w.rollback(err)
		}
		if undo := errors.Join(w.c.Run("ROLLBACK TO one"), w.c.Run("RELEASE one")); undo != nil {
			return w.rollback(errors.Join(err, undo))
		}
		if w.grouped > 0 {
			return err
		}
		return errors.Join(err, w.commit())
	}
	if err := w.c.Run("RELEASE one"); err != nil {
		return w.rollback(err)
	}
	return w.commit()
}

// group runs f as part of import j, to be committed with more of its kind.
func (w *writer) group(j *Job, f func(c *conn) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := j.failed(); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.waiting[j] = true
	if err := f(w.c); err != nil {
		return w.rollback(fmt.Errorf("import: %w", err))
	}
	if w.grouped++; w.grouped >= groupSize || time.Since(w.since) > groupTime {
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

func (w *writer) next() int64 {
	w.seq++
	return w.seq
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
	if w.c == nil {
		return nil
	}
	err := w.commit()
	err = errors.Join(err, w.ledger.Close(), w.c.Close())
	w.c = nil
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

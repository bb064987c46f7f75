package vault

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"penates"
	"penates/internal/blob"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/ledger"
	"penates/internal/seal"
)

// readers is how many connections read at the same time.
const readers = 4

// unlocked is what a vault holds in memory while it is open: keys, connections,
// what waits to be written. All of it is gone after close.
type unlocked struct {
	dir      string
	id       string         // of the vault
	key      seal.Key       // of the database
	identity *seal.Identity // signs
	created  time.Time
	now      func() time.Time
	logger   *slog.Logger
	w        *writer
	blobs    *blob.Store
	log      ledger.Ledger
	owner    *grant.Grant
	self     *Session // reads for the vault itself
	grants   grants
	changed  signal
	counters ledger.Counters
	figures  sync.Mutex // held while a question about figures is answered
	connect  func() (*conn, error)
	release  func() error // forgets the database's keys

	ctx  context.Context // ends when the vault is locked
	stop context.CancelFunc
	pool *engine.Pool // of connections that read
	use  sync.RWMutex // held for reading by each read that is under way
	held holds
}

// holds counts which jobs under way may still refer to which raw bytes, so that
// none drops what another is about to use.
type holds struct {
	mu    sync.Mutex
	count map[penates.BlobID]int
}

func (h *holds) add(id penates.BlobID, n int) (left int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == nil {
		h.count = map[penates.BlobID]int{}
	}
	h.count[id] += n
	left = h.count[id]
	if left == 0 {
		delete(h.count, id)
	}
	return left
}

// firstNote is when an unlocking is written at the latest, and unused how many minutes
// in a row a connection goes unused before it is closed.
const (
	firstNote = 5 * time.Second
	unused    = 5
)

// writeLog writes the owner's accesses that wait to be counted together, every
// minute until the vault is locked, and closes connections that nobody uses.
func (u *unlocked) writeLog() {
	t := time.NewTimer(firstNote)
	defer t.Stop()
	for {
		select {
		case <-u.ctx.Done():
			return
		case <-t.C:
			if err := errors.Join(u.log.Flush(u.w.quiet()), u.pool.Trim(unused)); err != nil && !u.closed() {
				u.logger.Error("the journal could not be written", "error", err)
			}
			t.Reset(ledger.OwnerMinute)
		}
	}
}

func (u *unlocked) closed() bool { return u.ctx.Err() != nil }

// read runs f on a reading connection of session s. It is interrupted when ctx
// ends or the vault is locked.
func (u *unlocked) read(ctx context.Context, s *Session, f func(c *conn) error) error {
	return u.reading(ctx, s, false, f)
}

// fresh is read of the journal and what is drawn from it too.
func (u *unlocked) fresh(ctx context.Context, s *Session, f func(c *conn) error) error {
	return u.reading(ctx, s, true, f)
}

func (u *unlocked) reading(ctx context.Context, s *Session, fresh bool, f func(c *conn) error) error {
	u.use.RLock()
	defer u.use.RUnlock()
	if u.closed() {
		return errClosed
	}
	return u.pool.Read(ctx, s.grant.ID, s.ids, fresh, func(c *conn) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(u.ctx, func() { cancel(errClosed) })()
		return c.While(ctx, func() error { return f(c) })
	})
}

// close ends all sessions, writes what waits and forgets everything.
func (u *unlocked) close() error {
	if u.closed() {
		return nil
	}
	err := u.log.Flush(u.w.quiet())
	u.stop()
	u.use.Lock() // waits for reads, which have just been interrupted
	defer u.use.Unlock()
	err = errors.Join(err, u.w.regain(), u.pool.Close(), u.w.close(), u.release())
	u.blobs.Close()
	return err
}

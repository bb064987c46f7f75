package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"penates"
	"penates/internal/blob"
	"penates/internal/grant"
	"penates/internal/seal"
)

// readers is how many connections read at the same time.
const readers = 4

// unlocked is what a vault holds in memory while it is open: keys, connections,
// what waits to be written. All of it is gone after close.
type unlocked struct {
	dir     string
	id      string   // of the vault
	key     seal.Key // of the database
	created time.Time
	now     func() time.Time
	logger  *slog.Logger
	w       *writer
	blobs   *blob.Store
	log     log
	owner   *grant.Grant
	connect func() (*conn, error)
	release func() error // forgets the database's keys

	ctx  context.Context // ends when the vault is locked
	stop context.CancelFunc
	free chan *conn    // idle reading connections
	room chan struct{} // holds a token for each that may still be made
	use  sync.RWMutex  // held for reading by each read that is under way
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

// writeLog writes the owner's accesses that wait to be counted together, every
// minute until the vault is locked.
func (u *unlocked) writeLog() {
	t := time.NewTicker(ownerMinute)
	defer t.Stop()
	for {
		select {
		case <-u.ctx.Done():
			return
		case <-t.C:
			if err := u.log.flush(u.w); err != nil && !u.closed() {
				u.logger.Error("the journal could not be written", "error", err)
			}
		}
	}
}

func (u *unlocked) closed() bool { return u.ctx.Err() != nil }

// read runs f on a reading connection of grant g. It is interrupted when ctx
// ends or the vault is locked.
func (u *unlocked) read(ctx context.Context, g *grant.Grant, f func(c *conn) error) error {
	u.use.RLock()
	defer u.use.RUnlock()
	if u.closed() {
		return errClosed
	}
	c, err := u.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { u.free <- c }()
	if err := c.become(g); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(u.ctx, func() { cancel(errClosed) })()
	return c.while(ctx, func() error { return f(c) })
}

func (u *unlocked) reader(ctx context.Context) (*conn, error) {
	select {
	case c := <-u.free:
		return c, nil
	default:
	}
	select {
	case c := <-u.free:
		return c, nil
	case <-u.room:
		c, err := u.connect()
		if err != nil {
			u.room <- struct{}{}
			return nil, err
		}
		if err := c.makeReader(); err != nil {
			u.room <- struct{}{}
			return nil, errors.Join(err, c.close())
		}
		return c, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// makeReader keeps the connection from ever writing.
func (c *conn) makeReader() error {
	if err := c.Exec("PRAGMA query_only = ON; PRAGMA cache_size = -4000"); err != nil {
		return c.fault(err)
	}
	return c.SetAuthorizer(c.authorize)
}

// become drops the views of the grant the connection last served, if it was
// another one.
func (c *conn) become(g *grant.Grant) error {
	if c.serves == g.ID {
		return nil
	}
	for name := range c.views {
		if err := c.Exec(fmt.Sprintf("PRAGMA query_only = OFF; DROP VIEW temp.%q; DROP VIEW temp.%q; PRAGMA query_only = ON", name, c.secret+name)); err != nil {
			return c.fault(err)
		}
		delete(c.views, name)
	}
	c.serves = g.ID
	return nil
}

// close ends all sessions, writes what waits and forgets everything.
func (u *unlocked) close() error {
	if u.closed() {
		return nil
	}
	err := u.log.flush(u.w)
	u.stop()
	u.use.Lock() // waits for reads, which have just been interrupted
	defer u.use.Unlock()
	for range readers - len(u.room) {
		c := <-u.free
		err = errors.Join(err, c.close())
	}
	err = errors.Join(err, u.w.close(), u.release())
	u.blobs.Close()
	return err
}

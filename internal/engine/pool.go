package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"penates"
	"penates/internal/scope"
)

// A Pool is the connections that read. The first may be lent to it by who writes, as
// long as nothing is to be written: a vault that is only read needs no second one. One that served a grant is kept for it
// as long as there are others to take: its views are there already. Between reads a
// connection stays at the state of the database it read, so that its pages need not
// be read and opened again, until Changed is called: what the journal writes of
// each read is no reason to.
type Pool struct {
	connect func() (*Conn, error)
	lend    func() *Conn
	turns   chan struct{} // a token for each that may read at the same time

	mu    sync.Mutex
	idle  []*Conn // the latest used last
	made  int
	lent  bool   // one of them was lent, and who writes has none
	state uint64 // of the database; counts calls of Changed
	loose int    // while above 0 no connection stays at a state
}

// NewPool returns a pool of at most n connections, which connect makes. lend returns
// the connection of who writes, or nil; it is not called while there are others.
func NewPool(n int, connect func() (*Conn, error), lend func() *Conn) *Pool {
	return &Pool{connect: connect, lend: lend, turns: make(chan struct{}, n)}
}

// Read runs f on a connection turned to a grant, with all that was committed before
// the last call of Changed; with fresh, all that is committed.
func (p *Pool) Read(ctx context.Context, id penates.GrantID, ids *scope.IDs, fresh bool, f func(c *Conn) error) error {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.turns }()
	c, state, err := p.take(id)
	if err != nil {
		return err
	}
	defer p.give(c)
	if c.held && (fresh || c.state != state) {
		if err := c.let(); err != nil {
			return err
		}
	}
	if err := c.Become(id, ids); err != nil {
		return err
	}
	if err := c.hold(state); err != nil {
		return err
	}
	return f(c)
}

// take returns a connection: one that serves the grant, else one that serves none,
// else a new one, else that which was not used for longest.
func (p *Pool) take(id penates.GrantID) (*Conn, uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	serving := func(id penates.GrantID) int {
		for i := len(p.idle) - 1; i >= 0; i-- {
			if p.idle[i].serves == id {
				return i
			}
		}
		return -1
	}
	i := serving(id)
	if i < 0 {
		i = serving("")
	}
	if i < 0 && p.made == cap(p.turns) {
		i = 0
	}
	if i >= 0 {
		c := p.idle[i]
		p.idle = slices.Delete(p.idle, i, i+1)
		return c, p.state, nil
	}
	c, err := p.another()
	return c, p.state, err
}

// another adds a connection.
func (p *Pool) another() (c *Conn, err error) {
	if p.made == 0 {
		c = p.lend()
	}
	lent := c != nil
	if !lent {
		c, err = p.connect()
	}
	if err == nil {
		err = c.MakeReader()
	}
	if err != nil {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
		return nil, err
	}
	p.made++
	p.lent = p.lent || lent
	return c, nil
}

// Writer returns a connection for who writes and has none: an idle one if theirs was
// lent, else a new one.
func (p *Pool) Writer() (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if !p.lent || last < 0 {
		c, err := p.connect()
		p.lent = p.lent && err != nil
		return c, err
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	p.made--
	p.lent = false
	if err := c.MakeWriter(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Trim closes the connections that it found idle so many times in a row, but not the
// last one there is.
func (p *Pool) Trim(times int) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(c *Conn) bool {
		c.idle++
		if c.idle < times || p.lent && p.made == 1 {
			return false
		}
		err = errors.Join(err, c.let(), c.Close())
		p.made--
		return true
	})
	return err
}

func (p *Pool) give(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.held && (p.loose > 0 || c.state != p.state) {
		_ = c.let() // tried again before it reads
	}
	c.idle = 0
	p.idle = append(p.idle, c)
}

// Changed says that more was committed than the journal: reads that begin from now
// on see it. No idle connection keeps the log of the database from being written
// anew after it.
func (p *Pool) Changed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state++
	p.letIdle()
}

func (p *Pool) letIdle() {
	for _, c := range p.idle {
		if c.held {
			_ = c.let() // tried again before it reads
		}
	}
}

// Loose runs f while no idle connection stays at a state of the database.
func (p *Pool) Loose(f func() error) error {
	turn := func(n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.loose += n
		p.letIdle()
	}
	turn(1)
	defer turn(-1)
	return f()
}

// Close closes the connections; it is called when nobody reads any more.
func (p *Pool) Close() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		err = errors.Join(err, c.let(), c.Close())
	}
	p.made -= len(p.idle)
	p.idle = nil
	return err
}

// hold keeps the connection at the state of the database that it reads next.
func (c *Conn) hold(state uint64) error {
	if c.held {
		return nil
	}
	if err := c.Run("BEGIN"); err != nil {
		return err
	}
	c.held, c.state = true, state
	return nil
}

// let lets the connection go from the state it is at.
func (c *Conn) let() error {
	if !c.held {
		return nil
	}
	c.held = false
	if c.GetAutocommit() { // the engine gave it up with an error
		return nil
	}
	return c.Run("COMMIT")
}

// outside runs f without a transaction.
func (c *Conn) outside(f func() error) error {
	held := c.held
	if err := c.let(); err != nil {
		return err
	}
	err := f()
	if held {
		err = errors.Join(err, c.hold(c.state))
	}
	return err
}

package ship_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/ncruces/go-sqlite3"

	"penates/internal/ship"
	"penates/internal/store"
	"penates/internal/store/s3"
)

// A way is a proxy between a node and the store, which can be cut: then connections
// are closed, or hang until the way is healed.
type way struct {
	to, at string

	mu    sync.Mutex
	open  map[net.Conn]bool
	state chan struct{} // closed while the way is whole
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{to: to, at: l.Addr().String(), open: map[net.Conn]bool{}, state: make(chan struct{})}
	close(w.state)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		w.cut(false)
	})
	return w
}

// keep reports whether the way is whole, or closes the connection.
func (w *way) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.state:
		w.open[c] = true
		return true
	default:
		_ = c.Close()
		return false
	}
}

func (w *way) carry(c net.Conn) {
	s, err := net.Dial("tcp", w.to)
	if err != nil {
		_ = c.Close()
		return
	}
	if !w.keep(c) || !w.keep(s) {
		_, _ = c.Close(), s.Close()
		return
	}
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{c, s}, {s, c}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], &gated{pair[1], w})
			_, _ = c.Close(), s.Close()
		})
	}
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	delete(w.open, s)
}

// gated reads what comes while the way is whole, and holds it back while it is not.
type gated struct {
	net.Conn
	w *way
}

func (g *gated) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	g.w.mu.Lock()
	state := g.w.state
	g.w.mu.Unlock()
	<-state
	return n, err
}

// cut interrupts the way. With hang connections stay, and carry nothing.
func (w *way) cut(hang bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = make(chan struct{})
	if !hang {
		w.drop()
	}
}

func (w *way) drop() {
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

// heal makes the way whole. What hung is carried on, or lost.
func (w *way) heal(lose bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lose {
		w.drop()
	}
	close(w.state)
}

// A fight is what two nodes do with one vault.
type fight struct {
	t    *testing.T
	over atomic.Bool

	taken, refused, acknowledged atomic.Int64
	mu                           sync.Mutex
	rows                         []string // that were acknowledged
}

// node takes the vault over, again and again, and commits until it is refused.
func (f *fight) node(name string, origin *person, open func() (store.Store, error)) {
	for round := 0; !f.over.Load(); round++ {
		if err := f.hold(fmt.Sprintf("%s %d", name, round), origin, open); err != nil {
			time.Sleep(time.Millisecond)
		}
	}
}

func (f *fight) hold(name string, origin *person, open func() (store.Store, error)) error {
	st, err := open()
	if err != nil {
		return err
	}
	defer st.(io.Closer).Close() //nolint:errcheck // connections only
	_, dir, err := origin.restore(st, time.Time{})
	if err != nil {
		return err
	}
	p := origin.at(dir)
	defer p.close()
	s, err := p.tryShip(st, func(c *ship.Config) { c.Durable = true })
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // ended by an alarm, or here
	taken, patience := f.taken.Add(1), 200*time.Millisecond
	for i := 0; !f.over.Load(); i++ {
		row := fmt.Sprintf("%s %d", name, i)
		err := p.feed.Stored(f.t.Context(), p.commit(fmt.Sprintf("INSERT INTO t (b) VALUES ('%s')", row)))
		switch {
		case err == nil:
			f.mu.Lock()
			f.rows = append(f.rows, row)
			f.mu.Unlock()
			f.acknowledged.Add(1)
		case errors.Is(err, ship.Fenced):
			f.refused.Add(1)
			if again := p.feed.Stored(f.t.Context(), p.commit("SELECT 1")); !errors.Is(again, ship.Fenced) {
				f.t.Errorf("%s: refused, and then not: %v", name, again)
			}
			return nil
		default:
			f.t.Errorf("%s: %v", name, err)
			return err
		}
		if i%8 == 7 { // whoever took a copy since can only take over while it is the newest
			f.pause(taken, patience)
			patience *= 2
		}
	}
	return nil
}

// pause waits until somebody took the vault over, for a while.
func (f *fight) pause(taken int64, patience time.Duration) {
	for end := time.Now().Add(patience); f.taken.Load() == taken && !f.over.Load() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// reach waits until a count has grown so far.
func (f *fight) reach(count *atomic.Int64, n int64) {
	for deadline := time.Now().Add(3 * time.Minute); count.Load() < n && !f.t.Failed(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Errorf("nobody gets on: taken over %d times, %d commits acknowledged", f.taken.Load(), f.acknowledged.Load())
		}
	}
}

// TestPartition lets two nodes fight for one vault while the ways between them and
// the store are cut and healed. Whatever was acknowledged to any of them is in the
// store, and who lost the vault is refused.
func TestPartition(t *testing.T) {
	cuts := 15
	if *long {
		cuts = 1500
	}
	backend := s3mem.New()
	if err := backend.CreateBucket("vaults"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	host := must[*url.URL](t)(url.Parse(server.URL)).Host
	over := func(host string) func() (store.Store, error) {
		return func() (store.Store, error) {
			return s3.Open(t.Context(), s3.Config{Endpoint: &url.URL{Scheme: "http", Host: host}, Bucket: "vaults", Region: "us-east-1", Access: "a", Secret: "secret-of-the-test"})
		}
	}
	origin := newPerson(t)
	direct := must[store.Store](t)(over(host)())
	s := origin.ship(direct, nil)
	s.flush(t)
	_ = s.stop()

	f := &fight{t: t}
	ways := []*way{newWay(t, host), newWay(t, host)}
	var nodes sync.WaitGroup
	for i, w := range ways {
		nodes.Go(func() { f.node(fmt.Sprint("node ", i), origin, over(w.at)) })
	}
	f.reach(&f.acknowledged, 1)
	for i := range cuts {
		w := ways[rand.IntN(2)]
		w.cut(rand.IntN(2) == 0)
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		w.heal(rand.IntN(2) == 0)
		f.reach(&f.acknowledged, f.acknowledged.Load()+int64(rand.IntN(6)))
		if i%3 == 2 {
			f.reach(&f.refused, f.refused.Load()+1)
		}
	}
	f.over.Store(true)
	nodes.Wait()
	f.check(origin, direct)
}

// check compares what the store holds with what was acknowledged.
func (f *fight) check(origin *person, st store.Store) {
	f.t.Helper()
	_, dir, err := origin.restore(st, time.Time{})
	if err != nil {
		f.t.Fatal(err)
	}
	p := origin.at(dir)
	there := map[string]bool{}
	rows, _, err := p.c.Prepare("SELECT b FROM t")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Step() {
		there[rows.ColumnText(0)] = true
	}
	p.one("PRAGMA integrity_check", func(s *sqlite3.Stmt) {
		if got := s.ColumnText(0); got != "ok" {
			f.t.Error(got)
		}
	})
	for _, row := range f.rows {
		if !there[row] {
			f.t.Errorf("%s was acknowledged and is lost", row)
		}
	}
	f.t.Logf("taken over %d times, refused %d times, %d commits acknowledged, all there", f.taken.Load(), f.refused.Load(), len(f.rows))
}

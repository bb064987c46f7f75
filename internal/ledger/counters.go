package ledger

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/engine"
	"penates/internal/grant"
	"penates/internal/journal"
)

// Counters hold what was taken today under the grants that bound it.
type Counters struct {
	mu   sync.Mutex
	day  string
	used map[penates.GrantID]*taken
}

type taken struct{ rows, bytes int64 }

// Charge counts e against the limits of a session's grant and of those it was
// passed on from. When it would pass one it counts nowhere and the error, of kind
// Denied, names the limit. read runs f on a connection.
func (n *Counters) Charge(chain []*grant.Grant, e *journal.Entry, read func(f func(c *engine.Conn) error) error) error {
	if !slices.ContainsFunc(chain, func(g *grant.Grant) bool { return g.Limits.RowsPerDay > 0 || g.Limits.BytesPerDay > 0 }) {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if day := e.At.Format(time.DateOnly); n.day != day {
		n.day, n.used = day, map[penates.GrantID]*taken{}
	}
	for _, g := range chain {
		t, err := n.of(g.ID, read)
		if err != nil {
			return err
		}
		if most := g.Limits.RowsPerDay; most > 0 && t.rows+e.Rows > most {
			return fmt.Errorf("the grant gives %d rows a day, from midnight UTC: %w", most, penates.Denied)
		}
		if most := g.Limits.BytesPerDay; most > 0 && t.bytes+e.Bytes > most {
			return fmt.Errorf("the grant gives %d bytes a day, from midnight UTC: %w", most, penates.Denied)
		}
	}
	for _, g := range chain {
		t := n.used[g.ID]
		t.rows, t.bytes = t.rows+e.Rows, t.bytes+e.Bytes
	}
	return nil
}

func (n *Counters) of(id penates.GrantID, read func(f func(c *engine.Conn) error) error) (*taken, error) {
	if t := n.used[id]; t != nil {
		return t, nil
	}
	t := &taken{}
	err := read(func(c *engine.Conn) error {
		_, err := c.One(`SELECT sum(rows), sum(bytes) FROM uses WHERE "grant" = ? AND day = ? AND type = ''`, func(r *sqlite3.Stmt) error {
			t.rows, t.bytes = r.ColumnInt64(0), r.ColumnInt64(1)
			return nil
		}, string(id), n.day)
		return err
	})
	if err == nil {
		n.used[id] = t
	}
	return t, err
}

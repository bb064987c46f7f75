package oauth

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"penates"
)

// What strangers may do without showing who they are: so many at once from one
// address, and one more every so often.
const (
	burst     = 60
	refill    = 10 * time.Second
	everybody = 10 // times as much from all addresses together
	maxRates  = 4096
)

// rates bounds how often strangers make the vault remember something.
type rates struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*bucket
	all bucket
}

type bucket struct {
	spent float64
	at    time.Time
}

func (b *bucket) take(now time.Time, most, each float64) bool {
	b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*each)
	b.at = now
	if b.spent+1 > most {
		return false
	}
	b.spent++
	return true
}

// allow returns a TooLong error when too much comes from where r comes from.
func (l *rates) allow(r *http.Request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, each := l.now(), 1/refill.Seconds()
	from := remote(r)
	b := l.of[from]
	if b == nil {
		if len(l.of) >= maxRates {
			clear(l.of)
		}
		b = &bucket{at: now}
		l.of[from] = b
	}
	if !b.take(now, burst, each) || !l.all.take(now, burst*everybody, each*everybody) {
		return fmt.Errorf("too many requests from here: %w", penates.TooLong)
	}
	return nil
}

// Allow returns a TooLong error when strangers at the address r comes from asked
// for too much already.
func (s *Server) Allow(r *http.Request) error { return s.rates.allow(r) }

// remote returns the address a request comes from; of IPv6 the network of one
// customer.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return host
}

// wrong holds up who shows wrong secrets. A right one is never held up, so
// nobody can lock another out.
type wrong struct {
	mu    sync.Mutex
	count int
	last  time.Time
	held  int
}

const (
	firstHold = 20 * time.Millisecond
	lastHold  = 2 * time.Second
	maxHeld   = 32
)

// hold waits, longer the more wrong secrets there were in the last minutes.
func (w *wrong) hold(ctx context.Context) error {
	w.mu.Lock()
	if time.Since(w.last) > 5*time.Minute {
		w.count = 0
	}
	w.last = time.Now()
	w.count++
	d := min(firstHold<<min(w.count-1, 10), lastHold)
	if w.held >= maxHeld {
		w.mu.Unlock()
		return fmt.Errorf("too many wrong secrets at once: %w", penates.TooLong)
	}
	w.held++
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.held--; w.mu.Unlock() }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package api

import (
	"sync"
	"time"
)

// A meter bounds how often each grantee may ask, and how many of their queries
// run at once.
type meter struct {
	rate, burst float64
	queries     int
	now         func() time.Time

	mu  sync.Mutex
	who map[string]*bucket
}

// A bucket holds what a grantee may still ask for; it fills with time.
type bucket struct {
	left    float64
	at      time.Time
	running int
}

// maxBuckets is how many grantees are remembered; full buckets are forgotten first.
const maxBuckets = 10_000

func newMeter(cfg Config) *meter {
	return &meter{rate: cfg.Rate, burst: cfg.Burst, queries: cfg.Queries, now: cfg.Now, who: map[string]*bucket{}}
}

// of returns the bucket of a grantee, filled up to now.
func (m *meter) of(who string) *bucket {
	now := m.now()
	b := m.who[who]
	if b == nil {
		if len(m.who) >= maxBuckets {
			m.sweep(now)
		}
		b = &bucket{left: m.burst, at: now}
		m.who[who] = b
	}
	b.left = min(m.burst, b.left+max(0, now.Sub(b.at).Seconds())*m.rate)
	b.at = now
	return b
}

// sweep forgets who would have a full bucket by now.
func (m *meter) sweep(now time.Time) {
	for who, b := range m.who {
		if b.running == 0 && b.left+now.Sub(b.at).Seconds()*m.rate >= m.burst {
			delete(m.who, who)
		}
	}
}

// take counts one request; when there are too many it says how long to wait.
func (m *meter) take(who string) (wait time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(who)
	if b.left < 1 {
		return time.Duration((1 - b.left) / m.rate * float64(time.Second)), false
	}
	b.left--
	return 0, true
}

// begin takes a place for a query; end gives it back.
func (m *meter) begin(who string) (end func(), ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(who)
	if b.running >= m.queries {
		return nil, false
	}
	b.running++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		b.running--
	}, true
}

package login

import (
	"context"
	"fmt"
	"sync"
	"time"

	"penates"
)

// Delays grow from a quarter of a second to half a minute and are forgotten
// after a quarter of an hour without attempts, so that a guesser is slowed and
// the owner never locked out.
const (
	firstDelay = 250 * time.Millisecond
	lastDelay  = 30 * time.Second
	forgetting = 15 * time.Minute
	waiting    = 8 // attempts that may stand in line
)

// A Slow lets attempts at a secret through one at a time, each after a delay
// that grows with the failures before it.
type Slow struct {
	turn chan struct{}
	line chan struct{}

	mu       sync.Mutex
	failures int
	last     time.Time
}

// NewSlow returns a Slow without failures.
func NewSlow() *Slow {
	return &Slow{turn: make(chan struct{}, 1), line: make(chan struct{}, waiting)}
}

// Try waits its turn and its delay, then makes the attempt. It returns what
// attempt returns, or a TooLong error when too many are in line already.
func (s *Slow) Try(ctx context.Context, attempt func() error) error {
	select {
	case s.line <- struct{}{}:
		defer func() { <-s.line }()
	default:
		return fmt.Errorf("too many attempts at once: %w", penates.TooLong)
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := sleep(ctx, s.Delay()); err != nil {
		return err
	}
	err := attempt()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
	if err != nil {
		s.failures++
	} else {
		s.failures = 0
	}
	return err
}

// Delay returns how long the next attempt will wait.
func (s *Slow) Delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.last) > forgetting {
		s.failures = 0
	}
	return delayAfter(s.failures)
}

func delayAfter(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	d := firstDelay
	for range failures - 1 {
		if d *= 2; d >= lastDelay {
			return lastDelay
		}
	}
	return d
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Package login keeps who is logged in at the page: browser sessions named by a
// random cookie, one-time addresses that open one, and the delay that a wrong
// passphrase costs.
package login

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

// How long a browser session lives.
const (
	Idle     = 30 * time.Minute
	Absolute = 12 * time.Hour
	// OneTime is how long a one-time address can be used.
	OneTime = 5 * time.Minute
)

// most bounds the sessions kept; the one unused for longest makes room.
const most = 64

type key [sha256.Size]byte

// A Book keeps the browser sessions of one page. A value of type T goes with
// each session and is forgotten with it. The tokens themselves are not kept,
// only their hashes.
type Book[T any] struct {
	now func() time.Time

	mu       sync.Mutex
	sessions map[key]*session[T]
	once     map[key]time.Time // one-time tokens and when they end
}

type session[T any] struct {
	began, used time.Time
	value       T
}

// NewBook returns an empty book that reads the clock now.
func NewBook[T any](now func() time.Time) *Book[T] {
	return &Book[T]{now: now, sessions: map[key]*session[T]{}, once: map[key]time.Time{}}
}

// Open begins a session and returns its token, 256 random bits.
func (b *Book[T]) Open(value T) string {
	token := newToken()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if len(b.sessions) >= most {
		b.dropOldest()
	}
	now := b.now()
	b.sessions[hash(token)] = &session[T]{now, now, value}
	return token
}

// Find returns the value of the session that token names and notes that it was
// used now.
func (b *Book[T]) Find(token string) (value T, ok bool) {
	if token == "" {
		return value, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[hash(token)]
	if s == nil || b.over(s) {
		return value, false
	}
	s.used = b.now()
	return s.value, true
}

// Close ends one session.
func (b *Book[T]) Close(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, hash(token))
}

// CloseAll ends all sessions and voids all one-time tokens.
func (b *Book[T]) CloseAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.sessions)
	clear(b.once)
}

// Count returns how many sessions are open.
func (b *Book[T]) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	return len(b.sessions)
}

// Issue returns a token that Redeem accepts once, within OneTime.
func (b *Book[T]) Issue() string {
	token := newToken()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	b.once[hash(token)] = b.now().Add(OneTime)
	return token
}

// Redeem reports whether token was issued and not used yet, and uses it.
func (b *Book[T]) Redeem(token string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := hash(token)
	end, ok := b.once[k]
	delete(b.once, k)
	return ok && b.now().Before(end)
}

func (b *Book[T]) over(s *session[T]) bool {
	now := b.now()
	return now.Sub(s.used) >= Idle || now.Sub(s.began) >= Absolute
}

func (b *Book[T]) sweep() {
	for k, s := range b.sessions {
		if b.over(s) {
			delete(b.sessions, k)
		}
	}
	for k, end := range b.once {
		if !b.now().Before(end) {
			delete(b.once, k)
		}
	}
}

func (b *Book[T]) dropOldest() {
	var oldest key
	var at time.Time
	for k, s := range b.sessions {
		if at.IsZero() || s.used.Before(at) {
			oldest, at = k, s.used
		}
	}
	delete(b.sessions, oldest)
}

func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hash(token string) key { return sha256.Sum256([]byte(token)) }

// Same reports whether two secrets are equal without telling where they differ.
func Same(a, b string) bool {
	x, y := hash(a), hash(b)
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

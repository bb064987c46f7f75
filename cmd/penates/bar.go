package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A bar shows progress on a terminal, at most ten times a second; elsewhere it
// shows nothing.
type bar struct {
	mu   sync.Mutex
	out  io.Writer
	last time.Time
	on   bool
}

func (p *program) bar() *bar {
	b := &bar{}
	if p.terminal {
		b.out = p.stderr
	}
	return b
}

func (b *bar) show(what string, done, total int64) {
	if b.out == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.on = time.Now(), true
	const width = 30
	filled := 0
	percent := "    "
	if total > 0 {
		filled = int(width * min(done, total) / total)
		percent = fmt.Sprintf("%3d%%", 100*min(done, total)/total)
	}
	text := []rune(plain(what))
	if len(text) > 40 {
		text = append([]rune("…"), text[len(text)-39:]...)
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s%s %s %s", strings.Repeat("█", filled), strings.Repeat("░", width-filled), percent, string(text))
}

func (b *bar) clear() {
	if b.out == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}

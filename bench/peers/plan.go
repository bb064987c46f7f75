package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A plan says how much is done.
type plan struct {
	only                          []string
	rounds, single, many, clients int
}

// A peer is a program to be measured.
type peer struct {
	name string
	most int // how many may write at once without being refused; any number when 0
	// start makes an empty store in dir and starts the program on it.
	start func(ctx context.Context, dir string) (*running, error)
}

var peers = []peer{
	{"Penates", 0, startPenates},
	{"PocketBase", 0, startPocketBase},
	{"armadietto", 1, startArmadietto},
	{"rclone serve webdav", 0, startRclone},
	{"Apache mod_dav", 0, startApache},
}

// A result is what one peer took: each round gives a number of each.
type result struct {
	peer        peer
	start, idle float64 // ms until it answers, MB resident before any work
	disk        float64 // KB on the disk a document
	figures     [4][]sample
}

// What figures are of.
var works = [4]string{"write, one client", "read, one client", "write, many", "read, many"}

// run measures all peers in turn, round by round, so that what else the machine
// does falls on all of them.
func (p *plan) run(ctx context.Context) (err error) {
	root, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)

	var all []*result
	for _, peer := range peers {
		if len(p.only) > 0 && !slices.Contains(p.only, peer.name) {
			continue
		}
		all = append(all, &result{peer: peer})
	}
	for round := range p.rounds {
		for _, r := range all {
			dir := filepath.Join(root, fmt.Sprintf("%s-%d", strings.ReplaceAll(r.peer.name, " ", "-"), round))
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			if err := p.round(ctx, r, dir); err != nil {
				return fmt.Errorf("%s: %w", r.peer.name, err)
			}
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	p.print(os.Stdout, all)
	return nil
}

// round starts a peer on an empty store, has it do the work, and stops it.
func (p *plan) round(ctx context.Context, r *result, dir string) (err error) {
	s, err := r.peer.start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	time.Sleep(time.Second) // what the start left to do is done
	began, idle := float64(s.ready.Microseconds())/1000, float64(s.resident())/1e6
	if r.start == 0 || began < r.start {
		r.start = began
	}
	r.idle = max(r.idle, idle)
	before, n, writers := used(dir), p.single+p.many, p.clients
	if r.peer.most > 0 {
		writers = min(writers, r.peer.most)
	}
	for i, w := range []struct {
		clients, from, to int
		ask               func(i int) error
	}{
		{1, 0, p.single, s.write}, {1, 0, p.single, s.read},
		{writers, p.single, n, s.write}, {p.clients, p.single, n, s.read},
	} {
		x, err := s.measure(ctx, w.clients, w.from, w.to, w.ask)
		if err != nil {
			return fmt.Errorf("%s: %w", works[i], err)
		}
		r.figures[i] = append(r.figures[i], x)
	}
	r.disk = float64(used(dir)-before) / 1000 / float64(n)
	return nil
}

// A sample is what a number of requests took.
type sample struct {
	rate float64       // requests a second
	cpu  time.Duration // of the program, for each
}

func middle(all []sample) sample {
	rates, times := make([]float64, 0, len(all)), make([]time.Duration, 0, len(all))
	for _, s := range all {
		rates, times = append(rates, s.rate), append(times, s.cpu)
	}
	return sample{median(rates), median(times)}
}

func median[T cmp.Ordered](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"penates"
	"penates/internal/store"
)

// A put is a PutIfAbsent that waits for its answer.
type put struct {
	ctx    context.Context
	name   string
	data   []byte
	answer chan error
}

const (
	maxGroup      = 64      // puts that share a commit
	maxGroupBytes = 1 << 20 // of their data together
	// writers is how many commits are on their way at once. A put that finds all
	// busy waits, and shares the next commit with those that wait with it.
	writers = 4
)

// PutIfAbsent implements [store.Store]. Puts that come while others are being
// committed share a commit, so that a disk's fsync serves many.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	err := errors.Join(store.Check(name, data), ctx.Err())
	if err == nil {
		err = s.enqueue(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, kind(err))
	}
	return nil
}

func (s *Store) enqueue(ctx context.Context, name string, data []byte) error {
	// A copy, since a caller that gives up has its data back while others' puts go
	// on; never nil, which would be NULL.
	p := &put{ctx, name, append([]byte{}, data...), make(chan error, 1)}
	select {
	case s.puts <- p:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return errClosed
	}
	select {
	case err := <-p.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("the store is closed")

// gather hands groups of waiting puts to writers until the store is closed.
func (s *Store) gather() {
	defer close(s.ended)
	var all sync.WaitGroup
	defer all.Wait()
	free := make(chan struct{}, writers)
	var waiting []*put
	for {
		var ready chan struct{}
		if len(waiting) > 0 {
			ready = free
		}
		select {
		case p := <-s.puts:
			waiting = append(waiting, p)
		case ready <- struct{}{}:
			var group []*put
			group, waiting = split(waiting)
			all.Go(func() {
				s.commit(group)
				<-free
			})
		case <-s.done:
			for _, p := range waiting {
				p.answer <- errClosed
			}
			return
		}
	}
}

// split takes from waiting, in order, what may share a commit: names that
// differ, of limited number and size.
func split(waiting []*put) (group, rest []*put) {
	names, size := map[string]bool{}, 0
	for i, p := range waiting {
		if len(group) == maxGroup || len(group) > 0 && size+len(p.data) > maxGroupBytes {
			return group, append(rest, waiting[i:]...)
		}
		if names[p.name] {
			rest = append(rest, p)
			continue
		}
		names[p.name] = true
		size += len(p.data)
		group = append(group, p)
	}
	return group, rest
}

// commit puts a group and answers its puts.
func (s *Store) commit(group []*put) {
	if len(group) == 1 {
		p := group[0]
		p.answer <- again(p.ctx, func() error {
			tag, err := s.pool.Exec(p.ctx, "INSERT INTO "+s.table+" (name, size, data) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
				[]byte(p.name), len(p.data), p.data)
			if err == nil && tag.RowsAffected() == 0 {
				return penates.Exists
			}
			return err
		})
		return
	}
	ctx, cancel := together(group)
	defer cancel()
	won, err := s.insert(ctx, group)
	for _, p := range group {
		switch {
		case err != nil && p.ctx.Err() != nil:
			p.answer <- p.ctx.Err()
		case err != nil:
			p.answer <- err
		case !won[p.name]:
			p.answer <- penates.Exists
		default:
			p.answer <- nil
		}
	}
}

// together returns a context that ends when all puts of the group are given up.
func together(group []*put) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	stops := make([]func() bool, len(group))
	var left sync.WaitGroup
	left.Add(len(group))
	for i, p := range group {
		stops[i] = context.AfterFunc(p.ctx, left.Done)
	}
	go func() {
		left.Wait()
		cancel()
	}()
	return ctx, func() {
		for _, stop := range stops {
			if stop() {
				left.Done()
			}
		}
		cancel()
	}
}

// insert puts a group in one statement and says whose names were absent. Names
// are in order, so that two groups cannot wait for each other.
func (s *Store) insert(ctx context.Context, group []*put) (won map[string]bool, err error) {
	slices.SortFunc(group, func(a, b *put) int { return strings.Compare(a.name, b.name) })
	var sql strings.Builder
	sql.WriteString("INSERT INTO " + s.table + " (name, size, data) VALUES ")
	values := make([]any, 0, 3*len(group))
	for i, p := range group {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("($" + strconv.Itoa(3*i+1) + ", $" + strconv.Itoa(3*i+2) + ", $" + strconv.Itoa(3*i+3) + ")")
		values = append(values, []byte(p.name), len(p.data), p.data)
	}
	sql.WriteString(" ON CONFLICT (name) DO NOTHING RETURNING name")
	err = again(ctx, func() error {
		rows, err := s.pool.Query(ctx, sql.String(), values...)
		if err != nil {
			return err
		}
		won = map[string]bool{}
		names, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		for _, name := range names {
			won[string(name)] = true
		}
		return err
	})
	return won, err
}

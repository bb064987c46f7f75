package webdav

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"penates"
)

const (
	contenders = 4 // writers that try out a server
	heats      = 3 // races between them
)

// probe finds out whether the server keeps "Overwrite: F", without which it is no
// store, and whether it decides between writers.
func (s *Store) probe(ctx context.Context) error {
	file, text := newFolder+"/"+strings.ToLower(rand.Text()), []byte("put by Penates to see what this server can do\n")
	defer s.tidy(ctx, file)
	err := errors.Join(s.upload(ctx, probeFile, text), s.upload(ctx, file, text))
	if err != nil {
		return err
	}
	err = s.settle(ctx, file, probeFile, text)
	if err == nil {
		return fmt.Errorf("the server moves a file over another and says it did not: %w", penates.Unsupported)
	}
	if !errors.Is(err, penates.Exists) {
		return err
	}
	s.fenced = true
	for range heats {
		if s.fenced, err = s.race(ctx); err != nil || !s.fenced {
			return err
		}
	}
	return nil
}

// race lets contenders claim one name at the same moment, and reports whether one
// got it while the others kept what they had.
func (s *Store) race(ctx context.Context) (decided bool, err error) {
	claim := claimOf("probe=" + strings.ToLower(rand.Text()))
	ids := make([]string, contenders)
	for i := range ids {
		ids[i] = strings.ToLower(rand.Text())
	}
	defer s.tidy(ctx, claim)
	defer each(ids, func(id string) error { s.tidy(ctx, newFolder+"/"+id+"/"); return nil }) //nolint:errcheck // there is none
	if err := each(ids, func(id string) error { return s.enter(ctx, id, nil) }); err != nil {
		return false, err
	}
	var mu sync.Mutex
	won := map[string]bool{}
	err = each(ids, func(id string) error {
		status, err := s.move(ctx, newFolder+"/"+id+"/", claim)
		mu.Lock()
		defer mu.Unlock()
		won[id] = status == http.StatusCreated
		return err
	})
	if errors.Is(err, penates.Unsupported) {
		return false, nil
	}
	holder, no := s.holder(ctx, claim)
	if errors.Is(no, penates.NotExist) || errors.Is(no, errUndecided) {
		return false, err // nobody got it, or several did
	}
	if err = errors.Join(err, no); err != nil {
		return false, err
	}
	err = each(ids, func(id string) error {
		there, err := s.there(ctx, newFolder+"/"+id+"/"+id)
		if err == nil && (there == (id == holder) || won[id] && id != holder) {
			err = errUndecided
		}
		return err
	})
	if errors.Is(err, errUndecided) {
		return false, nil
	}
	return err == nil, err
}

// holder returns who has a claim, when nobody wants it any more.
func (s *Store) holder(ctx context.Context, claim string) (string, error) {
	members, err := s.within(ctx, claim)
	if err == nil && len(members) != 1 {
		err = errUndecided
	}
	if err != nil {
		return "", err
	}
	return members[0].Name, nil
}

var errUndecided = errors.New("more than one writer won, or none")

// each calls f with each of ids at the same time.
func each(ids []string, f func(string) error) error {
	errs := make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { errs[i] = f(id) })
	}
	all.Wait()
	return errors.Join(errs...)
}

package webdav

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"

	"penates"
)

const (
	// patience is for how long the same claim of another is respected, at first.
	patience = time.Second
	mostBusy = 100 // times to ask again when the server fails for now, about ten seconds
	fewTries = 5   // times to ask again when it says anything else
)

// errDeposed says that somebody removed the writer's claim, or what it uploaded.
var errDeposed = errors.New("others took the writer for dead, again and again")

// errUnsure says that a writer cannot know whether it won.
var errUnsure = errors.New("the data are there, but the server did not say who put them")

// claimOf is the folder that is the claim on a name.
func claimOf(name string) string {
	return claimsFolder + "/" + strings.ReplaceAll(name, "/", "=") + "/"
}

func (s *Store) put(ctx context.Context, name string, data []byte) error {
	for try := 1; ; try++ {
		err := s.putOnce(ctx, name, data)
		if !errors.Is(err, errDeposed) || try == fewTries {
			return err
		}
	}
}

func (s *Store) putOnce(ctx context.Context, name string, data []byte) error {
	id := strings.ToLower(rand.Text())
	if !s.fenced {
		file := newFolder + "/" + id
		err := s.upload(ctx, file, data)
		if err == nil {
			err = s.settle(ctx, file, name, data)
		}
		if err != nil {
			s.tidy(ctx, file)
		}
		return err
	}
	err := s.enter(ctx, id, data)
	if err == nil {
		err = s.claim(ctx, id, name)
	}
	claim := claimOf(name)
	switch {
	case err == nil:
		err = s.settle(ctx, claim+id, name, data)
		s.tidy(ctx, claim)
	case errors.Is(err, penates.Exists), errors.Is(err, errDeposed):
		s.tidy(ctx, newFolder+"/"+id+"/")
	default:
		s.tidy(ctx, newFolder+"/"+id+"/")
		s.tidy(ctx, claim+id) // if the claim was made all the same
	}
	return err
}

// tidy removes what is not needed, also for a caller that has given up. What is
// left is removed later.
func (s *Store) tidy(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, _ = s.change(ctx, http.MethodDelete, name, nil, nil)
}

// enter uploads data into a folder of their own.
func (s *Store) enter(ctx context.Context, id string, data []byte) error {
	folder := newFolder + "/" + id + "/"
	status, err := s.change(ctx, "MKCOL", folder, nil, nil)
	if err == nil && status != http.StatusCreated {
		// It may have been made when the server seemed to fail. Nobody else does.
		if m, no := s.look(ctx, folder); no != nil || !m.Folder {
			err = refused("make folder", status)
		}
	}
	if err == nil {
		err = s.upload(ctx, folder+id, data)
	}
	return err
}

func (s *Store) upload(ctx context.Context, file string, data []byte) error {
	status, err := s.change(ctx, http.MethodPut, file, map[string]string{"Content-Type": "application/octet-stream"}, data)
	if err == nil && status/100 != 2 {
		err = refused("upload", status)
	}
	return err
}

// move asks once to move a file or folder to where nothing is.
func (s *Store) move(ctx context.Context, from, to string) (status int, err error) {
	status, err = s.askOnce(ctx, "MOVE", from, map[string]string{"Destination": s.url(to), "Overwrite": "F"}, nil)
	if err == nil && status == http.StatusNoContent {
		err = fmt.Errorf("the server moves over what it should spare: %w", penates.Unsupported)
	}
	return status, err
}

// claim moves the folder with the data to where the claim on name is. It waits for
// others who have it, as long as they may be alive.
func (s *Store) claim(ctx context.Context, id, name string) error {
	claim, w := claimOf(name), watch{patience: patience}
	for try, free := 0, 0; ; try++ {
		status, err := s.move(ctx, newFolder+"/"+id+"/", claim)
		if err != nil || status == http.StatusCreated {
			return err
		}
		if mine, err := s.there(ctx, claim+id); err != nil || mine {
			return err // it was done, whatever was said
		}
		if err := s.absent(ctx, name); err != nil {
			return err
		}
		switch m, err := s.look(ctx, claim); {
		case err == nil && m.Folder:
			if w.over() {
				s.tidy(ctx, claim)
			}
		case err != nil && !errors.Is(err, penates.NotExist):
			return err
		case status == http.StatusNotFound:
			return errDeposed
		default:
			if free++; exhausted(status, free) {
				return refused("claim", status)
			}
		}
		if err := wait(ctx, try); err != nil {
			return err
		}
	}
}

// A watch says when others were waited for too long.
type watch struct {
	since    time.Time
	patience time.Duration
}

// over reports whether a claim of others, which is seen again, is to be removed.
func (w *watch) over() bool {
	switch now := time.Now(); {
	case w.since.IsZero():
		w.since = now
	case now.Sub(w.since) >= w.patience:
		w.since = now
		w.patience *= 2 // the server may be slow, and others alive
		return true
	}
	return false
}

// settle moves the file with the data to its name. When the file is gone, either
// that has happened before, or the claim was removed.
func (s *Store) settle(ctx context.Context, file, name string, data []byte) error {
	for try := 1; ; try++ {
		status, err := s.move(ctx, file, name)
		if err != nil || status == http.StatusCreated {
			return err
		}
		switch there, err := s.there(ctx, file); {
		case err != nil:
			return err
		case !there:
			return s.judge(ctx, name, data)
		}
		if err := s.absent(ctx, name); err != nil {
			return err
		}
		if exhausted(status, try) {
			return refused("move", status)
		}
		if err := wait(ctx, try); err != nil {
			return err
		}
	}
}

// judge says what became of a writer whose file is gone.
func (s *Store) judge(ctx context.Context, name string, data []byte) error {
	got, err := s.read(ctx, name)
	switch {
	case errors.Is(err, penates.NotExist):
		return errDeposed
	case err != nil:
		return err
	case !bytes.Equal(got, data):
		return penates.Exists
	case s.fenced:
		return errUnsure
	}
	return nil // there is only one writer
}

// exhausted reports whether a status came too often.
func exhausted(status, times int) bool {
	if busy(status) || blocked(status) {
		return times >= mostBusy
	}
	return times >= fewTries
}

// blocked reports whether a status says that something is locked: servers differ in
// how, and some lock for as long as a request takes.
func blocked(status int) bool {
	return status == http.StatusLocked || status == http.StatusFailedDependency || status == http.StatusMultiStatus
}

// wait pauses before another try, longer the more there were.
func wait(ctx context.Context, try int) error {
	timer := time.NewTimer(time.Duration(1+mathrand.IntN(2<<min(try, 7))) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// change is ask for what a lock may be in the way of: it waits.
func (s *Store) change(ctx context.Context, method, name string, header map[string]string, body []byte) (int, error) {
	for try := 0; ; try++ {
		status, err := s.ask(ctx, method, name, header, body)
		if err != nil || !blocked(status) || try == mostBusy {
			return status, err
		}
		if err := wait(ctx, try); err != nil {
			return 0, err
		}
	}
}

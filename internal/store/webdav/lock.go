package webdav

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"time"

	"penates"
)

const (
	lockTime = time.Minute
	// A lock the server wants to keep for longer would let a dead writer keep
	// others away for as long.
	maxLockTime = 10 * time.Minute
	lockTries   = 5
	mostBusy    = 100 // times to ask again when the server fails, about ten seconds
	mutexes     = 16
)

const lockInfo = `<?xml version="1.0" encoding="utf-8"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`

// errNotHeld says that the server did not accept a lock that was taken: it took
// too long and the lock has ended.
var errNotHeld = errors.New("the lock has ended before the file was moved")

// settle moves the uploaded file to its name, if nothing is there.
func (s *Store) settle(ctx context.Context, temp, name string) error {
	if !s.fenced {
		return s.move(ctx, temp, name, "")
	}
	folder := strings.TrimPrefix(path.Dir(name)+"/", "./")
	mutex := &s.locks[crc32.ChecksumIEEE([]byte(folder))%mutexes]
	mutex.Lock()
	defer mutex.Unlock()
	for try := 1; ; try++ {
		token, err := s.lock(ctx, folder)
		if err != nil {
			return err
		}
		err = s.move(ctx, temp, name, s.held(folder, token))
		s.clean(ctx, func(ctx context.Context) error { return s.unlock(ctx, folder, token) })
		if !errors.Is(err, errNotHeld) || try == lockTries {
			return err
		}
	}
}

// held is the condition that a lock is held.
func (s *Store) held(folder, token string) string {
	return "<" + s.url(folder) + "> (<" + token + ">)"
}

// blocked reports whether a status says that a lock is in the way: servers
// differ in how.
func blocked(status int) bool {
	return status == http.StatusLocked || status == http.StatusFailedDependency || status == http.StatusMultiStatus
}

func (s *Store) move(ctx context.Context, from, to, condition string) error {
	header := map[string]string{"Destination": s.url(to), "Overwrite": "F"}
	if condition != "" {
		header["If"] = condition
	}
	status, err := s.askOnce(ctx, "MOVE", from, header, nil)
	for try := 0; err == nil && busy(status) && try < mostBusy; try++ {
		// It may have been done all the same. Nobody else moves this file.
		_, err := s.look(ctx, from)
		if errors.Is(err, penates.NotExist) {
			_, err = s.look(ctx, to)
			return err
		}
		if err = errors.Join(err, wait(ctx, try)); err != nil {
			return err
		}
		if status, err = s.askOnce(ctx, "MOVE", from, header, nil); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case status == http.StatusCreated:
		return nil
	case status == http.StatusNoContent:
		return fmt.Errorf("the server moves a file over another that it should spare: %w", penates.Unsupported)
	case status == http.StatusPreconditionFailed || blocked(status):
		if err := s.absent(ctx, to); err != nil {
			return err
		}
		return errNotHeld
	}
	return refused("move", status)
}

// lock takes the lock of a folder, waiting for others that hold it.
func (s *Store) lock(ctx context.Context, folder string) (token string, err error) {
	for try := 0; ; try++ {
		token, status, err := s.tryLock(ctx, folder)
		if err != nil || !blocked(status) {
			return token, err
		}
		if err := wait(ctx, try); err != nil {
			return "", err
		}
	}
}

// wait pauses before another try, longer the more there were.
func wait(ctx context.Context, try int) error {
	timer := time.NewTimer(time.Duration(1+rand.IntN(2<<min(try, 7))) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// change is ask for what a lock of another may be in the way of: it waits.
func (s *Store) change(ctx context.Context, method, name string, header map[string]string, body []byte) (int, error) {
	for try := 0; ; try++ {
		status, err := s.ask(ctx, method, name, header, body)
		if err != nil || !blocked(status) {
			return status, err
		}
		if err := wait(ctx, try); err != nil {
			return 0, err
		}
	}
}

// tryLock asks for a lock of a folder. That another has it is no error but a status.
func (s *Store) tryLock(ctx context.Context, folder string) (token string, status int, err error) {
	header := map[string]string{
		"Depth": s.depth, "Timeout": fmt.Sprintf("Second-%d", lockTime/time.Second), "Content-Type": "application/xml",
	}
	answer, err := s.caller.do(ctx, "LOCK", s.url(folder), header, []byte(lockInfo))
	for try := 0; err == nil && busy(answer.StatusCode) && try < mostBusy; try++ {
		drain(answer)
		if err := wait(ctx, try); err != nil {
			return "", 0, err
		}
		answer, err = s.caller.do(ctx, "LOCK", s.url(folder), header, []byte(lockInfo))
	}
	if err != nil {
		return "", 0, err
	}
	defer drain(answer)
	if status := answer.StatusCode; blocked(status) {
		return "", status, nil
	} else if status != http.StatusOK {
		return "", status, refused("lock", status)
	}
	token = strings.Trim(answer.Header.Get("Lock-Token"), "<> ")
	if token == "" || strings.ContainsAny(token, "<>\r\n") {
		return "", 0, fmt.Errorf("a lock without a token: %w", penates.Unsupported)
	}
	length, err := parseLock(answer.Body)
	if err == nil && (length < lockTime/2 || length > maxLockTime) {
		err = fmt.Errorf("a lock of %v: %w", length, penates.Unsupported)
	}
	if err != nil {
		s.clean(ctx, func(ctx context.Context) error { return s.unlock(ctx, folder, token) })
	}
	return token, answer.StatusCode, err
}

// unlock ends a lock. That there is none, as when a server has done it and failed
// to say so, is no error.
func (s *Store) unlock(ctx context.Context, folder, token string) error {
	status, err := s.ask(ctx, "UNLOCK", folder, map[string]string{"Lock-Token": "<" + token + ">"}, nil)
	none := status == http.StatusBadRequest || status == http.StatusConflict
	if err == nil && !none && status/100 != 2 {
		err = refused("unlock", status)
	}
	return err
}

// probe finds out whether the server keeps "Overwrite: F", without which it is no
// store, and whether its locks fence.
func (s *Store) probe(ctx context.Context) error {
	one := newFolder + "/" + "probe-" + fmt.Sprintf("%016x", rand.Uint64())
	defer s.tidy(ctx, one)
	err := errors.Join(s.upload(ctx, probeFile), s.upload(ctx, one))
	if err != nil {
		return err
	}
	err = s.move(ctx, one, probeFile, "")
	if err == nil {
		return fmt.Errorf("the server moves a file over another and says it did not: %w", penates.Unsupported)
	}
	if !errors.Is(err, penates.Exists) {
		return err
	}
	// The lock of a folder alone is to keep its list of members as it is. Servers
	// that only know locks of files need that of all that is in it. Apache has both,
	// but its database of locks does not stand several writers of the second kind:
	// what is lost of it keeps all others away until the locks end.
	for _, s.depth = range []string{"0", "infinity"} {
		if s.fenced, err = s.fences(ctx, one+"-"+s.depth); err != nil || s.fenced {
			return err
		}
	}
	return nil
}

// upload puts a file to try things with.
func (s *Store) upload(ctx context.Context, name string) error {
	status, err := s.change(ctx, http.MethodPut, name, nil, []byte("put by Penates to see what this server can do\n"))
	if err == nil && status/100 != 2 {
		err = refused("upload", status)
	}
	return err
}

// tidy removes what was there to try things with.
func (s *Store) tidy(ctx context.Context, name string) {
	s.clean(ctx, func(ctx context.Context) error {
		_, err := s.ask(ctx, http.MethodDelete, name, nil, nil)
		return err
	})
}

// fences reports whether the lock of a folder keeps others from taking it and from
// moving a file into the folder, until it ends and not longer.
func (s *Store) fences(ctx context.Context, file string) (bool, error) {
	folder := file + "-folder/"
	defer s.tidy(ctx, folder)
	defer s.tidy(ctx, file)
	if err := errors.Join(s.upload(ctx, file), s.folder(ctx, strings.TrimSuffix(folder, "/"))); err != nil {
		return false, err
	}
	token, status, err := s.tryLock(ctx, folder)
	if err != nil || blocked(status) {
		return false, ctx.Err() // there are no locks, or none of use
	}
	_, second, err := s.tryLock(ctx, folder)
	exclusive := err == nil && blocked(second)
	barred := errors.Is(s.move(ctx, file, folder+"barred", ""), errNotHeld)
	moved := s.move(ctx, file, folder+"moved", s.held(folder, token)) == nil
	if err := s.unlock(ctx, folder, token); err != nil || !exclusive || !barred || !moved {
		return false, ctx.Err()
	}
	ended := errors.Is(s.move(ctx, folder+"moved", folder+"ended", s.held(folder, token)), errNotHeld)
	return ended, ctx.Err()
}

// Package webdav keeps objects as files of a WebDAV server (RFC 4918): Apache,
// Nextcloud, a NAS, rclone.
//
// Servers look whether a name is free, and then write: neither "If-None-Match: *"
// on PUT nor "Overwrite: F" on MOVE decides between two writers, and Apache loses
// locks that several ask for at once. What decides are two things that file systems
// do in one step and servers leave to them: a folder cannot be moved to where a
// folder is that holds something, and a file can be moved away only once.
//
// PutIfAbsent uploads the data into a folder of its own and moves that folder to
// where the claim on the name is. Whoever has the claim moves the file from in it to
// its name, if nothing is there, and removes the claim. Anybody may remove anybody's
// claim at any time: the one who had it then finds nothing to move, and begins
// again. So a claim keeps others away only for as long as they are patient, and a
// writer that was thought dead and wakes up can do no harm. When answers are lost
// and data equal to the writer's are there, it is not told that it won.
//
// Open lets a few writers race; where more than one wins, or folders cannot be
// moved, the store is not [store.Fenced]. That cannot be shown of servers whose
// races are rare; Apache's, and those that move with rename(2), have none. Nor can it
// be shown of several servers for one drive, which know nothing of each other.
//
// Servers do not say whether what they acknowledge is on disk.
package webdav

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"penates"
	"penates/internal/outbound"
	"penates/internal/store"
)

// A Store is a folder of a server.
type Store struct {
	caller *caller
	base   *url.URL // ends in a slash
	fenced bool

	mu    sync.Mutex
	known map[string]bool // folders that are there
}

var _ store.Store = (*Store)(nil)

// Names of what is no object, and in no list.
const (
	newFolder    = ".new"
	claimsFolder = ".claims"
	probeFile    = ".probe"
	abandoned    = 24 * time.Hour
)

// Open returns the store in the folder at address, an http or https URL without
// user and password. The folder is made if need be, but not the one it is in.
func Open(ctx context.Context, address *url.URL, user, password string) (*Store, error) {
	base := *address
	base.User, base.RawQuery, base.Fragment = nil, "", ""
	if !strings.HasSuffix(base.Path, "/") {
		base = *base.JoinPath("/")
	}
	s := &Store{base: &base, known: map[string]bool{".": true}, caller: &caller{client: outbound.Client(&base), user: user, password: password}}
	err := s.folder(ctx, "")
	for _, folder := range []string{newFolder, claimsFolder} {
		if err == nil {
			err = s.folder(ctx, folder)
		}
		if err == nil {
			err = s.sweep(ctx, folder)
		}
	}
	if err == nil {
		err = s.probe(ctx)
	}
	if err != nil {
		s.caller.client.CloseIdleConnections()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Close gives connections back.
func (s *Store) Close() error {
	s.caller.client.CloseIdleConnections()
	return nil
}

// Fenced reports whether the server decides between writers.
func (s *Store) Fenced() bool { return s.fenced }

// url returns the address of a name, which needs no escaping.
func (s *Store) url(name string) string { return s.base.String() + name }

// ask sends a request that may be repeated and whose answer has no body of
// interest, and returns its status.
func (s *Store) ask(ctx context.Context, method, name string, header map[string]string, body []byte) (int, error) {
	for try := 0; ; try++ {
		status, err := s.askOnce(ctx, method, name, header, body)
		if err != nil || !busy(status) || try == mostBusy {
			return status, err
		}
		if err := wait(ctx, try); err != nil {
			return 0, err
		}
	}
}

func (s *Store) askOnce(ctx context.Context, method, name string, header map[string]string, body []byte) (int, error) {
	answer, err := s.caller.do(ctx, method, s.url(name), header, body)
	if err != nil {
		return 0, err
	}
	drain(answer)
	return answer.StatusCode, nil
}

// busy reports whether a status says that the server failed for now. That is how
// Apache answers whatever needs its database of locks while others are at it.
func busy(status int) bool {
	return status == http.StatusInternalServerError || status == http.StatusServiceUnavailable
}

// refused returns the error of a status that was not hoped for.
func refused(what string, status int) error {
	err := fmt.Errorf("%s: the server answers %d %s", what, status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", err, penates.Denied)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", err, penates.NotExist)
	case status/100 == 3:
		return fmt.Errorf("%w, to be asked elsewhere, which is not done: %w", err, penates.Denied)
	case status == http.StatusNotImplemented, status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: %w", err, penates.Unsupported)
	}
	return err
}

// folder makes one folder, unless it is there.
func (s *Store) folder(ctx context.Context, name string) error {
	m, err := s.look(ctx, name)
	switch {
	case err == nil && m.Folder:
		return nil
	case err == nil:
		return fmt.Errorf("%s is no folder: %w", name, penates.Invalid)
	case !errors.Is(err, penates.NotExist):
		return err
	}
	status, err := s.change(ctx, "MKCOL", name+"/", nil, nil)
	if err != nil || status == http.StatusCreated {
		return err
	}
	// Another may have made it at the same moment.
	if m, err := s.look(ctx, name); err == nil && m.Folder {
		return nil
	}
	return refused("make folder", status)
}

// folders makes a folder and those it is in.
func (s *Store) folders(ctx context.Context, name string) error {
	s.mu.Lock()
	known := s.known[name]
	s.mu.Unlock()
	if known {
		return nil
	}
	if err := errors.Join(s.folders(ctx, path.Dir(name)), s.folder(ctx, name)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[name] = true
	return nil
}

const propfind = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>`

// members asks for a resource and, with depth 1, what is in it. Servers cut the
// answer short when what they are to tell of goes away: they are asked again.
func (s *Store) members(ctx context.Context, name, depth string) (members []member, err error) {
	for try := 1; ; try++ {
		status := 0
		members, status, err = s.membersOnce(ctx, name, depth)
		passing := status == 0 || status/100 == 2 || busy(status)
		if err == nil || !passing || try == fewTries {
			return members, err
		}
		if no := wait(ctx, try); no != nil {
			return nil, errors.Join(err, no)
		}
	}
}

func (s *Store) membersOnce(ctx context.Context, name, depth string) (members []member, status int, err error) {
	answer, err := s.caller.do(ctx, "PROPFIND", s.url(name),
		map[string]string{"Depth": depth, "Content-Type": "application/xml"}, []byte(propfind))
	if err != nil {
		return nil, 0, err
	}
	defer drain(answer)
	status = answer.StatusCode
	if (status == http.StatusMethodNotAllowed || status == http.StatusBadRequest) && name != "" {
		return nil, status, penates.NotExist // below a file, in the words of servers in Go and of Apache
	}
	if status != http.StatusMultiStatus {
		return nil, status, refused("list", status)
	}
	members, err = parseMembers(answer.Body)
	return members, status, err
}

// look tells of one resource.
func (s *Store) look(ctx context.Context, name string) (member, error) {
	members, err := s.members(ctx, name, "0")
	if err != nil && !errors.Is(err, penates.NotExist) && !strings.HasSuffix(name, "/") {
		// Servers send whoever asks for a folder without its slash elsewhere.
		members, err = s.members(ctx, name+"/", "0")
	}
	if err == nil && len(members) != 1 {
		err = fmt.Errorf("%d answers for one resource: %w", len(members), penates.Damaged)
	}
	if err != nil {
		return member{}, err
	}
	return members[0], nil
}

// within returns what is in a folder, whose name is empty or ends in a slash.
func (s *Store) within(ctx context.Context, folder string) (members []member, err error) {
	all, err := s.members(ctx, folder, "1")
	at := path.Clean(s.base.JoinPath(folder).Path)
	for _, m := range all {
		if path.Dir(m.path) == at && m.path != at {
			members = append(members, m)
		}
	}
	return members, err
}

// sweep removes what writers that died long ago left in a folder, by the server's
// clock.
func (s *Store) sweep(ctx context.Context, folder string) error {
	members, err := s.within(ctx, folder+"/")
	if err != nil {
		return err
	}
	now := time.Now()
	for _, m := range members {
		name := folder + "/" + m.Name
		if m.Folder {
			name += "/"
		}
		if !m.modified.IsZero() && now.Sub(m.modified) > abandoned {
			if _, err := s.ask(ctx, http.MethodDelete, name, nil, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// PutIfAbsent implements [store.Store].
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	err := errors.Join(store.Check(name, data), ctx.Err())
	if err == nil {
		err = s.absent(ctx, name)
	}
	if err == nil {
		err = s.folders(ctx, path.Dir(name))
	}
	if err == nil {
		err = s.put(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// absent returns an error unless nothing has that name.
func (s *Store) absent(ctx context.Context, name string) error {
	there, err := s.there(ctx, name)
	if err == nil && there {
		err = penates.Exists
	}
	return err
}

// there reports whether there is a file of that name.
func (s *Store) there(ctx context.Context, name string) (bool, error) {
	status, err := s.ask(ctx, http.MethodHead, name, nil, nil)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusNotFound:
		return false, nil
	case status == http.StatusOK:
		return true, nil
	}
	return false, refused("look", status)
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	err := errors.Join(store.CheckName(name), ctx.Err())
	var data []byte
	if err == nil {
		data, err = s.read(ctx, name)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return data, nil
}

func (s *Store) read(ctx context.Context, name string) ([]byte, error) {
	answer, err := s.caller.do(ctx, http.MethodGet, s.url(name), nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if status := answer.StatusCode; status/100 == 3 || status == http.StatusMethodNotAllowed || strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		// It may be the page of a folder.
		if m, err := s.look(ctx, name); err != nil || m.Folder {
			return nil, errors.Join(err, penates.NotExist)
		}
	}
	if answer.StatusCode != http.StatusOK {
		return nil, refused("get", answer.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, store.MaxObject+1))
	if err == nil && len(data) > store.MaxObject {
		err = fmt.Errorf("more than %d bytes: %w", store.MaxObject, penates.Damaged)
	}
	return data, err
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return store.Walk(ctx, prefix, after, func(folder string) ([]store.Entry, error) {
		members, err := s.within(ctx, folder)
		if errors.Is(err, penates.NotExist) && folder != "" {
			return nil, nil
		}
		entries := make([]store.Entry, 0, len(members))
		for _, m := range members {
			entries = append(entries, m.Entry)
		}
		return entries, err
	})
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, name string) error {
	err := errors.Join(store.CheckName(name), ctx.Err())
	if err == nil {
		err = s.remove(ctx, name)
	}
	if err != nil && !errors.Is(err, penates.NotExist) {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

// remove looks first, since the deletion of a folder is that of all that is in it.
func (s *Store) remove(ctx context.Context, name string) error {
	m, err := s.look(ctx, name)
	if err != nil || m.Folder {
		return err
	}
	status, err := s.change(ctx, http.MethodDelete, name, nil, nil)
	if err == nil && status/100 != 2 {
		err = refused("delete", status)
	}
	return err
}

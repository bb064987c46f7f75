package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// The sizes of pieces: small where the same ones come again in the next snapshot.
const (
	pagePiece     = 1 << 20
	blobPiece     = 8 << 20
	manifestPiece = 8 << 20
	maxManifest   = 1 << 30 // unpacked
)

// A manifest names all that a snapshot is made of.
type manifest struct {
	Main  File   `json:"main"`
	Keys  []byte `json:"keys"`
	Blobs []File `json:"blobs"`
}

// A taking is a snapshot under way. Its goroutine owns it until done is closed.
type taking struct {
	point  Point
	names  []string
	keys   []byte
	base   *Entry // the snapshot before
	needed bool   // nothing can be restored to the present without it
	next   uint64 // first entry that goes beyond it, put meanwhile
	cancel context.CancelFunc
	done   chan struct{}

	manifest []string
	refers   map[string]string
	err      error
}

// When a snapshot is made though nothing asks for one: after so many entries, or
// so many bytes and as many as the database has, or a day with a change in it.
const (
	manyEntries = 2000
	manyBytes   = 32 << 20
	oftenEnough = 24 * time.Hour
)

func (s *Shipper) snapshotDue() bool {
	b := s.state.Base
	if b == nil || s.state.Entries < 2 {
		return false
	}
	if s.state.Entries >= manyEntries || s.cfg.Now().Sub(b.Written) > oftenEnough {
		return true
	}
	info, err := os.Stat(filepath.Join(s.cfg.Source.Dir, databaseFile))
	return err == nil && s.state.Bytes > max(manyBytes, info.Size())
}

// done returns the channel that says that the snapshot under way is stored; nil,
// which never says anything, without one.
func (s *Shipper) done() chan struct{} {
	if s.taken == nil {
		return nil
	}
	return s.taken.done
}

// take begins a snapshot: the database file is made to hold all commits and not
// touched while its pieces are stored.
func (s *Shipper) take(ctx context.Context) error {
	t := &taking{base: s.state.Base, needed: s.behind, done: make(chan struct{}), refers: map[string]string{}}
	release, err := s.cfg.Source.Still(ctx, func(p Point) (err error) {
		if t.needed {
			s.feed.renew()
		}
		t.point, t.keys = p, s.cfg.Source.Keys()
		t.names, err = blobNames(s.cfg.Source.Dir)
		return err
	})
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	s.behind = false
	s.taken = t
	ctx, t.cancel = context.WithCancel(ctx)
	go func() {
		defer close(t.done)
		defer release()
		t.err = retry(ctx, func() error { return s.store(ctx, t, release) })
	}()
	return nil
}

// stopTaking ends a snapshot under way without it.
func (s *Shipper) stopTaking() {
	if s.taken != nil {
		s.taken.cancel()
		<-s.taken.done
	}
}

// store stores the pieces of a snapshot and its manifest.
func (s *Shipper) store(ctx context.Context, t *taking, release func()) error {
	s.recall(ctx, t.base)
	main, err := s.putFile(ctx, databaseFile, filepath.Join(s.cfg.Source.Dir, databaseFile), pagePiece)
	if err != nil {
		return err
	}
	release()
	if _, _, _, closed := s.feed.waiting(); closed {
		return errEnded // whoever opened the vault since may have changed the file
	}
	m := manifest{Main: main, Keys: t.keys}
	for _, name := range t.names {
		l, ok := s.known.get(name)
		if !ok {
			l.File, err = s.putFile(ctx, name, filepath.Join(s.cfg.Source.Dir, blobFolder, filepath.FromSlash(name)), blobPiece)
			if errors.Is(err, os.ErrNotExist) {
				continue // it was removed since
			}
			if err == nil {
				err = s.known.add(0, l.File)
			}
			if err != nil {
				return err
			}
		}
		m.Blobs = append(m.Blobs, l.File)
	}
	t.manifest, err = s.putManifest(ctx, &m)
	m.refer(t.refers)
	for _, piece := range t.manifest {
		t.refers[piece] = piece
	}
	return err
}

// recall learns which pieces the snapshot before refers to, so that they are not
// stored again. Without them they are.
func (s *Shipper) recall(ctx context.Context, base *Entry) {
	s.mu.Lock()
	known := len(s.pieces) > 0
	s.mu.Unlock()
	if known || base == nil {
		return
	}
	pieces, err := s.chain.refers(ctx, base.Seq)
	if err != nil {
		s.warn("the snapshot before cannot be read: %v; all is stored again", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces = pieces
}

// refer adds the pieces that the manifest refers to, by their sums.
func (m *manifest) refer(pieces map[string]string) {
	for _, f := range append([]File{m.Main}, m.Blobs...) {
		for _, p := range f.Pieces {
			_, sum, _ := strings.Cut(p, "/")
			pieces[sum] = p
		}
	}
}

// putFile stores a file in pieces of that size. Pieces that the newest snapshot
// refers to are not stored again.
func (s *Shipper) putFile(ctx context.Context, name, path string, size int64) (File, error) {
	f := File{Name: name, Piece: size}
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	buf := make([]byte, size)
	for {
		n, err := io.ReadFull(in, buf)
		if n > 0 {
			piece, err := s.putData(ctx, buf[:n])
			if err != nil {
				return f, err
			}
			f.Pieces, f.Size = append(f.Pieces, piece), f.Size+int64(n)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return f, nil
		case err != nil:
			return f, err
		}
	}
}

func (s *Shipper) putData(ctx context.Context, data []byte) (string, error) {
	piece := pieceOf(s.state.Epoch, data)
	_, sum, _ := strings.Cut(piece, "/")
	s.mu.Lock()
	there, ok := s.pieces[sum]
	s.mu.Unlock()
	if ok {
		return there, nil
	}
	if err := s.chain.putPiece(ctx, piece, data); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[sum] = piece
	s.garbage.spare(piece)
	return piece, nil
}

func (s *Shipper) putManifest(ctx context.Context, m *manifest) (pieces []string, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	packed := z.EncodeAll(text, nil)
	for len(packed) > 0 {
		n := min(len(packed), manifestPiece)
		piece, err := s.putData(ctx, packed[:n])
		if err != nil {
			return nil, err
		}
		pieces, packed = append(pieces, piece), packed[n:]
	}
	return pieces, z.Close()
}

// manifest reads a snapshot's manifest.
func (c *chain) manifest(ctx context.Context, s *Snapshot) (*manifest, error) {
	var packed []byte
	for _, piece := range s.Manifest {
		data, err := c.piece(ctx, piece, -1)
		if err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
		packed = append(packed, data...)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxManifest))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	text, err := z.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w (%w)", Altered, err)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("manifest: %w (%w)", Altered, err)
	}
	err = m.Main.check()
	for i := range m.Blobs {
		err = errors.Join(err, m.Blobs[i].check())
	}
	return m, err
}

// finish puts the entry of a snapshot whose pieces are stored. With wait it waits
// for them.
func (s *Shipper) finish(ctx context.Context, wait bool) error {
	t := s.taken
	if t == nil {
		return nil
	}
	if !wait {
		select {
		case <-t.done:
		default:
			return nil
		}
	}
	<-t.done
	s.taken = nil
	t.cancel()
	if t.err != nil {
		if t.needed {
			s.setBehind()
		}
		return t.err
	}
	e := &Entry{Point: s.head.Point, Snapshot: &Snapshot{Point: t.point, Next: t.next, Manifest: t.manifest}}
	if e.Point.Commit < t.point.Commit {
		e.Point = t.point
	}
	if t.next == 0 {
		e.Snapshot.Next = s.state.Seq + 1
	}
	s.retain(e.Snapshot)
	s.state.Behind = s.behind
	if err := s.put(ctx, e); err != nil {
		s.setBehind()
		return err
	}
	s.mu.Lock()
	s.pieces, s.status.Snapshot = t.refers, e.Written
	s.mu.Unlock()
	return s.tidy(ctx)
}

// tidy collects what is superseded. That it fails hurts nobody, unless it is
// because somebody else writes.
func (s *Shipper) tidy(ctx context.Context) error {
	err := s.collect(ctx)
	if errors.Is(err, Fenced) || errors.Is(err, Forked) {
		return err
	}
	if err != nil {
		s.warn("what is superseded stays for now: %v", err)
	}
	return nil
}

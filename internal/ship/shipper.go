package ship

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"penates/internal/seal"
	"penates/internal/store"
)

// A Source is an unlocked vault as shipping sees it.
type Source struct {
	Vault string
	Dir   string
	// Keys returns the header.
	Keys func() []byte
	// Sign signs with the vault's identity; nil while that is not at hand, which
	// leaves entries unsigned.
	Sign func(message []byte) []byte
	// Follow calls [Feed.Follow] while nothing can be written.
	Follow func(name string, durable bool) *Follower
	// Abandon is [Feed.Abandon].
	Abandon func(name string)
	// Still moves all of the log into the database file and calls f before
	// anything else is written; nothing moves afterwards until release is called.
	Still func(ctx context.Context, f func(Point) error) (release func(), err error)
	// Tip returns the tip of a commit, or "" when the vault no longer remembers it.
	Tip func(ctx context.Context, commit int64) (string, error)
}

// A Config says how a vault is shipped to one store.
type Config struct {
	Source Source
	Store  store.Store
	// Name tells the notes on this store from those on others; fit for a file name.
	Name string
	// Durable makes commits wait until they are stored. Otherwise they are stored
	// within about Window, and at once when there are many.
	Durable bool
	Window  time.Duration
	Keep    Retention
	Now     func() time.Time // time.Now when nil
	Log     *slog.Logger     // slog.Default() when nil
}

// groupSize is how many bytes one entry carries at most, but for parts of commits
// that are larger than that.
const groupSize = 8 << 20

// A Shipper ships one vault to one store. It is made by [Start] and works in
// [Shipper.Run].
type Shipper struct {
	cfg    Config
	chain  chain
	notes  *notes
	state  state
	head   *Entry
	known  *catalogue
	feed   *Follower
	flush  chan chan error
	ended  chan struct{}   // closed when Run has returned
	behind bool            // a snapshot is needed before anything else makes sense
	gone   map[uint64]bool // earlier snapshots that cannot be read
	anew   bool            // entries before the next snapshot are missing
	keys   []byte
	taken  *taking // a snapshot under way

	mu      sync.Mutex
	pieces  map[string]string // sum to piece, of what the newest snapshot refers to
	garbage garbage
	status  Status
}

// Start begins to ship: it checks that the chain in the store is of the past of
// this vault and claims it. Any writer before loses it. The errors of kind [Alarm]
// say why it may not be claimed. After an error commits that are to wait for this
// store are refused, until it is started again or abandoned.
func Start(ctx context.Context, cfg Config) (*Shipper, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	folder, err := folderOf(cfg.Source.Dir)
	if err != nil {
		return nil, err
	}
	header, err := seal.ParseHeader(cfg.Source.Keys())
	if err != nil {
		return nil, err
	}
	s := &Shipper{
		cfg: cfg, flush: make(chan chan error), ended: make(chan struct{}), pieces: map[string]string{}, gone: map[uint64]bool{},
		chain: chain{store: cfg.Store, vault: cfg.Source.Vault, key: header.SigningKey()},
	}
	if s.notes, err = openNotes(filepath.Join(folder, cfg.Name+".json")); err != nil {
		return nil, err
	}
	if s.known, err = openCatalogue(filepath.Join(folder, cfg.Name+".blobs")); err != nil {
		return nil, errors.Join(err, s.notes.close())
	}
	s.feed = cfg.Source.Follow(cfg.Name, cfg.Durable)
	if err := s.begin(ctx); err != nil {
		s.feed.fail(err)
		if !cfg.Durable {
			s.feed.leave()
		}
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close closes the notes.
func (s *Shipper) close() error { return errors.Join(s.known.close(), s.notes.close()) }

// How long a shipper waits after a failure, at first and at most.
const (
	shortPause = 250 * time.Millisecond
	longPause  = time.Minute
)

// Run ships until ctx ends, the vault is closed and all of it is shipped, or an
// alarm makes it stop, which it returns.
func (s *Shipper) Run(ctx context.Context) error {
	defer func() { _ = s.close() }() // notes that nothing needs
	defer close(s.ended)
	defer s.stopTaking()
	pause := shortPause
	for {
		asked, err := s.wait(ctx, pause > shortPause)
		if err == nil {
			err = s.ship(ctx, asked != nil)
		}
		s.note(err)
		if asked != nil {
			asked <- err
		}
		var alarm Alarm
		switch {
		case errors.As(err, &alarm):
			s.feed.fail(err)
			return err
		case errors.Is(err, errEnded):
			s.feed.leave()
			return nil
		case ctx.Err() != nil:
			s.feed.leave()
			return context.Cause(ctx)
		case err != nil:
			s.cfg.Log.Warn("backup is not reached", "to", s.cfg.Name, "error", err)
			if asked = s.pause(ctx, pause); asked != nil {
				asked <- err
			}
			pause = min(2*pause, longPause)
		default:
			pause = shortPause
		}
	}
}

// errEnded says that the vault is closed and all is shipped.
var errEnded = errors.New("the vault is closed")

// pause waits after a failure, or until somebody asks.
func (s *Shipper) pause(ctx context.Context, d time.Duration) chan error {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	case asked := <-s.flush:
		return asked
	}
	return nil
}

// wait waits until there is something to ship and enough of it, or until a while
// has passed since it came, or somebody asks.
func (s *Shipper) wait(ctx context.Context, again bool) (asked chan error, err error) {
	var window <-chan time.Time
	for {
		size, n, lost, closed := s.feed.waiting()
		some := n > 0 || lost && !s.behind
		picture := s.taken == nil && (s.behind || s.snapshotDue())
		switch {
		case closed && (!some || s.behind):
			return nil, errEnded
		case picture, some && (s.cfg.Durable || s.cfg.Window <= 0 || size >= groupSize || closed || again):
			return nil, nil
		case some && window == nil:
			window = time.After(s.cfg.Window)
		}
		select {
		case <-s.feed.wake:
		case <-window:
			return nil, nil
		case <-s.done():
			return nil, nil
		case asked := <-s.flush:
			return asked, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Flush ships all that was committed before the call and returns when it is
// stored.
func (s *Shipper) Flush(ctx context.Context) error {
	asked := make(chan error, 1)
	select {
	case s.flush <- asked:
	case <-s.ended:
		return s.why()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-asked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ship puts all that waits. With whole it waits for a snapshot under way too.
func (s *Shipper) ship(ctx context.Context, whole bool) error {
	for {
		group, lost := s.feed.next(groupSize)
		if lost && !s.behind {
			s.setBehind()
		}
		if len(group) == 0 {
			break
		}
		if s.behind {
			continue // the next snapshot will hold it
		}
		if err := s.putGroup(ctx, group); err != nil {
			s.setBehind()
			return err
		}
	}
	if s.taken == nil && (s.behind || s.snapshotDue()) {
		if err := s.take(ctx); err != nil {
			return err
		}
	}
	return s.finish(ctx, whole)
}

// setBehind notes that something will not be shipped as a segment.
func (s *Shipper) setBehind() {
	s.behind, s.state.Behind = true, true
	if err := s.notes.save(&s.state); err != nil {
		s.cfg.Log.Warn("notes of the backup", "to", s.cfg.Name, "error", err)
	}
}

// putGroup puts captures that follow each other as one entry, or as several when
// they are too large for one.
func (s *Shipper) putGroup(ctx context.Context, group []capture) error {
	var data []byte
	var names []string
	g := &Segment{From: -1, After: s.head.Point.Commit}
	for _, c := range group {
		if c.Log != "" {
			if g.From < 0 {
				g.From, g.After = c.from, c.after()
			}
			g.Log, g.To, data = c.Log, c.To, append(data, c.data...)
		}
		names = append(names, c.blobs...)
		if c.keys != nil {
			s.keys = c.keys
		}
	}
	blobs, err := s.putBlobs(ctx, names)
	if err != nil {
		return err
	}
	for len(data) > maxPayload || len(blobs) > maxListed {
		n, k := min(len(data), maxPayload), min(len(blobs), maxListed)
		e := &Entry{Point: s.head.Point, Blobs: blobs[:k]}
		if n > 0 {
			e.Segment = &Segment{Log: g.Log, From: g.From, To: g.From + int64(n), After: g.After}
			e.payload = data[:n]
		}
		if err := s.put(ctx, e); err != nil {
			return err
		}
		data, blobs = data[n:], blobs[k:]
		g.From += int64(n)
	}
	e := &Entry{Point: group[len(group)-1].point, Blobs: blobs}
	if len(data) > 0 {
		g.Whole = true
		e.Segment, e.payload = g, data
	}
	return s.put(ctx, e)
}

// maxListed bounds the blobs an entry tells of.
const maxListed = 1000

// put adds an entry to the chain.
func (s *Shipper) put(ctx context.Context, e *Entry) error {
	e.Vault, e.Epoch, e.Written = s.cfg.Source.Vault, s.state.Epoch, s.cfg.Now().UTC()
	e.Seq = s.state.Seq + 1
	e.Prev, e.Keys = s.state.Hash, s.keys
	if e.Snapshot != nil {
		e.Base = e.Seq
	} else if s.state.Base != nil {
		e.Base = s.state.Base.Seq
	}
	raw, err := e.encode(s.cfg.Source.Sign)
	if err != nil {
		return err
	}
	if err := s.persist(ctx, func() error { return s.chain.put(ctx, e, raw) }); err != nil {
		return err
	}
	s.keys = nil
	return s.settle(e, int64(len(raw)))
}

// persist does what the store is needed for until the store says that it is done
// or that it cannot be: the place of an entry that may be there or not could not
// be told from somebody else's.
func (s *Shipper) persist(ctx context.Context, f func() error) error {
	for pause := shortPause; ; pause = min(2*pause, longPause) {
		err := f()
		if err == nil || lasting(err) || errors.Is(err, os.ErrNotExist) {
			return err
		}
		s.note(err)
		s.cfg.Log.Warn("backup is not reached", "to", s.cfg.Name, "error", err)
		if asked := s.pause(ctx, pause); asked != nil {
			asked <- err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// settle notes an entry that is in the store.
func (s *Shipper) settle(e *Entry, size int64) error {
	e.payload = nil
	s.head = e
	s.state.Seq, s.state.Hash = e.Seq, e.hash
	s.state.Entries++
	s.state.Bytes += size
	if g := e.Segment; g != nil {
		s.state.position = position{g.Log, g.To}
	}
	switch {
	case e.Snapshot != nil:
		s.state.Base, s.state.Entries, s.state.Bytes = e, 0, 0
	case e.Segment != nil && s.taken != nil && s.taken.next == 0 && e.Segment.After >= s.taken.point.Commit:
		s.taken.next = e.Seq
	}
	if s.taken == nil || !s.taken.needed {
		s.stored(e)
	}
	note := s.notes.step
	if e.claims() { // so that the whole state is of this epoch
		note = s.notes.save
	}
	return errors.Join(s.known.add(e.Seq, e.Blobs...), note(&s.state))
}

// stored says that all up to the entry can be restored.
func (s *Shipper) stored(e *Entry) {
	s.mu.Lock()
	s.status.Point, s.status.Stored, s.status.Entries = e.Point, e.Written, e.Seq
	s.mu.Unlock()
	s.feed.stored(e.Point.Commit)
}

// putBlobs stores blob files and returns those that were not there. One that was
// removed meanwhile is left out.
func (s *Shipper) putBlobs(ctx context.Context, names []string) (put []File, err error) {
	for _, name := range names {
		if _, ok := s.known.get(name); ok {
			continue
		}
		var f File
		err := s.persist(ctx, func() (err error) {
			f, err = s.putFile(ctx, name, filepath.Join(s.cfg.Source.Dir, blobFolder, filepath.FromSlash(name)), blobPiece)
			return err
		})
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		put = append(put, f)
	}
	return put, nil
}

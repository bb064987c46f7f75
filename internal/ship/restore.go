package ship

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/durable"
	"penates/internal/seal"
	"penates/internal/sealvfs"
)

// RestoreOptions say what to restore, and where.
type RestoreOptions struct {
	Dir    string   // made if need be; must be empty, or left by a restore that was interrupted
	Master seal.Key // of the vault
	At     time.Time
	// Progress is told how many bytes of how many were read.
	Progress func(done, total int64)
}

// A Restored says what a restore brought back.
type Restored struct {
	Vault    string    `json:"vault"`
	Point    Point     `json:"point"`
	Stored   time.Time `json:"stored"` // when it was
	Blobs    int       `json:"blobs"`
	Bytes    int64     `json:"bytes"`
	Entries  int       `json:"entries"`
	Unsigned int       `json:"unsigned,omitempty"` // entries stored while the vault was locked
	// Beyond says that entries behind the point wait for a snapshot that was not
	// completed: nothing in them had been acknowledged as stored.
	Beyond bool `json:"beyond,omitempty"`
}

// unfinishedFile marks a folder whose restore has not been completed.
const unfinishedFile = "restoring"

// A restore is one restore under way.
type restore struct {
	*Archive
	o    RestoreOptions
	done Restored

	blobs []File
	prev  *Entry
	log   *os.File // what of the current log was read
	at    position // up to where it is whole
	parts int64    // bytes behind that

	mu   sync.Mutex
	read int64
	size int64
}

// Restore writes the vault's folder: the state of the last commit, or of the last
// one up to o.At. All that is read is checked. The keys come last: until then the
// folder is no vault.
func (a *Archive) Restore(ctx context.Context, o RestoreOptions) (*Restored, error) {
	r := &restore{Archive: a, o: o, done: Restored{Vault: a.chain.vault}}
	if err := a.header.Verify(o.Master); err != nil {
		return nil, err
	}
	plan, err := a.plan(ctx, o.At)
	if err != nil {
		return nil, err
	}
	if err := r.clear(); err != nil {
		return nil, err
	}
	if err := r.run(ctx, plan); err != nil {
		if r.log != nil {
			err = errors.Join(err, r.log.Close())
		}
		return nil, fmt.Errorf("restore: %w", err)
	}
	return &r.done, nil
}

// clear makes the folder ready.
func (r *restore) clear() error {
	if err := os.MkdirAll(r.o.Dir, 0o700); err != nil {
		return err
	}
	left, err := os.ReadDir(r.o.Dir)
	if err != nil {
		return err
	}
	mark := filepath.Join(r.o.Dir, unfinishedFile)
	if len(left) > 0 {
		if _, err := os.Stat(mark); err != nil {
			return fmt.Errorf("restore into %s: it is not empty: %w", r.o.Dir, penates.Exists)
		}
		for _, e := range left {
			if e.Name() != unfinishedFile {
				if err := os.RemoveAll(filepath.Join(r.o.Dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return durable.WriteFile(mark, nil, 0o600)
}

func (r *restore) run(ctx context.Context, p *plan) error {
	m, err := r.chain.manifest(ctx, p.base.Snapshot)
	if err != nil {
		return err
	}
	r.blobs = m.Blobs
	r.done.Point, r.done.Stored = p.base.Snapshot.Point, p.base.Written
	r.size = m.Main.Size
	for _, f := range m.Blobs {
		r.size += f.Size
	}
	if err := r.fetch(ctx, []File{m.Main}, ""); err != nil {
		return err
	}
	for _, seq := range p.entries {
		err := r.entry(ctx, seq)
		if errors.Is(err, errStop) {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := r.endLog(ctx); err != nil {
		return err
	}
	if err := r.fetch(ctx, r.blobs, blobFolder); err != nil {
		return err
	}
	r.done.Blobs, r.done.Bytes = len(r.blobs), r.read
	return r.complete()
}

// entry takes the next entry of the chain.
func (r *restore) entry(ctx context.Context, seq uint64) error {
	e, err := r.chain.entry(ctx, seq)
	if err != nil {
		return err
	}
	if r.prev != nil {
		if err := e.follows(r.prev); err != nil {
			return err
		}
	}
	payload := e.payload
	e.payload = nil
	r.prev = e
	r.done.Entries++
	if !e.signed {
		r.done.Unsigned++
	}
	r.progress(int64(len(payload)))
	if g := e.Segment; g != nil {
		if g.After < r.done.Point.Commit {
			return fmt.Errorf("entry %d goes back to commit %d: %w", seq, g.After, Forked)
		}
		if g.After > r.done.Point.Commit {
			r.done.Beyond = true
			return errStop
		}
		if !r.o.At.IsZero() && e.Point.At.After(r.o.At) {
			return errStop
		}
		if err := r.segment(ctx, e, payload); err != nil {
			return err
		}
	}
	r.blobs = append(r.blobs, e.Blobs...)
	return nil
}

// segment adds to the log. Parts of a commit wait for its last part.
func (r *restore) segment(ctx context.Context, e *Entry, payload []byte) error {
	g := e.Segment
	if g.Log != r.at.Log {
		if err := r.endLog(ctx); err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(r.o.Dir, databaseFile+"-wal"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		r.log, r.at = f, position{Log: g.Log}
	}
	if g.From != r.at.To+r.parts {
		return fmt.Errorf("entry %d begins at byte %d of a log of %d: %w", e.Seq, g.From, r.at.To+r.parts, Gap)
	}
	if _, err := r.log.WriteAt(payload, g.From); err != nil {
		return err
	}
	if r.parts += int64(len(payload)); g.Whole {
		r.at.To, r.parts = g.To, 0
		r.done.Point, r.done.Stored = e.Point, e.Written
	}
	return nil
}

// endLog moves the log into the database file.
func (r *restore) endLog(ctx context.Context) (err error) {
	if r.log == nil {
		return nil
	}
	err = errors.Join(r.log.Truncate(r.at.To), r.log.Close())
	r.log, r.parts = nil, 0
	if err != nil {
		return err
	}
	key := r.o.Master.Derive(DatabasePurpose)
	defer key.Wipe()
	system, err := sealvfs.New(key, r.chain.vault)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, system.Close()) }()
	path := filepath.Join(r.o.Dir, databaseFile)
	c, err := system.Open(ctx, path, sealvfs.ReadWrite)
	if err != nil {
		return err
	}
	frames, moved, err := c.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	err = errors.Join(system.Explain(err), c.Close())
	if err == nil && (frames != moved || sealvfs.LogSize(frames) != r.at.To) {
		err = fmt.Errorf("%d of the %d bytes of a log could be read: %w", sealvfs.LogSize(moved), r.at.To, Altered)
	}
	return err
}

// DatabasePurpose is what the key of the database is derived from the master key
// for.
const DatabasePurpose = "penates/database/1"

// complete makes a vault of the folder.
func (r *restore) complete() error {
	key := AnchorKey(r.o.Master)
	defer key.Wipe()
	anchor, err := CreateAnchor(r.o.Dir, key, r.chain.vault)
	if err != nil {
		return err
	}
	if err := errors.Join(anchor.Set(Anchored{Point: r.done.Point, Keys: r.header.Generation(), Moved: true}), anchor.Close()); err != nil {
		return err
	}
	folder, err := folderOf(r.o.Dir)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(filepath.Join(folder, pausedFile), nil, 0o600); err != nil {
		return err
	}
	if err := r.header.Save(r.o.Dir, durable.WriteFile); err != nil {
		return err
	}
	return os.Remove(filepath.Join(r.o.Dir, unfinishedFile))
}

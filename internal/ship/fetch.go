package ship

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"penates/internal/durable"
)

// fetchers is how many pieces are read at the same time.
const fetchers = 4

// blobName is what blob files are called; nothing else is written.
var blobName = regexp.MustCompile(`^[a-z2-7]{2}/[a-z2-7]{50}$`)

func (r *restore) progress(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read += n
	if r.o.Progress != nil {
		r.o.Progress(min(r.read, r.size), r.size)
	}
}

// fetch writes files in a folder of the vault's, and makes them last.
func (r *restore) fetch(ctx context.Context, files []File, folder string) error {
	folders := map[string]bool{filepath.Join(r.o.Dir, folder): true}
	for _, f := range files {
		if folder == blobFolder && !blobName.MatchString(f.Name) || folder == "" && f.Name != databaseFile {
			return fmt.Errorf("a file called %q: %w", f.Name, Altered)
		}
		folders[filepath.Dir(r.path(folder, f.Name))] = true
	}
	for dir := range folders {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan job)
	var group sync.WaitGroup
	for range fetchers {
		group.Go(func() {
			for j := range work {
				err := ctx.Err()
				if err == nil {
					err = r.fetchPiece(ctx, j)
				}
				if err = errors.Join(err, j.out.done(err == nil)); err != nil {
					cancel(err) // the first one stays
				}
			}
		})
	}
	err := r.feed(ctx, files, folder, work)
	close(work)
	group.Wait()
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	for dir := range folders {
		if err == nil {
			err = durable.SyncDir(dir)
		}
	}
	return err
}

func (r *restore) path(folder, name string) string {
	return filepath.Join(r.o.Dir, folder, filepath.FromSlash(name))
}

// A job is a piece to fetch.
type job struct {
	file *File
	i    int
	out  *target
}

type target struct {
	*os.File
	mu   sync.Mutex
	left int
}

// done says that a piece was written, or will not be. The last one makes the file last
// and closes it.
func (t *target) done(written bool) (err error) {
	t.mu.Lock()
	t.left--
	last := t.left == 0
	t.mu.Unlock()
	if !last {
		return nil
	}
	if written {
		err = t.Sync()
	}
	return errors.Join(err, t.Close())
}

// feed opens the files and hands out their pieces, until ctx ends.
func (r *restore) feed(ctx context.Context, files []File, folder string, work chan<- job) error {
	for i := range files {
		if ctx.Err() != nil {
			return nil // its cause is the error
		}
		f := &files[i]
		out, err := os.OpenFile(r.path(folder, f.Name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		t := &target{File: out, left: len(f.Pieces)}
		if t.left == 0 {
			if err := out.Close(); err != nil {
				return err
			}
		}
		for k := range f.Pieces {
			work <- job{f, k, t}
		}
	}
	return nil
}

func (r *restore) fetchPiece(ctx context.Context, j job) error {
	data, err := r.chain.piece(ctx, j.file.Pieces[j.i], j.file.sizeOf(j.i))
	if err != nil {
		return fmt.Errorf("%s: %w", j.file.Name, err)
	}
	if _, err := j.out.WriteAt(data, int64(j.i)*j.file.Piece); err != nil {
		return err
	}
	r.progress(int64(len(data)))
	return nil
}

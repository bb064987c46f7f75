package upkeep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"penates"
	"penates/internal/engine"
	"penates/internal/salvage"
	"penates/internal/sealvfs"
)

// Remake makes a new database of what can be read of the one there is, lets it take
// its place, and sets the former aside. build makes an empty database of this
// release's schema at a path; complete adds what no vault may lack. Whenever it is
// cut short, the vault is as it was or repaired.
func (s *Store) Remake(ctx context.Context, r *Repaired, build func(path string) (*engine.Conn, error), complete func(c *engine.Conn) error, now time.Time, progress Progress) error {
	path := filepath.Join(s.Dir, s.Database)
	left, err := filepath.Glob(path + salvage.Making + "*")
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return err
	}
	var pages salvage.Pages
	rescued, err := sealvfs.Rescue(s.Key, s.Vault, path)
	switch {
	case err == nil:
		defer rescued.Close()
		pages, r.Log = rescued, rescued.Cut
	case !errors.Is(err, penates.NotExist):
		return err
	}
	c, err := build(path + salvage.Making)
	if err != nil {
		return err
	}
	err = s.Rebuild(ctx, pages, c, r, now, progress)
	if err == nil {
		err = complete(c)
	}
	if err = errors.Join(err, c.Close()); err != nil {
		return fmt.Errorf("the repair did not succeed and changed nothing: %w", err)
	}
	r.Database = true
	aside, err := salvage.Swap(path)
	r.Aside = append(r.Aside, aside...)
	return err
}

// SetBlobsAside renames blob files that are damaged, so that importing the same file
// again keeps it anew, and names those that are damaged or missing.
func (s *Store) SetBlobsAside(r *Repaired, found *Checkup) error {
	for _, b := range found.lost {
		r.Blobs = append(r.Blobs, b)
		if b.Size < 0 {
			continue // there is no file
		}
		name, err := s.Content.SetAside(b.File, salvage.Damaged)
		if err != nil {
			return err
		}
		r.Aside = append(r.Aside, name)
	}
	return nil
}

//go:build unix

package dir

import (
	"errors"
	"path"
)

// link gives the file temp its name unless there is one of that name, on file
// systems that have links but no renaming that spares.
func (s *Store) link(temp, name string) error {
	if err := s.root.Link(temp, name); err != nil {
		return err
	}
	return s.root.Remove(temp)
}

// syncFolder makes the names in a folder durable.
func (s *Store) syncFolder(folder string) error {
	d, err := s.root.Open(path.Clean(folder))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

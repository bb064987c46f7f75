//go:build unix && !linux

package dir

// publish gives the file temp its name unless there is one of that name.
func (s *Store) publish(temp, name string) error { return s.link(temp, name) }

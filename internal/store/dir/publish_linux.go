package dir

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// publish gives the file temp its name unless there is one of that name.
func (s *Store) publish(temp, name string) (err error) {
	from, err := s.root.Open(path.Dir(temp))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := s.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	err = unix.Renameat2(int(from.Fd()), path.Base(temp), int(to.Fd()), path.Base(name), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return s.link(temp, name)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: temp, New: name, Err: err}
	}
	return nil
}

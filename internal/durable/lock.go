package durable

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// A Lock is the exclusive right to whatever its file stands for. It belongs to
// one open file description: other processes and other calls of [OpenLock] in
// this one are refused until Close, and the kernel drops it when the process
// ends, however it ends.
type Lock struct {
	mu sync.Mutex
	f  *os.File
}

// OpenLock creates the file at path if need be and locks it, without waiting:
// flock(2) with LOCK_EX|LOCK_NB, LockFileEx on Windows. The error is of kind
// [penates.InUse] when somebody else holds it. The file stays when the lock is
// closed, since removing it would let two processes hold two files of one name.
func OpenLock(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{f: f}, nil
}

// Close gives the lock back. Closing twice is harmless.
func (l *Lock) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	f := l.f
	l.f = nil
	// Closing the only descriptor of the description releases the lock.
	return f.Close()
}

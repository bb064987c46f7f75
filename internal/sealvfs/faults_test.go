package sealvfs_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates"
	"penates/internal/sealvfs"
)

// A failing file system refuses calls from a certain one on: that one only, or
// all that follow until it is mended, as a full disk does.
type failing struct {
	*disk
	calls int // so far
	at    int // the first that fails, 0 for none
	err   error
	stays bool
}

// call counts a call and returns the error it is to fail with.
func (f *failing) call() error {
	f.calls++
	if f.at != 0 && (f.calls == f.at || f.stays && f.calls > f.at) {
		return f.err
	}
	return nil
}

// reading is call for what a full or write-protected disk still does.
func (f *failing) reading() error {
	err := f.call()
	if errors.Is(err, sqlite3.FULL) || errors.Is(err, sqlite3.IOERR_WRITE) {
		return nil // it can still be read
	}
	return err
}

func (f *failing) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := f.reading(); err != nil {
		return nil, flags, err
	}
	file, out, err := f.disk.Open(name, flags)
	if d, ok := file.(*diskFile); ok {
		file = &failingFile{diskFile: d, sys: f}
	}
	return file, out, err
}

func (f *failing) Delete(name string, dirSync bool) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.disk.Delete(name, dirSync)
}

func (f *failing) Access(name string, flag vfs.AccessFlag) (bool, error) {
	if err := f.reading(); err != nil {
		return false, err
	}
	return f.disk.Access(name, flag)
}

type failingFile struct {
	*diskFile
	sys *failing
}

func (f *failingFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.sys.reading(); err != nil {
		return 0, err
	}
	return f.diskFile.ReadAt(p, off)
}

// WriteAt that fails has written half of it, in whole sectors.
func (f *failingFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.sys.call(); err != nil {
		n := 0
		if !errors.Is(err, sqlite3.IOERR_WRITE) {
			n, _ = f.diskFile.WriteAt(p[:max(0, (off+int64(len(p)/2))/512*512-off)], off)
		}
		return n, err
	}
	return f.diskFile.WriteAt(p, off)
}

func (f *failingFile) Truncate(size int64) error {
	if err := f.sys.call(); err != nil {
		return err
	}
	return f.diskFile.Truncate(size)
}

func (f *failingFile) Sync(flags vfs.SyncFlag) error {
	if err := f.sys.call(); err != nil {
		return err
	}
	return f.diskFile.Sync(flags)
}

func (f *failingFile) Size() (int64, error) {
	if err := f.sys.reading(); err != nil {
		return 0, err
	}
	return f.diskFile.Size()
}

// commits makes a dozen commits with checkpoints between them and returns the
// last one acknowledged, and the first error.
func commits(c *sqlite3.Conn, from int) (acknowledged int, err error) {
	for n := from + 1; n <= from+12; n++ {
		sql := fmt.Sprintf("BEGIN; INSERT INTO t(b) VALUES(zeroblob(%d)); UPDATE t SET b=randomblob(2500) WHERE a%%3=%d; INSERT INTO m VALUES(%d); COMMIT",
			1000*(n%9), n%3, n)
		if failed := c.Exec(sql); failed != nil {
			err = errors.Join(err, failed)
			if !c.GetAutocommit() {
				err = errors.Join(err, c.Exec("ROLLBACK"))
			}
			continue
		}
		acknowledged = n
		if n%4 == 0 {
			err = errors.Join(err, c.Exec("PRAGMA wal_checkpoint(TRUNCATE)"))
		}
	}
	return acknowledged, err
}

// trouble runs the same work on a new disk whose calls fail from number at on,
// mends it, and makes sure that what was acknowledged is there and that the
// database is as good as new. It returns how many calls there were.
func trouble(t *testing.T, mode string, fault error, stays bool, at int) int {
	t.Helper()
	f := &failing{disk: newDisk(1), err: fault, stays: stays}
	s, err := sealvfs.NewOver(theKey(t), vault, f)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := connect(s, mode)
	if err != nil {
		t.Fatal(err)
	}
	run(t, c, "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB); CREATE TABLE m(n)")
	when := fmt.Sprintf("%s, %v at call %d, stays %t", mode, fault, at, stays)
	f.calls, f.at = 0, at
	acknowledged, failed := commits(c, 0)
	if errors.Is(s.Explain(failed), penates.Damaged) {
		t.Fatalf("%s: a failing disk passes for damage: %v", when, failed)
	}
	calls := f.calls
	f.at = 0
	c.Close() // may fail: what the disk refused is not there
	if c, err = connect(s, mode); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	var last, count int
	text, err := value(c, "SELECT coalesce(max(n),0) || ' ' || count(DISTINCT n) FROM m")
	if err == nil {
		_, err = fmt.Sscan(text, &last, &count)
	}
	if err != nil || last < acknowledged {
		t.Fatalf("%s: commits %q, acknowledged %d, %v", when, text, acknowledged, s.Explain(err))
	}
	want(t, c, "PRAGMA integrity_check", "ok")
	if _, err := commits(c, 100); err != nil {
		t.Fatalf("%s: the mended disk: %v", when, err)
	}
	want(t, c, "PRAGMA integrity_check", "ok")
	closeConn(t, c)
	return calls
}

// Whatever call the disk refuses, once or from then on, no acknowledged commit is
// lost, nothing is damaged, and once the disk is mended work goes on.
func TestFailingDisk(t *testing.T) {
	tries := 0
	for _, mode := range []string{"WAL", "DELETE"} {
		calls := trouble(t, mode, sqlite3.IOERR, false, 0)
		if calls < 100 {
			t.Fatalf("%s: %d calls", mode, calls)
		}
		step := max(1, calls/25)
		if *long {
			step = 1
		}
		// A broken disk, a full one, and one that can suddenly only be read.
		for _, fault := range []error{sqlite3.IOERR, sqlite3.FULL, sqlite3.IOERR_WRITE} {
			for _, stays := range []bool{false, true} {
				for at := 1; at <= calls; at += step {
					trouble(t, mode, fault, stays, at)
					tries++
				}
			}
		}
	}
	t.Log(tries, "failures")
}

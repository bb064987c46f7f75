package sealvfs_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"penates/internal/sealvfs"
)

// A disk has a cache that a loss of power empties. Each sector of 512 bytes that
// was written since the file's last sync is then the old one or the new one, at
// random. The file's size is the old one, the new one or, when it grew, something
// between that ends with a sector; what a file had beyond its new size comes back
// with its old size. Names change in order and last at once.
type disk struct {
	mu    sync.Mutex
	files map[string]*content
	left  int // changes until the power fails, 0 for never
	off   bool
	dice  *rand.Rand
}

type content struct{ synced, now []byte }

func newDisk(seed uint64) *disk {
	return &disk{files: map[string]*content{}, dice: rand.New(rand.NewPCG(seed, 5))}
}

// change counts a change, which the power may not outlast.
func (d *disk) change() error {
	if d.off {
		return sqlite3.IOERR
	}
	if d.left > 0 {
		if d.left--; d.left == 0 {
			d.off = true
			return sqlite3.IOERR
		}
	}
	return nil
}

// restart makes of each file what the loss of power left.
func (d *disk) restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		size := len(f.now)
		if d.dice.IntN(2) == 0 {
			size = len(f.synced)
			if grown := len(f.now) - size; grown > 0 && d.dice.IntN(2) == 0 {
				size = max(size, (size+d.dice.IntN(grown+1))/512*512)
			}
		}
		left := make([]byte, size)
		for at := 0; at < size; at += 512 {
			from := f.now
			if d.dice.IntN(2) == 0 || at >= len(f.now) {
				from = f.synced
			}
			if at < len(from) {
				copy(left[at:min(at+512, size)], from[at:])
			}
		}
		f.now, f.synced = left, append([]byte(nil), left...)
	}
	d.off, d.left = false, 0
}

func (d *disk) FullPathname(name string) (string, error) { return name, nil }

func (d *disk) Delete(name string, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	delete(d.files, name)
	return nil
}

func (d *disk) Access(name string, _ vfs.AccessFlag) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.files[name]
	return ok, nil
}

func (d *disk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name == "" {
		return &vfsutil.SliceFile{}, flags, nil
	}
	if d.files[name] == nil {
		d.files[name] = &content{}
	}
	return &diskFile{disk: d, f: d.files[name]}, flags, nil
}

type diskFile struct {
	vfsutil.SliceFile // locks always succeed: there is one connection
	disk              *disk
	f                 *content
}

func (f *diskFile) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if off >= int64(len(f.f.now)) {
		return 0, io.EOF
	}
	n := copy(p, f.f.now[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *diskFile) WriteAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	wasOn := !f.disk.off
	err := f.disk.change()
	if err != nil {
		if !wasOn {
			return 0, err
		}
		// The last write reaches the cache in part, up to the end of a sector.
		p = p[:max(0, (off+int64(f.disk.dice.IntN(len(p)+1)))/512*512-off)]
	}
	if end := off + int64(len(p)); end > int64(len(f.f.now)) {
		f.f.now = append(f.f.now, make([]byte, end-int64(len(f.f.now)))...)
	}
	return copy(f.f.now[off:], p), err
}

func (f *diskFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change(); err != nil {
		return err
	}
	if size < int64(len(f.f.now)) {
		f.f.now = f.f.now[:size:size]
	}
	return nil
}

func (f *diskFile) Sync(vfs.SyncFlag) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change(); err != nil {
		return err
	}
	f.f.synced = append([]byte(nil), f.f.now...)
	return nil
}

func (f *diskFile) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.f.now)), nil
}

func (f *diskFile) Lock(vfs.LockLevel) error         { return nil }
func (f *diskFile) Unlock(vfs.LockLevel) error       { return nil }
func (f *diskFile) CheckReservedLock() (bool, error) { return false, nil }
func (f *diskFile) SectorSize() int                  { return 512 }

func (f *diskFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE
}

// connect opens the database on a simulated disk.
func connect(s *sealvfs.System, mode string) (*sqlite3.Conn, error) {
	c, err := sqlite3.Open(s.URI("/p.db", sealvfs.ReadWriteCreate))
	if err != nil {
		return nil, err
	}
	if err = sealvfs.Reserve(c); err == nil {
		err = c.Exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=" + mode +
			"; PRAGMA synchronous=FULL; PRAGMA cache_size=8; PRAGMA wal_autocheckpoint=15")
	}
	if err != nil {
		c.Close()
		return nil, s.Explain(err)
	}
	return c, nil
}

// work commits until the power fails and returns the last commit that was
// acknowledged. Each commit n adds n to table m.
func work(t *testing.T, d *disk, c *sqlite3.Conn, acknowledged int) int {
	t.Helper()
	dice := d.dice
	for {
		var sql strings.Builder
		sql.WriteString("BEGIN;")
		for range 1 + dice.IntN(5) {
			fmt.Fprintf(&sql, "INSERT INTO t(b) VALUES(randomblob(%d)); UPDATE t SET b=randomblob(3000) WHERE a=(abs(random())%%(1+(SELECT max(a) FROM t)));", dice.IntN(9000))
		}
		if dice.IntN(4) == 0 {
			sql.WriteString("DELETE FROM t WHERE a%5=1;")
		}
		if dice.IntN(9) == 0 {
			// A page changed after it was written to the log: checksums are rewritten.
			sql.WriteString("UPDATE t SET b=randomblob(2000); UPDATE t SET b=randomblob(2500);")
		}
		fmt.Fprintf(&sql, "INSERT INTO m VALUES(%d); COMMIT", acknowledged+1)
		err := c.Exec(sql.String())
		if d.off {
			return acknowledged
		}
		if err != nil {
			t.Fatal("with the power on:", err)
		}
		acknowledged++
		if dice.IntN(12) == 0 {
			if err := c.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil && !d.off {
				t.Fatal("checkpoint with the power on:", err)
			}
			if d.off {
				return acknowledged
			}
		}
	}
}

// No loss of power loses a commit that was acknowledged, damages the database,
// or passes for damage done by somebody.
func TestPowerLoss(t *testing.T) {
	seeds := 15
	if *long {
		seeds = 400
	}
	for _, mode := range []string{"WAL", "DELETE", "TRUNCATE", "PERSIST"} {
		losses := 0
		for seed := range seeds {
			d := newDisk(uint64(seed))
			s, err := sealvfs.NewOver(theKey(t), vault, d)
			if err != nil {
				t.Fatal(err)
			}
			c, err := connect(s, mode)
			if err != nil {
				t.Fatal(err)
			}
			run(t, c, "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB); CREATE TABLE m(n)")
			acknowledged := 0
			for round := range 5 {
				d.left = 1 + d.dice.IntN(160)
				acknowledged = work(t, d, c, acknowledged)
				c.Close() // fails: the power is off
				d.restart()
				losses++
				if c, err = connect(s, mode); err != nil {
					t.Fatalf("%s, seed %d, loss %d: %v", mode, seed, round, err)
				}
				acknowledged = verify(t, s, c, fmt.Sprintf("%s, seed %d, loss %d", mode, seed, round), acknowledged)
			}
			closeConn(t, c)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		t.Log(mode, "losses of power:", losses)
	}
}

func verify(t *testing.T, s *sealvfs.System, c *sqlite3.Conn, when string, acknowledged int) (last int) {
	t.Helper()
	if r, err := value(c, "PRAGMA integrity_check"); err != nil || r != "ok" {
		t.Fatalf("%s: %s %v", when, r, s.Explain(err))
	}
	text, err := value(c, "SELECT coalesce(max(n),0) || ' ' || count(*) FROM m")
	count := 0
	if err == nil {
		_, err = fmt.Sscan(text, &last, &count)
	}
	if err != nil || last < acknowledged || count != last {
		t.Fatalf("%s: commits %s, acknowledged %d, %v", when, text, acknowledged, s.Explain(err))
	}
	return last
}

package sealvfs_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"penates"
	"penates/internal/sealvfs"
)

func TestCheckReports(t *testing.T) {
	s := newSystem(t)
	main, log, _ := liveLog(t, s)
	path := filepath.Join(t.TempDir(), "a.db")
	write(t, path, main)
	write(t, path+"-wal", log)
	var steps []int64
	var last, total int64
	report, err := sealvfs.Check(t.Context(), theKey(t), vault, path, func(done, of int64) {
		steps, last, total = append(steps, done), done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	frames := int64((len(log) - sealvfs.FramesAt) / sealvfs.SealedFrame)
	if report.Pages != int64(len(main)/sealvfs.PageSize) || report.Frames != frames || report.Loose != 0 {
		t.Errorf("%+v, for %d frames", report, frames)
	}
	if len(steps) == 0 || last != total || total != int64(len(main)+len(log)) {
		t.Errorf("progress %v of %d", steps, total)
	}
	// Each damaged page is named.
	main[2*sealvfs.PageSize]++
	main[7*sealvfs.PageSize+4095]++
	write(t, path, main)
	_, err = sealvfs.Check(t.Context(), theKey(t), vault, path, nil)
	if !errors.Is(err, penates.Damaged) || !strings.Contains(err.Error(), "a.db: page 3 ") || !strings.Contains(err.Error(), "a.db: page 8 ") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sealvfs.Check(ctx, theKey(t), vault, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := sealvfs.Check(t.Context(), theKey(t), vault, path+"x", nil); !errors.Is(err, penates.NotExist) {
		t.Errorf("no file: %v", err)
	}
	// A file that is damaged all over is not listed page by page for ever.
	write(t, path, []byte(strings.Repeat("x", 1000*sealvfs.PageSize)))
	_, err = sealvfs.Check(t.Context(), theKey(t), vault, path, nil)
	if !errors.Is(err, penates.Damaged) || len(err.Error()) > 40_000 {
		t.Errorf("%d bytes of message", len(err.Error()))
	}
}

// Whatever bytes the files hold, a check ends, and SQLite opens nothing forged.
func FuzzFiles(f *testing.F) {
	s, err := sealvfs.New(theKey(f), vault)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "a.db")
	c := open(f, s, path)
	run(f, c, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	f.Add(read(f, path), read(f, path+"-wal"), []byte{})
	closeConn(f, c)
	good := read(f, path)
	f.Add(good, []byte{}, make([]byte, 600))
	f.Add([]byte("SQLite format 3\x00"), []byte{0x37, 0x7f, 6, 0x82}, []byte{1})
	f.Fuzz(func(t *testing.T, main, log, journal []byte) {
		path := filepath.Join(t.TempDir(), "f.db")
		write(t, path, main)
		write(t, path+"-wal", log)
		write(t, path+"-journal", journal)
		_, err := sealvfs.Check(t.Context(), theKey(t), vault, path, nil)
		if err != nil && !errors.Is(err, penates.Damaged) {
			t.Error(err)
		}
		c, err := s.Open(t.Context(), path, sealvfs.ReadWrite)
		if err != nil {
			return
		}
		if n, err := value(c, "SELECT count(*) FROM sqlite_schema"); err == nil && n != "0" && n != "1" {
			t.Errorf("a schema of %s things appeared", n)
		}
		_ = c.Close() // the damage may be met again
	})
}

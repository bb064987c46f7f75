//go:build unix

package ship_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"penates/internal/store/dir"
)

// BenchmarkRestore restores a vault of 100 MB, a fifth of it blobs, from a folder.
func BenchmarkRestore(b *testing.B) {
	st, err := dir.Open(filepath.Join(b.TempDir(), "store"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	p := newPerson(b)
	s := p.ship(st, nil)
	for range 20 {
		p.blob(1 << 20)
		p.fill(1, 6000)
		s.flush(b)
	}
	var size int64
	before := processorTime(b)
	for b.Loop() {
		r, _, err := p.restore(st, time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		size = r.Bytes
	}
	b.SetBytes(size)
	b.ReportMetric(float64(size)/1e6, "MB")
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
}

// processorTime returns what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

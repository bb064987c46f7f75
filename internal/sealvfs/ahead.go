package sealvfs

import (
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
)

// mainWrites counts what is done to main files, before and after each time: what was
// read while it stayed the same is what is there. Only this process writes them, see
// [System.Open].
var mainWrites atomic.Uint64

// changing runs f, which changes a main file.
func changing(f func() error) error {
	mainWrites.Add(1)
	defer mainWrites.Add(1)
	return f()
}

// Who reads so many pages in a row, but for gaps shorter than aheadGap, is given those
// that follow without asking the disk for each: aheadPages are read at once.
const (
	aheadAfter = 8
	aheadGap   = 4
	aheadPages = 8
)

// ahead is pages of a main file as they are on the disk.
type ahead struct {
	last  int64 // page asked for last
	row   int   // how many were asked for in a row
	state uint64
	first int64
	pages []byte
}

// get returns page i as it is on the disk, or nil when it is to be read alone.
func (a *ahead) get(f vfs.File, i int64) []byte {
	gap := i - a.last
	a.last = i
	if gap < 1 || gap > aheadGap {
		a.row = 0
		return nil
	}
	a.row++
	if in := i - a.first; in >= 0 && in < int64(len(a.pages)/PageSize) {
		if a.state == mainWrites.Load() {
			return a.pages[in*PageSize:][:PageSize]
		}
		a.row = 0
	}
	if a.row < aheadAfter {
		return nil
	}
	a.state, a.first = mainWrites.Load(), i
	if a.pages == nil {
		a.pages = make([]byte, aheadPages*PageSize)
	}
	n, _ := f.ReadAt(a.pages[:cap(a.pages)], i*PageSize) // what goes wrong is told to who reads the page alone
	if a.pages = a.pages[:max(0, n)/PageSize*PageSize]; len(a.pages) == 0 {
		return nil
	}
	return a.pages[:PageSize]
}

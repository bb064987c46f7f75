package importer

import (
	"context"
	"io"
)

// How much happens between two calls of Progress.
const (
	quietItems = 500
	quietBytes = 1 << 20
)

// moved counts n items given out by the file at path.
func (i *Import) moved(path string, n int) {
	i.items += n
	if i.quietFor += n; i.quietFor >= quietItems {
		i.tell(path)
	}
}

func (i *Import) tell(path string) {
	i.quietFor = 0
	if i.options.Progress != nil {
		i.options.Progress(Progress{Path: path, Done: i.meter.Done - i.ahead, Total: max(i.meter.Total, i.meter.Done), Documents: i.items})
	}
}

// reading is a file being read by a format: it ends with its context, and what
// of the file was read counts as done.
type reading struct {
	io.ReadSeekCloser
	ctx   context.Context
	run   *Import
	file  *File
	ahead int64 // of the import when the file was kept
	read  int64
	told  int64
}

func (r *reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.ReadSeekCloser.Read(p)
	r.read += int64(n)
	if size := r.file.Size; size > 0 && r.ahead > 0 {
		left := r.ahead - int64(float64(r.ahead)*float64(min(r.read, size))/float64(size))
		r.run.ahead = min(r.run.ahead, left)
	}
	if r.read-r.told >= quietBytes {
		r.told = r.read
		r.run.tell(r.file.Path)
	}
	return n, err
}

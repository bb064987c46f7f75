package walk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"penates"
)

// A place is where the parts of a zip lie beside each other.
type place struct {
	open func(name string) (*os.File, error)
	key  func(name string) string // by which walker.taken knows a file
}

// splitEnding tells the parts that programs split zips into, "a.z01", "a.z02" and at
// last "a.zip" (APPNOTE 8.3), by the ending of their names: it returns the ending of
// the last one, "" when p is no such part.
func splitEnding(p string) (own, last string) {
	own = filepath.Ext(p)
	switch {
	case own == ".zip" || own == ".ZIP":
		return own, own
	case len(own) < 4 || len(own) > 5 || strings.Trim(own[2:], "0123456789") != "":
		return own, ""
	case own[1] == 'z':
		return own, ".zip"
	case own[1] == 'Z':
		return own, ".ZIP"
	}
	return own, ""
}

// splitName names part n of parts, of which last is the last.
func splitName(last string, n, parts int) string {
	if n == parts {
		return last
	}
	ending := filepath.Ext(last)
	return fmt.Sprintf("%s%s%02d", strings.TrimSuffix(last, ending), ending[:2], n)
}

// split reads the zip that p is a part of, if it was split and all parts are there,
// and reports whether it was read.
func (w *walker) split(ctx context.Context, p, shown string, beside *place) (bool, error) {
	own, ending := splitEnding(p)
	if ending == "" {
		return false, nil
	}
	last, shownLast := strings.TrimSuffix(p, own)+ending, strings.TrimSuffix(shown, own)+ending
	if _, tried := w.apart[shownLast]; tried {
		return w.leave(p, last, shown, shownLast, beside)
	}
	joined, why := beside.join(last, w.Limits)
	if joined == nil && why == "" {
		return false, nil
	}
	if joined == nil {
		if w.apart == nil {
			w.apart = map[string]string{}
		}
		w.apart[shownLast] = why
		return w.leave(p, last, shown, shownLast, beside)
	}
	for n := range joined.ends {
		w.take(beside.key(splitName(last, n+1, len(joined.ends))))
	}
	end := w.Meter.Done + joined.size()
	m := &metered{at: joined.zip, meter: w.Meter, end: end}
	s := source{path: shownLast, size: joined.zip.size(), at: m}
	err := w.within(s, func(whole *budget) error { return w.zip(ctx, s, whole) })
	w.Meter.Done = end
	if closed := joined.Close(); err == nil && closed != nil {
		err = w.Refuse(shownLast, readError(closed))
	}
	return true, err
}

// leave refuses a part of a zip that cannot be joined, and reports that nothing more
// is done with it. A last part that can be looked into as it is, is.
func (w *walker) leave(p, last, shown, shownLast string, beside *place) (bool, error) {
	if p == last {
		f, err := beside.open(p)
		if err != nil {
			return false, nil
		}
		var head [4]byte
		n, _ := f.ReadAt(head[:], 0) // whoever looks into it meets the error again
		if err := f.Close(); err != nil || archiveKind(head[:n]) != "" {
			return false, nil
		}
	}
	return true, w.Refuse(shown, errApart(w.apart[shownLast]))
}

// A splitZip is a zip in parts that can be read as one that never was split.
type splitZip struct {
	parts
	zip *appended
}

// join finds the parts that last is the last of. Without an answer, it says why, or
// nothing when last is no part of a split zip.
func (b *place) join(last string, limits Limits) (z *splitZip, why string) {
	count := 0
	f, err := b.open(last)
	if err != nil {
		return nil, ""
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		count = spanned(f, info.Size())
	}
	if err := f.Close(); err != nil || count < 2 {
		return nil, ""
	}
	if count > maxParts {
		return nil, fmt.Sprintf("no more than %d are joined here", maxParts)
	}
	z = &splitZip{parts: parts{open: func(n int) (piece, error) { return b.open(splitName(last, n, count)) }}}
	total := int64(0)
	for n := 1; n <= count; n++ {
		size, ok := b.part(splitName(last, n, count))
		if !ok {
			return nil, clip(path.Base(filepath.ToSlash(splitName(last, n, count)))) + " is missing"
		}
		total += size
		z.ends = append(z.ends, total)
	}
	list, err := relist(&z.parts, limits)
	if err != nil {
		_ = z.Close() // it was only read
		return nil, "they do not fit each other (" + err.Error() + ")"
	}
	z.zip = &appended{&z.parts, z.size(), list}
	return z, ""
}

func (b *place) part(name string) (size int64, ok bool) {
	f, err := b.open(name)
	if err != nil {
		return 0, false
	}
	info, err := f.Stat()
	closed := f.Close()
	if err != nil || closed != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return 0, false
	}
	return info.Size(), true
}

// appended is what can be read anywhere, with more bytes behind its end.
type appended struct {
	io.ReaderAt
	end  int64
	more []byte
}

func (a *appended) size() int64 { return a.end + int64(len(a.more)) }

func (a *appended) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, penates.Invalid
	}
	if off < a.end {
		n, err = a.ReaderAt.ReadAt(b[:min(int64(len(b)), a.end-off)], off)
		if n == len(b) || err != nil {
			return n, err
		}
	}
	if behind := off + int64(n) - a.end; behind < int64(len(a.more)) {
		n += copy(b[n:], a.more[behind:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

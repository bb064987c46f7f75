package walk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"penates"
)

// root walks one path the caller named. A symbolic link is followed here, since
// the person pointed at it; below it none is.
func (w *walker) root(ctx context.Context, p string) error {
	name := rootName(p)
	info, err := os.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.Refuse(p, fmt.Errorf("no such file or folder: %w", penates.NotExist))
	case err != nil:
		return w.Refuse(p, readError(err))
	case info.IsDir():
		return w.folder(ctx, p, name)
	case !info.Mode().IsRegular():
		return w.Refuse(name, errSpecial)
	}
	if w.taken[filepath.Clean(p)] {
		return nil
	}
	if whole, n := partNumber(p); n == 1 {
		shown, _ := partNumber(name)
		count, err := w.joined(ctx, shown, func(n int) (*os.File, error) { return os.Open(partName(whole, n)) })
		if count > 1 || err != nil {
			for i := range count {
				w.take(filepath.Clean(partName(whole, i+1)))
			}
			return err
		}
	}
	if read, err := w.split(ctx, p, name, &place{os.Open, filepath.Clean}); read || err != nil {
		return err
	}
	return w.diskFile(ctx, name, func() (*os.File, error) { return os.Open(p) })
}

// take remembers that a file was read as a part of another.
func (w *walker) take(p string) {
	if w.taken == nil {
		w.taken = map[string]bool{}
	}
	w.taken[p] = true
}

var errSpecial = fmt.Errorf("neither a file nor a folder: %w", penates.Unsupported)

func rootName(p string) string {
	abs, err := filepath.Abs(p)
	if err != nil {
		abs = p
	}
	if name := filepath.Base(abs); name != string(filepath.Separator) {
		return name
	}
	return "root"
}

// folder walks the folder dir, which is shown as name. It is opened as a root,
// so that no link inside it, however it changes meanwhile, leads out of it.
func (w *walker) folder(ctx context.Context, dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return w.Refuse(name, readError(err))
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		shown := path.Join(name, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if refused := w.Refuse(shown, readError(err)); refused != nil || d == nil || !d.IsDir() {
				return refused
			}
			return fs.SkipDir
		}
		switch {
		case d.IsDir():
			if p != "." && (isNoise(p) || isMaildirTmp(root.FS(), p)) {
				return fs.SkipDir
			}
		case isNoise(p):
		case d.Type()&fs.ModeSymlink != 0:
			// What it leads to inside the folder is met in its own place.
			if _, err := root.Stat(p); err != nil {
				return w.Refuse(shown, fmt.Errorf("a symbolic link that leads out of the folder or nowhere: %w", penates.Unsupported))
			}
		case !d.Type().IsRegular():
			return w.Refuse(shown, errSpecial)
		default:
			return w.inFolder(ctx, root, p, dir, shown)
		}
		return nil
	})
}

// inFolder visits the file at p in root, which is the folder dir, or the archive whose
// first part it is.
func (w *walker) inFolder(ctx context.Context, root *os.Root, p, dir, shown string) error {
	if w.taken[filepath.Join(dir, filepath.FromSlash(p))] {
		return nil
	}
	if whole, n := partNumber(p); n == 1 {
		joined, _ := partNumber(shown)
		count, err := w.joined(ctx, joined, func(n int) (*os.File, error) { return root.Open(filepath.FromSlash(partName(whole, n))) })
		if count > 1 || err != nil {
			for i := range count {
				w.take(filepath.Join(dir, filepath.FromSlash(partName(whole, i+1))))
			}
			return err
		}
	}
	beside := &place{
		func(name string) (*os.File, error) { return root.Open(filepath.FromSlash(name)) },
		func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) },
	}
	if read, err := w.split(ctx, p, shown, beside); read || err != nil {
		return err
	}
	return w.diskFile(ctx, shown, func() (*os.File, error) { return root.Open(filepath.FromSlash(p)) })
}

func (w *walker) diskFile(ctx context.Context, shown string, open func() (*os.File, error)) error {
	f, err := open()
	if err != nil {
		return w.Refuse(shown, readError(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return w.Refuse(shown, readError(err))
	}
	if !info.Mode().IsRegular() {
		return w.Refuse(shown, errSpecial)
	}
	end := w.Meter.Done + info.Size()
	m := &metered{r: f, at: f, meter: w.Meter, end: end}
	err = w.file(ctx, source{path: shown, size: info.Size(), r: io.Reader(m), at: m})
	w.Meter.Done = end
	return err
}

// isMaildirTmp reports that dir is where a Maildir holds messages that are still
// being delivered: a folder tmp beside new and cur.
func isMaildirTmp(fsys fs.FS, dir string) bool {
	if path.Base(dir) != "tmp" {
		return false
	}
	return !slices.ContainsFunc([]string{"cur", "new"}, func(sibling string) bool {
		info, err := fs.Stat(fsys, path.Join(path.Dir(dir), sibling))
		return err != nil || !info.IsDir()
	})
}

// diskSize is the number of bytes below p, for the meter only.
func diskSize(ctx context.Context, p string) (total int64) {
	info, err := os.Stat(p)
	if err != nil {
		return 0
	}
	if !info.IsDir() {
		return info.Size()
	}
	if real, err := filepath.EvalSymlinks(p); err == nil {
		p = real
	}
	_ = filepath.WalkDir(p, func(_ string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil // what cannot be listed is refused by the walk itself
	})
	return total
}

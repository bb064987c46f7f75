package walk

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"penates"
)

// Aside takes the last part of a zip that was split into parts, when it comes as a
// stream: the others may come before or after it.
type Aside func(ctx context.Context, name string, held Spooled, parts int) error

// A Part is what the name of a file says: that it is one of the parts an archive was
// cut into.
type Part struct {
	Archive string // the name of the whole
	Number  int    // from 1; 0 for the last part of a zip, whose name has no number
	Split   bool   // "a.z01", "a.z02" … "a.zip", else "a.zip.001" …
}

// PartOf tells parts by their names; ok is false for the last one of a zip, which is
// named as a zip that is whole.
func PartOf(name string) (p Part, ok bool) {
	if own, last := splitEnding(name); last != "" && own != last {
		n := 0
		for _, c := range own[2:] {
			n = 10*n + int(c-'0')
		}
		return Part{strings.TrimSuffix(name, own) + last, n, true}, n > 0
	}
	whole, n := partNumber(name)
	return Part{whole, n, false}, n > 0 && slices.Contains(archiveEndings, strings.ToLower(filepath.Ext(whole)))
}

// archiveEndings are those of archives that programs cut into numbered parts.
var archiveEndings = []string{".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst"}

// Name is what part number n of the archive is called; parts is how many there are.
func (p Part) Name(n, parts int) string {
	if p.Split {
		return splitName(p.Archive, n, parts)
	}
	return partName(p.Archive, n)
}

// Joined visits the archive that was cut into parts of these sizes, which open opens,
// numbered from 1. Parts that are none of one archive are an error of kind Damaged, and
// nothing was visited.
func Joined(ctx context.Context, p Part, sizes []int64, open func(n int) (Spooled, error), o Options, v Visitor) error {
	w := newWalker(o, v)
	w.Aside = nil
	all := &parts{open: func(n int) (piece, error) { return open(n) }}
	total := int64(0)
	for _, size := range sizes {
		total += size
		all.ends = append(all.ends, total)
	}
	if len(sizes) < 2 || len(sizes) > maxParts {
		return fmt.Errorf("%d parts: %w", len(sizes), penates.Invalid)
	}
	err := w.joinedParts(ctx, p, all)
	if closed := all.Close(); err == nil {
		err = closed
	}
	return err
}

func (w *walker) joinedParts(ctx context.Context, p Part, all *parts) error {
	w.Meter.Total += all.size()
	end := w.Meter.Done + all.size()
	defer func() { w.Meter.Done = end }()
	if p.Split {
		list, err := relist(all, w.Limits)
		if err != nil {
			return fmt.Errorf("the parts do not fit each other: %w (%w)", penates.Damaged, err)
		}
		whole := &appended{all, all.size(), list}
		s := source{path: p.Archive, size: whole.size(), at: &metered{at: whole, meter: w.Meter, end: end}}
		return w.within(s, func(b *budget) error { return w.zip(ctx, s, b) })
	}
	head := make([]byte, min(all.size(), HeadSize))
	if _, err := all.ReadAt(head, 0); err != nil && err != io.EOF {
		return err
	}
	kind := archiveKind(head)
	if _, record := endRecord(all, all.size()); kind == "" || kind == zipType && record == nil {
		return fmt.Errorf("the parts make no whole archive: %w", penates.Damaged)
	}
	m := &metered{r: io.NewSectionReader(all, 0, all.size()), at: all, meter: w.Meter, end: end}
	return w.file(ctx, source{path: p.Archive, size: all.size(), r: m, at: m})
}

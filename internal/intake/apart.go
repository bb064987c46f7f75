package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/importer"
	"penates/internal/walk"
)

// apart are the parts of archives that came as streams, by the archive they are of.
type apart map[walk.Part]*cut

// A cut is an archive in parts. Those of an earlier import are files of the vault.
type cut struct {
	parts map[int]held         // by number from 1, 0 for the last one of a zip
	of    int                  // how many there are, 0 when the last one of a zip is missing
	again []penates.DocumentID // files of parts that came once more
}

// A held part is one whose bytes the vault has.
type held struct {
	importer.Kept
	document penates.DocumentID // "" for one of this import
}

// maxApart bounds the parts of one import, and those of earlier ones that are looked at.
const maxApart = 2000

// keepPart keeps the bytes of a part until all are there.
func (i *Intake) keepPart(ctx context.Context, p walk.Part, name string, r io.Reader) error {
	blob, size, err := i.store.Keep(ctx, name, "application/octet-stream", r)
	if err != nil {
		return err
	}
	if len(i.apart) >= maxApart {
		return i.run.AsFile(ctx, importer.Kept{Blob: blob, Path: name, Size: size})
	}
	number := p.Number
	p.Number = 0
	i.cutOf(p).parts[number] = held{importer.Kept{Blob: blob, Path: name, Size: size}, ""}
	return nil
}

func (i *Intake) cutOf(p walk.Part) *cut {
	if i.apart == nil {
		i.apart = apart{}
	}
	if i.apart[p] == nil {
		i.apart[p] = &cut{parts: map[int]held{}}
	}
	return i.apart[p]
}

// maybeLast brings in a file that is named as a zip and does not begin as one: it is the
// last part of a zip, of which the list of members tells at the end, or something else.
func (i *Intake) maybeLast(ctx context.Context, name string, r io.Reader) error {
	blob, size, err := i.store.Keep(ctx, name, "application/octet-stream", r)
	if err != nil {
		return err
	}
	content, err := i.store.Open(ctx, blob)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	parts, err := walk.PartsOfZip(content, size)
	if err != nil {
		return err
	}
	if parts > 1 {
		c := i.cutOf(walk.Part{Archive: name, Split: true})
		c.parts[0], c.of = held{importer.Kept{Blob: blob, Path: name, Size: size}, ""}, parts
		return nil
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return i.run.Stream(ctx, name, size, content)
}

// aside keeps the last part of a zip.
func (i *Intake) aside(ctx context.Context, name string, whole walk.Spooled, parts int) error {
	blob, size, err := i.store.Keep(ctx, name, "application/zip", io.NewSectionReader(whole, 0, whole.Size()))
	if err != nil {
		return err
	}
	c := i.cutOf(walk.Part{Archive: name, Split: true})
	c.parts[0], c.of = held{importer.Kept{Blob: blob, Path: name, Size: size}, ""}, parts
	return nil
}

// join reads the archives all parts of which are there, and keeps the parts of the
// others as files, for the rest to come. It returns the files that need be kept no more.
func (i *Intake) join(ctx context.Context) (gone []penates.DocumentID, err error) {
	byName := func(a, b walk.Part) int { return strings.Compare(a.Archive, b.Archive) }
	for _, p := range slices.SortedFunc(maps.Keys(i.apart), byName) {
		c := i.apart[p]
		if err := i.earlier(ctx, p, c); err != nil {
			return gone, err
		}
		read, err := i.whole(ctx, p, c)
		if err != nil {
			return gone, err
		}
		if read {
			gone = append(gone, c.again...)
		}
		for _, number := range slices.Sorted(maps.Keys(c.parts)) {
			h := c.parts[number]
			switch {
			case read && h.document != "":
				gone = append(gone, h.document)
			case read:
				err = i.store.Forget(ctx, h.Blob)
			case h.document == "":
				err = i.run.AsFile(ctx, h.Kept)
			}
			if err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

// earlier adds the parts that earlier imports kept as files.
func (i *Intake) earlier(ctx context.Context, p walk.Part, c *cut) error {
	if p.Split && c.of == 0 {
		if err := i.earlierLast(ctx, p, c); err != nil {
			return err
		}
	}
	stem := p.Archive
	if p.Split {
		stem = p.Archive[:len(p.Archive)-len(".zip")]
	}
	return i.named(ctx, "substr(name, 1, ?) = ? AND length(name) <= ?", func(name string, h held) {
		q, ok := walk.PartOf(name)
		number := q.Number
		q.Number = 0
		switch {
		case !ok || q != p:
		case c.parts[number].Blob == "":
			c.parts[number] = h
		default:
			c.again = append(c.again, h.document)
		}
	}, len([]rune(stem)), stem, len([]rune(stem))+5)
}

// earlierLast adds the last part of a zip, if it was kept.
func (i *Intake) earlierLast(ctx context.Context, p walk.Part, c *cut) error {
	var last held
	if err := i.named(ctx, "name = ?", func(_ string, h held) { last = h }, p.Archive); err != nil || last.Blob == "" {
		return err
	}
	r, err := i.store.Open(ctx, last.Blob)
	if err != nil {
		return nil // it was thrown away meanwhile
	}
	count, err := walk.PartsOfZip(r, last.Size)
	if err = errors.Join(err, r.Close()); err == nil && count > 1 {
		c.parts[0], c.of = last, count
	}
	return nil
}

// named calls f for the files of the vault of which where holds.
func (i *Intake) named(ctx context.Context, where string, f func(name string, h held), args ...any) error {
	table, err := i.session.Query(ctx, "SELECT id, name, blob, size FROM files WHERE blob IS NOT NULL AND "+where, maxApart, args...)
	if errors.Is(err, penates.Denied) {
		return nil // who may not look joins what comes at once
	}
	if err != nil {
		return err
	}
	for _, row := range table.Rows {
		name, size := figure.Text(row[1]), int64(0)
		if _, err := fmt.Sscan(fmt.Sprint(row[3]), &size); err != nil {
			continue
		}
		f(name, held{importer.Kept{Blob: penates.BlobID(figure.Text(row[2])), Path: name, Size: size}, penates.DocumentID(figure.Text(row[0]))})
	}
	return nil
}

// whole reads the archive if all its parts are there, and reports whether it was; else
// it says what is missing.
func (i *Intake) whole(ctx context.Context, p walk.Part, c *cut) (bool, error) {
	parts, missing := c.inOrder(p)
	if len(missing) > 0 {
		i.miss(p, c, missing)
		return false, nil
	}
	refused := i.run.Refused()
	err := i.run.Joined(ctx, p, parts)
	if !errors.Is(err, penates.Damaged) && !errors.Is(err, penates.Invalid) {
		// Of an archive whose parts are damaged or too few much may be read; they stay.
		return err == nil && i.run.Refused() == refused, err
	}
	i.notes = append(i.notes, fmt.Sprintf("%s: its parts do not make a whole archive, or the last ones are missing: they are kept, drop in the missing ones / "+
		"ses morceaux ne forment pas une archive entière, ou les derniers manquent : ils sont gardés, déposez ceux qui manquent", p.Archive))
	if !p.Split {
		return false, nil // more may come
	}
	return false, i.run.Refuse(p.Archive, err)
}

// inOrder returns the parts one behind the other, and the names of those that are not
// there.
func (c *cut) inOrder(p walk.Part) (parts []importer.Kept, missing []string) {
	count := c.of
	if count == 0 {
		count = slices.Max(slices.Collect(maps.Keys(c.parts)))
		if p.Split || count == 1 {
			count++ // at least one more
		}
	}
	for n := 1; n <= count; n++ {
		number := n
		if p.Split && n == count {
			number = 0
		}
		if h, ok := c.parts[number]; ok {
			parts = append(parts, h.Kept)
		} else {
			missing = append(missing, p.Name(n, count))
		}
	}
	return parts, missing
}

// maxNamed bounds the parts that are named one by one.
const maxNamed = 10

// miss says which parts are to come.
func (i *Intake) miss(p walk.Part, c *cut, missing []string) {
	names := strings.Join(missing[:min(len(missing), maxNamed)], ", ")
	if len(missing) > maxNamed {
		names += fmt.Sprintf(" … (%d)", len(missing))
	}
	i.notes = append(i.notes, fmt.Sprintf("%s: this archive was cut into parts; %d came and are kept, missing: %s. Drop them in, and the whole is read / "+
		"cette archive est coupée en morceaux ; %d sont arrivés et sont gardés, il manque : %s. Déposez-les, et le tout sera lu", p.Archive, len(c.parts), names, len(c.parts), names))
}

package importer

import (
	"errors"
	"slices"
)

// ErrNotMine is returned, wrapped, by a Format's Read that finds, before it gave out
// anything, that the file is not its own after all. The next surest format then
// reads it, and if there is none it is kept as a file.
var ErrNotMine = errors.New("not a file of this format")

// Recognise returns the format that is surest to read a file beginning as h, the
// first of formats on a tie, and false when none is.
func Recognise(formats []Format, h Head) (Format, bool) {
	if ranked := rank(formats, h); len(ranked) > 0 {
		return ranked[0], true
	}
	return Format{}, false
}

// rank returns the formats that may read h, the surest first.
func rank(formats []Format, h Head) []Format {
	type candidate struct {
		Format
		sure int
	}
	var candidates []candidate
	for _, f := range formats {
		if sure := f.sureness(h); sure > 0 {
			candidates = append(candidates, candidate{f, sure})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return b.sure - a.sure })
	ranked := make([]Format, len(candidates))
	for i, c := range candidates {
		ranked[i] = c.Format
	}
	return ranked
}

// sureness asks f, and takes a panic for a no: one bad recogniser must not keep
// the others from reading.
func (f Format) sureness(h Head) (sure int) {
	defer func() {
		if recover() != nil {
			sure = 0
		}
	}()
	return f.Recognise(h)
}

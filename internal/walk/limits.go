package walk

import (
	"fmt"
	"io"

	"penates"
)

// Limits keep an archive that was made to harm, or broke, from filling memory,
// disk or the day. What they stop is refused; the files before it stay.
type Limits struct {
	// Depth is how many archives may lie in one another.
	Depth int
	// Entries is how many members one archive may have.
	Entries int
	// Total is how many bytes one archive may unpack to, with all inside it.
	Total int64
	// Ratio is how many bytes each byte of an archive may unpack to, with all
	// inside it, beyond Slack. Text packs 3 to 30 times, deflate 1,032 at most.
	Ratio int64
	// Slack is what any archive may unpack to whatever its ratio.
	Slack int64
	// Name is how many bytes the path of a member may have.
	Name int
	// Directory is how many bytes the list of members of a zip may have.
	Directory int64
}

// Default is ample for the exports of the large services, which split theirs at
// 2 to 50 GB, and small enough that a bomb is over within seconds.
var Default = Limits{
	Depth:     6,
	Entries:   300_000,
	Total:     512 << 30,
	Ratio:     200,
	Slack:     256 << 20,
	Name:      1024,
	Directory: 64 << 20,
}

func (l Limits) orDefault() Limits {
	or := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&l.Depth, Default.Depth)
	orInt(&l.Entries, Default.Entries)
	orInt(&l.Name, Default.Name)
	or(&l.Total, Default.Total)
	or(&l.Ratio, Default.Ratio)
	or(&l.Slack, Default.Slack)
	or(&l.Directory, Default.Directory)
	return l
}

// A budget counts what an archive unpacks to. What archives inside it unpack is
// charged to it too, so that depth cannot multiply ratios.
type budget struct {
	limits Limits
	packed int64 // bytes of the archive that were seen
	spent  int64 // bytes they unpacked to
	parent *budget
}

// An overrun says whose budget was passed.
type overrun struct {
	whose *budget
	err   error
}

func (o *overrun) Error() string { return o.err.Error() }
func (o *overrun) Unwrap() error { return o.err }

// charge takes n bytes from the budget and those around it.
func (b *budget) charge(n int64) error {
	for ; b != nil; b = b.parent {
		b.spent += n
		if l := b.limits; b.spent > l.Total || b.spent > l.Slack && (b.spent-l.Slack)/l.Ratio > b.packed {
			return &overrun{b, fmt.Errorf("unpacks to more than %d bytes, which an archive of its size may not hold: %w", b.spent-n, penates.TooLarge)}
		}
	}
	return nil
}

// credited counts the bytes of an archive that is read as a stream.
type credited struct {
	r     io.Reader
	whole *budget
}

func (c *credited) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.whole.packed += int64(n)
	return n, err
}

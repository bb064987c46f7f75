package whatsapp

import (
	"context"
	"slices"
	"time"

	"penates/internal/importer"
	"penates/internal/locale"
)

// maxWriters bounds how many people of a chat are told apart.
const maxWriters = 200

// A survey is what a first look at a whole chat tells.
type survey struct {
	order   locale.Order
	writers []string // sorted
}

var orders = [...]locale.Order{locale.DMY, locale.MDY, locale.YMD}

// A ballot counts for each order of day, month and year how many days of the
// chat do not exist and how many go backward.
type ballot struct {
	bad, back, last  [len(orders)]int
	american, dotted bool
}

func look(ctx context.Context, f *importer.File) (survey, error) {
	var b ballot
	var writers []string
	err := eachLine(ctx, f, func(_ int, line string) error {
		s, rest, ok := cutStamp(line)
		if !ok {
			return nil
		}
		if s.digits[0] <= 2 { // a year in front leaves no doubt
			b.vote(&s)
		}
		if name, _ := cutName(rest); name != "" && len(writers) < maxWriters {
			if i, known := slices.BinarySearch(writers, name); !known {
				writers = slices.Insert(writers, i, name)
			}
		}
		return nil
	})
	return survey{b.winner(), writers}, err
}

func (b *ballot) vote(s *stamp) {
	b.american = b.american || s.separator == '/' && s.half != "" && s.digits[2] <= 2
	b.dotted = b.dotted || s.separator == '.'
	for i, o := range orders {
		_, err := s.moment(o, time.UTC)
		if err != nil || o == locale.YMD && s.digits[2] > 2 {
			b.bad[i]++
			continue
		}
		year, month, day := s.day(o)
		n := (year*12+month)*31 + day
		if n < b.last[i] {
			b.back[i]++
		}
		b.last[i] = n
	}
}

// winner returns the order with the fewest objections; of equals, the one such
// stamps mostly have.
func (b *ballot) winner() locale.Order {
	best := 0
	if b.american && !b.dotted {
		best = 1
	}
	for i := range orders {
		if b.bad[i] < b.bad[best] || b.bad[i] == b.bad[best] && b.back[i] < b.back[best] {
			best = i
		}
	}
	return orders[best]
}

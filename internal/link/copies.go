package link

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
)

// A cluster is bookings that are one, of the fullest feed first.
type cluster []*Booking

// copies puts together bookings of one account and amount, feed by feed.
type copies struct {
	judged   Judged
	parted   map[penates.DocumentID]bool // the person said of them that they are not another
	clusters []cluster
	byDay    map[figure.Day][]int // clusters by the days of their bookings
}

// sameBookings returns the links between bookings of one account and amount.
func sameBookings(of []*Booking, rank []int, judged Judged, parted map[penates.DocumentID]bool) (links []penates.Link) {
	slices.SortFunc(of, func(a, b *Booking) int {
		return cmp.Or(cmp.Compare(rank[a.Feed], rank[b.Feed]), cmp.Compare(a.Day, b.Day), strings.Compare(string(a.ID), string(b.ID)))
	})
	if of[0].Feed == of[len(of)-1].Feed {
		return nil
	}
	c := copies{judged: judged, parted: parted, byDay: map[figure.Day][]int{}}
	for start := 0; start < len(of); {
		end := start + 1
		for end < len(of) && of[end].Feed == of[start].Feed {
			end++
		}
		c.add(of[start:end])
		start = end
	}
	for _, k := range c.clusters {
		links = append(links, c.links(k)...)
	}
	return append(links, c.questions()...)
}

// A pairing is a booking of one feed with a cluster of others it may belong to.
type pairing struct {
	booking, cluster int
	likeness         likeness
	apart            int  // days
	parted           bool // either was said not to be another
}

// weight orders pairings: the same wording a day apart goes before other wordings
// on the same day.
func (p pairing) weight() int { return 2*int(p.likeness) - p.apart }

// add puts each booking of a feed with its counterpart, or by itself.
func (c *copies) add(feed []*Booking) {
	taken, placed := map[int]bool{}, make([]int, len(feed))
	for i := range placed {
		placed[i] = -1
	}
	take := func(i, k int) {
		if placed[i] < 0 && !taken[k] {
			placed[i], taken[k] = k, true
		}
	}
	for _, p := range c.pairings(feed) {
		take(p.booking, p.cluster)
	}
	c.crowds(feed, placed, taken, take)
	for i, b := range feed {
		k := placed[i]
		if k < 0 {
			k = len(c.clusters)
			c.clusters = append(c.clusters, nil)
		}
		c.clusters[k] = append(c.clusters[k], b)
		if at := c.byDay[b.Day]; !slices.Contains(at[max(0, len(at)-1):], k) {
			c.byDay[b.Day] = append(at, k)
		}
	}
}

// crowd is how many pairs of one day are weighed; of more, one payment like the
// other, the first is taken for the first and so on.
const crowd = 400

// pairings returns what may be put together: the most alike first, and last what
// the person parted from something.
func (c *copies) pairings(feed []*Booking) (all []pairing) {
	for i, b := range feed {
		for day := b.Day - 1; day <= b.Day+1; day++ {
			if len(c.byDay[day])*sameDays(feed, i) > crowd {
				continue
			}
			for _, k := range c.byDay[day] {
				if l, ok := c.fits(b, k, feed, i); ok {
					all = append(all, pairing{i, k, l, abs(int(day - b.Day)), c.parted[b.ID] || slices.ContainsFunc(c.clusters[k], c.isParted)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pairing) int {
		if a.parted != b.parted {
			if b.parted {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.booking, b.booking), cmp.Compare(a.cluster, b.cluster))
	})
	return all
}

// sameDays returns how many bookings of feed, which is in order, are of the day of the i-th.
func sameDays(feed []*Booking, i int) int {
	n := 1
	for j := i - 1; j >= 0 && feed[j].Day == feed[i].Day && n <= crowd; j-- {
		n++
	}
	for j := i + 1; j < len(feed) && feed[j].Day == feed[i].Day && n <= crowd; j++ {
		n++
	}
	return n
}

// crowds puts together, in their order, what is left of days with very many
// payments of one amount.
func (c *copies) crowds(feed []*Booking, placed []int, taken map[int]bool, take func(i, k int)) {
	next := map[figure.Day]int{}
	for i, b := range feed {
		at := c.byDay[b.Day]
		if placed[i] >= 0 || len(at)*sameDays(feed, i) <= crowd {
			continue
		}
		for n := next[b.Day]; n < len(at); n++ {
			if next[b.Day] = n + 1; !taken[at[n]] && !c.rejected(b, at[n]) {
				take(i, at[n])
				break
			}
		}
	}
}

func (c *copies) rejected(b *Booking, k int) bool {
	return len(c.judged.Rejected) > 0 && slices.ContainsFunc(c.clusters[k], func(o *Booking) bool {
		return c.judged.Rejected[Pair{b.ID, o.ID}] || c.judged.Rejected[Pair{o.ID, b.ID}]
	})
}

// fits returns how much b, which is the i-th of feed, and a cluster are alike; ok
// is false when they cannot be one.
func (c *copies) fits(b *Booking, k int, feed []*Booking, i int) (best likeness, ok bool) {
	if c.rejected(b, k) {
		return 0, false
	}
	for _, o := range c.clusters[k] {
		l := compareBookings(b, o)
		switch {
		case c.judged.Confirmed[Pair{b.ID, o.ID}] || c.judged.Confirmed[Pair{o.ID, b.ID}]:
			return equal + 1, true
		case l == unlike, b.Day != o.Day && (l < alike || l == alike && (repeated(feed, i) || c.repeated(o))):
			continue // what is bought every day is as like yesterday's as today's
		}
		best, ok = max(best, l), true
	}
	return best, ok
}

// questions returns a link for each two that are left of a day, although their
// wordings name different companies: who is paid and who passes it on, perhaps.
func (c *copies) questions() (links []penates.Link) {
	asked := map[int]bool{}
	for k, of := range c.clusters {
		at := c.byDay[of[0].Day]
		for _, m := range at[:min(len(at), crowd)] {
			if m <= k || asked[k] || asked[m] || c.clusters[m].meets(of) || c.rejected(c.clusters[m][0], k) {
				continue
			}
			asked[k], asked[m] = true, true
			confidence, rule := unlike.why(true)
			links = append(links, penates.Link{From: c.clusters[m][0].ID, Rel: penates.SameAs, To: of[0].ID, Confidence: confidence, Rule: rule})
		}
	}
	return links
}

// meets reports whether one feed has bookings in both.
func (k cluster) meets(other cluster) bool {
	return slices.ContainsFunc(k, func(a *Booking) bool {
		return slices.ContainsFunc(other, func(b *Booking) bool { return a.Feed == b.Feed })
	})
}

// repeated reports whether the feed has the amount on a day beside that of its i-th.
func repeated(feed []*Booking, i int) bool {
	return i > 0 && feed[i].Day-feed[i-1].Day <= 1 || i+1 < len(feed) && feed[i+1].Day-feed[i].Day <= 1
}

func (c *copies) repeated(o *Booking) bool {
	for day := o.Day - 1; day <= o.Day+1; day++ {
		for _, k := range c.byDay[day] {
			if slices.ContainsFunc(c.clusters[k], func(b *Booking) bool { return b != o && b.Feed == o.Feed && b.Day == day }) {
				return true
			}
		}
	}
	return false
}

func (c *copies) isParted(b *Booking) bool { return c.parted[b.ID] }

// links returns the links of the bookings of a cluster to the fullest of them. Of
// what the person parted from another they are questions: of two payments that look
// the same, one is not the other because it is not the third.
func (c *copies) links(k cluster) []penates.Link {
	if len(k) < 2 {
		return nil
	}
	ids := make([]penates.DocumentID, len(k))
	for i, b := range k {
		ids[i] = b.ID
	}
	return star(ids, c.judged, func(from, to int) (float64, string) {
		confidence, rule := compareBookings(k[from], k[to]).why(k[from].Day == k[to].Day)
		if c.isParted(k[from]) || c.isParted(k[to]) {
			const question = 0.6
			confidence = min(confidence, question)
		}
		return confidence, rule
	})
}

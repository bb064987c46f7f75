package link

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// Why two operations are said to be one.
const (
	sameReference = "same/amount+date+reference"
	sameWording   = "same/amount+date+wording"
	sameDay       = "same/amount+date"
)

// A Booking is what is compared of a bank operation that several sources may tell of.
type Booking struct {
	ID        penates.DocumentID
	Feed      int // index of its Feed
	Day       figure.Day
	Amount    figure.Milli
	Currency  string
	Label     string // all the bank's wordings, the counterparty too
	Reference string
	Told      int // how many facts its document tells

	text *wording
}

// A likeness says how much two bookings of one amount are alike.
type likeness int

const (
	unlike  likeness = iota // they name different companies
	silence                 // nothing in their wordings is the same
	partly                  // some words are
	alike                   // the wordings say the same
	equal                   // they have the same reference
)

// why returns confidence and rule of a link between operations this alike.
func (l likeness) why(sameDays bool) (float64, string) {
	switch {
	case l == equal:
		return 1, sameReference
	case l == alike && sameDays:
		return 1, sameWording
	case l == alike:
		return 0.9, sameWording
	case l == partly:
		return 0.95, sameDay
	case l == silence:
		return 0.9, sameDay
	}
	return 0.6, sameDay
}

// A wording is a label made ready to be compared.
type wording struct {
	words   []string // without those every label has
	letters int
	vendor  *company.Vendor
}

func (b *Booking) wording() *wording {
	if b.text == nil {
		words := company.Words(b.Label)
		b.text = &wording{vendor: company.In(words)}
		for _, w := range words {
			if company.Telling(w) && !slices.Contains(b.text.words, w) {
				b.text.words = append(b.text.words, w)
				b.text.letters += len(w)
			}
		}
	}
	return b.text
}

// shares returns how many letters of words are in the words of other, which may
// be cut.
func (w *wording) shares(other *wording) (letters int) {
	const shortest = 4 // letters left of a word that was cut
	for _, a := range w.words {
		if slices.ContainsFunc(other.words, func(b string) bool {
			return a == b || len(b) >= shortest && strings.HasPrefix(a, b) || len(a) >= shortest && strings.HasPrefix(b, a)
		}) {
			letters += len(a)
		}
	}
	return letters
}

func compareBookings(a, b *Booking) likeness {
	if r := company.Number(a.Reference); r != "" && r == company.Number(b.Reference) && hasDigit(r) {
		return equal
	}
	if a.Label == b.Label && a.Label != "" {
		return alike
	}
	x, y := a.wording(), b.wording()
	if x.vendor != nil && y.vendor != nil && x.vendor != y.vendor {
		return unlike
	}
	if x.letters > y.letters {
		x, y = y, x
	}
	const few, nearly = 5, 0.8
	switch shared := x.shares(y); {
	case shared >= few && float64(shared) >= nearly*float64(x.letters):
		return alike
	case shared > 0 || x.vendor != nil && x.vendor == y.vendor:
		return partly
	}
	return silence
}

// SameOperations returns the links between operations of one account that
// several feeds tell of: same amount and currency, booked the same day, or a day
// apart when their references or wordings are the same. An operation has one
// counterpart in each other feed, so that two equal payments of a day stay two.
//
// account is what Accounts returns for the feeds. Links lead to the operation of
// the feed that tells most.
func SameOperations(feeds []Feed, account []int, bookings []Booking, judged Judged) (links []penates.Link) {
	rank := rankFeeds(feeds, bookings)
	type key struct {
		account  int
		currency string
		amount   figure.Milli
	}
	several := severalFeeds(feeds, account, bookings)
	groups, parted := map[key][]*Booking{}, map[penates.DocumentID]bool{}
	for p := range judged.Rejected {
		parted[p.From], parted[p.To] = true, true
	}
	for i := range bookings {
		b := &bookings[i]
		if several[account[b.Feed]] && b.Day != figure.Unknown && b.Amount != 0 {
			k := key{account[b.Feed], b.Currency, b.Amount}
			groups[k] = append(groups[k], b)
		}
	}
	for _, of := range groups {
		if len(of) > 1 {
			links = append(links, sameBookings(of, rank, judged, parted)...)
		}
	}
	return links
}

// severalFeeds tells which accounts operations of several feeds are known of.
func severalFeeds(feeds []Feed, account []int, bookings []Booking) map[int]bool {
	has := make([]bool, len(feeds))
	for i := range bookings {
		has[bookings[i].Feed] = true
	}
	count := map[int]int{}
	for i := range feeds {
		if has[i] {
			count[account[i]]++
		}
	}
	several := map[int]bool{}
	for a, n := range count {
		several[a] = n > 1
	}
	return several
}

// rankFeeds orders feeds by how much their operations tell, the fullest first.
func rankFeeds(feeds []Feed, bookings []Booking) []int {
	told, count := make([]int, len(feeds)), make([]int, len(feeds))
	for i := range bookings {
		told[bookings[i].Feed] += bookings[i].Told
		count[bookings[i].Feed]++
	}
	order := make([]int, len(feeds))
	for i := range feeds {
		order[i] = i
		told[i] = (2*told[i] + count[i]) / max(2*count[i], 1) // rounded: a few more operations change no order
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(told[j], told[i]), strings.Compare(feeds[i].Source, feeds[j].Source), strings.Compare(feeds[i].Connection, feeds[j].Connection))
	})
	rank := make([]int, len(feeds))
	for r, i := range order {
		rank[i] = r
	}
	return rank
}

package link

import (
	"cmp"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
)

// Why two documents are said to be one bank account.
const (
	sameIBAN      = "same/iban"
	sameNumber    = "same/account-number"
	sameStatement = "same/statement" // both tell of the same operations
)

// A Feed is what one source tells of one bank account: the account's document,
// when it gives one, and its operations.
type Feed struct {
	Source, Connection string
	ID                 penates.DocumentID // of the account, "" when the source gives none
	IBAN               string
	Number             string // as the bank writes it
	Currency           string
	BalanceDay         figure.Day
	Told               int // how many facts the account's document tells
}

// code returns the number of the bank, when the source names the account by it.
func (f *Feed) code() string {
	if l, ok := layoutOf(f.IBAN); ok {
		return l.of(f.IBAN, l.bank)
	}
	if code, _, ok := strings.Cut(f.Connection, ":"); ok && hasDigit(code) {
		return strings.ToUpper(code)
	}
	return ""
}

// How well a feed names its account.
const (
	byIBAN = iota
	byBank
	nameless
)

// vague orders feeds by how well they name the account.
func (f *Feed) vague() int {
	switch {
	case f.IBAN != "":
		return byIBAN
	case f.code() != "":
		return byBank
	}
	return nameless
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// numbers returns what the account may be called by sources that know no IBAN: as
// they are compared, see company.Number.
func (f *Feed) numbers() (all []string) {
	add := func(s string) {
		const shortest = 6 // characters of a number that is not another's by chance
		if n := company.Number(s); len(n) >= shortest && hasDigit(n) && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	add(f.Number)
	if l, ok := layoutOf(f.IBAN); ok {
		add(l.of(f.IBAN, l.account))
		add(f.IBAN[ibanHead:])
		add(f.IBAN[ibanHead : ibanHead+l.account[1]]) // without the key that follows
	} else if len(f.IBAN) > ibanHead {
		add(f.IBAN[ibanHead:])
	}
	return all
}

// An ibanLayout tells where, in what follows the first four characters of an
// IBAN, the numbers of the bank and of the account stand (ISO 13616 registry).
type ibanLayout struct {
	length        int
	bank, account [2]int
}

const ibanHead = 4

func (l ibanLayout) of(iban string, part [2]int) string {
	return iban[ibanHead+part[0] : ibanHead+part[1]]
}

func layoutOf(iban string) (ibanLayout, bool) {
	if len(iban) < ibanHead {
		return ibanLayout{}, false
	}
	l, ok := ibanLayouts[iban[:2]]
	return l, ok && len(iban) == l.length
}

var ibanLayouts = map[string]ibanLayout{
	"AT": {20, [2]int{0, 5}, [2]int{5, 16}}, "BE": {16, [2]int{0, 3}, [2]int{3, 10}}, "CH": {21, [2]int{0, 5}, [2]int{5, 17}},
	"DE": {22, [2]int{0, 8}, [2]int{8, 18}}, "ES": {24, [2]int{0, 4}, [2]int{10, 20}}, "FR": {27, [2]int{0, 5}, [2]int{10, 21}},
	"GB": {22, [2]int{0, 4}, [2]int{10, 18}}, "IE": {22, [2]int{0, 4}, [2]int{10, 18}}, "IT": {27, [2]int{1, 6}, [2]int{11, 23}},
	"LU": {20, [2]int{0, 3}, [2]int{3, 16}}, "MC": {27, [2]int{0, 5}, [2]int{10, 21}}, "NL": {18, [2]int{0, 4}, [2]int{4, 14}},
	"PL": {28, [2]int{0, 8}, [2]int{8, 24}}, "PT": {25, [2]int{0, 4}, [2]int{8, 19}},
}

// different reports whether two feeds can tell of one account by no means: they
// give other IBANs, other currencies, or other numbers of the bank.
func different(a, b *Feed) bool {
	if a.IBAN != "" && b.IBAN != "" && a.IBAN != b.IBAN || a.Currency != "" && b.Currency != "" && a.Currency != b.Currency {
		return true
	}
	x, y := a.code(), b.code()
	return x != "" && len(x) == len(y) && x != y
}

// Accounts tells which feeds are of one bank account: a number for each feed,
// equal for those of one. IBANs tell first; a number which two accounts have
// joins a feed to neither. Feeds that name no account are told by their bookings.
func Accounts(feeds []Feed, bookings []Booking, judged Judged) []int {
	u := newUnion(len(feeds))
	at := map[penates.DocumentID]int{}
	order := make([]int, len(feeds))
	for i := range feeds {
		order[i] = i
		if feeds[i].ID != "" {
			at[feeds[i].ID] = i
		}
	}
	u.judge(judged, at)
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &feeds[i], &feeds[j]
		return cmp.Or(cmp.Compare(a.vague(), b.vague()), strings.Compare(a.Source, b.Source), strings.Compare(a.Connection, b.Connection))
	})
	known := map[string][]int{} // the first feed of each account, by number
	for _, i := range order {
		numbers := feeds[i].numbers()
		if feeds[i].IBAN != "" {
			numbers = append(numbers, "IBAN "+feeds[i].IBAN)
		}
		joinAccount(&u, feeds, i, known, numbers)
	}
	joinByBookings(&u, feeds, bookings)
	return u.roots()
}

func joinAccount(u *union, feeds []Feed, i int, known map[string][]int, numbers []string) {
	const most = 64 // accounts of one number
	var fits []int  // roots
	for _, n := range numbers {
		for _, j := range known[n] {
			if r := u.root(j); !slices.Contains(fits, r) && !u.apart(i, j) &&
				!slices.ContainsFunc(u.all(r), func(k int) bool { return different(&feeds[i], &feeds[k]) }) {
				fits = append(fits, r)
			}
		}
	}
	if len(fits) > 1 && feeds[i].IBAN != "" { // which others have the number is no matter
		fits = slices.DeleteFunc(fits, func(r int) bool {
			return !slices.ContainsFunc(u.all(r), func(k int) bool { return feeds[k].IBAN == feeds[i].IBAN })
		})
	}
	if len(fits) == 1 {
		u.join(i, fits[0])
	}
	for _, n := range numbers {
		of := known[n]
		if len(of) < most && !slices.ContainsFunc(of, func(j int) bool { return u.root(j) == u.root(i) }) {
			known[n] = append(of, i)
		}
	}
}

// accountLinks returns the links between documents of one account: to the one
// whose balance is the latest, then to the one that tells most.
func accountLinks(feeds []Feed, account []int, judged Judged) (links []penates.Link) {
	groups := map[int][]int{}
	for i := range feeds {
		if feeds[i].ID != "" {
			groups[account[i]] = append(groups[account[i]], i)
		}
	}
	for _, group := range groups {
		slices.SortFunc(group, func(i, j int) int {
			a, b := &feeds[i], &feeds[j]
			return cmp.Or(cmp.Compare(b.BalanceDay, a.BalanceDay), cmp.Compare(b.Told, a.Told), strings.Compare(string(a.ID), string(b.ID)))
		})
		ids := make([]penates.DocumentID, len(group))
		for k, i := range group {
			ids[k] = feeds[i].ID
		}
		links = append(links, star(ids, judged, func(from, to int) (float64, string) {
			a, b := &feeds[group[from]], &feeds[group[to]]
			switch theirs := b.numbers(); {
			case a.IBAN != "" && a.IBAN == b.IBAN:
				return 1, sameIBAN
			case slices.ContainsFunc(a.numbers(), func(n string) bool { return slices.Contains(theirs, n) }):
				return 0.95, sameNumber
			}
			return 0.95, sameStatement
		})...)
	}
	return links
}

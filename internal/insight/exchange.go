package insight

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/locale"
)

// A Meeting is somebody taking part in a message, a call or an event.
type Meeting struct {
	Document penates.DocumentID
	Kind     MeetingKind
	Day      figure.Day // local
	At       string     // instant in UTC, or the day: the order they come in
	Role     string     // "from", "to", "cc", "attendee" …
	Name     string     // as the source wrote it
	Address  string     // e-mail address or E.164 number
	Sent     bool       // the source says the person sent it, as the folder it lay in
	Missed   bool       // of a call
	Seconds  int64      // of a call
}

// A MeetingKind says what people met in.
type MeetingKind int

// What people meet in.
const (
	InMessage MeetingKind = iota
	InCall
	InEvent
)

// An AddressCard is what Exchanges needs of a contact.
type AddressCard struct {
	ID     penates.DocumentID
	Name   string
	Emails []string
	Phones []string
	// Same is the contact that tells more of the same person, "" when none does: what
	// the link rules found, and the person said of it.
	Same penates.DocumentID
}

// FindExchanges returns who took part in the meetings, leaving out the person.
// own are addresses known to be the person's; those they sent from, and the one
// nearly all messages go from or to, are found here.
func FindExchanges(meetings []Meeting, cards []AddressCard, own []string) *ExchangesResult {
	f := &exchanges{book: newBook(cards), own: map[string]bool{}, people: map[string]*Exchange{}}
	for _, a := range own {
		f.own[plainAddress(a)] = true
	}
	f.findOwn(meetings)
	meetings = slices.SortedStableFunc(slices.Values(meetings), func(a, b Meeting) int {
		return cmp.Or(strings.Compare(b.At, a.At), strings.Compare(string(a.Document), string(b.Document)))
	})
	for i := 0; i < len(meetings); {
		n := i + 1
		for n < len(meetings) && meetings[n].Document == meetings[i].Document {
			n++
		}
		f.meet(meetings[i:n])
		i = n
	}
	return f.result()
}

// plainAddress is what two writings of an address have in common.
func plainAddress(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "tel:")
	if !strings.Contains(s, "@") {
		s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ".", "", "-", "", "(", "", ")", "").Replace(s)
	}
	return s
}

// exchanges is what is known so far.
type exchanges struct {
	book   *book
	own    map[string]bool
	people map[string]*Exchange
	months map[string]map[figure.Month]*MonthCount // by person
}

// findOwn adds the addresses that can only be the person's.
func (f *exchanges) findOwn(meetings []Meeting) {
	documents := map[penates.DocumentID][]string{}
	for _, m := range meetings {
		a := plainAddress(m.Address)
		if m.Kind != InMessage || a == "" {
			continue
		}
		if m.Sent && m.Role == "from" {
			f.own[a] = true
		}
		if !slices.Contains(documents[m.Document], a) {
			documents[m.Document] = append(documents[m.Document], a)
		}
	}
	if len(f.own) > 0 {
		return
	}
	in, others, total := map[string]int{}, map[string]map[string]bool{}, 0
	for _, all := range documents {
		if len(all) < 2 {
			continue // names one side only
		}
		total++
		for _, a := range all {
			in[a]++
			if others[a] == nil {
				others[a] = map[string]bool{}
			}
			for _, b := range all {
				others[a][b] = true
			}
		}
	}
	const fewest, nearly, several = 3, 0.6, 3 // several: itself and two others
	best := ""
	for _, a := range slices.Sorted(maps.Keys(in)) {
		if float64(in[a]) >= nearly*float64(total) && len(others[a]) >= several && in[a] > in[best] {
			best = a
		}
	}
	if best != "" && total >= fewest {
		f.own[best] = true
	}
}

// meet counts one document, whose participants are given.
func (f *exchanges) meet(all []Meeting) {
	sent := slices.ContainsFunc(all, func(m Meeting) bool {
		return m.Sent || m.Role == "from" && f.own[plainAddress(m.Address)]
	})
	met := map[string]bool{}
	for _, m := range all {
		address := plainAddress(m.Address)
		if address == "" && m.Kind != InMessage || f.own[address] || m.Role == "from" && m.Sent {
			continue
		}
		from := m.Role == "from"
		if m.Kind == InMessage && from == sent {
			continue // what others wrote to others is no exchange with those who read it
		}
		key, name, contacts := f.book.who(address, m.Name)
		if key == "" || met[key] {
			continue
		}
		met[key] = true
		e := f.people[key]
		if e == nil {
			e = &Exchange{Name: name, Contacts: contacts}
			f.people[key] = e
		}
		e.count(&m, from)
		if address != "" && !slices.Contains(e.Addresses, address) {
			e.Addresses = append(e.Addresses, address)
		}
		f.countMonth(key, &m, from)
	}
}

func (e *Exchange) count(m *Meeting, from bool) {
	switch {
	case m.Kind == InEvent:
		e.Events++
	case m.Kind == InCall && m.Missed:
		e.Missed++
	case m.Kind == InCall && from:
		e.CallsIn++
	case m.Kind == InCall:
		e.CallsOut++
	case from:
		e.In++
	default:
		e.Out++
	}
	e.Seconds += m.Seconds
	e.Documents = append(e.Documents, m.Document)
	if m.Day != figure.Unknown { // newest first
		e.First = m.Day.String()
		e.Last = cmp.Or(e.Last, e.First)
	}
}

func (f *exchanges) countMonth(key string, m *Meeting, from bool) {
	if m.Day == figure.Unknown {
		return
	}
	if f.months == nil {
		f.months = map[string]map[figure.Month]*MonthCount{}
	}
	if f.months[key] == nil {
		f.months[key] = map[figure.Month]*MonthCount{}
	}
	c := f.months[key][m.Day.Month()]
	if c == nil {
		c = &MonthCount{}
		f.months[key][m.Day.Month()] = c
	}
	switch {
	case m.Kind == InEvent:
		c.Events++
	case m.Kind == InCall:
		c.Calls++
	case from:
		c.In++
	default:
		c.Out++
	}
}

// maxMonths bounds the axis: a stray date must not make it thousands of years long.
const maxMonths = 600

func (f *exchanges) result() *ExchangesResult {
	r := &ExchangesResult{Own: slices.Sorted(maps.Keys(f.own))}
	first, last := figure.Month(0), figure.Month(0)
	for _, months := range f.months {
		for m := range months {
			if first == 0 || m < first {
				first = m
			}
			last = max(last, m)
		}
	}
	first = max(first, last-maxMonths+1)
	for m := first; m <= last && last > 0; m++ {
		r.Months = append(r.Months, m.String())
	}
	for key, e := range f.people {
		e.Trend = make([]MonthCount, len(r.Months))
		for m, c := range f.months[key] {
			if i := int(m - first); i >= 0 {
				e.Trend[i] = *c
			}
		}
		slices.Sort(e.Addresses)
		r.People = append(r.People, *e)
	}
	slices.SortFunc(r.People, func(a, b Exchange) int {
		return cmp.Or(cmp.Compare(b.Total(), a.Total()), strings.Compare(b.Last, a.Last), strings.Compare(a.Name, b.Name), slices.Compare(a.Addresses, b.Addresses))
	})
	return r
}

// A book finds people by address.
type book struct {
	people map[string]*person // by address
}

// A person is contacts that are one.
type person struct {
	name     string
	key      string
	contacts []penates.DocumentID
}

func newBook(cards []AddressCard) *book {
	cards = slices.SortedStableFunc(slices.Values(cards), func(a, b AddressCard) int { return strings.Compare(string(a.ID), string(b.ID)) })
	b := &book{people: map[string]*person{}}
	known := map[penates.DocumentID]*person{}
	fullest := fullestCards(cards)
	// The fullest card of a person comes first, for their name.
	for _, whole := range []bool{true, false} {
		for i := range cards {
			c := &cards[i]
			if whole != (fullest[c.ID] == c.ID) {
				continue
			}
			p := known[fullest[c.ID]]
			if p == nil {
				p = &person{key: "contact " + string(c.ID)}
				known[fullest[c.ID]] = p
			}
			p.contacts = append(p.contacts, c.ID)
			p.name = cmp.Or(p.name, c.Name)
		}
	}
	for i := range cards {
		for _, a := range slices.Concat(cards[i].Emails, cards[i].Phones) {
			if a = plainAddress(a); a != "" && b.people[a] == nil {
				b.people[a] = known[fullest[cards[i].ID]]
			}
		}
	}
	return b
}

// fullestCards returns for each card the fullest of the same person's.
func fullestCards(cards []AddressCard) map[penates.DocumentID]penates.DocumentID {
	const most = 16 // steps; the person may have confirmed links in a circle
	same := map[penates.DocumentID]penates.DocumentID{}
	for _, c := range cards {
		same[c.ID] = c.Same
	}
	fullest := map[penates.DocumentID]penates.DocumentID{}
	for _, c := range cards {
		id := c.ID
		for range most {
			if _, here := same[same[id]]; !here {
				break
			}
			id = same[id]
		}
		fullest[c.ID] = id
	}
	return fullest
}

// who returns what tells the person with an address from others, and their name.
// Who has no address is known by name, as in a chat.
func (b *book) who(address, name string) (key, shown string, contacts []penates.DocumentID) {
	if p := b.people[address]; p != nil && address != "" {
		return p.key, cmp.Or(p.name, name, address), p.contacts
	}
	if address == "" && strings.TrimSpace(name) == "" {
		return "", "", nil
	}
	if address == "" {
		return "name " + locale.Fold(name), strings.TrimSpace(name), nil
	}
	return "address " + address, cmp.Or(strings.TrimSpace(name), address), nil
}

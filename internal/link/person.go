package link

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/company"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
	"penates/internal/vault/twice"
)

// Why two contacts are said to be one person.
const (
	personUID   = "person/uid"
	personEmail = "person/email"
	personPhone = "person/phone"
	personName  = "person/name" // a question: the names are the same, and a company or an address
)

// person finds the contacts of one person by what only one person has: an e-mail
// address, a telephone number. A name is but a hint: it makes a question.
var person = Rule{
	Name:  "person",
	Reads: []penates.Type{penates.Contacts},
	Makes: []string{personUID, personEmail, personPhone, personName},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		cards, err := loadCards(ctx, s)
		if err != nil || len(cards) < 2 {
			return nil, err
		}
		judged, err := judgedOf(ctx, s, penates.SameAs)
		if err != nil {
			return nil, err
		}
		return SamePeople(cards, judged), nil
	},
}

// A Card is what is compared of a contact.
type Card struct {
	ID      penates.DocumentID
	Name    string
	Given   string
	Company string
	Kind    string // individual, group, org
	Emails  []string
	Phones  []string
	Postal  []string
	UIDs    []string
	Told    int

	words []string // of the name
}

// SamePeople returns the links between contacts that are one person: those that
// share a UID, an e-mail address or a telephone number in E.164, and are not two by
// their names. Addresses of a role (info@, noreply@), and those that several
// people have, join nobody.
//
// The links of one person's contacts make a tree whose root is the fullest of
// them. What the person rejected is kept apart, however the contacts are
// connected otherwise.
func SamePeople(cards []Card, judged Judged) []penates.Link {
	m := &meeting{cards: slices.Clone(cards), judged: judged, union: newUnion(len(cards)), tree: map[int][]edge{}, asked: map[Pair]bool{}}
	slices.SortFunc(m.cards, func(a, b Card) int { // the fullest first
		return cmp.Or(cmp.Compare(b.Told, a.Told), strings.Compare(string(a.ID), string(b.ID)))
	})
	at := make(map[penates.DocumentID]int, len(cards))
	for i := range m.cards {
		m.cards[i].words = nameWords(m.cards[i].Name)
		at[m.cards[i].ID] = i
	}
	m.judge(judged, at)
	for _, p := range sortedPairs(judged.Confirmed) {
		a, ok1 := at[p.From]
		b, ok2 := at[p.To]
		if ok1 && ok2 {
			m.tree[a], m.tree[b] = append(m.tree[a], edge{to: b}), append(m.tree[b], edge{to: a})
		}
	}
	m.meet(personUID, func(c *Card) []string { return c.UIDs })
	m.meet(personEmail, func(c *Card) []string { return c.Emails })
	m.meet(personPhone, func(c *Card) []string { return c.Phones })
	m.nameQuestions()
	return sorted(append(m.links(), m.questions...))
}

// A meeting is contacts that are being put together.
type meeting struct {
	union
	cards     []Card
	judged    Judged
	tree      map[int][]edge // what joins cards, both ways
	questions []penates.Link
	asked     map[Pair]bool
}

// An edge leads to a card that is the same person's; it has no rule where the
// person said so.
type edge struct {
	to         int
	confidence float64
	rule       string
}

// meet joins the cards that share one of what has returns.
func (m *meeting) meet(rule string, has func(*Card) []string) {
	holders := map[string][]int{}
	var order []string
	for i := range m.cards {
		if m.cards[i].Kind == "group" {
			continue
		}
		for _, a := range has(&m.cards[i]) {
			of := holders[a]
			if a == "" || len(of) > 0 && of[len(of)-1] == i {
				continue
			}
			if len(of) == 0 {
				order = append(order, a)
			}
			holders[a] = append(of, i)
		}
	}
	for _, a := range order {
		if of := holders[a]; len(of) > 1 && !(rule == personEmail && role(a)) && !m.shared(of) {
			m.joinHolders(rule, of)
		}
	}
}

// joinHolders joins each card with the fullest of those that have the same address.
func (m *meeting) joinHolders(rule string, of []int) {
	for n, i := range of {
		for _, j := range of[:min(n, mostAlike)] {
			confidence := m.sure(rule, j, i)
			if confidence >= twice.Sure && m.join(j, i) {
				m.tree[i] = append(m.tree[i], edge{j, confidence, rule})
				m.tree[j] = append(m.tree[j], edge{i, confidence, rule})
				break
			}
			if confidence > 0 && confidence < twice.Sure {
				m.ask(i, j, confidence, rule)
			}
		}
	}
}

// sure tells how sure two cards are one person's that share an address.
func (m *meeting) sure(rule string, j, i int) float64 {
	a, b := &m.cards[j], &m.cards[i]
	if a.Kind != "" && b.Kind != "" && a.Kind != b.Kind {
		return 0
	}
	switch one := mayBeOne(a, b); {
	case rule == personUID || rule == personEmail && one:
		return 1
	case rule == personEmail: // a couple's, or somebody's two names
		return 0.5
	case one:
		return 0.95
	}
	return 0 // the telephone of a household, or of an office
}

// ask makes a question of a link, once for two people, however many cards they have.
func (m *meeting) ask(from, to int, confidence float64, rule string) {
	p := Pair{m.cards[from].ID, m.cards[to].ID}
	if m.root(from) != m.root(to) && !m.apart(from, to) && !m.judged.settles(p.From, p.To) {
		people := Pair{m.cards[m.root(from)].ID, m.cards[m.root(to)].ID}
		if m.asked[people] || m.asked[Pair{people.To, people.From}] {
			return
		}
		m.asked[people] = true
		m.questions = append(m.questions, penates.Link{From: p.From, Rel: penates.SameAs, To: p.To, Confidence: confidence, Rule: rule})
	}
}

// shared reports whether an address is several people's: three that have it go by
// different names.
func (m *meeting) shared(of []int) bool {
	const several = 3
	var names []int
	for _, i := range of {
		if len(m.cards[i].words) == 0 || slices.ContainsFunc(names, func(j int) bool { return mayBeOne(&m.cards[i], &m.cards[j]) }) {
			continue
		}
		if names = append(names, i); len(names) == several {
			return true
		}
	}
	return false
}

// links returns the trees, each edge leading towards the fullest card, or to where
// the person confirmed that it leads.
func (m *meeting) links() (links []penates.Link) {
	done := make([]bool, len(m.cards))
	for i := range m.cards { // the fullest of each tree comes first
		if done[i] || len(m.tree[i]) == 0 {
			continue
		}
		queue := []int{m.rootCard(i)}
		done[queue[0]] = true
		for len(queue) > 0 {
			parent := queue[0]
			queue = queue[1:]
			for _, e := range m.tree[parent] {
				if done[e.to] {
					continue
				}
				done[e.to] = true
				queue = append(queue, e.to)
				if e.rule != "" {
					links = append(links, penates.Link{From: m.cards[e.to].ID, Rel: penates.SameAs, To: m.cards[parent].ID, Confidence: e.confidence, Rule: e.rule})
				}
			}
		}
	}
	return links
}

func (m *meeting) rootCard(i int) int {
	for range m.cards {
		next := slices.IndexFunc(m.tree[i], func(e edge) bool { return m.judged.Confirmed[Pair{m.cards[i].ID, m.cards[e.to].ID}] })
		if next < 0 {
			break
		}
		i = m.tree[i][next].to
	}
	return i
}

// nameQuestions asks about cards with the same full name that share a company, a
// postal address, or an address that joins nobody by itself.
func (m *meeting) nameQuestions() {
	named := map[string][]int{}
	for i := range m.cards {
		c := &m.cards[i]
		if len(c.words) < 2 || c.Kind == "group" {
			continue
		}
		name := strings.Join(slices.Sorted(slices.Values(c.words)), " ")
		for _, j := range named[name] {
			if m.root(i) != m.root(j) && c.hints(&m.cards[j]) {
				m.ask(i, j, 0.5, personName)
				break
			}
		}
		if len(named[name]) < mostAlike {
			named[name] = append(named[name], i)
		}
	}
}

// hints reports whether two cards of one name share anything else.
func (c *Card) hints(o *Card) bool {
	common := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return s != "" && slices.Contains(b, s) })
	}
	return c.Company != "" && issuer(c.Company) != "" && issuer(c.Company) == issuer(o.Company) ||
		common(c.Emails, o.Emails) || common(c.Phones, o.Phones) || common(c.Postal, o.Postal)
}

func loadCards(ctx context.Context, s *vault.Session) (cards []Card, err error) {
	uids := map[penates.DocumentID][]string{}
	err = query.Each(ctx, s, query.Select{Key: "r.document", Columns: "r.value", From: "refs r JOIN contacts c ON c.id = r.document", Where: "r.scheme = 'uid'"}, func(row []any) error {
		id := penates.DocumentID(figure.Text(row[0]))
		uids[id] = append(uids[id], strings.ToLower(figure.Text(row[1])))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "fullName, given, company, kind, email, phone, address, family, nickname, jobTitle, url, birthday, note, groups", From: "contacts",
	}, func(row []any) error {
		c := Card{ID: penates.DocumentID(figure.Text(row[0])), Name: figure.Text(row[1]), Given: figure.Text(row[2]), Company: figure.Text(row[3]), Kind: figure.Text(row[4])}
		c.UIDs = uids[c.ID]
		c.Told = told(row[1:])
		for _, a := range texts(row[5]) {
			c.Emails = append(c.Emails, address(a))
			c.Told++
		}
		for _, a := range texts(row[6]) {
			c.Phones = append(c.Phones, e164(a))
			c.Told++
		}
		for _, a := range texts(row[7]) {
			const fewest = 3 // words of an address that says more than a town
			if words := company.Words(a); len(words) >= fewest {
				c.Postal = append(c.Postal, strings.Join(words, " "))
			}
		}
		cards = append(cards, c)
		return nil
	})
	return cards, err
}

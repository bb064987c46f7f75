package link_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"penates"
	"penates/internal/link"
	"penates/internal/schema"
	"penates/internal/vault/vaulttest"
)

// TestSamePeople goes through what joins the contacts of one person, and what does not.
func TestSamePeople(t *testing.T) {
	zoe := link.Card{ID: "zoe", Name: "Zoé Martin", Emails: []string{"zoe@example.org"}, Phones: []string{"+33612345678"}, Told: 9}
	with := func(id, name string, change func(*link.Card)) []link.Card {
		c := link.Card{ID: penates.DocumentID(id), Name: name, Told: 1}
		if change != nil {
			change(&c)
		}
		return []link.Card{zoe, c}
	}
	email := func(a string) func(*link.Card) { return func(c *link.Card) { c.Emails = []string{a} } }
	phone := func(a string) func(*link.Card) { return func(c *link.Card) { c.Phones = []string{a} } }
	org := func(id string) link.Card {
		return link.Card{ID: penates.DocumentID(id), Name: id + " Dupont", Emails: []string{"club@example.org"}, Told: 1}
	}
	for _, tt := range []struct {
		name  string
		cards []link.Card
		want  []string
	}{
		{"one e-mail address", with("b", "Zoe Martin", email("zoe@example.org")), []string{"b>zoe person/email 1"}},
		{"one e-mail address and an initial", with("b", "Z. Martin", email("zoe@example.org")), []string{"b>zoe person/email 1"}},
		{"one e-mail address and a nickname", with("b", "Zouzou", email("zoe@example.org")), []string{"b>zoe person/email 1"}},
		{"another family name", with("b", "Zoé Lenoir", email("zoe@example.org")), []string{"b>zoe person/email 1"}},
		{"the address of a couple: a question", with("b", "Paul Martin", email("zoe@example.org")), []string{"b>zoe person/email 0.5"}},
		{"a couple of two names: a question", with("b", "Paul Lenoir", email("zoe@example.org")), []string{"b>zoe person/email 0.5"}},
		{"a couple's address, and two cards of hers: one question", append(with("b", "Zoé Martin", email("zoe@example.org")), link.Card{ID: "c", Name: "Paul Martin", Emails: zoe.Emails}), []string{"b>zoe person/email 1", "c>zoe person/email 0.5"}},
		{"one telephone", with("b", "Zoé Martin", phone("+33612345678")), []string{"b>zoe person/phone 0.95"}},
		{"the telephone of a household", with("b", "Paul Martin", phone("+33612345678")), []string{}},
		{"a name alone is no reason", with("b", "Zoé Martin", email("zm@example.com")), []string{}},
		{"a name and a company: a question", append(with("b", "Zoé Martin", func(c *link.Card) { c.Company = "Atelier Bleu" }), link.Card{ID: "c", Name: "Zoé Martin", Company: "Atelier Bleu", Told: 2}), []string{"b>c person/name 0.5"}},
		{"info@ is nobody's", []link.Card{{ID: "a", Name: "Ann Lee", Emails: []string{"info@example.org"}, Told: 2}, {ID: "b", Name: "Ann Lee", Emails: []string{"info@example.org"}, Told: 1}}, []string{"b>a person/name 0.5"}},
		{"an address three people have is nobody's", []link.Card{org("Ann"), org("Bob"), org("Cid")}, []string{}},
		{"a group is no person", with("b", "Zoé Martin", func(c *link.Card) { c.Emails, c.Kind = zoe.Emails, "group" }), []string{}},
		{"one UID", []link.Card{{ID: "a", Name: "Ann Lee", UIDs: []string{"u"}, Told: 2}, {ID: "b", Name: "A. Lee", UIDs: []string{"u"}, Told: 1}}, []string{"b>a person/uid 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, shown(link.SamePeople(tt.cards, link.Judged{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Three contacts in a chain: the person says that the ends are two, so the middle
// goes to one of them only.
func TestAMergeDoesNotCrossARejection(t *testing.T) {
	cards := []link.Card{
		{ID: "a", Name: "Zoé Martin", Emails: []string{"zoe@example.org"}, Told: 9},
		{ID: "b", Name: "Zoé", Emails: []string{"zoe@example.org", "z@example.com"}, Told: 5},
		{ID: "c", Name: "Zoé Martin", Emails: []string{"z@example.com"}, Told: 2},
	}
	if diff := cmp.Diff([]string{"b>a person/email 1", "c>b person/email 1"}, shown(link.SamePeople(cards, link.Judged{}))); diff != "" {
		t.Error(diff)
	}
	for _, p := range []link.Pair{{From: "a", To: "c"}, {From: "c", To: "a"}} {
		judged := link.Judged{Rejected: map[link.Pair]bool{p: true}}
		if diff := cmp.Diff([]string{"b>a person/email 1"}, shown(link.SamePeople(cards, judged))); diff != "" {
			t.Errorf("%v rejected: %s", p, diff)
		}
	}
	judged := link.Judged{Confirmed: map[link.Pair]bool{{From: "a", To: "c"}: true}, Rejected: map[link.Pair]bool{{From: "b", To: "a"}: true}}
	if got := shown(link.SamePeople(cards, judged)); len(got) != 0 {
		t.Errorf("b is one with c, which is one with a: %v", got)
	}
}

// However contacts share addresses, no chain of sure links joins what was rejected,
// and the links make trees.
func TestSamePeopleKeepsRejections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "cards")
		cards, rejected := make([]link.Card, n), map[link.Pair]bool{}
		id := func(i int) penates.DocumentID { return penates.DocumentID(fmt.Sprintf("c%02d", i)) }
		for i := range cards {
			cards[i] = link.Card{ID: id(i), Name: "Zoé", Told: i}
			for range rapid.IntRange(0, 3).Draw(t, "addresses") {
				cards[i].Emails = append(cards[i].Emails, fmt.Sprintf("a%d@example.org", rapid.IntRange(0, n).Draw(t, "address")))
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "rejections") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			if a != b {
				rejected[link.Pair{From: id(a), To: id(b)}] = true
			}
		}
		links := link.SamePeople(cards, link.Judged{Rejected: rejected})
		parent := map[penates.DocumentID]penates.DocumentID{}
		for _, l := range links {
			if parent[l.From] != "" {
				t.Fatalf("%s is told more fully by two", l.From)
			}
			parent[l.From] = l.To
		}
		root := func(d penates.DocumentID) penates.DocumentID {
			for range n {
				if parent[d] != "" {
					d = parent[d]
				}
			}
			if parent[d] != "" {
				t.Fatal("links in a circle")
			}
			return d
		}
		for p := range rejected {
			if root(p.From) == root(p.To) {
				t.Fatalf("%v are one", p)
			}
		}
	})
}

// The contacts of two address books become people, and each is known by the
// addresses of both.
func TestPeopleOfTwoSources(t *testing.T) {
	s := vaulttest.New(t)
	vaulttest.Fill(t, s,
		item("phone", "", schema.Contact{FullName: "Zoé Martin", Email: []string{"zoe@example.org"}, Phone: []string{"+33612345678"}}, nil),
		item("mail", "", schema.Contact{FullName: "zoe martin", Email: []string{"zoe@example.org", "zm@example.com"}}, nil),
		item("paul", "", schema.Contact{FullName: "Paul Martin", Phone: []string{"+33612345678"}}, nil))
	if _, err := link.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	got := made(t, s)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"doc_mail same_as doc_phone person/email"}, got); diff != "" {
		t.Error(diff)
	}
}

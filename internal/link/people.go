package link

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/query"
	"penates/internal/vault"
)

// Why a message, a call or an event is linked to a contact.
const (
	fromAddress     = "from/address"
	toAddress       = "to/address"
	attendeeAddress = "attendee/address"
)

// people finds the contacts behind the addresses of messages, calls and events:
// by e-mail address or telephone number, never by name.
var people = Rule{
	Name:  "people",
	Reads: []penates.Type{penates.Contacts, penates.Messages, penates.Calls, penates.Events},
	Makes: []string{fromAddress, toAddress, attendeeAddress},
	Find: func(ctx context.Context, s *vault.Session) ([]penates.Link, error) {
		contacts, err := loadContacts(ctx, s)
		if err != nil || len(contacts) == 0 {
			return nil, err
		}
		p := NewPeople(contacts)
		err = query.Each(ctx, s, query.Select{
			Key: "document", Columns: "role, address", From: "parties",
			Where: "address <> '' AND role IN ('from', 'sender', 'to', 'cc', 'bcc', 'attendee', 'organizer')",
		}, func(row []any) error {
			p.Meet(penates.DocumentID(figure.Text(row[0])), figure.Text(row[1]), figure.Text(row[2]))
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = query.Each(ctx, s, query.Select{Key: "id", Columns: "direction, number", From: "calls", Where: "number <> ''"}, func(row []any) error {
			role := "from"
			if figure.Text(row[1]) == "out" {
				role = "to"
			}
			p.Meet(penates.DocumentID(figure.Text(row[0])), role, figure.Text(row[2]))
			return nil
		})
		return p.Links(), err
	},
}

// A Contact is what the rule needs of a contact.
type Contact struct {
	ID        penates.DocumentID
	Addresses []string // e-mail addresses and telephone numbers
}

// People collects the links of documents to contacts.
type People struct {
	contact map[string]penates.DocumentID // by address
	links   []penates.Link
}

// NewPeople returns the collector for contacts. When several contacts have an
// address, as copies of one from two places do, the one that has the most
// addresses stands for it.
func NewPeople(contacts []Contact) *People {
	contacts = slices.Clone(contacts)
	slices.SortStableFunc(contacts, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(len(b.Addresses), len(a.Addresses)), strings.Compare(string(a.ID), string(b.ID)))
	})
	p := &People{contact: map[string]penates.DocumentID{}}
	for _, c := range contacts {
		for _, a := range c.Addresses {
			a = address(a)
			if _, taken := p.contact[a]; a != "" && !taken {
				p.contact[a] = c.ID
			}
		}
	}
	return p
}

// address is what two writings of an e-mail address or telephone number have in
// common.
func address(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "tel:")
	if strings.Contains(s, "@") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()\u00a0\u202f", r) {
			return -1
		}
		return r
	}, s)
}

// Meet says that somebody with an address takes part in a document.
func (p *People) Meet(document penates.DocumentID, role, with string) {
	contact, ok := p.contact[address(with)]
	if !ok {
		return
	}
	rel, rule := penates.To, toAddress
	switch role {
	case "from", "sender":
		rel, rule = penates.From, fromAddress
	case "attendee", "organizer":
		rel, rule = penates.Attendee, attendeeAddress
	}
	p.links = append(p.links, penates.Link{From: document, Rel: rel, To: contact, Confidence: 1, Rule: rule})
}

// Links returns what was found so far, each link once.
func (p *People) Links() []penates.Link {
	return slices.Compact(sorted(p.links))
}

// loadContacts reads the contacts that have addresses. Those of one person go by the
// fullest of them.
func loadContacts(ctx context.Context, s *vault.Session) (contacts []Contact, err error) {
	fuller := map[penates.DocumentID]penates.DocumentID{}
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "email, phone, duplicate_of", From: "contacts"}, func(row []any) error {
		c := Contact{ID: penates.DocumentID(figure.Text(row[0]))}
		for _, cell := range row[1:3] {
			c.Addresses = append(c.Addresses, texts(cell)...)
		}
		if of := figure.Text(row[3]); of != "" {
			fuller[c.ID] = penates.DocumentID(of)
		}
		if len(c.Addresses) > 0 {
			contacts = append(contacts, c)
		}
		return nil
	})
	for i := range contacts {
		contacts[i].ID = fullestOf(fuller, contacts[i].ID)
	}
	return contacts, err
}

package web

import (
	"encoding/json"
	"slices"
	"strings"

	"penates"
	"penates/internal/vault"
	"penates/internal/vault/twice"
)

// A twin is a document that tells of the same thing as another.
type twin struct {
	Link  penates.LinkID
	Other vault.Summary
	Why   string
}

// twins finds the document that tells more fully what d tells, and counts those that
// tell less. Sums count all of them once.
func (v *visit) twins(p *documentPage, links []vault.Linked) {
	for i := range links {
		l := &links[i]
		sure := l.State == penates.Confirmed || l.State == "" && l.Confidence >= twice.Sure
		switch {
		case l.Rel != penates.SameAs || !sure:
		case !l.Outgoing:
			p.Twins++
		case p.Twin == nil || l.State == penates.Confirmed:
			p.Twin = &twin{l.ID, l.Other, v.why(l.Link, v.common(p.Doc, l))}
		}
	}
}

// common returns what made a rule say that two contacts are one person, "" when
// that is nothing to show.
func (v *visit) common(d *vault.Stored, l *vault.Linked) string {
	if !strings.HasPrefix(l.Rule, "person/") {
		return ""
	}
	other, err := v.s.Document(v.ctx(), l.Other.ID)
	if err != nil {
		return "" // it went away meanwhile; the rule's name says enough
	}
	mine, theirs := addressesOf(d, l.Rule), addressesOf(other, l.Rule)
	for _, a := range mine {
		if slices.ContainsFunc(theirs, func(b string) bool { return plainAddress(a) == plainAddress(b) }) {
			return a
		}
	}
	return ""
}

// addressesOf returns what a rule for people compares of a contact.
func addressesOf(d *vault.Stored, rule string) []string {
	var body struct {
		Email, Phone []string
		FullName     string
	}
	if json.Unmarshal(d.Body, &body) != nil {
		return nil
	}
	switch rule {
	case "person/email":
		return body.Email
	case "person/phone":
		return body.Phone
	case "person/name":
		return []string{body.FullName}
	}
	return nil
}

// plainAddress is what two writings of an e-mail address, a telephone number or a
// name have in common.
func plainAddress(s string) string {
	s = strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "mailto:"), "tel:"))
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "(", "", ")", "").Replace(s)
}

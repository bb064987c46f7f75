package api

import (
	"fmt"
	"net/http"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/web/sharing"
	"penates/internal/web/words"
)

// grantAttributes is what a grant gives, for programs and for people.
type grantAttributes struct {
	Grantee    penates.Actor       `json:"grantee"`
	Actions    []penates.Action    `json:"actions"`
	Selections []grant.Selection   `json:"selections,omitempty"`
	Limits     grant.Limits        `json:"limits,omitzero"`
	Purpose    string              `json:"purpose,omitempty"`
	Starts     time.Time           `json:"starts,omitzero"`
	Expires    time.Time           `json:"expires,omitzero"`
	Sentences  map[string][]string `json:"sentences"` // by language
}

// showGrant answers with what the caller's token may do.
func (c *call) showGrant() error {
	g := *c.s.Grant()
	g.Limits = c.s.Limits()
	client := g.Client
	if client == nil {
		client = &grant.Client{Actor: g.Grantee}
	}
	said := map[string][]string{}
	for _, lang := range words.Languages() {
		said[lang] = sharing.Voice{Locale: words.For(lang, time.UTC)}.Sentences(client, &g)
	}
	self := Base + "/grant"
	return c.writeJSON(http.StatusOK, one{Links: &links{Self: self, Also: self + "/receipt"}, Data: resource{
		Type: "grant", ID: string(g.ID),
		Attributes: grantAttributes{g.Grantee, g.Actions, g.Selections, g.Limits, g.Purpose, g.Starts, g.Expires, said},
	}})
}

// showReceipt answers with the signed receipt of the caller's grant.
func (c *call) showReceipt() error {
	if c.srv.cfg.Receipt == nil || c.s.Actor() == penates.Owner {
		return fmt.Errorf("the grant has no receipt: %w", penates.NotExist)
	}
	b, err := c.srv.cfg.Receipt(c.ctx(), c.s.Grant().ID)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	_, err = c.w.Write(b)
	return gone(err)
}

// Package grant decides who may do what: it is the only place that does. A
// grant is held by a session; whatever the session is asked for, the grant says
// yes or no, and which documents it speaks of. Package scope turns the latter
// into the conditions that the engine enforces.
package grant

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"penates"
)

// A Grant says what one actor may do, with which documents, what for, and until
// when.
type Grant struct {
	ID      penates.GrantID  `json:"id"`
	Grantee penates.Actor    `json:"grantee"`
	Actions []penates.Action `json:"actions"`
	// Selections are the documents it speaks of. Several of one type add up; they
	// show the same fields. Only who administers the vault may have none, which
	// means every document.
	Selections []Selection `json:"selections,omitempty"`
	Limits     Limits      `json:"limits,omitzero"`
	// Purpose is what for: a term of the Data Privacy Vocabulary, as in
	// "dpv:ServicePersonalisation", or words.
	Purpose string    `json:"purpose,omitempty"`
	Starts  time.Time `json:"starts,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	// Parent is the grant this one was passed on from: it gives no more than that
	// one does, and ends with it.
	Parent penates.GrantID `json:"parent,omitempty"`
	// Statement is the sentence the person agreed to, and Client the third party as
	// it presented itself then.
	Statement string  `json:"statement,omitempty"`
	Client    *Client `json:"client,omitempty"`
	// Administer allows what concerns the vault itself rather than its documents:
	// the journal, settings, keys, grants.
	Administer bool `json:"administer,omitempty"`
}

// Bounds of what a grant may hold.
const (
	maxSelections = 50
	maxConditions = 20 // of a selection
	maxValues     = 200
	maxText       = 2000 // bytes of any one text
	// MinGroup is the least group an Aggregate may name.
	MinGroup = 3
	// MaxDepth is how often a grant may be passed on.
	MaxDepth = 5
)

// Owner returns the grant that every vault begins with: its owner may do all.
func Owner() Grant {
	return Grant{
		ID:         penates.GrantID(penates.NewID("grt")),
		Grantee:    penates.Owner,
		Actions:    slices.Clone(actions),
		Administer: true,
	}
}

var actions = []penates.Action{penates.Read, penates.Add, penates.Change, penates.Delete, penates.Share, penates.Compute}

// Validate returns an Invalid error that says what is wrong with g. Whether its
// types and fields exist is for package scope to say.
func (g *Grant) Validate() error {
	switch {
	case g.ID == "" || g.Grantee == "":
		return fmt.Errorf("a grant needs an id and a grantee: %w", penates.Invalid)
	case len(g.Actions) == 0 && !g.Administer:
		return fmt.Errorf("a grant allows at least one action: %w", penates.Invalid)
	case !g.Expires.IsZero() && !g.Expires.After(g.Starts):
		return fmt.Errorf("a grant ends after it starts: %w", penates.Invalid)
	case len(g.Selections) == 0 && !g.Administer:
		return fmt.Errorf("a grant says which types of document it speaks of: %w", penates.Invalid)
	case len(g.Selections) > 0 && g.Administer:
		return fmt.Errorf("who administers the vault reaches all of it; leave the selections out: %w", penates.Invalid)
	case len(g.Selections) > maxSelections:
		return fmt.Errorf("a grant of more than %d selections: %w", maxSelections, penates.TooLarge)
	}
	for _, a := range g.Actions {
		if !slices.Contains(actions, a) {
			return fmt.Errorf("action %q is not known: %w", a, penates.Invalid)
		}
	}
	if err := checkTexts(string(g.ID), string(g.Grantee), g.Purpose, g.Statement); err != nil {
		return err
	}
	for i := range g.Selections {
		if err := g.Selections[i].validate(g.Selections[:i]); err != nil {
			return err
		}
	}
	return g.Limits.validate()
}

func checkTexts(texts ...string) error {
	for _, t := range texts {
		if len(t) > maxText {
			return fmt.Errorf("a text of %d bytes in a grant: %w", len(t), penates.TooLarge)
		}
		if !utf8.ValidString(t) || strings.ContainsRune(t, 0) {
			return fmt.Errorf("a grant holds something that is no text: %w", penates.Invalid)
		}
	}
	return nil
}

// Active returns nil when the grant holds at now, else a Denied error.
func (g *Grant) Active(now time.Time) error {
	if now.Before(g.Starts) {
		return fmt.Errorf("the grant starts on %s: %w", g.Starts.Format(time.DateOnly), penates.Denied)
	}
	if !g.Expires.IsZero() && !now.Before(g.Expires) {
		return fmt.Errorf("the grant ended on %s: %w", g.Expires.Format(time.DateOnly), penates.Denied)
	}
	return nil
}

// Allow returns nil when g allows action on documents of type t at now, else a
// Denied error. With t empty it answers for the action on any type at all.
func (g *Grant) Allow(now time.Time, action penates.Action, t penates.Type) error {
	if err := g.Active(now); err != nil {
		return err
	}
	if !slices.Contains(g.Actions, action) {
		return fmt.Errorf("%s may not %s: %w", g.Grantee, action, penates.Denied)
	}
	if t != "" && !g.Covers(t) {
		return fmt.Errorf("%s may not %s %s: %w", g.Grantee, action, t, penates.Denied)
	}
	return nil
}

// AllowAdminister returns nil when g allows to administer the vault at now.
func (g *Grant) AllowAdminister(now time.Time) error {
	if err := g.Active(now); err != nil {
		return err
	}
	if !g.Administer {
		return fmt.Errorf("%s may not administer the vault: %w", g.Grantee, penates.Denied)
	}
	return nil
}

// Covers reports whether g speaks of documents of type t, of some at least.
func (g *Grant) Covers(t penates.Type) bool {
	return g.All() || slices.ContainsFunc(g.Selections, func(s Selection) bool { return s.Type == t })
}

// All reports whether g speaks of every document.
func (g *Grant) All() bool { return g.Administer && len(g.Selections) == 0 }

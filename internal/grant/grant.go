// Package grant decides who may do what: it is the only place that does. A
// grant is held by a session; whatever the session is asked for, the grant says
// yes or no, and which documents it speaks of.
package grant

import (
	"fmt"
	"slices"
	"time"

	"penates"
)

// A Grant says what one actor may do, with which documents, what for, and until
// when.
type Grant struct {
	ID      penates.GrantID  `json:"id"`
	Grantee penates.Actor    `json:"grantee"`
	Actions []penates.Action `json:"actions"`
	// Types are the types of document it speaks of; none means all.
	Types   []penates.Type `json:"types,omitempty"`
	Purpose string         `json:"purpose,omitempty"`
	Starts  time.Time      `json:"starts,omitzero"`
	Expires time.Time      `json:"expires,omitzero"`
	// Administer allows what concerns the vault itself rather than its documents:
	// the journal, settings, keys, grants.
	Administer bool `json:"administer,omitempty"`
}

// Owner returns the grant that every vault begins with: its owner may do all.
func Owner() Grant {
	return Grant{
		ID:         penates.GrantID(penates.NewID("grt")),
		Grantee:    penates.Owner,
		Actions:    []penates.Action{penates.Read, penates.Add, penates.Change, penates.Delete, penates.Share, penates.Compute},
		Administer: true,
	}
}

// Validate returns an Invalid error that says what is missing in g.
func (g *Grant) Validate() error {
	switch {
	case g.ID == "" || g.Grantee == "":
		return fmt.Errorf("a grant needs an id and a grantee: %w", penates.Invalid)
	case len(g.Actions) == 0 && !g.Administer:
		return fmt.Errorf("a grant allows at least one action: %w", penates.Invalid)
	case !g.Expires.IsZero() && !g.Expires.After(g.Starts):
		return fmt.Errorf("a grant ends after it starts: %w", penates.Invalid)
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

// Covers reports whether g speaks of documents of type t.
func (g *Grant) Covers(t penates.Type) bool {
	return len(g.Types) == 0 || slices.Contains(g.Types, t)
}

// All reports whether g speaks of every type.
func (g *Grant) All() bool { return len(g.Types) == 0 }

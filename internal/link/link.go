// Package link finds relations between documents that no source states: which
// bank debit pays which bill, which meter belongs to which contract, who of the
// contacts wrote a message. Each rule is one file; it makes all its links anew
// from what the vault holds, so running it twice changes nothing, and what the
// person confirmed or rejected stands.
//
// The rule's name says why a link was made, as in "pays/amount+date+vendor";
// its confidence says how sure that is.
package link

import (
	"context"
	"time"

	"penates"
	"penates/internal/vault"
)

// A Report says what one run found.
type Report struct {
	Rules []RuleReport
	Links int // of all rules
}

// A RuleReport says what one rule found.
type RuleReport struct {
	Rule    string
	Links   int
	Changed bool // the links are not those of the run before
	Took    time.Duration
}

// Run makes the links of every rule that reads one of types, of all rules when
// none is given. It is to be run after an import.
func Run(ctx context.Context, s *vault.Session, types ...penates.Type) (Report, error) {
	return Report{}, ctx.Err()
}

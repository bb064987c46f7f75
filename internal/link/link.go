// Package link finds relations between documents that no source states: which
// bank debit pays which bill, which meter belongs to which contract, who of the
// contacts wrote a message. Each rule is one file; it makes all its links anew
// from what the vault holds, so running it twice changes nothing, and what the
// person confirmed or rejected stands.
//
// A link's rule says why it was made, as in "pays/amount+date+vendor"; its
// confidence says how sure that is.
package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/vault"
)

// A Rule finds links of one kind.
type Rule struct {
	Name  string
	Reads []penates.Type // what its links depend on
	// Makes are the values of Link.Rule it gives out.
	Makes []string
	// Find returns all links of the rule, as the vault is now.
	Find func(ctx context.Context, s *vault.Session) ([]penates.Link, error)
}

// Rules are the rules in the order they run.
var Rules = []Rule{pays, reimburses, measures, people, attached}

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
// none is given. It is to be run after an import. When a rule fails the others
// still run; the errors come together.
func Run(ctx context.Context, s *vault.Session, types ...penates.Type) (Report, error) {
	var report Report
	var failures []error
	for _, r := range Rules {
		if len(types) > 0 && !slices.ContainsFunc(types, func(t penates.Type) bool { return slices.Contains(r.Reads, t) }) {
			continue
		}
		start := time.Now()
		found, changed, err := r.run(ctx, s)
		if err != nil {
			failures = append(failures, fmt.Errorf("link rule %s: %w", r.Name, err))
			continue
		}
		report.Rules = append(report.Rules, RuleReport{Rule: r.Name, Links: found, Changed: changed, Took: time.Since(start)})
		report.Links += found
	}
	return report, errors.Join(failures...)
}

func (r *Rule) run(ctx context.Context, s *vault.Session) (found int, changed bool, err error) {
	links, err := r.Find(ctx, s)
	if err != nil {
		return 0, false, err
	}
	by := map[string][]penates.Link{}
	for _, l := range links {
		by[l.Rule] = append(by[l.Rule], l)
	}
	for _, name := range r.Makes {
		same, err := stands(ctx, s, name, by[name])
		if err != nil {
			return 0, false, err
		}
		if same {
			continue
		}
		changed = true
		if err := s.SetLinks(ctx, name, by[name]); err != nil {
			return 0, false, err
		}
	}
	return len(links), changed, nil
}

// stands reports whether the vault holds exactly links as those of the rule, so
// that an import which changes none of them writes none. When in doubt, as with
// links the person judged, it says no.
func stands(ctx context.Context, s *vault.Session, rule string, links []penates.Link) (bool, error) {
	const most = 1_000_000
	t, err := s.Query(ctx, `SELECT "from", rel, "to", confidence FROM links WHERE rule = ?`, most, rule)
	if errors.Is(err, penates.TooLarge) {
		return false, nil
	}
	if err != nil || t.Cut || len(t.Rows) != len(links) {
		return false, err
	}
	type triple struct{ from, rel, to any }
	confidence := make(map[triple]any, len(t.Rows))
	for _, row := range t.Rows {
		confidence[triple{row[0], row[1], row[2]}] = row[3]
	}
	for _, l := range links {
		if confidence[triple{string(l.From), string(l.Rel), string(l.To)}] != any(l.Confidence) {
			return false, nil
		}
	}
	return true, nil
}

// sorted returns links in an order that does not depend on how they were found.
func sorted(links []penates.Link) []penates.Link {
	slices.SortFunc(links, func(a, b penates.Link) int {
		return cmp.Or(strings.Compare(string(a.From), string(b.From)), strings.Compare(string(a.To), string(b.To)), strings.Compare(string(a.Rel), string(b.Rel)))
	})
	return links
}

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
	"penates/internal/figure"
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

// Rules are the rules in the order they run. What is told twice is found first, so
// that the others count it once.
var Rules = []Rule{sameBank, sameBills, sameDates, sameMeters, sameMessages, sameFiles, sameOrders, sameCalls, person, pays, reimburses, measures, people, attached, pictured, at}

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
	before, known, err := standing(ctx, s, r.Makes)
	if err != nil {
		return 0, false, err
	}
	for _, name := range r.Makes {
		if known && same(before[name], by[name]) {
			continue
		}
		changed = true
		if err := s.SetLinks(ctx, name, by[name]); err != nil {
			return 0, false, err
		}
	}
	return len(links), changed, nil
}

// A triple is a link without what is said of it.
type triple struct{ from, rel, to string }

// standing returns the confidence of the links the vault holds, by rule; known is
// false when they are too many to compare.
func standing(ctx context.Context, s *vault.Session, rules []string) (by map[string]map[triple]float64, known bool, err error) {
	const most = 1_000_000
	marks := strings.TrimSuffix(strings.Repeat("?,", len(rules)), ",")
	args := make([]any, len(rules))
	for i := range rules {
		args[i] = rules[i]
	}
	t, err := s.Query(ctx, `SELECT rule, "from", rel, "to", confidence FROM links WHERE rule IN (`+marks+`)`, most, args...)
	if errors.Is(err, penates.TooLarge) {
		return nil, false, nil
	}
	if err != nil || t.Cut {
		return nil, false, err
	}
	by = map[string]map[triple]float64{}
	for _, row := range t.Rows {
		rule := figure.Text(row[0])
		if by[rule] == nil {
			by[rule] = make(map[triple]float64, len(t.Rows))
		}
		confidence, _ := figure.Number(row[4])
		by[rule][triple{figure.Text(row[1]), figure.Text(row[2]), figure.Text(row[3])}] = confidence
	}
	return by, true, nil
}

// same reports whether links are exactly those there are, so that an import which
// changes none of them writes none. When in doubt, as with links the person judged,
// it says no.
func same(there map[triple]float64, links []penates.Link) bool {
	if len(there) != len(links) {
		return false
	}
	for i := range links {
		l := &links[i]
		if confidence, ok := there[triple{string(l.From), string(l.Rel), string(l.To)}]; !ok || confidence != l.Confidence {
			return false
		}
	}
	return true
}

// sorted returns links in an order that does not depend on how they were found.
func sorted(links []penates.Link) []penates.Link {
	slices.SortFunc(links, func(a, b penates.Link) int {
		return cmp.Or(strings.Compare(string(a.From), string(b.From)), strings.Compare(string(a.To), string(b.To)), strings.Compare(string(a.Rel), string(b.Rel)))
	})
	return links
}

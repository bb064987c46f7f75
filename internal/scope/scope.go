// Package scope turns a grant into what the engine enforces: conditions of SQL
// for the documents it speaks of, views with only the rows and fields it shows,
// and the mask that leaves the same of a document outside of SQL.
//
// Everything is said of a stored document d (a row of stored_documents, or of the
// history where noted) and, for types that are series, of a point p of it.
package scope

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
)

// A Scope is what a grant, and those it was passed on from, let through.
type Scope struct {
	all   bool
	parts map[penates.Type]*Part
	kinds []*schema.Kind // of the parts, in the order of the types
}

// A Part is what is let through of one type.
type Part struct {
	Kind    *schema.Kind
	columns []column
	shown   map[string]bool // nil shows all
	// rows are conditions that all hold; each is the alternatives of one grant.
	rows  [][]choice
	asked []string // the fields they are on
	// points says that some conditions are on points of the series.
	points bool
	// blind says that the order in which rows are met could tell what is not shown.
	blind bool
}

// A choice is the conditions of one selection.
type choice struct {
	live, past string
	asked      []string
	points     bool
}

// Compile returns the scope of a grant and of those it was passed on from: what
// all of them let through. The error is of kind Invalid and names a type or field
// that does not exist.
func Compile(chain ...*grant.Grant) (*Scope, error) {
	s := &Scope{all: true, parts: map[penates.Type]*Part{}}
	for _, g := range chain {
		s.all = s.all && g.All()
	}
	if s.all {
		return s, nil
	}
	for _, k := range schema.Kinds() {
		part := &Part{Kind: &k, columns: columnsOf(&k)}
		covered := true
		for _, g := range chain {
			ok, err := part.add(g)
			if err != nil {
				return nil, err
			}
			covered = covered && ok
		}
		if covered {
			part.settle()
			s.parts[k.Type] = part
			s.kinds = append(s.kinds, &k)
		}
	}
	for _, g := range chain {
		for _, sel := range g.Selections {
			if _, err := schema.Of(sel.Type); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// add narrows the part to what g lets through, and reports whether that is
// anything.
func (p *Part) add(g *grant.Grant) (bool, error) {
	if g.All() {
		return true, nil
	}
	var choices []choice
	free, found := false, false
	for i := range g.Selections {
		sel := &g.Selections[i]
		if sel.Type != p.Kind.Type {
			continue
		}
		c, err := p.choice(sel)
		if err != nil {
			return false, err
		}
		if err := p.show(sel.Fields); !found && err != nil {
			return false, err
		}
		found, free = true, free || c.live == ""
		choices = append(choices, c)
	}
	if len(choices) > 0 && !free {
		p.rows = append(p.rows, choices)
		for _, c := range choices {
			p.points, p.asked = p.points || c.points, append(p.asked, c.asked...)
		}
	}
	return found, nil
}

// show leaves of the fields shown so far those listed; none listed leaves all.
func (p *Part) show(fields []string) error {
	if len(fields) == 0 {
		return nil
	}
	before := p.shown
	p.shown = map[string]bool{}
	for _, f := range fields {
		if !pseudo[f] && !slices.ContainsFunc(p.columns, func(c column) bool { return c.name == f }) {
			return fmt.Errorf("%s has no field %q: %w", p.Kind.View, f, penates.Invalid)
		}
		if before == nil || before[f] {
			p.shown[f] = true
		}
	}
	p.shown["id"], p.shown["type"] = true, true
	return nil
}

func (p *Part) choice(sel *grant.Selection) (choice, error) {
	conditions := slices.Clone(sel.Where)
	if sel.From != "" {
		conditions = append(conditions, grant.Condition{Field: "day", Op: grant.AtLeast, Values: []string{sel.From}})
	}
	if sel.Until != "" {
		conditions = append(conditions, grant.Condition{Field: "day", Op: grant.AtMost, Values: []string{sel.Until}})
	}
	if sel.Source != "" {
		conditions = append(conditions, grant.Condition{Field: "source", Op: grant.Equal, Values: []string{sel.Source}})
	}
	var out choice
	var live, past []string
	for i := range conditions {
		c := &conditions[i]
		col, err := p.column(c.Field)
		if err != nil {
			return choice{}, err
		}
		out.points, out.asked = out.points || col.point, append(out.asked, col.name)
		sql, err := compare(c, col, col.expr)
		if err != nil {
			return choice{}, err
		}
		before := sql
		if col.past != "" {
			if before, err = compare(c, col, col.past); err != nil {
				return choice{}, err
			}
		}
		live, past = append(live, sql), append(past, before)
	}
	if sel.Folder != "" {
		out.asked = append(out.asked, "folder")
		below := strings.TrimSuffix(sel.Folder, "/") + "/"
		sql := fmt.Sprintf("substr((d.doc ->> '$.body.folder') || '/', 1, %d) = %s", len([]rune(below)), sqlite3.Quote(below))
		live, past = append(live, sql), append(past, sql)
	}
	out.live, out.past = strings.Join(live, " AND "), strings.Join(past, " AND ")
	return out, nil
}

func (p *Part) column(name string) (*column, error) {
	i := slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
	if i < 0 || name == "duplicate_of" {
		return nil, fmt.Errorf("%s has no field %q to select by: %w", p.Kind.View, name, penates.Invalid)
	}
	return &p.columns[i], nil
}

var operators = map[grant.Op]string{
	grant.Equal: "=", grant.NotEqual: "<>", grant.Less: "<", grant.AtMost: "<=", grant.Greater: ">", grant.AtLeast: ">=",
}

// compare writes one condition as SQL.
func compare(c *grant.Condition, col *column, expr string) (string, error) {
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		switch {
		case col.boolean && (v == "true" || v == "false"):
			values[i] = sqlite3.Quote(v == "true")
		case col.boolean:
			return "", fmt.Errorf("%s is true or false, not %q: %w", c.Field, v, penates.Invalid)
		case col.number:
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || n != n || n-n != 0 {
				return "", fmt.Errorf("%s is compared with a number, not %q: %w", c.Field, v, penates.Invalid)
			}
			values[i] = sqlite3.Quote(n)
		default:
			values[i] = sqlite3.Quote(v)
		}
	}
	switch c.Op {
	case grant.In:
		return "(" + expr + ") IN (" + strings.Join(values, ", ") + ")", nil
	case grant.Prefix:
		return fmt.Sprintf("substr(%s, 1, %d) = %s", expr, len([]rune(c.Values[0])), sqlite3.Quote(c.Values[0])), nil
	}
	op, ok := operators[c.Op]
	if !ok {
		return "", fmt.Errorf("comparison %q is not known: %w", c.Op, penates.Invalid)
	}
	return "(" + expr + ") " + op + " " + values[0], nil
}

// settle works out what follows from all that was added.
func (p *Part) settle() {
	if p.shown == nil {
		return
	}
	// Rows come in the order of an index: that of day, start and amount, or that of
	// a field a condition is on.
	p.blind = slices.ContainsFunc(append(p.asked, "day", "start", "amount"), func(f string) bool { return !p.shown[f] })
}

// All reports whether everything is let through.
func (s *Scope) All() bool { return s.all }

// Of returns the part of type t, or nil when nothing of it is let through. Under
// a scope that lets everything through it is nil too.
func (s *Scope) Of(t penates.Type) *Part { return s.parts[t] }

// Covers reports whether anything of type t is let through.
func (s *Scope) Covers(t penates.Type) bool { return s.all || s.parts[t] != nil }

// Kinds returns the types of which something is let through; all is not listed.
func (s *Scope) Kinds() []*schema.Kind { return s.kinds }

// Masked reports whether some fields are not shown.
func (p *Part) Masked() bool { return p.shown != nil }

// Shows reports whether a field is.
func (p *Part) Shows(field string) bool { return p.shown == nil || p.shown[field] }

// Free reports whether every document of the type is let through.
func (p *Part) Free() bool { return len(p.rows) == 0 }

// Cut reports whether stretches of series are let through in part.
func (p *Part) Cut() bool { return p.points }

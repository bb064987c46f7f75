package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
)

// Figures returns the SELECT behind a question about figures and the type it is
// of. Its rows are all documents of the type there are: n, seq, whether the
// grant shows it, whether the question selects it, one column for each of q.By, one for each of q.Sum. What
// the grantee brought itself is left out: it could make up groups with it.
func (s *Scope) Figures(q *grant.Question, grantee penates.Actor) (sql string, p *Part, err error) {
	k := schema.OfView(q.View)
	if k == nil || s.parts[k.Type] == nil {
		return "", nil, fmt.Errorf("there is no view %s of one type: %w", q.View, penates.Invalid)
	}
	p = s.parts[k.Type]
	in := []string{"TRUE"}
	for i := range q.Where {
		c := &q.Where[i]
		col, err := p.figure(c.Field)
		if err != nil {
			return "", nil, err
		}
		condition, err := compare(c, col, col.expr)
		if err != nil {
			return "", nil, err
		}
		in = append(in, condition)
	}
	columns := []string{"d.n", "d.seq", "coalesce(TRUE" + p.Rows() + ", FALSE)", "coalesce(" + strings.Join(in, " AND ") + ", FALSE)"}
	for _, by := range q.By {
		expr, err := p.by(by)
		if err != nil {
			return "", nil, err
		}
		columns = append(columns, "CAST("+expr+" AS TEXT)")
	}
	for _, sum := range q.Sum {
		expr, err := p.summed(sum)
		if err != nil {
			return "", nil, err
		}
		columns = append(columns, expr)
	}
	return "SELECT " + strings.Join(columns, ", ") + fmt.Sprintf(" FROM stored_documents d WHERE d.type = %d AND %s <> %s", k.Code, sourceOf, sqlite3.Quote(string(grantee))), p, nil
}

// figure returns a column that is shown and is one value a document; of a series
// the day is that on which a stretch begins.
func (p *Part) figure(name string) (*column, error) {
	i := slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
	if i < 0 || !p.Shows(name) || name == "id" || name == "duplicate_of" {
		return nil, fmt.Errorf("%s has no field %q to ask by: %w", p.Kind.View, name, penates.Invalid)
	}
	c := p.columns[i]
	if c.point {
		if name != "day" {
			return nil, fmt.Errorf("figures of %s are of whole stretches, not of points by %s: %w", p.Kind.View, name, penates.Invalid)
		}
		c.expr = "d.day"
	}
	return &c, nil
}

func (p *Part) by(name string) (string, error) {
	length := map[string]int{"month": len("2006-01"), "year": len("2006")}[name]
	if length > 0 {
		name = "day"
	}
	c, err := p.figure(name)
	if err != nil || length == 0 {
		if err != nil {
			return "", err
		}
		return c.expr, nil
	}
	return fmt.Sprintf("substr(%s, 1, %d)", c.expr, length), nil
}

func (p *Part) summed(name string) (string, error) {
	i := slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
	if i < 0 || !p.Shows(name) || !p.columns[i].number {
		return "", fmt.Errorf("%s has no numbers %q to sum: %w", p.Kind.View, name, penates.Invalid)
	}
	c := p.columns[i]
	if !c.point {
		return "CAST(" + c.expr + " AS REAL)", nil
	}
	where := ""
	if full := p.full(false); p.points && full != "" {
		where = " WHERE " + full
	}
	return "(SELECT sum(CAST(" + c.expr + " AS REAL)) FROM json_each(d.doc, '$.points') p" + where + ")", nil
}

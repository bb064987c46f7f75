package scope

import (
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/schema"
)

// barrier ends a view that lets only some rows through. The engine neither takes
// apart a subquery with LIMIT and OFFSET nor moves conditions into it, so nothing
// of a question is computed over a row that is not let through: neither an error
// nor the time it takes tells of one.
const barrier = "\n LIMIT -1 OFFSET 0"

// full is the condition on a document d, and its point p, to be let through.
func (p *Part) full(past bool) string {
	all := []string{}
	for _, choices := range p.rows {
		var some []string
		for _, c := range choices {
			sql := c.live
			if past {
				sql = c.past
			}
			some = append(some, "("+sql+")")
		}
		all = append(all, "("+strings.Join(some, " OR ")+")")
	}
	return strings.Join(all, " AND ")
}

// Rows is the condition, which begins with AND, on a stored document d of this
// type to be let through; "" lets all through. Of a series, at least one point is.
func (p *Part) Rows() string { return p.condition(false) }

// Past is the same for a row d of the history or the trash, of which there is
// only the document itself, in d.doc.
func (p *Part) Past() string { return p.condition(true) }

func (p *Part) condition(past bool) string {
	switch full := p.full(past); {
	case full == "":
		return ""
	case p.points:
		return " AND EXISTS (SELECT 1 FROM json_each(d.doc, '$.points') p WHERE " + full + ")"
	default:
		return " AND " + full
	}
}

// Points is a column of the stored document d: its points that are let through,
// as an array.
func (p *Part) Points() string {
	return "(SELECT json_group_array(json(p.value)) FROM json_each(d.doc, '$.points') p WHERE " + p.full(false) + ")"
}

// Visible is the condition on a stored document d, of any type, to be let
// through. where leaves out parts; nil leaves out none.
func (s *Scope) Visible(where func(*Part) bool) string {
	if s.all {
		return anyDocument
	}
	var some []string
	for _, k := range s.kinds {
		if p := s.parts[k.Type]; where == nil || where(p) {
			some = append(some, fmt.Sprintf("d.type = %d%s", k.Code, p.Rows()))
		}
	}
	if len(some) == 0 {
		return "FALSE"
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// there is Visible of the document with that id.
func (s *Scope) there(id string, where func(*Part) bool) string {
	return "EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = " + id + " AND " + s.Visible(where) + ")"
}

// id is a column with the id of the stored document d as it is shown; own is the
// function of SQL that makes an id the grant's own.
func (s *Scope) id(own string) string {
	var masked []string
	for _, k := range s.kinds {
		if s.parts[k.Type].Masked() {
			masked = append(masked, strconv.Itoa(k.Code))
		}
	}
	switch len(masked) {
	case 0:
		return "d.id"
	case len(s.kinds):
		return own + "(d.id)"
	}
	return "CASE WHEN d.type IN (" + strings.Join(masked, ", ") + ") THEN " + own + "(d.id) ELSE d.id END"
}

// View returns the SELECT behind the view of that name, and the types it is of,
// or "" when there is none. own is the function of SQL that makes an id the
// grant's own.
func (s *Scope) View(name, own string) (sql string, kinds []*schema.Kind) {
	k := schema.OfView(name)
	switch {
	case k != nil && s.all:
		return "SELECT " + list(columnsOf(k)) + from(k) + fmt.Sprintf(" WHERE d.type = %d", k.Code), []*schema.Kind{k}
	case s.all:
		return everything[name], nil
	case k != nil && s.parts[k.Type] != nil:
		return s.view(s.parts[k.Type], own), []*schema.Kind{k}
	case len(s.kinds) == 0 || k != nil:
		return "", nil
	}
	refs := func(p *Part) bool { return p.Shows("refs") }
	parties := func(p *Part) bool { return p.Shows("parties") }
	switch name {
	case "documents":
		return s.documents(own), s.kinds
	case "links":
		return s.links(own), nil
	case "refs":
		return "SELECT " + s.id(own) + " AS document, " + refsColumns + " WHERE " + s.Visible(refs) + barrier, nil
	case "parties":
		entity := "NULL"
		if p := s.parts[penates.Contacts]; p != nil && p.Free() && !p.Masked() {
			entity = partyEntity
		}
		return "SELECT " + s.id(own) + " AS document, " + fmt.Sprintf(partiesColumns, entity) + " WHERE " + s.Visible(parties) + barrier, nil
	}
	return "", nil
}

// Names returns the names of the views there are.
func (s *Scope) Names() (names []string) {
	for _, name := range ViewNames() {
		if sql, _ := s.View(name, "f"); sql != "" {
			names = append(names, name)
		}
	}
	return names
}

func (s *Scope) view(p *Part, own string) string {
	var shown []column
	for _, c := range p.columns {
		if p.Shows(c.name) {
			shown = append(shown, s.column(p, c, own))
		}
	}
	sql := "SELECT " + list(shown) + from(p.Kind) + fmt.Sprintf(" WHERE d.type = %d", p.Kind.Code)
	if full := p.full(false); full != "" {
		sql += " AND " + full
	}
	return sql + p.order() + barrier
}

func (p *Part) order() string {
	if p.blind {
		return " ORDER BY d.id"
	}
	return ""
}

// column returns c as it is shown of p.
func (s *Scope) column(p *Part, c column, own string) column {
	switch {
	case c.name == "id" && p.Masked():
		c.expr = own + "(d.id)"
	case c.name == "duplicate_of":
		c.expr = "(SELECT (SELECT " + s.id(own) + " FROM main.stored_documents d WHERE d.id = x.of AND " + s.Visible(nil) + ") FROM main.duplicates x WHERE x.n = d.n)"
	}
	return c
}

// documents is one SELECT a type, each with the columns it shows.
func (s *Scope) documents(own string) string {
	var parts []string
	for _, k := range s.kinds {
		p := s.parts[k.Type]
		var columns []column
		for _, c := range documentColumns("d.doc ->> '$.type'") {
			c = s.column(p, c, own)
			c.expr = p.document(c)
			columns = append(columns, c)
		}
		parts = append(parts, "SELECT "+list(columns)+"\n FROM main.stored_documents d WHERE "+fmt.Sprintf("d.type = %d", k.Code)+p.Rows())
	}
	sql := strings.Join(parts, "\nUNION ALL ")
	for _, k := range s.kinds {
		if s.parts[k.Type].blind { // by the id that is shown, which follows nothing
			return "SELECT * FROM (" + sql + ") ORDER BY id" + barrier
		}
	}
	return sql + barrier
}

// document is the value of a column of the view documents, of p.
func (p *Part) document(c column) string {
	switch c.name {
	case "id", "type":
		return c.expr
	case "raw": // may hold more than the document
		return "NULL"
	case "revision":
		if p.Masked() {
			return "NULL"
		}
	case "points":
		if p.points {
			return "json_array_length(" + p.Points() + ")"
		}
		if p.Masked() && !p.Kind.Series {
			return "0"
		}
	}
	if !p.Shows(c.name) && c.name != "points" {
		return "NULL"
	}
	if p.points && (c.name == "start" || c.name == "end" || c.name == "day") {
		return "NULL" // of the whole stretch
	}
	return c.expr
}

// links shows those of which both ends are let through. By which rule a link was
// made, and how sure it is, tells of fields that are not shown.
func (s *Scope) links(own string) string {
	end := func(name string) string {
		return "(SELECT " + s.id(own) + " FROM main.stored_documents d WHERE d.id = l." + name + ")"
	}
	whole := func(p *Part) bool { return !p.Masked() }
	both := s.there(`l."from"`, whole) + " AND " + s.there(`l."to"`, whole)
	return `SELECT l.id AS id, ` + end(`"from"`) + ` AS "from", l.rel AS rel, ` + end(`"to"`) + ` AS "to",
 iif(` + both + `, l.confidence, NULL) AS confidence, iif(` + both + `, l.rule, NULL) AS rule, l.state AS state
 FROM main.stored_links l WHERE l.state <> 'rejected' AND ` + s.there(`l."from"`, nil) + " AND " + s.there(`l."to"`, nil) + barrier
}

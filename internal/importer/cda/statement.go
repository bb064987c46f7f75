package cda

import (
	"cmp"
	"fmt"
	"strings"

	"penates"
	"penates/internal/importer/health"
	"penates/internal/schema"
)

// A section is where the reader is.
type section struct {
	title string
	code  string
}

// inner returns a new section inside the current one.
func (r *reader) inner() *section {
	if n := len(r.sections); n > 0 {
		return new(*r.sections[n-1])
	}
	return &section{}
}

// sectionPart takes one element of a section.
func (r *reader) sectionPart(n *node, line int, locator string) error {
	s := r.sections[len(r.sections)-1]
	switch n.name {
	case "title":
		s.title = health.Clean(n.words())
	case "code":
		words, _ := r.words.concept(n)
		s.title, s.code = cmp.Or(words, s.title), n.attr("code")
	case "text":
		r.words.add(n)
		if words := n.words(); words != "" && r.doc.text.Len() < maxNarrative {
			r.doc.text.WriteString(s.title + "\n" + words + "\n")
		}
	case "entry":
		c := surroundings{section: s, line: line, locator: locator}
		for _, statement := range statements(n) {
			if err := r.statement(statement, c, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// Surroundings are what a statement has from those around it.
type surroundings struct {
	section  *section
	line     int
	locator  string
	category string       // of an organizer
	time     penates.Span // of the statement around it
	id       string
	actor    string
}

// kinds are the elements that are statements (ClinicalStatement in the R-MIM).
var kinds = map[string]bool{
	"observation": true, "organizer": true, "act": true, "substanceAdministration": true, "supply": true,
	"procedure": true, "encounter": true, "observationMedia": true,
}

// statements returns the statements that n holds.
func statements(n *node) (list []*node) {
	for _, kid := range n.kids {
		if kinds[kid.name] {
			list = append(list, kid)
		}
	}
	return list
}

// members returns what a statement only holds together: all components of an
// organizer, and what a concern, a diagnosis, or a panel written as an act is about.
func members(n *node) (list []*node) {
	for _, c := range n.all("component") {
		list = append(list, statements(c)...)
	}
	if n.name != "act" {
		return list
	}
	for _, rel := range n.all("entryRelationship") {
		if rel.attr("inversionInd") == "true" {
			continue
		}
		kind := rel.attr("typeCode")
		for _, s := range statements(rel) {
			result := s.name == "observation" || s.name == "organizer"
			if kind == "SUBJ" && s.name != "act" || kind == "COMP" && result {
				list = append(list, s)
			}
		}
	}
	return list
}

const maxLevels = 20

// statement gives out one statement, or each of those that it holds together.
func (r *reader) statement(n *node, c surroundings, depth int) error {
	if n.name == "observationMedia" {
		return r.file(n.one("value"), "")
	}
	span, err := r.when(n)
	if err != nil {
		return r.out.Refuse(c.line, fmt.Errorf("%s: %w", n.name, err))
	}
	if !span.Start.IsZero() {
		c.time = span
	}
	c.actor = cmp.Or(performer(n), c.actor)
	if list := members(n); len(list) > 0 && depth < maxLevels {
		if words, _ := r.words.concept(n.one("code")); n.name == "organizer" {
			c.category = cmp.Or(words, c.category)
		}
		c.id += ids(n)
		for _, s := range list {
			if err := r.statement(s, c, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return r.give(n, c, depth)
}

// when returns the time of a statement: its own, else when what was given was
// handed over, else when it was written down.
func (r *reader) when(n *node) (penates.Span, error) {
	span, err := r.span(n.all("effectiveTime"))
	if err != nil || !span.Start.IsZero() {
		return span, err
	}
	for _, path := range [...][]string{
		{"performer", "time"}, {"entryRelationship", "supply", "performer", "time"}, {"entryRelationship", "supply", "effectiveTime"},
		{"author", "time"}, {"entryRelationship", "supply", "author", "time"},
	} {
		if span, err = r.span(n.all(path...)); err != nil || !span.Start.IsZero() {
			return span, err
		}
	}
	return penates.Span{}, nil
}

// performer returns who did what a statement tells, or wrote it down.
func performer(n *node) string {
	for _, path := range [...][]string{
		{"performer", "assignedEntity"}, {"entryRelationship", "supply", "performer", "assignedEntity"}, {"author", "assignedAuthor"},
		{"informant", "assignedEntity"}, {"entryRelationship", "supply", "author", "assignedAuthor"},
	} {
		for _, e := range n.all(path...) {
			if name := actor(e); name != "" {
				return name
			}
		}
	}
	return ""
}

func ids(n *node) string {
	var b strings.Builder
	for _, id := range n.all("id") {
		b.WriteString(identifier(id) + " ")
	}
	return b.String()
}

// give gives out a statement as a document.
func (r *reader) give(n *node, c surroundings, depth int) error {
	body := schema.HealthRecord{
		Resource:  resource(n, c.section.code),
		Category:  cmp.Or(c.category, c.section.title),
		Performer: cmp.Or(c.actor, r.author()),
		Status:    health.Clean(n.one("statusCode").attr("code")),
	}
	v := r.result(n)
	body.Code, body.System = r.about(n)
	if body.Resource == "Condition" || body.Resource == "AllergyIntolerance" {
		r.problem(n, &body, &v)
	}
	d := &penates.Document{
		Source: penates.Source{Connection: r.doc.patient, Locator: c.locator},
		Time:   c.time, Sensitivity: penates.Sensitive, Money: v.money, Parties: r.parties(),
	}
	if c.actor != "" {
		d.Parties = append(d.Parties[:len(d.Parties):len(d.Parties)], penates.Party{Role: "performer", Literal: c.actor})
	}
	if v.number != "" {
		d.Quantity = &penates.Quantity{Value: v.number, Unit: v.unit}
	} else {
		body.Result = v.words
	}
	if note := r.words.of(n.one("text")); note != body.Code {
		body.Note = note
	}
	r.details(n, &body, 0)
	if body.Code == "" {
		if v.text() == "" && body.Note == "" && len(body.Values) == 0 && depth > 0 {
			return nil // an empty place in a form
		}
		body.Code = cmp.Or(body.Note, c.category, c.section.title)
	}
	d.Text = health.Clean(health.Phrase(body.Code, v.text()))
	if n.attr("negationInd") == "true" {
		body.Status = "negated"
		d.Text = "none: " + d.Text
	}
	body.Native = r.source.between(n.from, n.to)
	d.Source.NativeID = r.unique(body.Resource + ":" + nativeID(
		c.id, ids(n), body.Resource, body.Code, body.System, d.Time.Start.String(), d.Time.End.String(), v.text(), body.Status))
	for _, media := range n.all("value") {
		if media.attr("representation") == "B64" {
			if err := r.file(media, body.Code); err != nil {
				return err
			}
		}
	}
	return r.out.Document(d, body)
}

func (r *reader) author() string {
	if len(r.doc.authors) > 0 {
		return r.doc.authors[0]
	}
	return ""
}

const maxSeen = 500_000

// unique numbers what would have one id.
func (r *reader) unique(id string) string {
	if len(r.seen) > maxSeen {
		return id
	}
	r.seen[id]++
	if n := r.seen[id]; n > 1 {
		return fmt.Sprintf("%s:%d", id, n)
	}
	return id
}

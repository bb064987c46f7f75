// Package sharing puts what others may see of a vault, and what they saw, into
// words and figures for the pages: what a third party asks for, what the person
// chooses to give of it, what was read, and the letter that asks for its erasure.
// It knows neither HTTP handlers nor templates.
package sharing

import (
	"slices"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/web/words"
)

// A Voice speaks to the person of grants.
type Voice struct{ *words.Locale }

// Field returns the name of a column in the person's language; columns that have
// none keep theirs.
func (v Voice) Field(name string) string {
	if key := "field." + name; v.Has(key) {
		return v.T(key)
	}
	return name
}

func (v Voice) source(connector string) string {
	if key := "source." + connector; v.Has(key) {
		return v.T(key)
	}
	return connector
}

// cut shortens a text to most bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:most], "")) + "…"
}

// ClientName is what a third party is called.
func ClientName(c *grant.Client) string {
	for _, name := range []string{c.Name, c.Returns, c.ID} {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
	}
	return string(c.Actor)
}

// Asks says what a selection asks for, as in "Budget asks to read your bank
// operations of 2025.".
func (v Voice) Asks(c *grant.Client, g *grant.Grant, s *grant.Selection) string {
	return v.T("consent.asks", ClientName(c), v.Acts(g.Actions), v.Which(s))
}

// Acts lists actions, as in "read and add".
func (v Voice) Acts(actions []penates.Action) string {
	var parts []string
	for _, a := range actions {
		parts = append(parts, v.T("consent.do."+string(a)))
	}
	return v.List(parts)
}

// plural is the name of a type within a sentence, as in "bank operations".
func (v Voice) plural(t penates.Type) string {
	name := v.N("type."+string(t), 2)
	return strings.ToLower(name[:1]) + name[1:]
}

// Which says which documents a selection speaks of, as in "bank operations of 2025
// whose category is food".
func (v Voice) Which(s *grant.Selection) string {
	parts := []string{v.plural(s.Type)}
	day := func(d string) string { return v.ISODay(d) }
	switch {
	case s.From != "" && s.Until != "" && s.From[5:] == "01-01" && s.Until == s.From[:4]+"-12-31":
		parts = append(parts, v.T("consent.year", s.From[:4]))
	case s.From != "" && s.Until != "":
		parts = append(parts, v.T("consent.between", day(s.From), day(s.Until)))
	case s.From != "":
		parts = append(parts, v.T("consent.since", day(s.From)))
	case s.Until != "":
		parts = append(parts, v.T("consent.upto", day(s.Until)))
	}
	if s.Folder != "" {
		parts = append(parts, v.T("consent.folder", s.Folder))
	}
	if s.Source != "" {
		parts = append(parts, v.T("consent.source", v.source(s.Source)))
	}
	var where []string
	for _, c := range s.Where {
		where = append(where, v.T("consent.where", v.inSentence(c.Field), v.T("consent.op."+string(c.Op), strings.Join(c.Values, ", "))))
	}
	if len(where) > 0 {
		parts = append(parts, v.List(where))
	}
	return strings.Join(parts, " ")
}

// inSentence is the name of a field in the middle of one.
func (v Voice) inSentence(field string) string {
	name := []rune(v.Field(field))
	if len(name) > 1 && strings.ToUpper(string(name[1])) != string(name[1]) { // but IBAN stays
		return strings.ToLower(string(name[0])) + string(name[1:])
	}
	return string(name)
}

func (v Voice) fieldNames(fields []string) string {
	var names []string
	for _, f := range fields {
		if f != "id" && f != "type" {
			names = append(names, v.inSentence(f))
		}
	}
	return v.List(names)
}

// allFields are the columns of a type's view, as far as a person is told of them.
func allFields(t penates.Type) (fields []string) {
	fields = []string{"start", "end", "day", "amount", "currency", "value", "unit", "lat", "lon", "text", "source", "connection"}
	k, err := schema.Of(t)
	if err != nil {
		return nil
	}
	for _, f := range k.Fields {
		fields = append(fields, f.Name)
	}
	return fields
}

// FieldsSay says which fields of the documents would be seen, in the shorter way:
// by those that are, or by those that are not.
func (v Voice) FieldsSay(s *grant.Selection) string {
	if len(s.Fields) == 0 {
		return v.T("consent.fields.all")
	}
	var hidden []string
	for _, f := range allFields(s.Type) {
		if !slices.Contains(s.Fields, f) {
			hidden = append(hidden, f)
		}
	}
	if len(hidden) > 0 && len(hidden) < len(s.Fields) {
		return v.T("consent.fields.without", v.fieldNames(hidden))
	}
	return v.T("consent.fields.only", v.fieldNames(s.Fields))
}

// Limits say what bounds a grant.
func (v Voice) Limits(g *grant.Grant) (out []string) {
	if a := g.Limits.Aggregate; a != nil {
		out = append(out, v.T("consent.limit.figures", v.Number(a.MinGroup), v.Number(a.Budget)))
	}
	if n := g.Limits.RowsPerDay; n > 0 {
		out = append(out, v.N("consent.limit.rows", int(n)))
	}
	if n := g.Limits.BytesPerDay; n > 0 {
		out = append(out, v.T("consent.limit.bytes", v.Size(n)))
	}
	return out
}

// Purposes says what for: words of the Data Privacy Vocabulary in the person's
// language, anything else as it was written.
func (v Voice) Purposes(grants []grant.Grant) string {
	var parts []string
	for _, g := range grants {
		if p := v.Purpose(g.Purpose); p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	return v.List(parts)
}

// Purpose says one purpose: that of a broader one where it has no name.
func (v Voice) Purpose(p string) string {
	term, _ := grant.PurposeTerm(p)
	for ; term != ""; term = grant.Broader(term) {
		if key := "purpose." + term; grant.Broader(term) != "" && v.Has(key) {
			return v.T(key)
		}
	}
	if p == "" {
		return ""
	}
	return v.T("consent.quoted", p)
}

// Claims lists what signing in tells about the person.
func (v Voice) Claims(names []string) string {
	var parts []string
	for _, n := range names {
		if n == protection {
			continue
		}
		if key := "claim." + n; v.Has(key) {
			n = v.T(key)
		}
		parts = append(parts, n)
	}
	if len(parts) == 0 {
		return ""
	}
	return v.T("consent.claims", v.List(parts))
}

// protection is the claim of who asks to put things of its own under the vault's
// protection (UMA).
const protection = "uma_protection"

// Protects says what that means, or nothing if it is not asked for.
func (v Voice) Protects(q *grant.Request) string {
	if !slices.Contains(q.Claims, protection) {
		return ""
	}
	return v.T("consent.protects", ClientName(&q.Client))
}

// Statement is what the person agrees to, in the sentences that they read.
func (v Voice) Statement(c *grant.Client, g *grant.Grant) string {
	return cut(strings.Join(v.Sentences(c, g), " "), 1900)
}

// Sentences say what a grant gives.
func (v Voice) Sentences(c *grant.Client, g *grant.Grant) (sentences []string) {
	for i := range g.Selections {
		s := &g.Selections[i]
		sentences = append(sentences, v.Asks(c, g, s), v.FieldsSay(s))
	}
	if p := v.Purpose(g.Purpose); p != "" {
		sentences = append(sentences, v.T("consent.purpose", p))
	}
	sentences = append(sentences, v.Limits(g)...)
	return slices.Compact(append(sentences, v.Until(g.Expires)))
}

// Until says when a grant ends.
func (v Voice) Until(at time.Time) string {
	if at.IsZero() {
		return v.T("consent.until.never")
	}
	return v.T("consent.until", v.Day(penates.DayOf(at.In(v.Zone()))))
}

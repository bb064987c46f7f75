package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"penates"
	"penates/internal/schema"
)

// A fact is a labelled value: a text, a list, a link, or facts below it.
type fact struct {
	Label, Value, Href string
	List               []string
	Sub                []fact
}

// A table shows an array of objects, such as the lines of a bill.
type table struct {
	Key, Label string
	Columns    []string
	Rows       [][]cell
}

type cell struct{ Value, Href string }

// Limits of what one page shows of a document.
const (
	shownRows   = 200
	shownText   = 40_000
	shownNative = 8_000
	shownDepth  = 4
)

// label returns the name of a field in the person's language; fields a source
// brought that have none keep theirs.
func (v *visit) label(name string) string {
	if key := "field." + name; v.l.Has(key) {
		return v.l.T(key)
	}
	return name
}

// fields fills the page with the envelope's and the body's values.
func (v *visit) fields(p *documentPage, kind *schema.Kind, body map[string]any) {
	var own []fact
	for _, f := range kind.Fields {
		value, ok := body[f.Name]
		if !ok || shownElsewhere(p, f.Name, value) {
			continue
		}
		switch {
		case f.Name == "native":
			p.Native = cutText(fmt.Sprint(value), shownNative)
		case f.Name == "content":
			whole := fmt.Sprint(value)
			p.Text = cutText(whole, shownText)
			p.Cut = len(p.Text) < len(whole)
		case isObjects(value):
			p.Tables = append(p.Tables, v.table(f.Name, value.([]any)))
		case f.Type == "object":
			own = append(own, v.nested(value, 0)...)
		default:
			if fact, ok := v.value(f, value); ok {
				own = append(own, fact)
			}
		}
	}
	p.Facts = append(slices.DeleteFunc(v.envelope(p), func(f fact) bool { return f.Href == "" && says(own, f.Value) }), own...)
}

// says reports whether one of the facts has that value.
func says(facts []fact, value string) bool {
	return slices.ContainsFunc(facts, func(f fact) bool { return f.Value == value || slices.Contains(f.List, value) })
}

// shownElsewhere reports whether a field is on the page already: as its title,
// among the parties, as the file that can be downloaded.
func shownElsewhere(p *documentPage, name string, value any) bool {
	switch p.Doc.Type {
	case penates.Files:
		return name == "blob" || name == "size"
	case penates.Messages:
		if name == "from" || name == "to" || name == "thread" || name == "inReplyTo" {
			return true
		}
	}
	return value == p.Doc.Text
}

// envelope lists what all types share.
func (v *visit) envelope(p *documentPage) (facts []fact) {
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, fact{Label: v.l.T(label), Value: value})
		}
	}
	d := p.Doc
	if !d.Time.End.IsZero() && d.Time.End != d.Time.Start {
		add("envelope.start", v.l.When(d.Time.Start))
		add("envelope.end", v.l.When(d.Time.End))
	} else {
		add("envelope.time", v.l.When(d.Time.Start))
	}
	for _, party := range d.Parties {
		f := fact{Label: string(party.Role), Value: party.String()}
		if key := "role." + party.Role; v.l.Has(key) {
			f.Label = v.l.T(key)
		}
		if party.Literal != "" && party.Address != "" && party.Literal != party.Address {
			f.Value += " (" + party.Address + ")"
		}
		if party.Entity != "" {
			f.Href = "/documents/" + string(party.Entity)
		}
		facts = append(facts, f)
		if len(facts) > 60 {
			break
		}
	}
	if place := d.Place; place != nil {
		position := v.l.Float(place.Lat, 5) + " ; " + v.l.Float(place.Lon, 5)
		if place.Name != "" {
			position = place.Name + " (" + position + ")"
		}
		add("envelope.place", position)
	}
	for _, r := range d.Refs {
		if r.Scheme != "uid" && r.Scheme != "message-id" && len(facts) < 90 {
			f := fact{Label: r.Scheme, Value: r.Value}
			if key := "ref." + r.Scheme; v.l.Has(key) {
				f.Label = v.l.T(key)
			}
			facts = append(facts, f)
		}
	}
	return facts
}

// value turns one field of a body into a fact.
func (v *visit) value(f schema.Field, value any) (fact, bool) {
	out := fact{Label: v.label(f.Name)}
	switch x := value.(type) {
	case string:
		out.Value = cutText(x, shownText)
		if key := "value." + f.Name + "." + x; v.l.Has(key) {
			out.Value = v.l.T(key)
		}
		switch f.Format {
		case "date":
			out.Value = v.l.ISODay(x)
		case "decimal":
			if d, err := penates.ParseDecimal(x); err == nil {
				out.Value = v.l.Decimal(d, 0, 6)
			}
		case "uri":
			// An address from outside is shown, not linked to: opening it would tell
			// others what is read here.
		}
	case bool:
		out.Value = v.l.T(map[bool]string{true: "yes", false: "no"}[x])
	case float64:
		out.Value = v.l.Decimal(amount(x), 0, 6)
	case []any:
		for _, e := range x {
			if len(out.List) < shownRows {
				out.List = append(out.List, fmt.Sprint(e))
			}
		}
	default:
		return out, false
	}
	return out, out.Value != "" || len(out.List) > 0
}

func isObjects(value any) bool {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	_, ok = list[0].(map[string]any)
	return ok
}

func (v *visit) table(name string, list []any) table {
	t := table{Key: name, Label: v.label(name)}
	var columns []string
	for _, e := range list {
		object, _ := e.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(object)) {
			if !slices.Contains(columns, k) && len(columns) < 12 {
				columns = append(columns, k)
			}
		}
	}
	slices.SortStableFunc(columns, func(a, b string) int { return rank(a) - rank(b) })
	for _, c := range columns {
		t.Columns = append(t.Columns, v.label(c))
	}
	for _, e := range list[:min(len(list), shownRows)] {
		object, _ := e.(map[string]any)
		row := make([]cell, len(columns))
		for i, c := range columns {
			row[i] = v.cell(c, object[c])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// rank puts the columns that name a line first.
func rank(column string) int {
	if i := slices.Index([]string{"label", "name", "quantity", "unit", "price", "net", "vatRate", "mime", "size"}, column); i >= 0 {
		return i
	}
	return 99
}

func (v *visit) cell(column string, value any) cell {
	switch x := value.(type) {
	case nil:
		return cell{}
	case string:
		if column == "file" {
			return cell{v.l.T("list.see"), "/documents/" + x}
		}
		if d, err := penates.ParseDecimal(x); err == nil && slices.Contains([]string{"quantity", "price", "net", "vatRate"}, column) {
			return cell{Value: v.l.Decimal(d, 0, 6)}
		}
		if key := "value." + column + "." + x; v.l.Has(key) {
			return cell{Value: v.l.T(key)}
		}
		return cell{Value: x}
	case float64:
		if column == "size" {
			return cell{Value: v.l.Size(int64(x))}
		}
		return cell{Value: v.l.Decimal(amount(x), 0, 6)}
	}
	return cell{Value: fmt.Sprint(value)}
}

// nested turns an object of any shape into facts, down to a depth.
func (v *visit) nested(value any, depth int) (facts []fact) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for _, k := range sorted(object) {
		if len(facts) == shownRows {
			return facts
		}
		f := fact{Label: v.label(k)}
		switch x := object[k].(type) {
		case nil:
			continue
		case map[string]any:
			if f.Sub = v.nested(x, depth+1); depth >= shownDepth || len(f.Sub) == 0 {
				f.Sub, f.Value = nil, short(fmt.Sprint(x))
			}
		case []any:
			for _, e := range x[:min(len(x), shownRows)] {
				f.List = append(f.List, short(fmt.Sprint(e)))
			}
		case float64:
			f.Value = text(x)
		default:
			f.Value = fmt.Sprint(x)
		}
		facts = append(facts, f)
	}
	return facts
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// short cuts a long text for a list.
func short(s string) string { return cutText(s, 300) }

func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most]) + "…"
}

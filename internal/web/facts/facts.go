// Package facts puts the fields of a document of any type into labelled values, lists
// and tables, in the person's language, for the pages. It knows neither HTTP handlers
// nor templates.
package facts

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"penates"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// A Voice speaks to the person of documents.
type Voice struct{ *words.Locale }

// Shown is what a page shows of a document's envelope and body.
type Shown struct {
	Text   string
	Cut    bool // Text is the beginning of a longer one
	Facts  []Fact
	Tables []Table
	Native string // what the source had that no field takes, as JSON
}

// A Fact is a labelled value: a text, a list, a link, or facts below it.
type Fact struct {
	Label, Value, Href string
	List               []string
	Sub                []Fact
}

// A Table shows an array of objects, such as the lines of a bill.
type Table struct {
	Key, Label string
	Columns    []string
	Rows       [][]Cell
}

// A Cell is one value of a table.
type Cell struct{ Value, Href string }

// Limits of what one page shows of a document.
const (
	shownRows   = 200
	shownText   = 40_000
	shownNative = 8_000
	shownDepth  = 4
)

// Label returns the name of a field in the person's language; fields a source
// brought that have none keep theirs.
func (v Voice) Label(name string) string {
	if key := "field." + name; v.Has(key) {
		return v.T(key)
	}
	return name
}

// Of returns what is shown of a document with that body.
func (v Voice) Of(d *vault.Stored, kind *schema.Kind, body map[string]any) (p Shown) {
	var own []Fact
	for _, f := range kind.Fields {
		value, ok := body[f.Name]
		if !ok || shownElsewhere(d, f.Name, value) {
			continue
		}
		switch {
		case f.Name == "native":
			p.Native = Cut(fmt.Sprint(value), shownNative)
		case f.Name == "content":
			whole := fmt.Sprint(value)
			p.Text = Cut(whole, shownText)
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
	p.Facts = append(slices.DeleteFunc(v.envelope(d), func(f Fact) bool { return f.Href == "" && says(own, f.Value) }), own...)
	return p
}

// says reports whether one of the facts has that value.
func says(facts []Fact, value string) bool {
	return slices.ContainsFunc(facts, func(f Fact) bool { return f.Value == value || slices.Contains(f.List, value) })
}

// shownElsewhere reports whether a field is on the page already: as its title,
// among the parties, as the file that can be downloaded.
func shownElsewhere(d *vault.Stored, name string, value any) bool {
	switch d.Type {
	case penates.Files:
		return name == "blob" || name == "size"
	case penates.Messages:
		if name == "from" || name == "to" || name == "thread" || name == "inReplyTo" {
			return true
		}
	}
	return value == d.Text
}

// envelope lists what all types share.
func (v Voice) envelope(d *vault.Stored) (facts []Fact) {
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, Fact{Label: v.T(label), Value: value})
		}
	}
	if !d.Time.End.IsZero() && d.Time.End != d.Time.Start {
		add("envelope.start", v.When(d.Time.Start))
		add("envelope.end", v.When(d.Time.End))
	} else {
		add("envelope.time", v.When(d.Time.Start))
	}
	for _, party := range d.Parties {
		f := Fact{Label: string(party.Role), Value: party.String()}
		if key := "role." + party.Role; v.Has(key) {
			f.Label = v.T(key)
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
		position := v.Float(place.Lat, 5) + " ; " + v.Float(place.Lon, 5)
		if place.Name != "" {
			position = place.Name + " (" + position + ")"
		}
		add("envelope.place", position)
	}
	for _, r := range d.Refs {
		if r.Scheme != "uid" && r.Scheme != "message-id" && len(facts) < 90 {
			f := Fact{Label: r.Scheme, Value: r.Value}
			if key := "ref." + r.Scheme; v.Has(key) {
				f.Label = v.T(key)
			}
			facts = append(facts, f)
		}
	}
	return facts
}

// value turns one field of a body into a fact.
func (v Voice) value(f schema.Field, value any) (Fact, bool) {
	out := Fact{Label: v.Label(f.Name)}
	switch x := value.(type) {
	case string:
		out.Value = Cut(x, shownText)
		if key := "value." + f.Name + "." + x; v.Has(key) {
			out.Value = v.T(key)
		}
		switch f.Format {
		case "date":
			out.Value = v.ISODay(x)
		case "decimal":
			if d, err := penates.ParseDecimal(x); err == nil {
				out.Value = v.Decimal(d, 0, 6)
			}
		case "uri":
			// An address from outside is shown, not linked to: opening it would tell
			// others what is read here.
		}
	case bool:
		out.Value = v.T(map[bool]string{true: "yes", false: "no"}[x])
	case float64:
		out.Value = v.Decimal(number(x), 0, 6)
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

func (v Voice) table(name string, list []any) Table {
	t := Table{Key: name, Label: v.Label(name)}
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
		t.Columns = append(t.Columns, v.Label(c))
	}
	for _, e := range list[:min(len(list), shownRows)] {
		object, _ := e.(map[string]any)
		row := make([]Cell, len(columns))
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

func (v Voice) cell(column string, value any) Cell {
	switch x := value.(type) {
	case nil:
		return Cell{}
	case string:
		if column == "file" {
			return Cell{v.T("list.see"), "/documents/" + x}
		}
		if d, err := penates.ParseDecimal(x); err == nil && slices.Contains([]string{"quantity", "price", "net", "vatRate"}, column) {
			return Cell{Value: v.Decimal(d, 0, 6)}
		}
		if key := "value." + column + "." + x; v.Has(key) {
			return Cell{Value: v.T(key)}
		}
		return Cell{Value: x}
	case float64:
		if column == "size" {
			return Cell{Value: v.Size(int64(x))}
		}
		return Cell{Value: v.Decimal(number(x), 0, 6)}
	}
	return Cell{Value: fmt.Sprint(value)}
}

// nested turns an object of any shape into facts, down to a depth.
func (v Voice) nested(value any, depth int) (facts []Fact) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		if len(facts) == shownRows {
			return facts
		}
		f := Fact{Label: v.Label(k)}
		switch x := object[k].(type) {
		case nil:
			continue
		case map[string]any:
			if f.Sub = v.nested(x, depth+1); depth >= shownDepth || len(f.Sub) == 0 {
				f.Sub, f.Value = nil, Short(fmt.Sprint(x))
			}
		case []any:
			for _, e := range x[:min(len(x), shownRows)] {
				f.List = append(f.List, Short(fmt.Sprint(e)))
			}
		case float64:
			f.Value = plain(x)
		default:
			f.Value = fmt.Sprint(x)
		}
		facts = append(facts, f)
	}
	return facts
}

// Short cuts a long text for a list.
func Short(s string) string { return Cut(s, 300) }

// Cut shortens a text to most bytes.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most]) + "…"
}

// plain writes a number as JSON has it.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func number(x float64) penates.Decimal {
	d, err := penates.ParseDecimal(plain(x))
	if err != nil {
		return ""
	}
	return d
}

package sharing

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
	"penates/internal/web/words"
)

// A Wish is what is asked of one type of document, under one grant.
type Wish struct {
	Key       string // "0" of the grant, a point, the type
	Type      penates.Type
	Sentences []string
	FieldsSay string
	Limits    []string
	Picks     []Pick
	Fields    []Option
	Preview   *Table
	Count     string // how many rows there are
	More      int    // columns that the preview leaves out
}

// A Pick is one selection that the person may give, narrow or leave out.
type Pick struct {
	Key, Label  string
	On, Days    bool
	From, Until string
	Least, Most string // the bounds that were asked for
}

// A Table is the first rows of what would be seen.
type Table struct {
	Key, Label string
	Columns    []string
	Rows       [][]string
}

// Wishes puts grant i of a request into words, type by type. asked are previews of
// what is asked for, shown of what the person would give by the choices of form.
func (v Voice) Wishes(i int, q *grant.Request, asked, shown []vault.Preview, form url.Values) (out []Wish) {
	g := &q.Wanted[i]
	for _, k := range schema.Kinds() {
		w := Wish{Key: wishKey(i, k.Type), Type: k.Type, Limits: v.Limits(g)}
		columns := columnsOf(asked, k.View)
		for j := range g.Selections {
			s := &g.Selections[j]
			if s.Type != k.Type {
				continue
			}
			w.Sentences = append(w.Sentences, v.Asks(&q.Client, g, s))
			w.FieldsSay = v.FieldsSay(s)
			w.Picks = append(w.Picks, v.pick(i, j, s, form))
			w.Fields = v.fieldOptions(w.Key, columns, form)
		}
		if len(w.Picks) == 0 {
			continue
		}
		w.Count = v.N("consent.rows", 0)
		if p := of(shown, k.View); p != nil {
			w.Preview, w.More = v.previewTable(w.Key, p)
			w.Count = v.N("consent.rows", p.Rows)
		}
		out = append(out, w)
	}
	return out
}

// of returns the preview of a view, or nil.
func of(list []vault.Preview, view string) *vault.Preview {
	i := slices.IndexFunc(list, func(p vault.Preview) bool { return p.View == view && p.Table != nil })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// columnsOf are the columns a person may leave out.
func columnsOf(list []vault.Preview, view string) []string {
	p := of(list, view)
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Table.Columns), func(c string) bool { return c == "id" || c == "type" })
}

// Limits of a preview, so that it stays a glance.
const (
	previewColumns = 8
	previewCell    = 60
)

// previewTable shows the first rows, without the columns that are empty in all of
// them.
func (v Voice) previewTable(key string, p *vault.Preview) (*Table, int) {
	t := &Table{Key: "p" + strings.ReplaceAll(key, ".", "-"), Label: v.T("consent.preview")}
	var columns []int
	for i, name := range p.Table.Columns {
		filled := slices.ContainsFunc(p.Table.Rows, func(row []any) bool { return row[i] != nil && row[i] != "" })
		if filled && name != "id" && name != "type" && name != "duplicate_of" {
			columns = append(columns, i)
		}
	}
	more := max(0, len(columns)-previewColumns)
	columns = columns[:min(len(columns), previewColumns)]
	for _, i := range columns {
		t.Columns = append(t.Columns, v.Field(p.Table.Columns[i]))
	}
	for _, row := range p.Table.Rows {
		var cells []string
		for _, i := range columns {
			cells = append(cells, cut(v.shown(row[i]), previewCell))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t, more
}

// shown writes what a column holds for a person.
func (v Voice) shown(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case float64:
		return v.Decimal(penates.Decimal(strconv.FormatFloat(value, 'f', -1, 64)), 0, 6)
	case string:
		if m, err := penates.ParseMoment(value); err == nil && !m.IsZero() {
			return v.When(m)
		}
		if key := "value." + value; v.Has(key) {
			return v.T(key)
		}
		return value
	case int64:
		return v.Number(int(value))
	}
	return fmt.Sprint(value)
}

func (v Voice) pick(i, j int, s *grant.Selection, form url.Values) Pick {
	key := pickKey(i, j)
	p := Pick{Key: key, Label: words.Capital(v.Which(s)), On: true, From: s.From, Until: s.Until, Least: s.From, Most: s.Until}
	p.Days = len(s.Fields) == 0 || slices.Contains(s.Fields, "day") || s.From != "" || s.Until != ""
	if Chose(form) {
		p.On = slices.Contains(form["give"], key)
		p.From, p.Until = form.Get("from."+key), form.Get("until."+key)
	}
	return p
}

// fieldOptions are the boxes for the fields of a type.
func (v Voice) fieldOptions(key string, columns []string, form url.Values) (out []Option) {
	for _, c := range columns {
		on := !form.Has("offered."+key) || slices.Contains(form["field."+key], c)
		out = append(out, Option{c, v.Field(c), on})
	}
	return out
}

package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/grant"
	"penates/internal/schema"
	"penates/internal/vault"
)

// Limits of a list.
const (
	defaultPage = 50
	maxPage     = 500
	maxFilters  = 20
	maxValues   = 100
	maxFields   = 100
)

// A listing is what a list asks for, as its address says it.
type listing struct {
	kind    *schema.Kind // nil for all types
	view    string
	fields  []string // columns wanted; none means all
	filters []grant.Condition
	size    int
	after   *place
}

// A place is where a page of a list ended: the day and id of its last document.
type place struct {
	Day string             `json:"d,omitempty"` // "" among the documents without a day, which come last
	ID  penates.DocumentID `json:"i"`
}

func (p place) String() string {
	b, _ := json.Marshal(p) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

func parsePlace(s string) (*place, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	p := &place{}
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil || len(s) > 200 || p.ID == "" {
		return nil, fmt.Errorf("page[after] is no cursor of this list: %w", penates.Invalid)
	}
	return p, nil
}

var (
	columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	filterName = regexp.MustCompile(`^filter\[([A-Za-z_][A-Za-z0-9_]{0,63})\](?:\[([a-z]{2,6})\])?$`)
)

// parseListing reads the parameters of a list.
func parseListing(q url.Values) (*listing, error) {
	l := &listing{view: "documents", size: defaultPage}
	for name, values := range q {
		if m := filterName.FindStringSubmatch(name); m != nil {
			for _, v := range values {
				l.filters = append(l.filters, condition(m[1], m[2], v))
			}
			continue
		}
		if len(values) != 1 {
			return nil, fmt.Errorf("parameter %s comes %d times: %w", name, len(values), penates.Invalid)
		}
		if err := l.set(name, values[0]); err != nil {
			return nil, err
		}
	}
	if len(l.filters) > maxFilters {
		return nil, fmt.Errorf("more than %d filters: %w", maxFilters, penates.Invalid)
	}
	slices.SortFunc(l.filters, func(a, b grant.Condition) int { return strings.Compare(a.Field+string(a.Op), b.Field+string(b.Op)) })
	return l, nil
}

func condition(field, op, value string) grant.Condition {
	c := grant.Condition{Field: field, Op: grant.Op(op), Values: []string{value}}
	if op == "" {
		c.Op = grant.Equal
	}
	if c.Op == grant.In {
		c.Values = strings.Split(value, ",")
	}
	return c
}

func (l *listing) set(name, value string) (err error) {
	switch name {
	case "type":
		if l.kind, err = schema.Of(penates.Type(value)); err == nil && !l.kind.Series {
			l.view = l.kind.View
		}
	case "fields":
		l.fields = strings.Split(value, ",")
		if len(l.fields) > maxFields || slices.ContainsFunc(l.fields, func(f string) bool { return !columnName.MatchString(f) }) {
			err = fmt.Errorf("fields are names of columns with commas between, at most %d: %w", maxFields, penates.Invalid)
		}
	case "page[size]":
		if l.size, err = strconv.Atoi(value); err != nil || l.size < 1 || l.size > maxPage {
			err = fmt.Errorf("page[size] is between 1 and %d: %w", maxPage, penates.Invalid)
		}
	case "page[after]":
		l.after, err = parsePlace(value)
	default:
		err = fmt.Errorf("there is no parameter %s: %w", name, penates.Invalid)
	}
	return err
}

// quoted writes a column's name, which columnName allows, as SQL does.
func quoted(column string) string { return `"` + column + `"` }

var comparisons = map[grant.Op]string{
	grant.Equal: "=", grant.NotEqual: "<>", grant.Less: "<", grant.AtMost: "<=", grant.Greater: ">", grant.AtLeast: ">=",
}

// number is how a decimal is written.
var number = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)

// filterSQL compares one column. What is written as a number is compared as a
// number where the column holds one.
func filterSQL(c grant.Condition) (sql string, args []any, err error) {
	column := "v." + quoted(c.Field)
	for _, v := range c.Values {
		args = append(args, v)
	}
	switch {
	case c.Op == grant.In && len(c.Values) <= maxValues:
		return "CAST(" + column + " AS TEXT) IN (?" + strings.Repeat(", ?", len(c.Values)-1) + ")", args, nil
	case c.Op == grant.Prefix:
		return "substr(" + column + ", 1, length(?)) = ?", []any{c.Values[0], c.Values[0]}, nil
	case comparisons[c.Op] == "":
		return "", nil, fmt.Errorf("there is no filter [%s]: %w", c.Op, penates.Invalid)
	}
	sql = column + " " + comparisons[c.Op] + " ?"
	if number.MatchString(c.Values[0]) {
		sql = "CASE WHEN typeof(" + column + ") IN ('integer', 'real') THEN " + column + " " + comparisons[c.Op] + " CAST(? AS NUMERIC) ELSE " + sql + " END"
		args = append(args, c.Values[0])
	}
	return sql, args, nil
}

// query returns the SELECT of one part of the list: documents with a day, or
// those without, which come last.
func (l *listing) query(dated bool) (sql string, args []any, err error) {
	var b strings.Builder
	b.WriteString("SELECT v.id AS \"\", v.day AS \"\", v.type AS \"\"")
	if l.fields == nil {
		b.WriteString(", v.*")
	}
	for _, f := range l.fields {
		b.WriteString(", v." + quoted(f) + " AS " + quoted(f))
	}
	b.WriteString(" FROM " + l.view + " v WHERE v.day IS ")
	if dated {
		b.WriteString("NOT ")
	}
	b.WriteString("NULL")
	if l.kind != nil && l.kind.Series {
		b.WriteString(" AND v.type = ?")
		args = append(args, string(l.kind.Type))
	}
	for _, f := range l.filters {
		where, more, err := filterSQL(f)
		if err != nil {
			return "", nil, err
		}
		b.WriteString(" AND " + where)
		args = append(args, more...)
	}
	if l.after != nil && dated {
		b.WriteString(" AND v.day <= ? AND (v.day < ? OR v.id < ?)")
		args = append(args, l.after.Day, l.after.Day, string(l.after.ID))
	} else if l.after != nil && l.after.Day == "" {
		b.WriteString(" AND v.id < ?")
		args = append(args, string(l.after.ID))
	}
	if dated {
		b.WriteString(" ORDER BY v.day DESC, v.id DESC")
	} else {
		b.WriteString(" ORDER BY v.id DESC")
	}
	return b.String(), args, nil
}

// listDocuments answers with documents, newest first.
func (c *call) listDocuments() error {
	q, err := c.parameters()
	if err != nil {
		return err
	}
	l, err := parseListing(q)
	if err != nil {
		return err
	}
	var rows [][]any
	var columns []string
	for _, dated := range [2]bool{true, false} {
		if len(rows) == l.size || dated && l.after != nil && l.after.Day == "" {
			continue
		}
		sql, args, err := l.query(dated)
		if err != nil {
			return err
		}
		t, err := c.runQuery(sql, l.size-len(rows), args...)
		if err != nil {
			return err
		}
		rows, columns = append(rows, t.Rows...), t.Columns
	}
	out := many{Data: []resource{}, Links: &links{Self: c.r.URL.RequestURI()}}
	for _, row := range rows {
		out.Data = append(out.Data, rowResource(columns, row))
	}
	if len(rows) == l.size {
		last := rows[len(rows)-1]
		day, _ := last[1].(string)
		id, _ := last[0].(string)
		out.Links.Next = next(c.r.URL, "page[after]", place{day, penates.DocumentID(id)}.String())
	}
	return c.writeJSON(http.StatusOK, out)
}

// parameters reads the query of the address.
func (c *call) parameters() (url.Values, error) {
	q, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		err = fmt.Errorf("the address cannot be read: %w", penates.Invalid)
	}
	return q, err
}

// next returns the address of u with one parameter changed.
func next(u *url.URL, name, value string) string {
	q := u.Query()
	q.Set(name, value)
	return u.Path + "?" + q.Encode()
}

// rowResource makes a resource of a row whose first three columns are its id,
// day and type.
func rowResource(columns []string, row []any) resource {
	id, _ := row[0].(string)
	t, _ := row[2].(string)
	kind, _ := schema.Of(penates.Type(t))
	attributes := map[string]any{}
	for i, name := range columns[3:] {
		if name != "id" && name != "type" {
			attributes[name] = value(kind, name, row[i+3])
		}
	}
	return resource{Type: t, ID: id, Attributes: attributes, Links: &links{Self: documentPath(penates.DocumentID(id))}}
}

func documentPath(id penates.DocumentID) string {
	return Base + "/documents/" + url.PathEscape(string(id))
}

// value gives what a column holds its type in JSON.
func value(kind *schema.Kind, column string, v any) any {
	if kind == nil {
		return v
	}
	i := slices.IndexFunc(kind.Fields, func(f schema.Field) bool { return f.Name == column })
	if i < 0 {
		return v
	}
	switch f, text := kind.Fields[i], ""; f.Type {
	case "boolean":
		if n, ok := v.(int64); ok {
			return n != 0
		}
	case "array", "object":
		text, _ = v.(string)
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return v
}

// runQuery runs SQL of the caller's within the limits of its grantee.
func (c *call) runQuery(sql string, limit int, args ...any) (*vault.Table, error) {
	end, ctx, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer end()
	return c.s.Query(ctx, sql, limit, args...)
}

// begin begins a query, if the grantee may run one more, which is to end when ctx
// does.
func (c *call) begin() (end func(), ctx context.Context, err error) {
	over, ok := c.srv.meter.begin(string(c.s.Actor()))
	if !ok {
		return nil, nil, tooMany(time.Second, "as many queries of yours run as may at once; wait until one has ended")
	}
	ctx, cancel := c.timed()
	return func() { cancel(); over() }, ctx, nil
}

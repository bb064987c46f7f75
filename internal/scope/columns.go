package scope

import (
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/schema"
)

// A column is one column of a type's view.
type column struct {
	name string
	// expr is its value, of the stored document d and, where point is true, of the
	// point p of its series. past is the same of a document that is a row of its
	// history, where "" stands for expr.
	expr, past string
	point      bool
	number     bool
	boolean    bool
}

const instant = `strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %s)`

// iso makes a stored moment (a day, or RFC 3339 with an offset) a day or a UTC instant.
func iso(expr string) string {
	return fmt.Sprintf(`CASE WHEN length(%[1]s) <= 10 THEN %[1]s ELSE `+instant+` END`, expr, expr)
}

const (
	sourceOf     = `(SELECT s.connector FROM main.sources s WHERE s.n = d.source)`
	connectionOf = `(SELECT s.connection FROM main.sources s WHERE s.n = d.source)`
	// duplicateOf is the document that tells the same more fully, if any.
	duplicateOf = `(SELECT x.of FROM main.duplicates x WHERE x.n = d.n)`
)

// envelope returns the columns every view of documents begins with.
func envelope(typeExpr string) []column {
	return []column{
		{name: "id", expr: "d.id"},
		{name: "type", expr: typeExpr},
		{name: "start", expr: `CASE WHEN d.start IS NULL THEN d.day ELSE strftime('%Y-%m-%dT%H:%M:%SZ', d.start / 1000, 'unixepoch') END`, past: iso(`(d.doc ->> '$.time.start')`)},
		{name: "end", expr: iso(`(d.doc ->> '$.time.end')`)},
		{name: "day", expr: "d.day", past: "substr(d.doc ->> '$.time.start', 1, 10)"},
		{name: "amount", expr: "d.amount", past: "CAST(d.doc ->> '$.money.amount' AS REAL)", number: true},
		{name: "currency", expr: "d.currency", past: "d.doc ->> '$.money.currency'"},
		{name: "value", expr: "CAST(d.doc ->> '$.quantity.value' AS REAL)", number: true},
		{name: "unit", expr: "d.doc ->> '$.quantity.unit'"},
		{name: "lat", expr: "d.doc ->> '$.place.lat'", number: true},
		{name: "lon", expr: "d.doc ->> '$.place.lon'", number: true},
		{name: "text", expr: "d.doc ->> '$.text'"},
		{name: "source", expr: sourceOf, past: "d.doc ->> '$.source.connector'"},
	}
}

// seriesEnvelope are the same of a type whose view has one row a point. Points
// are arrays: start, end, value, quality, latitude, longitude, altitude, accuracy.
func seriesEnvelope(typeExpr string) []column {
	return []column{
		{name: "id", expr: "d.id"},
		{name: "type", expr: typeExpr},
		{name: "start", expr: iso("(p.value ->> 0)"), point: true},
		{name: "end", expr: iso("nullif(p.value ->> 1, '')"), point: true},
		{name: "day", expr: "substr(p.value ->> 0, 1, 10)", point: true},
		{name: "amount", expr: "NULL", number: true},
		{name: "currency", expr: "NULL"},
		{name: "value", expr: "CAST(p.value ->> 2 AS REAL)", point: true, number: true},
		{name: "unit", expr: "d.doc ->> '$.quantity.unit'"},
		{name: "lat", expr: "p.value ->> 4", point: true, number: true},
		{name: "lon", expr: "p.value ->> 5", point: true, number: true},
		{name: "text", expr: "d.doc ->> '$.text'"},
		{name: "source", expr: sourceOf, past: "d.doc ->> '$.source.connector'"},
		{name: "quality", expr: "p.value ->> 3", point: true},
		{name: "alt", expr: "p.value ->> 6", point: true, number: true},
		{name: "accuracy", expr: "p.value ->> 7", point: true, number: true},
	}
}

// tail are the columns that end every view of documents: which account, meter or
// mailbox a document is from, and the document that tells the same more fully.
var tail = []column{
	{name: "connection", expr: connectionOf, past: "d.doc ->> '$.source.connection'"},
	{name: "duplicate_of", expr: duplicateOf},
}

// columnsOf returns the columns of the view of k.
func columnsOf(k *schema.Kind) []column {
	typeExpr := sqlite3.Quote(string(k.Type))
	columns := envelope(typeExpr)
	if k.Series {
		columns = seriesEnvelope(typeExpr)
	}
	for _, f := range k.Fields {
		columns = append(columns, fieldColumn(f))
	}
	return append(columns, tail...)
}

func fieldColumn(f schema.Field) column {
	path := FieldPath(f)
	c := column{name: f.Name, expr: "d.doc ->> " + path}
	switch {
	case f.Type == "array" || f.Type == "object":
		c.expr = "d.doc -> " + path
	case f.Type == "boolean":
		c.expr, c.boolean = "coalesce(d.doc ->> "+path+", 0)", true
	case f.Format == "decimal":
		c.expr, c.number = "CAST(d.doc ->> "+path+" AS REAL)", true
	case f.Type == "integer" || f.Type == "number":
		c.number = true
	}
	return c
}

// FieldPath is the JSON path of a field of a type's body, as a literal of SQL.
func FieldPath(f schema.Field) string { return "'$.body." + f.Name + "'" }

// pseudo are names a selection may list among its fields that are no columns.
var pseudo = map[string]bool{"parties": true, "refs": true}

// Fields returns the names a selection of k may list.
func Fields(k *schema.Kind) (names []string) {
	for _, c := range columnsOf(k) {
		names = append(names, c.name)
	}
	return append(names, "parties", "refs")
}

// list writes columns as a select list.
func list(columns []column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.expr + " AS " + sqlite3.QuoteIdentifier(c.name)
	}
	return strings.Join(parts, ",\n ")
}

func from(k *schema.Kind) string {
	if k.Series {
		return "\n FROM main.stored_documents d, json_each(d.doc, '$.points') p"
	}
	return "\n FROM main.stored_documents d"
}

// across are the views that go across types.
const (
	refsColumns    = `r.value ->> 'scheme' AS scheme, r.value ->> 'value' AS value FROM main.stored_documents d, json_each(d.doc, '$.refs') r`
	partiesColumns = `p.value ->> 'role' AS role, p.value ->> 'literal' AS name, p.value ->> 'address' AS address, %s AS entity
 FROM main.stored_documents d, json_each(d.doc, '$.parties') p`
	partyEntity = "p.value ->> 'entity'"
)

// documentColumns are the columns of the view documents.
func documentColumns(typeExpr string) []column {
	return append(append(envelope(typeExpr),
		column{name: "revision", expr: "d.rev"}, column{name: "points", expr: "d.points"}, column{name: "raw", expr: "d.doc ->> '$.source.raw'"}), tail...)
}

// everything are the views across types of who may see every document.
var everything = map[string]string{
	"documents": "SELECT " + list(documentColumns("d.doc ->> '$.type'")) + "\n FROM main.stored_documents d WHERE " + anyDocument,
	"refs":      "SELECT d.id AS document, " + refsColumns + " WHERE " + anyDocument,
	"parties":   "SELECT d.id AS document, " + fmt.Sprintf(partiesColumns, partyEntity) + " WHERE " + anyDocument,
	"links": `SELECT l.id AS id, l."from" AS "from", l.rel AS rel, l."to" AS "to", l.confidence AS confidence,
 l.rule AS rule, l.state AS state
 FROM main.stored_links l WHERE l.state <> 'rejected' AND ` + present(`l."from"`) + " AND " + present(`l."to"`),
	// judgements is what the person said of links, the rejected ones too.
	"judgements": `SELECT l."from" AS "from", l.rel AS rel, l."to" AS "to", l.state AS state
 FROM main.stored_links l WHERE l.state <> '' AND ` + present(`l."from"`) + " AND " + present(`l."to"`),
}

// anyDocument is true of every document. It names a column, as the authorizer sees a
// table of which none is read without its view; the plus keeps it from choosing
// the index.
const anyDocument = "+d.type > 0"

func present(id string) string {
	return "EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = " + id + ")"
}

// ViewNames returns the names SQL may use, in the order of the types.
func ViewNames() (names []string) {
	for _, k := range schema.Kinds() {
		names = append(names, k.View)
	}
	return append(names, "documents", "links", "judgements", "refs", "parties")
}

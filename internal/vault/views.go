package vault

import (
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/schema"
)

// The views are what SQL sees: one per type, and documents, links, refs and
// parties across the types. They are temporary and made on a connection when a
// query first names them, so that opening a vault stays cheap.

const instant = `strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %s)`

// iso makes a stored moment (a day, or RFC 3339 with an offset) a day or a UTC instant.
func iso(expr string) string {
	return fmt.Sprintf(`CASE WHEN length(%[1]s) <= 10 THEN %[1]s ELSE `+instant+` END`, expr, expr)
}

// envelopeColumns are the columns every view of documents begins with.
const envelopeColumns = `d.id AS id, %s AS type,
 CASE WHEN d.start IS NULL THEN d.day ELSE strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', d.start / 1000, 'unixepoch') END AS start,
 %s AS "end", d.day AS day, d.amount AS amount, d.currency AS currency,
 CAST(d.doc ->> '$.quantity.value' AS REAL) AS value, d.doc ->> '$.quantity.unit' AS unit,
 d.doc ->> '$.place.lat' AS lat, d.doc ->> '$.place.lon' AS lon, d.doc ->> '$.text' AS text,
 (SELECT s.connector FROM main.sources s WHERE s.n = d.source) AS source`

// sameColumns end every view of documents: which account, meter or mailbox a
// document is from, and the document that tells the same more fully, if any.
const sameColumns = `,
 (SELECT s.connection FROM main.sources s WHERE s.n = d.source) AS connection,
 (SELECT x.of FROM main.duplicates x WHERE x.n = d.n) AS duplicate_of`

// viewSQL returns the SELECT behind the view of kind.
func viewSQL(k *schema.Kind) string {
	if k.Series {
		return seriesSQL(k)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT "+envelopeColumns, sqlite3.Quote(string(k.Type)), iso(`(d.doc ->> '$.time.end')`))
	for _, f := range k.Fields {
		fmt.Fprintf(&b, ",\n %s AS %s", fieldSQL(f), sqlite3.QuoteIdentifier(f.Name))
	}
	fmt.Fprintf(&b, "%s\n FROM main.stored_documents d WHERE d.type = %d", sameColumns, k.Code)
	return b.String()
}

func fieldSQL(f schema.Field) string {
	path := fieldPath(f)
	switch {
	case f.Type == "array" || f.Type == "object":
		return "d.doc -> " + path
	case f.Type == "boolean":
		return "coalesce(d.doc ->> " + path + ", 0)"
	case f.Format == "decimal":
		return "CAST(d.doc ->> " + path + " AS REAL)"
	}
	return "d.doc ->> " + path
}

func fieldPath(f schema.Field) string { return "'$.body." + f.Name + "'" }

// seriesSQL returns one row a point. Points are arrays: see tuple.
func seriesSQL(k *schema.Kind) string {
	var b strings.Builder
	fmt.Fprintf(&b, `SELECT d.id AS id, %s AS type, %s AS start, %s AS "end",
 substr(p.value ->> 0, 1, 10) AS day, NULL AS amount, NULL AS currency,
 CAST(p.value ->> 2 AS REAL) AS value, d.doc ->> '$.quantity.unit' AS unit,
 p.value ->> 4 AS lat, p.value ->> 5 AS lon, d.doc ->> '$.text' AS text,
 (SELECT s.connector FROM main.sources s WHERE s.n = d.source) AS source,
 p.value ->> 3 AS quality, p.value ->> 6 AS alt, p.value ->> 7 AS accuracy`,
		sqlite3.Quote(string(k.Type)), iso("(p.value ->> 0)"), iso("nullif(p.value ->> 1, '')"))
	for _, f := range k.Fields {
		fmt.Fprintf(&b, ",\n %s AS %s", fieldSQL(f), sqlite3.QuoteIdentifier(f.Name))
	}
	fmt.Fprintf(&b, "%s\n FROM main.stored_documents d, json_each(d.doc, '$.points') p WHERE d.type = %d", sameColumns, k.Code)
	return b.String()
}

// acrossSQL are the views that go across types; {covered} stands for the
// condition on documents d that a grant covers.
var acrossSQL = map[string]string{
	"documents": "SELECT " + fmt.Sprintf(envelopeColumns, "d.doc ->> '$.type'", iso(`(d.doc ->> '$.time.end')`)) +
		", d.rev AS revision, d.points AS points, d.doc ->> '$.source.raw' AS raw" + sameColumns +
		" FROM main.stored_documents d WHERE {covered}",
	"refs": `SELECT d.id AS document, r.value ->> 'scheme' AS scheme, r.value ->> 'value' AS value
 FROM main.stored_documents d, json_each(d.doc, '$.refs') r WHERE {covered}`,
	"parties": `SELECT d.id AS document, p.value ->> 'role' AS role, p.value ->> 'literal' AS name,
 p.value ->> 'address' AS address, p.value ->> 'entity' AS entity
 FROM main.stored_documents d, json_each(d.doc, '$.parties') p WHERE {covered}`,
	"links": `SELECT l.id AS id, l."from" AS "from", l.rel AS rel, l."to" AS "to", l.confidence AS confidence,
 l.rule AS rule, l.state AS state
 FROM main.stored_links l WHERE l.state <> 'rejected'
 AND EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = l."from" AND {covered})
 AND EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = l."to" AND {covered})`,
	// judgements is what the person said of links, the rejected ones too.
	"judgements": `SELECT l."from" AS "from", l.rel AS rel, l."to" AS "to", l.state AS state
 FROM main.stored_links l WHERE l.state <> ''
 AND EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = l."from" AND {covered})
 AND EXISTS (SELECT 1 FROM main.stored_documents d WHERE d.id = l."to" AND {covered})`,
}

// ViewNames returns the names SQL may use, in the order of the types.
func ViewNames() (names []string) {
	for _, k := range schema.Kinds() {
		names = append(names, k.View)
	}
	return append(names, "documents", "links", "judgements", "refs", "parties")
}

// indexFields makes the indexes on the fields the schemas mark, so that a view
// looks them up without reading every document. What a release indexes is noted
// in the database, so that it is looked at only when that changes.
func indexFields(c *conn) error {
	var statements []string
	for _, k := range schema.Kinds() {
		for _, f := range k.Fields {
			if f.Index {
				statements = append(statements, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON stored_documents (doc ->> %s) WHERE type = %d",
					sqlite3.QuoteIdentifier("field_"+k.View+"_"+f.Name), fieldPath(f), k.Code))
			}
		}
	}
	want := int32(crc32.ChecksumIEEE([]byte(strings.Join(statements, ";"))))
	var have int32
	if _, err := c.one("PRAGMA application_id", func(s *sqlite3.Stmt) error { have = int32(s.ColumnInt64(0)); return nil }); err != nil || have == want {
		return err
	}
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			return c.fault(err)
		}
	}
	return c.fault(c.Exec(fmt.Sprintf("PRAGMA application_id = %d", want)))
}

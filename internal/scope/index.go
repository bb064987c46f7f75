package scope

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/schema"
)

// Indexes returns the statements that make the indexes on the fields the schemas
// mark, so that a view looks them up without reading every document. A document
// without the field is in none of them; those of former releases, which held them
// too, are dropped.
func Indexes() (statements []string) {
	for _, k := range schema.Kinds() {
		for _, f := range k.Fields {
			if f.Index {
				name := k.View + "_" + f.Name
				statements = append(statements, "DROP INDEX IF EXISTS "+sqlite3.QuoteIdentifier("field_"+name),
					fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON stored_documents (doc ->> %[2]s) WHERE type = %[3]d AND doc ->> %[2]s IS NOT NULL",
						sqlite3.QuoteIdentifier("filled_"+name), FieldPath(f), k.Code))
			}
		}
	}
	return statements
}

package scope

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"penates/internal/schema"
)

// Indexes returns the statements that make the indexes on the fields the schemas
// mark, so that a view looks them up without reading every document.
func Indexes() (statements []string) {
	for _, k := range schema.Kinds() {
		for _, f := range k.Fields {
			if f.Index {
				statements = append(statements, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON stored_documents (doc ->> %s) WHERE type = %d",
					sqlite3.QuoteIdentifier("field_"+k.View+"_"+f.Name), FieldPath(f), k.Code))
			}
		}
	}
	return statements
}

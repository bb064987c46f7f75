// Package schema describes the types of document: their fields as Go structs,
// from which the JSON Schema of each type, its JSON-LD context, its SQL view and
// the words full-text search knows it by are derived.
package schema

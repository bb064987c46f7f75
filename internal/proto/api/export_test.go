package api

import (
	"net/url"

	"penates"
	"penates/internal/vault"
)

// Patterns returns the patterns that are handled, without Base.
func Patterns() (all []string) {
	for _, r := range routes() {
		all = append(all, r.method+" "+r.path)
	}
	return all
}

// ListSQL returns the SQL of a list's first part.
func ListSQL(q url.Values) (string, []any, error) {
	l, err := parseListing(q)
	if err != nil {
		return "", nil, err
	}
	return l.query(true)
}

// Patch applies a merge patch to a document.
func Patch(patch string) error {
	d := penates.Document{Text: "a bill", Money: &penates.Money{Amount: "1", Currency: "EUR"}, Body: []byte(`{"vendor":"EDF"}`)}
	_, err := patched(fieldsOf(&d), []byte(patch))
	return err
}

// Shown returns what an answer says of a document in its attributes.
func Shown(d *vault.Stored) any { return documentResource(d).Attributes }

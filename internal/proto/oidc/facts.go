package oidc

import (
	"context"
	"strings"

	"penates/internal/vault"
)

// identitySQL reads who the owner is from identity documents: those with a level
// of assurance first, then the latest.
const identitySQL = `SELECT given, family, preferred, gender, "birthDate", email, phone, address FROM identities
 WHERE duplicate_of IS NULL ORDER BY coalesce(level, '') DESC, coalesce(day, '') DESC, id`

// maxIdentities bounds how many documents are looked through.
const maxIdentities = 50

// facts returns what the vault knows of the claims asked for. A claim it does not
// know is left out.
func facts(ctx context.Context, state *vault.Session, claims []string) (map[string]any, error) {
	known := map[string]any{}
	if len(claims) == 0 {
		return known, nil
	}
	table, err := state.Query(ctx, identitySQL, maxIdentities)
	if err != nil {
		return nil, err
	}
	for _, row := range table.Rows {
		text := func(i int) string { s, _ := row[i].(string); return strings.TrimSpace(s) }
		family := text(2)
		if family == "" {
			family = text(1)
		}
		put(known, "given_name", text(0))
		put(known, "family_name", family)
		put(known, "gender", text(3))
		put(known, "birthdate", text(4))
		put(known, "email", text(5))
		put(known, "phone_number", text(6))
		if _, ok := known["address"]; !ok && text(7) != "" {
			known["address"] = map[string]string{"formatted": text(7)}
		}
	}
	for _, set := range [...][2]string{{"given_name", "name"}, {"locale", "language"}, {"zoneinfo", "zone"}} {
		value, err := state.Setting(ctx, set[1])
		if err != nil {
			return nil, err
		}
		put(known, set[0], value)
	}
	given, _ := known["given_name"].(string)
	family, _ := known["family_name"].(string)
	put(known, "name", strings.TrimSpace(given+" "+family))
	told := map[string]any{}
	for _, c := range claims {
		if value, ok := known[c]; ok {
			told[c] = value
		}
	}
	if _, ok := told["email"]; ok {
		told["email_verified"] = false // the vault has it from documents, and asked nobody
	}
	return told, nil
}

func put(known map[string]any, name, value string) {
	if _, ok := known[name]; !ok && value != "" {
		known[name] = value
	}
}

// Package identity reads who a person is, as identity providers say it: the claims of
// OpenID Connect (Core 1.0, 5.1) with those of FranceConnect's pivot identity
// (birthplace and birthcountry as INSEE codes), as a JSON object, several of them, or
// a table with a column each.
//
// Passwords and secrets that stand beside them in test identities are not taken.
package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"penates"
	"penates/internal/importer"
	"penates/internal/importer/bank"
	"penates/internal/importer/rows"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Format reads identities.
var Format = importer.Format{Name: "identity", Title: "Identity (OpenID Connect, FranceConnect)", Recognise: recognise, Read: read}

const maxIdentity = 1 << 20

// telling are the claims that nothing but an identity has together.
var telling = []string{"family_name", "given_name", "birthdate"}

func plainAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = rows.Plain(n)
	}
	return out
}

func isJSON(head []byte) bool {
	b := bytes.TrimLeft([]byte(locale.Decode(head, "")), "\uFEFF \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

func recognise(h importer.Head) int {
	if isJSON(h.Bytes) {
		for _, name := range telling {
			if !bytes.Contains(h.Bytes, []byte(`"`+name+`"`)) {
				return 0
			}
		}
		return 80
	}
	names, _ := rows.Header(h.Bytes)
	for _, name := range plainAll(telling) {
		if !slices.Contains(names, name) {
			return 0
		}
	}
	return 85
}

func read(ctx context.Context, f *importer.File, out importer.Sink) error {
	source, err := f.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	text, _ := locale.UTF8(source, "")
	r := &reader{out: out, country: f.Country}
	if isJSON(f.Bytes) {
		return r.objects(ctx, jsonstream.New(text, maxIdentity))
	}
	names, delim := rows.Header(f.Bytes)
	return r.table(ctx, rows.New(text, delim), names)
}

type reader struct {
	out     importer.Sink
	country string
	names   bank.Namer
}

func (r *reader) objects(ctx context.Context, j *jsonstream.Reader) error {
	return j.Each(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		claims := map[string]string{}
		line := j.Line()
		err := j.Object(func(key string) error {
			var raw json.RawMessage
			if err := j.Value(&raw); err != nil {
				return err
			}
			if s, ok := jsonstream.Text(raw); ok {
				claims[rows.Plain(key)] = s
				return nil
			}
			var address map[string]any
			if key == "address" && json.Unmarshal(raw, &address) == nil {
				for name, v := range address {
					claims[rows.Plain(name)] = fmt.Sprint(v)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return r.give(claims, line)
	})
}

func (r *reader) table(ctx context.Context, in *rows.Reader, names []string) error {
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		fields, line, err := in.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, penates.Invalid), errors.Is(err, penates.TooLarge):
			if err := r.out.Refuse(line, err); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		case first || strings.Join(fields, "") == "":
			continue
		case len(fields) > len(names):
			if err := r.out.Refuse(line, fmt.Errorf("%d columns instead of %d: %w", len(fields), len(names), penates.Invalid)); err != nil {
				return err
			}
			continue
		}
		claims := map[string]string{}
		for i, v := range fields {
			claims[names[i]] = v
		}
		if err := r.give(claims, line); err != nil {
			return err
		}
	}
}

// give gives out one identity. Its claims are by their plain names.
func (r *reader) give(claims map[string]string, line int) error {
	get := func(name string) string { return social.Line(claims[rows.Plain(name)]) }
	body := schema.Identity{
		Family: get("family_name"), Preferred: get("preferred_username"), Given: get("given_name"), Gender: strings.ToLower(get("gender")),
		BirthDate: birthDate(get("birthdate")), BirthPlace: get("birthplace"), Email: strings.ToLower(get("email")), Level: get("acr"), Issuer: get("iss"),
	}
	if number := get("phone_number"); number != "" {
		body.Phone = first(social.Phone(number, r.country), number)
	}
	if body.Address = get("formatted"); body.Address == "" {
		body.Address = join(get("street_address"), strings.TrimSpace(get("postal_code")+" "+get("locality")), get("country"))
	}
	if _, pivot := claims["birthcountry"]; pivot && body.Issuer == "" {
		body.Issuer = "FranceConnect"
	}
	if body.Family == "" && body.Given == "" && body.Preferred == "" {
		return r.out.Refuse(line, fmt.Errorf("an identity without a name: %w", penates.Invalid))
	}
	d := &penates.Document{
		Text:        strings.TrimSpace(first(body.Given, body.Preferred) + " " + body.Family),
		Sensitivity: penates.Secret,
	}
	d.Source.Locator = fmt.Sprintf("line=%d", line)
	if sub := first(get("sub"), get("login")); sub != "" {
		d.Source.NativeID = "sub/" + r.names.Hash(body.Issuer, sub)
	} else {
		d.Source.NativeID = "pivot/" + r.names.Hash(body.Family, body.Given, body.BirthDate, body.BirthPlace, get("birthcountry"))
	}
	if strings.Contains(body.Email, "@") {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, body.Email))
	}
	if strings.HasPrefix(body.Phone, "+") {
		d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, body.Phone))
	}
	return r.out.Document(d, body)
}

// birthDate returns YYYY-MM-DD; FranceConnect writes what is not known of a date as 00.
func birthDate(s string) string {
	if m, err := locale.Day(s, locale.DMY); err == nil {
		return m.Date()
	}
	return s
}

func first(some ...string) string {
	for _, s := range some {
		if s != "" {
			return s
		}
	}
	return ""
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

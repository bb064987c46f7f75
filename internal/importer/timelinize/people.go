package timelinize

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/sqlitefile"
)

// maxOwners bounds how many attributes are remembered.
const maxOwners = 2_000_000

// people gives out a contact for each person, with all that is known of them.
func (t *timeline) people() error {
	var p *person
	err := t.db.Each(`SELECT entities.id, entities.name, attributes.id, attributes.name, attributes.value
		FROM entities LEFT JOIN entity_attributes ON entity_attributes.entity_id = entities.id
		LEFT JOIN attributes ON attributes.id = entity_attributes.attribute_id
		WHERE `+t.columns("entities", "deleted")+` IS NULL ORDER BY entities.id, attributes.id`, func(r *sqlitefile.Row) error {
		if p == nil || p.id != r.Int(0) {
			if err := t.give(p); err != nil {
				return err
			}
			p = &person{id: r.Int(0)}
			p.body.FullName = locale.Line(r.Text(1))
		}
		if !r.Null(2) {
			p.know(r.Text(3), locale.Line(r.Text(4)))
			if len(t.owners) < maxOwners {
				t.owners[r.Int(2)] = cmp.Or(p.body.FullName, locale.Line(r.Text(4)))
			}
		}
		return t.ctx.Err()
	})
	if err != nil {
		return err
	}
	return t.give(p)
}

type person struct {
	id   int64
	body schema.Contact
	refs []penates.Ref
}

// know takes an attribute. Ids of services say nothing to a reader.
func (p *person) know(name, value string) {
	switch {
	case value == "" || name == "_entity":
	case strings.Contains(name, "email"):
		if value = strings.ToLower(value); !slices.Contains(p.body.Email, value) {
			p.body.Email = append(p.body.Email, value)
			p.refs = append(p.refs, penates.NewRef(penates.RefEmail, value))
		}
	case strings.Contains(name, "phone"):
		if !slices.Contains(p.body.Phone, value) {
			p.body.Phone = append(p.body.Phone, value)
			if strings.HasPrefix(value, "+") {
				p.refs = append(p.refs, penates.NewRef(penates.RefPhone, value))
			}
		}
	case strings.HasPrefix(name, "birth"):
		if day, err := locale.Day(value, locale.YMD); err == nil {
			p.body.Birthday = day.Date()
		}
	case strings.HasSuffix(name, "website") || strings.HasSuffix(name, "url"):
		p.body.URL = append(p.body.URL, value)
	case strings.HasSuffix(name, "username") || strings.HasSuffix(name, "handle"):
		p.body.Nickname = cmp.Or(p.body.Nickname, value)
	}
}

func (t *timeline) give(p *person) error {
	if p == nil {
		return nil
	}
	text := cmp.Or(p.body.FullName, append(slices.Concat(p.body.Email, p.body.Phone), p.body.Nickname)[0])
	if text == "" {
		return nil // nobody: the program makes such rows for accounts it knows nothing of
	}
	return t.out.Document(&penates.Document{
		Source: penates.Source{Connection: t.repo, NativeID: "entity/" + strconv.FormatInt(p.id, 10)},
		Text:   text, Refs: p.refs,
	}, p.body)
}

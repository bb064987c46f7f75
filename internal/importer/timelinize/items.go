package timelinize

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/sqlitefile"
)

// An item is a row of items with what its keys mean.
type item struct {
	id             int64
	source         string // name of the service it came from
	class          string
	original       string // the service's own id
	owner          int64  // the attribute its owner is known by
	start, end     penates.Moment
	text, note     string
	filename, file string
	mime           string
	place          *penates.Place
	metadata       map[string]any
}

// native names an item: as its service does when that is known.
func native(source, original string, id int64) string {
	if original != "" {
		return source + "/" + original
	}
	return "item/" + strconv.FormatInt(id, 10)
}

func (t *timeline) items() error {
	sql := "SELECT items.id, data_sources.name, classifications.name, " + t.columns("items",
		"original_id", "attribute_id", "timestamp", "time_offset", "timespan", "data_text", "note", "filename", "data_file", "data_type",
		"latitude", "longitude", "altitude", "coordinate_uncertainty", "metadata") + `
		FROM items LEFT JOIN data_sources ON data_sources.id = items.data_source_id
		LEFT JOIN classifications ON classifications.id = items.classification_id
		WHERE ` + t.columns("items", "deleted") + ` IS NULL ORDER BY items.id`
	return t.db.Each(sql, func(r *sqlitefile.Row) error {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		return t.item(t.readItem(r))
	})
}

func (t *timeline) readItem(r *sqlitefile.Row) *item {
	i := &item{
		id: r.Int(0), source: r.Text(1), class: strings.ToLower(r.Text(2)), original: r.Text(3), owner: r.Int(4),
		start: t.at(r, 5, 6), end: t.at(r, 7, 6), text: r.Text(8), note: r.Text(9), filename: locale.Line(r.Text(10)), file: r.Text(11), mime: r.Text(12),
	}
	if lat, lon := r.Float(13), r.Float(14); !r.Null(13) && !r.Null(14) && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 {
		i.place = &penates.Place{Lat: lat, Lon: lon, Alt: r.Float(15)}
	}
	if b := []byte(r.Text(17)); len(b) > 0 {
		_ = json.Unmarshal(b, &i.metadata) // what is no JSON tells nothing
	}
	return i
}

func (t *timeline) item(i *item) error {
	switch i.class {
	case "message", "email", "social":
		return t.message(i)
	case "location":
		return t.position(i)
	case "media", "screen", "document":
		return t.file(i)
	case "note":
		return t.note(i)
	case "bookmark", "page_view":
		return t.page(i)
	case "event":
		if !i.start.IsZero() {
			return t.event(i)
		}
	}
	return t.record(i)
}

// document returns a document about i.
func (t *timeline) document(i *item, text string) *penates.Document {
	d := &penates.Document{
		Source: penates.Source{Connection: t.repo, NativeID: native(i.source, i.original, i.id), Locator: fmt.Sprintf("path=/items/%d", i.id)},
		Time:   penates.Span{Start: i.start, End: i.end},
		Place:  i.place,
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	d.Text = cmp.Or(locale.Line(clip(first, 300)), strings.TrimSpace(i.source+" "+cmp.Or(i.class, "item")+" "+i.start.Date()))
	return d
}

// message gives out a message with whom it went to, and links what is attached
// to it.
func (t *timeline) message(i *item) error {
	body := schema.Message{Content: i.text, Folder: i.source}
	if s, ok := i.metadata["Subject"].(string); ok {
		body.Subject = locale.Line(s)
	}
	d := t.document(i, cmp.Or(body.Subject, i.text))
	if from := t.owners[i.owner]; from != "" {
		body.From = from
		d.Parties = append(d.Parties, penates.Party{Role: "from", Literal: from})
	}
	var attached []penates.DocumentID
	if t.db.Has("relationships", "relation_id", "from_item_id", "to_item_id", "to_attribute_id") && t.db.Has("relations", "id", "label") {
		err := t.db.Each(`SELECT relations.label, relationships.to_attribute_id, items.id, data_sources.name, items.original_id
			FROM relationships JOIN relations ON relations.id = relationships.relation_id
			LEFT JOIN items ON items.id = relationships.to_item_id LEFT JOIN data_sources ON data_sources.id = items.data_source_id
			WHERE relationships.from_item_id = ? ORDER BY relationships.id LIMIT 10000`, func(r *sqlitefile.Row) error {
			label, to := r.Text(0), native(r.Text(3), r.Text(4), r.Int(2))
			switch {
			case label == "sent" || label == "cc":
				role := map[string]string{"sent": "to", "cc": "cc"}[label]
				if name := t.owners[r.Int(1)]; name != "" {
					d.Parties = append(d.Parties, penates.Party{Role: role, Literal: name})
					if role == "to" {
						body.To = strings.TrimPrefix(body.To+", "+name, ", ")
					}
				}
			case r.Null(2):
			case label == "reply":
				body.InReplyTo = to
			case label == "attachment":
				attached = append(attached, penates.NewDocumentID(connector, t.repo, to))
			}
			return nil
		}, i.id)
		if err != nil {
			return err
		}
	}
	body.Thread = body.To
	if err := t.out.Document(d, body); err != nil {
		return err
	}
	for _, id := range attached {
		if err := t.out.Link(id, penates.PartOf, penates.NewDocumentID(connector, t.repo, d.Source.NativeID)); err != nil {
			return err
		}
	}
	return nil
}

// chunk is how many positions are given out at once.
const chunk = 5000

// position adds a position to the trail of its service.
func (t *timeline) position(i *item) error {
	if i.place == nil || i.start.IsZero() {
		return t.out.Refuse(0, fmt.Errorf("item %d is a position without place or time: %w", i.id, penates.Invalid))
	}
	trail := cmp.Or(i.source, "positions")
	if t.trail.Source.NativeID != trail || len(t.trail.Points) >= chunk {
		if err := t.flush(); err != nil {
			return err
		}
		t.trail = penates.Series{
			Type: penates.Positions, Source: penates.Source{Connection: t.repo, NativeID: trail},
			Kind: "phone", Measure: "position", Text: "Positions of " + trail, Points: t.trail.Points[:0],
		}
	}
	t.trail.Points = append(t.trail.Points, penates.Point{Start: i.start, Place: i.place})
	return nil
}

func (t *timeline) flush() error {
	if len(t.trail.Points) == 0 {
		return nil
	}
	err := t.out.Points(&t.trail)
	t.trail.Points = t.trail.Points[:0]
	return err
}

// file gives out a picture, film or paper, whose bytes lie in the folder.
func (t *timeline) file(i *item) error {
	body := schema.File{Name: cmp.Or(i.filename, path.Base(cmp.Or(i.file, "file"))), Mime: i.mime, Label: locale.Line(clip(i.note, 300)), Text: clip(i.text, 1<<20)}
	if i.file != "" {
		body.Folder = path.Dir(i.file)
	}
	return t.out.Document(t.document(i, cmp.Or(body.Label, body.Name)), body)
}

func (t *timeline) note(i *item) error {
	return t.out.Document(t.document(i, cmp.Or(i.filename, i.text)), schema.Note{Title: i.filename, Content: i.text})
}

func (t *timeline) page(i *item) error {
	address, _ := i.metadata["URL"].(string)
	title := locale.Line(clip(i.text, 500))
	if address == "" && strings.HasPrefix(title, "http") {
		address = title
	}
	d := t.document(i, cmp.Or(title, address))
	if i.class == "bookmark" {
		return t.out.Document(d, schema.Bookmark{Title: title, URL: address})
	}
	return t.out.Document(d, schema.Activity{Verb: "visited", Object: title, URL: address})
}

func (t *timeline) event(i *item) error {
	title, description, _ := strings.Cut(i.text, "\n")
	body := schema.Event{Title: locale.Line(clip(title, 300)), Description: description}
	return t.out.Document(t.document(i, body.Title), body)
}

// record keeps an item of another class.
func (t *timeline) record(i *item) error {
	fields := map[string]any{"source": i.source, "text": i.text, "filename": i.filename, "file": i.file, "mime": i.mime, "note": i.note}
	for key, v := range fields {
		if v == "" {
			delete(fields, key)
		}
	}
	if len(i.metadata) > 0 {
		fields["metadata"] = i.metadata
	}
	if name := t.owners[i.owner]; name != "" {
		fields["owner"] = name
	}
	return t.out.Document(t.document(i, cmp.Or(i.text, i.filename)), schema.Record{Kind: cmp.Or(i.class, "item"), Fields: fields})
}

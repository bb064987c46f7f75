package mesinfos

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"penates"
	"penates/internal/importer"
	"penates/internal/locale"
	"penates/internal/schema"
)

// maxContent bounds the text of a message.
const maxContent = 1 << 20

// message gives out a mail.
func (r *reader) message(rec record) error {
	id := strings.Trim(rec.text("messageID"), "<>")
	at, uncertainty := r.when(rec.text("date"))
	body := schema.Message{
		Subject: locale.Line(rec.first("subject", "normSubject")), Thread: rec.text("conversationID"),
		Content: clip(strings.TrimSpace(rec.text("text")), maxContent),
	}
	if body.Content == "" {
		body.Content = visible(rec.text("html"))
	}
	for _, f := range rec.texts("flags") {
		body.Flags = strings.TrimSpace(body.Flags + " " + strings.ToLower(strings.TrimLeft(f, `\$`)))
	}
	if answered := rec.texts("inReplyTo"); len(answered) > 0 {
		body.InReplyTo = strings.Trim(answered[0], "<>")
	}
	for _, a := range rec.list("attachments") {
		size, _ := strconv.ParseInt(a.text("length"), 10, 64)
		body.Attachments = append(body.Attachments, schema.Attachment{
			Name: a.first("fileName", "generatedFileName"), Mime: a.text("contentType"), Size: max(size, 0),
		})
	}
	native := id
	if native == "" {
		native = r.name(rec, "message")
	}
	d := &penates.Document{
		Source: penates.Source{Connection: "mail", NativeID: native},
		Time:   penates.Span{Start: at, Uncertainty: uncertainty},
		Text:   body.Subject,
	}
	if id != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefMessageID, id)}
	}
	for _, role := range []string{"from", "to", "cc", "bcc"} {
		line := r.correspondents(rec.list(role), role, d)
		switch role {
		case "from":
			body.From = line
		case "to":
			body.To = line
		}
	}
	if d.Text == "" {
		d.Text = "Message from " + body.From
	}
	return r.document(d, body)
}

// correspondents adds the people of a role and returns them as one line.
func (r *reader) correspondents(list []record, role string, d *penates.Document) string {
	var names []string
	for _, p := range list {
		address := strings.ToLower(p.text("address"))
		name := locale.Line(p.text("name"))
		d.Parties = append(d.Parties, penates.Party{Role: role, Literal: name, Address: address})
		switch {
		case name == "" || name == address:
			names = append(names, address)
		default:
			names = append(names, name+" <"+address+">")
		}
	}
	return strings.Join(names, ", ")
}

// visible returns the text of HTML that a reader sees.
func visible(page string) string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(page))
	hidden := 0
	for b.Len() < maxContent {
		kind := tokens.Next()
		switch kind {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if hidden == 0 {
				if words := locale.Line(string(tokens.Text())); words != "" {
					b.WriteString(words + " ")
				}
			}
		case html.StartTagToken, html.EndTagToken:
			name, _ := tokens.TagName()
			switch atom.Lookup(name) {
			case atom.Script, atom.Style, atom.Title:
				if kind == html.StartTagToken {
					hidden++
				} else {
					hidden = max(hidden-1, 0)
				}
			case atom.P, atom.Div, atom.Tr, atom.Li, atom.H1, atom.H2, atom.H3:
				if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
					b.WriteString("\n")
				}
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// event gives out an entry of the calendar. Its title is the description, as
// Cozy version 2 has it.
func (r *reader) event(rec record) error {
	zone, name := r.zone, ""
	if z, err := time.LoadLocation(rec.text("timezone")); err == nil && rec.text("timezone") != "" {
		zone, name = z, z.String()
	}
	here := *r
	here.zone = zone
	start, uncertainty := here.when(keepMidnight(rec.text("start")))
	end, _ := here.when(keepMidnight(rec.text("end")))
	if start.IsZero() {
		return r.refuse(fmt.Errorf("event %d without start: %w", r.count, penates.Invalid))
	}
	if !end.Time().After(start.Time()) {
		end = penates.Moment{}
	}
	body := schema.Event{
		UID: rec.first("uid", "_id", "id"), Title: locale.Line(rec.text("description")), Description: rec.text("details"),
		Location: locale.Line(rec.text("place")), RRule: rec.text("rrule"), Zone: name,
	}
	if tags := rec.texts("tags"); len(tags) > 0 {
		body.Calendar = tags[0]
	}
	d := &penates.Document{
		Source: penates.Source{Connection: "calendar", NativeID: r.name(rec, "event", body.UID)},
		Time:   penates.Span{Start: start, End: end, Uncertainty: uncertainty},
		Text:   body.Title,
	}
	if d.Text == "" {
		d.Text = "Event of " + start.Date()
	}
	if body.UID != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefUID, body.UID)}
	}
	for _, a := range rec.list("attendees") {
		d.Parties = append(d.Parties, penates.Party{Role: "attendee", Literal: a.first("name", "label"), Address: strings.ToLower(a.text("email"))})
	}
	return r.document(d, body)
}

// keepMidnight writes the offset of UTC so that an event at midnight does not
// become one of a whole day.
func keepMidnight(s string) string {
	if t, ok := strings.CutSuffix(s, "Z"); ok {
		return t + "+00:00"
	}
	return s
}

var pictures = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif",
	".heic": "image/heic", ".webp": "image/webp", ".tif": "image/tiff", ".tiff": "image/tiff",
}

// photo gives out a photo, whose picture lies elsewhere.
func (r *reader) photo(rec record) error {
	name := rec.first("title", "name")
	body := schema.File{
		Name: name, Label: locale.Line(rec.first("description")),
		Mime: pictures[strings.ToLower(path.Ext(name))],
	}
	d := &penates.Document{
		Source: penates.Source{Connection: "photos", NativeID: r.name(rec, "photo", rec.text("albumid"), name)},
		Place:  position(rec.sub("gps")),
		Refs:   r.refs(rec),
		Text:   name,
	}
	d.Time.Start, d.Time.Uncertainty = r.when(rec.first("date", "taken"))
	return r.document(d, body)
}

func after(m penates.Moment, seconds int64) penates.Moment {
	if m.DateOnly() {
		return penates.Moment{}
	}
	return penates.At(m.Time().Add(time.Duration(seconds) * time.Second))
}

// A dated sink notes that the time of what it passes on is uncertain.
type dated struct {
	importer.Sink
	uncertainty string
}

func (s dated) Document(d *penates.Document, body schema.Body) error {
	d.Time.Uncertainty = s.uncertainty
	return s.Sink.Document(d, body)
}

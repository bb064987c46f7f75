package telegram

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/jsonstream"
	"penates/internal/locale"
	"penates/internal/schema"
)

// A message is a message of the export, with the members that say something.
type message struct {
	ID       json.RawMessage `json:"id"`
	Type     string          `json:"type"`
	Date     string          `json:"date"`
	Unix     json.RawMessage `json:"date_unixtime"`
	From     *string         `json:"from"`
	FromID   json.RawMessage `json:"from_id"`
	Actor    *string         `json:"actor"`
	ActorID  json.RawMessage `json:"actor_id"`
	Action   string          `json:"action"`
	Title    string          `json:"title"`
	Members  []*string       `json:"members"`
	Text     json.RawMessage `json:"text"`
	ReplyTo  json.RawMessage `json:"reply_to_message_id"`
	Via      string          `json:"via_bot"`
	Forward  *string         `json:"forwarded_from"`
	Photo    string          `json:"photo"`
	File     string          `json:"file"`
	FileName string          `json:"file_name"`
	Mime     string          `json:"mime_type"`
	Size     int64           `json:"file_size"`
	Emoji    string          `json:"sticker_emoji"`
	Duration json.RawMessage `json:"duration"`
	Seconds  json.RawMessage `json:"duration_seconds"`
	Discard  string          `json:"discard_reason"`
	PlaceIs  string          `json:"place_name"`
	Address  string          `json:"address"`
	Place    *struct {
		Lat json.Number `json:"latitude"`
		Lon json.Number `json:"longitude"`
	} `json:"location_information"`
	Contact *struct {
		Given  string `json:"first_name"`
		Family string `json:"last_name"`
		Phone  string `json:"phone_number"`
	} `json:"contact_information"`
	Poll *struct {
		Question json.RawMessage `json:"question"`
		Answers  []struct {
			Text json.RawMessage `json:"text"`
		} `json:"answers"`
	} `json:"poll"`
}

// next reads one message of chat c.
func (r *reader) next(c *chat) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	var m message
	if err := r.j.Value(&m); err != nil {
		if jsonstream.Mismatch(err) {
			return r.refuse(fmt.Errorf("a message of another shape: %w", penates.Invalid))
		}
		return err
	}
	id, _ := jsonstream.Text(m.ID)
	if id == "" {
		return r.refuse(fmt.Errorf("%w: %w", errNoID, penates.Invalid))
	}
	at, err := r.when(&m)
	if err != nil {
		return r.refuse(fmt.Errorf("message %s: %w", social.Clip(id, 40), err))
	}
	native := c.Type + "/" + c.ID + "/" + id
	if c.ID == "" {
		native = "chat/" + c.Name + "/" + id
	}
	locator := fmt.Sprintf("line=%d", r.j.Line())
	if m.Type == "service" && (m.Action == "phone_call" || m.Action == "conference_call") {
		return r.call(c, &m, native, locator, at)
	}
	return r.message(c, &m, native, locator, at)
}

// when returns the time: seconds since 1970, or, in exports before 2022, the
// local time of the computer.
func (r *reader) when(m *message) (penates.Moment, error) {
	if s, _ := jsonstream.Text(m.Unix); s != "" {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<33 {
			zone := r.file.Zone
			if zone == nil {
				zone = time.UTC
			}
			return penates.At(time.Unix(n, 0).In(zone)), nil
		}
	}
	return locale.Time(m.Date, locale.YMD, r.file.Zone)
}

func (r *reader) message(c *chat, m *message, native, locator string, at penates.Moment) error {
	out := social.Message{
		Native: native, Locator: locator, Thread: c.Name, At: at, Folder: c.Type,
		Text: words(m.Text), Place: m.place(), Attachments: m.attachments(),
	}
	if out.Thread == "" {
		out.Thread = c.Type + " " + c.ID
	}
	from, fromID := m.From, m.FromID
	if m.Type == "service" {
		from, fromID = m.Actor, m.ActorID
		out.Flags = "service"
		out.Text = strings.TrimSpace(m.service() + "\n" + out.Text)
	}
	out.From = social.Person{Name: name(from, fromID)}
	if reply, _ := jsonstream.Text(m.ReplyTo); reply != "" {
		out.ReplyTo = c.Type + "/" + c.ID + "/" + reply
	}
	out.Text = strings.TrimSpace(strings.Join(m.extras(out.Text), "\n"))
	if c.Name != "" && c.Name != out.From.Name {
		out.To = []social.Person{{Name: c.Name}}
	}
	return out.Give(r.out)
}

// name returns somebody's name, else the id that stands for a deleted account.
func name(s *string, id json.RawMessage) string {
	if s != nil && *s != "" {
		return social.Line(*s)
	}
	text, _ := jsonstream.Text(id)
	return social.Line(text)
}

// service returns what a service message says, as in "invite members: Zoé".
func (m *message) service() string {
	text := strings.ReplaceAll(m.Action, "_", " ")
	more := []string{}
	if m.Title != "" {
		more = append(more, m.Title)
	}
	for _, member := range m.Members[:min(len(m.Members), 50)] {
		if member != nil {
			more = append(more, *member)
		}
	}
	if len(more) > 0 {
		text += ": " + strings.Join(more, ", ")
	}
	return text
}

// extras returns the lines of what a message holds beside its text.
func (m *message) extras(text string) []string {
	lines := []string{text}
	if m.Forward != nil && *m.Forward != "" {
		lines = append([]string{"(" + social.Line(*m.Forward) + ")"}, lines...)
	}
	if text == "" && m.Emoji != "" {
		lines = append(lines, m.Emoji)
	}
	if m.Contact != nil {
		lines = append(lines, strings.TrimSpace(m.Contact.Given+" "+m.Contact.Family+" "+m.Contact.Phone))
	}
	if m.Poll != nil {
		lines = append(lines, words(m.Poll.Question))
		for _, a := range m.Poll.Answers {
			lines = append(lines, "- "+words(a.Text))
		}
	}
	return append(lines, m.PlaceIs, m.Address)
}

// words returns a text, which is a text or a list of texts and of parts that
// have a look of their own.
func words(raw json.RawMessage) string {
	if s, ok := jsonstream.Text(raw); ok {
		return s
	}
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range parts {
		if s, ok := jsonstream.Text(p); ok {
			b.WriteString(s)
			continue
		}
		var part struct {
			Text string `json:"text"`
			Href string `json:"href"`
		}
		if json.Unmarshal(p, &part) == nil {
			b.WriteString(part.Text)
			if part.Href != "" && part.Href != part.Text {
				b.WriteString(" <" + part.Href + ">")
			}
		}
	}
	return b.String()
}

func (m *message) place() *penates.Place {
	if m.Place == nil {
		return nil
	}
	lat, err1 := m.Place.Lat.Float64()
	lon, err2 := m.Place.Lon.Float64()
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return nil
	}
	return &penates.Place{Lat: lat, Lon: lon, Name: social.Line(m.PlaceIs)}
}

// attachments returns the files of a message, which lie below the export. Where
// one was left out, a remark in parentheses stands for its path.
func (m *message) attachments() (list []schema.Attachment) {
	for _, p := range [...]string{m.Photo, m.File} {
		if p == "" {
			continue
		}
		a := schema.Attachment{Name: social.Line(m.FileName)}
		if p == m.File {
			a.Mime, a.Size = m.Mime, max(m.Size, 0)
		}
		if !strings.HasPrefix(p, "(") {
			a.Path = strings.TrimPrefix(path.Clean("/"+p), "/")
			if a.Name == "" {
				a.Name = path.Base(p)
			}
		}
		if a.Name != "" || a.Path != "" || a.Mime != "" {
			list = append(list, a)
		}
	}
	return list
}

// call gives out a call. In a chat of two, whoever is not the other is me.
func (r *reader) call(c *chat, m *message, native, locator string, at penates.Moment) error {
	actor, _ := jsonstream.Text(m.ActorID)
	body := schema.Call{Kind: "voice", Direction: "out", Number: c.Name}
	from, to := penates.Party{Role: "from"}, penates.Party{Role: "to", Literal: c.Name}
	if actor == "user"+c.ID || r.me != "" && actor != "" && actor != r.me {
		body.Direction = "in"
		from.Literal, to.Literal = name(m.Actor, m.ActorID), ""
		if m.Discard == "missed" || m.Discard == "busy" {
			body.Direction = "missed"
		}
	} else {
		from.Literal = name(m.Actor, m.ActorID)
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: native, Locator: locator},
		Time:   penates.Span{Start: at},
		Text:   social.Line(strings.TrimSpace("Call " + body.Direction + ": " + c.Name)),
	}
	for _, p := range [...]penates.Party{from, to} {
		if p.Literal != "" {
			d.Parties = append(d.Parties, p)
		}
	}
	for _, raw := range [...]json.RawMessage{m.Seconds, m.Duration} {
		s, _ := jsonstream.Text(raw)
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1_000_000 {
			body.Seconds = n
			d.Time.End = penates.At(at.Time().Add(time.Duration(n) * time.Second))
			break
		}
	}
	return r.out.Document(d, body)
}

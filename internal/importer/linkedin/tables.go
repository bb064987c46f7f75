package linkedin

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/html"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

func (w *row) locator() string { return fmt.Sprintf("line=%d", w.line) }

func (r *reader) refuse(w row, err error) error { return r.Out.Refuse(w.line, err) }

// when reads a time: "2026-03-14 10:30:15 UTC", "14 Mar 2026", "3/14/26, 10:30
// AM", and "Mar 2026" or "2026" where only that is known.
func (r *reader) when(s string) (at penates.Moment, uncertainty string, err error) {
	if at, err := locale.Time(s, locale.MDY, r.zone); err == nil {
		return at, "", nil
	}
	if t, err := time.Parse("Jan 2006", s); err == nil {
		return penates.DayOf(t), "P1M", nil
	}
	if t, err := time.Parse("2006", s); err == nil {
		return penates.DayOf(t), "P1Y", nil
	}
	if t, err := time.Parse("Mon Jan 2 15:04:05 MST 2006", s); err == nil {
		return penates.At(t.UTC()), "", nil
	}
	return penates.Moment{}, "", fmt.Errorf("time %q: %w", social.Clip(s, 60), penates.Invalid)
}

func (r *reader) message(w row) error {
	at, _, err := r.when(w.get("date"))
	if err != nil {
		return r.refuse(w, err)
	}
	m := social.Message{
		Locator: w.locator(), At: at, Thread: w.get("conversation title"), Subject: w.get("subject"), Text: plain(w.get("content")), Folder: strings.ToLower(w.get("folder")),
		From: social.Person{Name: w.get("from")},
	}
	for name := range strings.SplitSeq(w.get("to"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			m.To = append(m.To, social.Person{Name: name})
		}
	}
	if m.Thread == "" {
		m.Thread = w.get("conversation id")
	}
	if strings.EqualFold(w.get("is message draft"), "yes") {
		m.Flags = "draft"
	}
	for name := range strings.FieldsSeq(w.get("attachments")) {
		m.Attachments = append(m.Attachments, schema.Attachment{Name: social.Clip(name, 500)})
	}
	m.Native = "message/" + r.Names.Hash(w.get("conversation id"), w.get("date"), m.From.Name, m.Text)
	return m.Give(r.Out)
}

// plain returns a text without the markup that some messages have.
func plain(s string) string {
	if !strings.Contains(s, "</") && !strings.Contains(s, "<br") {
		return s
	}
	tokens := html.NewTokenizer(strings.NewReader(s))
	var b strings.Builder
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			b.Write(tokens.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := tokens.TagName(); string(name) == "br" || string(name) == "p" || string(name) == "li" {
				b.WriteByte('\n')
			}
		}
	}
}

// comment gives out what the person wrote in public.
func (r *reader) comment(w row) error {
	at, _, err := r.when(w.get("date"))
	if err != nil {
		return r.refuse(w, err)
	}
	m := social.Message{Locator: w.locator(), At: at, Folder: r.table.name, Text: w.get("message", "sharecommentary")}
	for _, url := range [...]string{w.get("link", "sharelink"), w.get("sharedurl")} {
		if url != "" {
			m.Text = strings.TrimSpace(m.Text + "\n" + url)
		}
	}
	m.Native = r.table.name + "/" + r.Names.Hash(w.get("date"), m.Text)
	return m.Give(r.Out)
}

// connection gives out somebody the person is connected with.
func (r *reader) connection(w row) error {
	body := schema.Contact{
		Given: social.Line(w.get("first name")), Family: social.Line(w.get("last name")), Company: social.Line(w.get("company")), JobTitle: social.Line(w.get("position")),
		Groups: []string{"LinkedIn"},
	}
	day := w.get("connected on")
	at, _, err := r.when(day)
	if err != nil {
		return r.refuse(w, err)
	}
	return r.give(w, body, at, w.get("url"), body.Given, body.Family, at.String())
}

// contact gives out somebody of an address book that was handed to LinkedIn.
func (r *reader) contact(w row) error {
	body := schema.Contact{
		Given: social.Line(w.get("firstname")), Family: social.Line(w.get("lastname")), Company: social.Line(w.get("companies")), JobTitle: social.Line(w.get("title")), Note: w.get("notes"),
	}
	return r.give(w, body, penates.Moment{}, "", body.Given, body.Family, w.get("emails"), w.get("phonenumbers"))
}

func (r *reader) give(w row, body schema.Contact, at penates.Moment, url string, parts ...string) error {
	body.FullName = social.Line(body.Given + " " + body.Family)
	d := &penates.Document{Time: penates.Span{Start: at}, Text: body.FullName}
	for mail := range strings.FieldsFuncSeq(w.get("email address", "emails"), separates) {
		body.Email = append(body.Email, strings.ToLower(mail))
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
	}
	for number := range strings.SplitSeq(w.get("phonenumbers"), ",") {
		if e164 := social.Phone(number, r.country); e164 != "" {
			body.Phone = append(body.Phone, e164)
			d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, e164))
		} else if number = social.Line(number); number != "" {
			body.Phone = append(body.Phone, number)
		}
	}
	if url != "" {
		body.URL = []string{url}
	}
	switch {
	case d.Text != "":
	case len(d.Refs) > 0:
		d.Text = d.Refs[0].Value
	case url != "":
		d.Text = social.Line(url)
	default:
		return r.refuse(w, fmt.Errorf("a contact without a name: %w", penates.Invalid))
	}
	native := r.Names.Hash(parts...)
	if url != "" {
		native = r.Names.Unique(url)
	}
	d.Source = penates.Source{NativeID: r.table.name + "/" + native, Locator: w.locator()}
	return r.Out.Document(d, body)
}

func separates(c rune) bool { return c == ',' || c == ';' || c == ' ' || c == '|' }

func (r *reader) profile(w row) error {
	body := schema.Identity{
		Given: social.Line(w.get("first name")), Family: social.Line(w.get("last name")), Address: social.Line(w.get("address") + " " + w.get("zip code")), Issuer: "LinkedIn",
	}
	if maiden := social.Line(w.get("maiden name")); maiden != "" {
		body.Family, body.Preferred = maiden, body.Family
	}
	if day, err := locale.Day(w.get("birth date"), locale.MDY); err == nil {
		body.BirthDate = day.Date()
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: "profile", Locator: w.locator()},
		Text:   social.Line(body.Given + " " + w.get("last name") + ", LinkedIn"),
	}
	return r.Out.Document(d, body)
}

// other gives out a row of a table that has no type of its own.
func (r *reader) other(w row) error {
	fields := w.fields()
	raw, err := json.Marshal(fields)
	if err != nil {
		return r.refuse(w, fmt.Errorf("%w: %w", err, penates.Invalid))
	}
	var words []string
	for column := range strings.SplitSeq(r.table.title, "+") {
		if s := w.get(column); s != "" {
			words = append(words, s)
		}
	}
	title := social.Line(strings.Join(words, ", "))
	native := r.table.name + "/" + r.Names.Hash(r.table.name, string(raw))
	at, uncertainty, err := r.when(w.get(r.table.date))
	if r.table.verb != "" {
		if err != nil {
			return r.refuse(w, err)
		}
		return r.Did(native, at, schema.Activity{Verb: r.table.verb, Object: title, URL: w.get(r.table.url)}, w.locator())
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: native, Locator: w.locator()},
		Text:   social.Line("LinkedIn " + r.table.name + ": " + title),
	}
	if err == nil {
		d.Time = penates.Span{Start: at, Uncertainty: uncertainty}
		if end, _, err := r.when(w.get("finished on", "end date")); err == nil {
			d.Time.End = end
		}
	}
	return r.Out.Document(d, schema.Record{Kind: r.table.name, Fields: fields})
}

package solid

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base32Lower.EncodeToString(sum[:16])
}

// contact gives out a person or organisation (vCard in RDF, W3C Note of 2014;
// FOAF 0.99).
func (r *resource) contact(n *node) error {
	body := schema.Contact{
		FullName: locale.Line(n.first(vcard+"fn", foaf+"name", schemaOrg+"name")),
		Family:   locale.Line(n.first(vcard+"family-name", foaf+"familyName", foaf+"family_name", schemaOrg+"familyName")),
		Given:    locale.Line(n.first(vcard+"given-name", foaf+"givenName", foaf+"givenname", schemaOrg+"givenName")),
		Nickname: locale.Line(n.first(vcard+"nickname", foaf+"nick")), Company: locale.Line(n.first(vcard + "organization-name")),
		JobTitle: locale.Line(n.first(vcard+"role", vcard+"title", schemaOrg+"jobTitle")), Note: n.first(vcard + "note"),
		URL: r.values(n, "", vcard+"url", foaf+"homepage", schemaOrg+"url"),
	}
	if names, _ := r.follow(n, vcard+"hasName", vcard+"n"); len(names) > 0 {
		body.Family = cmp.Or(body.Family, names[0].first(vcard+"family-name"))
		body.Given = cmp.Or(body.Given, names[0].first(vcard+"given-name"))
	}
	body.FullName = cmp.Or(body.FullName, locale.Line(body.Given+" "+body.Family))
	if day := r.when(n, vcard+"bday", foaf+"birthday", schemaOrg+"birthDate"); !day.IsZero() {
		body.Birthday = day.Date()
	}
	switch {
	case n.is(vcard + "Group"):
		body.Kind = "group"
	case n.is(vcard+"Organization", foaf+"Organization", schemaOrg+"Organization"):
		body.Kind = "org"
	}
	d := r.document(n, body.FullName)
	d.Time = penates.Span{}
	for _, mail := range r.values(n, "mailto:", vcard+"hasEmail", vcard+"email", foaf+"mbox", schemaOrg+"email") {
		mail = strings.ToLower(unquote(mail))
		body.Email = append(body.Email, mail)
		d.Refs = append(d.Refs, penates.NewRef(penates.RefEmail, mail))
	}
	for _, number := range r.values(n, "tel:", vcard+"hasTelephone", vcard+"tel", foaf+"phone", schemaOrg+"telephone") {
		number = strings.ReplaceAll(unquote(number), "-", "")
		body.Phone = append(body.Phone, number)
		if strings.HasPrefix(number, "+") {
			d.Refs = append(d.Refs, penates.NewRef(penates.RefPhone, number))
		}
	}
	body.Address = r.addresses(n)
	if !strings.HasPrefix(n.id, "pod:") && !strings.HasPrefix(n.id, "_:") {
		body.URL = append(body.URL, n.id) // a WebID
	}
	if d.Text == d.Source.NativeID { // nobody gave it a name
		d.Text = cmp.Or(firstOf(body.Email), firstOf(body.Phone), body.Company, d.Text)
	}
	return r.out.Document(d, body)
}

func (r *resource) addresses(n *node) (list []string) {
	nodes, plain := r.follow(n, vcard+"hasAddress", vcard+"adr", schemaOrg+"address")
	for _, a := range nodes {
		plain = append(plain, strings.Join([]string{
			a.first(vcard+"street-address", schemaOrg+"streetAddress"), a.first(vcard+"postal-code", schemaOrg+"postalCode"),
			a.first(vcard+"locality", schemaOrg+"addressLocality"), a.first(vcard+"region", schemaOrg+"addressRegion"),
			a.first(vcard+"country-name", schemaOrg+"addressCountry"),
		}, " "))
	}
	for _, text := range plain {
		if text = locale.Line(text); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// unquote resolves the escapes of an address.
func unquote(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}

// bookmark gives out a bookmark (Annotea's vocabulary, which Solid uses).
func (r *resource) bookmark(n *node) error {
	body := schema.Bookmark{
		Title: locale.Line(n.first(dc+"title", dc11+"title", schemaOrg+"name", rdfs+"label")),
		URL:   n.first(recall+"recalls", schemaOrg+"url", schemaOrg+"object"),
	}
	for _, tag := range r.values(n, "", recall+"hasTopic", schemaOrg+"keywords") {
		body.Tags = append(body.Tags, locale.Line(local(tag)))
	}
	if body.URL == "" {
		return r.out.Refuse(n.line, fmt.Errorf("the bookmark %q has no address: %w", clip(body.Title, 60), penates.Invalid))
	}
	return r.out.Document(r.document(n, cmp.Or(body.Title, body.URL)), body)
}

// event gives out an event (iCalendar in RDF, or schema.org).
func (r *resource) event(n *node) error {
	start := r.when(n, ical+"dtstart", schemaOrg+"startDate", "https://schema.org/startDate", activity+"startTime")
	body := schema.Event{
		UID: n.first(ical + "uid"), Title: locale.Line(n.first(ical+"summary", schemaOrg+"name", "https://schema.org/name", activity+"name", dc+"title")),
		Description: n.first(ical+"description", schemaOrg+"description", activity+"content"), Location: locale.Line(n.first(ical + "location")), Status: strings.ToUpper(n.first(ical + "status")),
		RRule: n.first(ical + "rrule"),
	}
	if start.IsZero() {
		return r.out.Refuse(n.line, fmt.Errorf("the event %q has no start: %w", clip(body.Title, 60), penates.Invalid))
	}
	places, plain := r.follow(n, schemaOrg+"location", activity+"location")
	for _, p := range places {
		plain = append(plain, p.first(schemaOrg+"name", activity+"name"))
	}
	body.Location = cmp.Or(body.Location, locale.Line(strings.Join(plain, " ")))
	d := r.document(n, body.Title)
	d.Time = penates.Span{Start: start, End: r.when(n, ical+"dtend", schemaOrg+"endDate", "https://schema.org/endDate", activity+"endTime")}
	if body.UID != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefUID, body.UID)}
	}
	return r.out.Document(d, body)
}

// todo gives out a task of the tracker of SolidOS or of iCalendar.
func (r *resource) todo(n *node) error {
	body := schema.Todo{
		UID: n.first(ical + "uid"), Title: locale.Line(n.first(dc+"title", dc11+"title", ical+"summary")), Description: n.first(flow+"description", ical+"description", dc+"description"),
		Due: r.when(n, "http://www.w3.org/ns/pim/pad#dateDue", flow+"dateDue", ical+"due").String(), Status: strings.ToUpper(n.first(ical + "status")),
	}
	if n.is(flow + "Closed") {
		body.Status = "COMPLETED"
	}
	return r.out.Document(r.document(n, body.Title), body)
}

// note gives out a text.
func (r *resource) note(n *node) error {
	body := schema.Note{
		Title:   locale.Line(n.first(schemaOrg+"name", "https://schema.org/name", activity+"name", dc+"title")),
		Content: strings.TrimSpace(n.first(schemaOrg+"text", schemaOrg+"articleBody", "https://schema.org/text", schemaOrg+"description", activity+"content", sioc+"content")),
		Tags:    r.values(n, "", schemaOrg+"keywords"),
	}
	return r.out.Document(r.document(n, cmp.Or(body.Title, firstLine(body.Content))), body)
}

// message gives out a message of a chat.
func (r *resource) message(n *node) error {
	body := schema.Message{Content: n.first(sioc + "content"), Thread: strings.TrimPrefix(r.base, "pod://copy/")}
	for _, chat := range r.graph.order {
		if chat.is(meeting+"LongChat", meeting+"Chat") {
			body.Thread = cmp.Or(locale.Line(chat.first(dc11+"title", dc+"title")), body.Thread)
			break
		}
	}
	if answered := n.first(sioc + "has_reply_of"); answered != "" {
		body.InReplyTo = strings.TrimPrefix(answered, "pod://copy/")
	}
	d := r.document(n, firstLine(body.Content))
	if maker := n.first(foaf+"maker", dc+"creator", sioc+"has_creator"); maker != "" {
		body.From = maker
		if person := r.graph.nodes[maker]; person != nil {
			body.From = cmp.Or(person.first(foaf+"name", vcard+"fn"), maker)
		}
		d.Parties = []penates.Party{{Role: "from", Literal: body.From}}
	}
	return r.out.Document(d, body)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// place gives out a named position.
func (r *resource) place(n *node) error {
	lat, err1 := strconv.ParseFloat(n.first(geo+"lat"), 64)
	lon, err2 := strconv.ParseFloat(n.first(geo+"long"), 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		return r.out.Refuse(n.line, fmt.Errorf("position %q, %q: %w", clip(n.first(geo+"lat"), 20), clip(n.first(geo+"long"), 20), penates.Invalid))
	}
	body := schema.Place{Name: locale.Line(n.first(rdfs+"label", schemaOrg+"name", foaf+"name", dc+"title"))}
	d := r.document(n, body.Name)
	d.Place = &penates.Place{Lat: lat, Lon: lon, Name: body.Name}
	return r.out.Document(d, body)
}

package cozy

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// contact gives out a person of the address book.
func (r *reader) contact(d document) error {
	name := d.sub("name")
	body := schema.Contact{
		Family: locale.Line(name.text("familyName")), Given: locale.Line(name.text("givenName")),
		FullName: locale.Line(d.first("fullname", "displayName")), Nickname: name.text("surname"), Company: locale.Line(d.text("company")),
		JobTitle: locale.Line(d.text("jobTitle")), Birthday: d.text("birthday"), Note: d.text("note"),
	}
	body.FullName = cmp.Or(body.FullName, locale.Line(body.Given+" "+body.Family))
	doc := &penates.Document{Source: r.source("contacts", d, body.FullName)}
	add := func(to *[]string, value, scheme string) {
		if value = locale.Line(value); value == "" || slices.Contains(*to, value) {
			return
		}
		*to = append(*to, value)
		if scheme == penates.RefEmail || scheme == penates.RefPhone && strings.HasPrefix(value, "+") {
			doc.Refs = append(doc.Refs, penates.NewRef(scheme, value))
		}
	}
	for _, e := range preferred(d.list("email")) {
		add(&body.Email, strings.ToLower(e.text("address")), penates.RefEmail)
	}
	for _, p := range preferred(d.list("phone")) {
		add(&body.Phone, p.text("number"), penates.RefPhone)
	}
	for _, a := range preferred(d.list("address")) {
		line := a.text("formattedAddress")
		if line == "" {
			line = strings.Join([]string{a.text("street"), a.text("postcode"), a.text("city"), a.text("country")}, " ")
		}
		add(&body.Address, line, "")
	}
	for _, c := range d.list("cozy") {
		add(&body.URL, c.text("url"), "")
	}
	doc.Text = body.FullName
	for _, more := range [][]string{{body.Company}, body.Email, body.Phone} {
		if doc.Text == "" && len(more) > 0 {
			doc.Text = more[0]
		}
	}
	if doc.Text == "" {
		return r.refuse(fmt.Errorf("a contact without name, address or number: %w", penates.Invalid))
	}
	return r.out.Document(doc, body)
}

// preferred puts the entries that are marked as primary first.
func preferred(list []document) []document {
	slices.SortStableFunc(list, func(a, b document) int {
		return cmp.Compare(b.text("primary"), a.text("primary")) // "true" before ""
	})
	return list
}

// file gives out what Cozy knows of a file; its content lies beside it in the
// export and comes in as a file of its own.
func (r *reader) file(d document) error {
	if d.text("type") == "directory" {
		return nil // folders are seen in the paths of files
	}
	folder, name := path.Dir(d.first("path", "__DEST__")), d.text("name")
	if name == "" {
		name = path.Base(d.first("path", "__DEST__"))
	}
	if name == "" || name == "." {
		return r.refuse(fmt.Errorf("a file without name: %w", penates.Invalid))
	}
	meta := d.sub("metadata")
	body := schema.File{Name: name, Mime: d.text("mime"), Label: strings.ReplaceAll(meta.sub("qualification").text("label"), "_", " ")}
	if folder != "." {
		body.Folder = folder
	}
	if n, err := strconv.ParseInt(d.text("size"), 10, 64); err == nil && n > 0 {
		body.Size = n
	}
	doc := &penates.Document{Source: r.source("files", d, folder, name), Text: name}
	doc.Time.Start, _ = r.moment(cmp.Or(meta.first("datetime", "referencedDate"), d.first("created_at", "updated_at")))
	if gps := meta.sub("gps"); gps != nil {
		doc.Place = place(gps.text("lat"), gps.text("long"))
	}
	return r.out.Document(doc, body)
}

// event gives out an entry of the calendar.
func (r *reader) event(d document) error {
	start, err := r.moment(d.text("start"))
	if err == nil && start.IsZero() {
		err = fmt.Errorf("an event without start: %w", penates.Invalid)
	}
	if err != nil {
		return r.refuse(err)
	}
	end, _ := r.moment(d.text("end"))
	body := schema.Event{
		UID: cmp.Or(d.text("uid"), d.id()), Title: locale.Line(d.first("title", "description")), Description: d.text("details"),
		Location: locale.Line(d.first("place", "location")), RRule: d.text("rrule"), Zone: d.text("timezone"),
	}
	doc := &penates.Document{
		Source: r.source("calendar", d, start.String(), body.Title),
		Time:   penates.Span{Start: start, End: end},
		Text:   cmp.Or(body.Title, "Event of "+start.Date()),
	}
	for _, a := range d.list("attendees") {
		doc.Parties = append(doc.Parties, penates.Party{Role: "attendee", Literal: a.first("name", "label"), Address: strings.ToLower(a.text("email"))})
	}
	return r.out.Document(doc, body)
}

// watched gives out what the person saw or thought of a film.
func (r *reader) watched(d document, verb string) error {
	at, err := r.moment(d.first("timestamp", "date", "dateStr"))
	if err != nil {
		return r.refuse(err)
	}
	title := locale.Line(d.first("title", "videoTitle"))
	if title == "" {
		return r.refuse(fmt.Errorf("a film without title: %w", penates.Invalid))
	}
	doc := &penates.Document{
		Source:  r.source("netflix", d, verb, at.String(), title),
		Time:    penates.Span{Start: at},
		Parties: []penates.Party{{Role: "vendor", Literal: "Netflix"}},
		Text:    title,
	}
	return r.out.Document(doc, schema.Activity{Verb: verb, Object: title})
}

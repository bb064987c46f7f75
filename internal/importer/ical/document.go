package ical

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"penates"
	"penates/internal/locale"
	"penates/internal/schema"
)

// Limits on what is kept of one component.
const (
	maxTitle   = 4 << 10
	maxText    = 256 << 10
	maxNative  = 64 << 10
	maxRules   = 32 << 10
	maxParties = 1000
)

// document makes a document of a component.
func (w *walker) document(c *component) (*penates.Document, schema.Body, error) {
	if c.kind == "VFREEBUSY" {
		return nil, nil, fmt.Errorf("free and busy times are not taken: %w", penates.Unsupported)
	}
	d := &penates.Document{Text: locale.Line(c.text("SUMMARY", maxTitle))}
	if c.first > 0 {
		d.Source.Locator = fmt.Sprintf("line=%d-%d", c.first, c.last)
	}
	zone, err := w.span(c, d)
	if err != nil && d.Text == "" && c.text("UID", 1000) == "" {
		return nil, nil, err
	} else if err != nil {
		d.Time = penates.Span{} // the rest is worth keeping; its own text has the date as written
	}
	recurrence, err := w.recurrence(c)
	if err != nil {
		return nil, nil, err
	}
	if d.Text == "" {
		first, _, _ := strings.Cut(c.text("DESCRIPTION", maxTitle), "\n")
		d.Text = locale.Line(first)
	}
	if c.empty() {
		return nil, nil, fmt.Errorf("it says nothing: %w", penates.Invalid)
	}
	d.Parties = parties(c)
	d.Place = place(c)
	uid := locale.Line(c.text("UID", 1000))
	if uid != "" {
		d.Refs = []penates.Ref{penates.NewRef(penates.RefUID, uid)}
	}
	w.name(d, c, uid, recurrence)
	switch c.kind {
	case "VTODO":
		body, err := w.todo(c, d, uid)
		return d, body, err
	case "VJOURNAL":
		return d, schema.Note{Title: c.title(), Content: c.text("DESCRIPTION", maxText), Tags: c.tags()}, nil
	}
	return d, w.event(c, uid, zone, recurrence), nil
}

func (c *component) title() string { return locale.Line(c.text("SUMMARY", maxTitle)) }

// empty reports whether a component has no property of its own.
func (c *component) empty() bool {
	for i := range c.lines {
		if c.lines[i].Name != "" && c.lines[i].Value != "" {
			return false
		}
	}
	return true
}

func (w *walker) event(c *component, uid, zone string, recurrence penates.Moment) schema.Event {
	return schema.Event{
		UID:         uid,
		Title:       c.title(),
		Description: c.text("DESCRIPTION", maxText),
		Location:    c.text("LOCATION", maxTitle),
		RRule:       c.rules(),
		Recurrence:  recurrence.String(),
		Status:      w.status(c),
		Calendar:    w.cal.name,
		Zone:        zone,
		Native:      c.native(),
	}
}

// todo makes a to-do. Its span is from its start to when it is due, or when it
// is due if it has no start.
func (w *walker) todo(c *component, d *penates.Document, uid string) (schema.Todo, error) {
	body := schema.Todo{
		UID:         uid,
		Title:       c.title(),
		Description: c.text("DESCRIPTION", maxText),
		Status:      w.status(c),
		RRule:       c.rules(),
		Calendar:    w.cal.name,
		Native:      c.native(),
	}
	if l := c.get("DUE"); l != nil {
		due, _, err := w.clock.when(l)
		if err != nil {
			return body, err
		}
		body.Due = due.String()
		switch {
		case d.Time.Start.IsZero():
			d.Time.Start = due
		case !due.Time().Before(d.Time.Start.Time()):
			d.Time.End = due
		}
	} else if !d.Time.End.IsZero() { // start and duration
		body.Due = d.Time.End.String()
	}
	if l := c.get("COMPLETED"); l != nil {
		if done, _, err := w.clock.when(l); err == nil {
			body.Completed = done.String()
		}
	}
	if n, err := strconv.ParseUint(c.text("PERCENT-COMPLETE", 10), 10, 8); err == nil && n <= 100 {
		body.Percent = int64(n)
	}
	return body, nil
}

// status returns the component's status; one that is called off as a whole
// (METHOD:CANCEL, RFC 5546) is cancelled.
func (w *walker) status(c *component) string {
	if w.cal.method == "CANCEL" {
		return "CANCELLED"
	}
	return strings.ToUpper(c.text("STATUS", 100))
}

// span fills the time and returns the zone of the start. A start that cannot be
// read is an error, an end is left out.
func (w *walker) span(c *component, d *penates.Document) (zone string, err error) {
	l := c.get("DTSTART")
	if l == nil {
		return "", nil
	}
	d.Time.Start, zone, err = w.clock.when(l)
	if err != nil {
		return "", err
	}
	if l := c.get("DTEND"); l != nil {
		if end, _, err := w.clock.when(l); err == nil {
			d.Time.End = end
		}
	} else if l := c.get("DURATION"); l != nil {
		location, _ := time.LoadLocation(zone)
		if zone == "" {
			location = nil
		}
		d.Time.End = after(d.Time.Start, l.Value, location)
	}
	if strings.EqualFold(c.text("X-MICROSOFT-CDO-ALLDAYEVENT", 10), "TRUE") && atMidnight(d.Time.Start) && (d.Time.End.IsZero() || atMidnight(d.Time.End)) {
		d.Time.Start, zone = penates.DayOf(d.Time.Start.Time()), ""
		if !d.Time.End.IsZero() {
			d.Time.End = penates.DayOf(d.Time.End.Time())
		}
	}
	if d.Time.End.Time().Before(d.Time.Start.Time()) {
		d.Time.End = penates.Moment{}
	}
	return zone, nil
}

func atMidnight(m penates.Moment) bool {
	h, min, s := m.Time().Clock()
	return h+min+s == 0
}

// recurrence returns which occurrence of a series c replaces.
func (w *walker) recurrence(c *component) (penates.Moment, error) {
	l := c.get("RECURRENCE-ID")
	if l == nil {
		return penates.Moment{}, nil
	}
	m, _, err := w.clock.when(l)
	return m, err
}

// rules returns the recurrence properties as they are written, one a line.
func (c *component) rules() string {
	var out strings.Builder
	for i := range c.lines {
		switch l := &c.lines[i]; l.Name {
		case "RRULE", "RDATE", "EXDATE", "EXRULE":
			if l.Value == "" || out.Len()+len(l.Raw) > maxRules {
				continue
			}
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(l.Raw)
		}
	}
	return out.String()
}

func (c *component) tags() []string {
	var tags []string
	for i := range c.lines {
		if c.lines[i].Name != "CATEGORIES" {
			continue
		}
		for _, tag := range c.lines[i].List() {
			if tag != "" && len(tags) < 100 {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// parties returns the organizer and the attendees.
func parties(c *component) []penates.Party {
	var out []penates.Party
	for i := range c.lines {
		l := &c.lines[i]
		if l.Name != "ORGANIZER" && l.Name != "ATTENDEE" || len(out) >= maxParties {
			continue
		}
		p := penates.Party{Role: strings.ToLower(l.Name), Literal: locale.Line(l.Param("CN"))}
		name, mail := mailAddress(l.Text())
		if given := l.Param("EMAIL"); mail == "" && given != "" {
			_, mail = mailAddress(given)
		}
		if p.Literal == "" {
			p.Literal = name
		}
		p.Address = mail
		if strings.EqualFold(p.Literal, p.Address) {
			p.Literal = ""
		}
		if p.Literal != "" || p.Address != "" {
			out = append(out, p)
		}
	}
	return out
}

// mailAddress reads "mailto:joe@x.org", and "Joe <joe@x.org>" of vCalendar 1.0.
func mailAddress(s string) (name, mail string) {
	s = locale.Line(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
	}
	if head, tail, ok := strings.Cut(s, "<"); ok {
		name, s = strings.TrimSpace(head), strings.TrimSuffix(tail, ">")
	}
	s = strings.TrimSpace(s)
	if strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " :/") && len(s) < 320 {
		return name, strings.ToLower(s)
	}
	return name, ""
}

// place returns the position of GEO ("48.85;2.35").
func place(c *component) *penates.Place {
	l := c.get("GEO")
	if l == nil {
		return nil
	}
	lat, lon, ok := strings.Cut(strings.NewReplacer(`\;`, ";", ",", ";").Replace(l.Value), ";")
	y, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err1 != nil || err2 != nil || !(y >= -90 && y <= 90 && x >= -180 && x <= 180) || x == 0 && y == 0 {
		return nil
	}
	return &penates.Place{Lat: y, Lon: x, Name: locale.Line(c.text("LOCATION", maxTitle))}
}

// native returns the component in its own syntax, without properties that do
// not fit, which are attachments.
func (c *component) native() string {
	end := "END:" + c.kind
	room := maxNative - len(end)
	var b strings.Builder
	for _, l := range c.lines {
		if strings.EqualFold(strings.TrimSpace(l.Raw), end) || len(l.Raw) > 16<<10 || len(l.Raw)+2 > room {
			continue
		}
		room -= len(l.Raw) + 2
		b.WriteString(l.Raw + "\r\n")
	}
	return b.String() + end
}

// A version tells components of one file that share a UID apart.
type version struct {
	said     [8]byte
	sequence int
}

// name gives the document its native id: the UID and the occurrence it
// replaces; a sum of what it says without UID, or when another component of the
// file has the same one, is another event and no earlier version of it.
func (w *walker) name(d *penates.Document, c *component, uid string, recurrence penates.Moment) {
	sum := sha256.Sum256([]byte(c.kind + "\x00" + d.Text + "\x00" + occurrence(d.Time.Start) + "\x00" + occurrence(recurrence)))
	if uid == "" {
		said := hex.EncodeToString(sum[:]) + d.Time.End.String() + c.text("DESCRIPTION", maxText) + c.rules()
		if d.Text == "" && d.Time.Start.IsZero() {
			said += c.native()
		}
		all := sha256.Sum256([]byte(said))
		d.Source.NativeID = "sha256-" + hex.EncodeToString(all[:16])
		return
	}
	id := uid
	if !recurrence.IsZero() {
		id += "/" + occurrence(recurrence)
	}
	sequence, _ := strconv.Atoi(c.text("SEQUENCE", 10))
	hash := sha256.Sum256([]byte(c.kind + id))
	key, now := [16]byte(hash[:16]), version{[8]byte(sum[:8]), sequence}
	before, known := w.seen[key]
	switch {
	case !known || now.sequence > before.sequence:
		w.seen[key] = now
	case before.said != now.said:
		id += "#" + hex.EncodeToString(now.said[:])
	}
	d.Source.NativeID = id
}

// occurrence writes a time so that the zone it is given in makes no difference.
func occurrence(m penates.Moment) string {
	if m.DateOnly() {
		return m.Time().Format("20060102")
	}
	return m.Time().UTC().Format("20060102T150405Z")
}

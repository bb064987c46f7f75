package vcard

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"penates/internal/importer/contentline"
	"penates/internal/locale"
	"penates/internal/schema"
	"penates/internal/walk"
)

// Limits on one contact.
const (
	maxValues = 200
	maxText   = 64 << 10
	maxPhoto  = 16 << 20
)

// A contact is a card that was read.
type contact struct {
	schema.Contact
	uid    string
	photos []photo
}

// name returns the name a contact is shown by: its own, its organisation's, an
// address or a number.
func (c *contact) name() string {
	names := []string{c.FullName, c.Company, c.Nickname}
	names = append(append(names, c.Email...), c.Phone...)
	names = append(names, locale.Line(clip(c.Note, 80)))
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}

// ranked values are sorted by preference, those of equal rank as in the card.
type ranked struct {
	value string
	rank  int
}

// contact reads the properties; numbers without country code are of country.
func (c *card) contact(country string) *contact {
	p := &contact{}
	var mails, phones []ranked
	var notes, addresses, labels []string
	for i := range c.lines {
		l := &c.lines[i]
		switch l.Name {
		case "EMAIL":
			mails = append(mails, ranked{cleanMail(l.Text()), rank(l)})
		case "TEL":
			phones = append(phones, ranked{cleanPhone(l.Text(), country), rank(l)})
		case "ADR", "X-SAMSUNGADR":
			addresses = append(addresses, postal(l.Fields()))
		case "LABEL":
			labels = append(labels, lines(l.Text()))
		case "NOTE":
			notes = append(notes, strings.TrimSpace(strings.ReplaceAll(l.Text(), "\r\n", "\n")))
		case "PHOTO", "LOGO":
			p.addPhoto(l)
		default:
			p.read(l)
		}
	}
	p.Email, p.Phone = sorted(mails), sorted(phones)
	if p.Address = distinct(addresses); len(p.Address) == 0 {
		p.Address = distinct(labels)
	}
	p.Note = clip(strings.Join(distinct(notes), "\n\n"), maxText)
	p.Groups, p.URL = distinct(p.Groups), distinct(p.URL)
	p.nameParts()
	return p
}

// read reads the properties that are single, or simple lists.
func (p *contact) read(l *contentline.Line) {
	set := func(field *string, value string) {
		if *field == "" {
			*field = clip(locale.Line(value), 1000)
		}
	}
	switch l.Name {
	case "FN":
		set(&p.FullName, l.Text())
	case "N":
		fields := append(l.Fields(), "", "", "", "", "")
		set(&p.Family, fields[0])
		set(&p.Given, join(" ", fields[1], fields[2]))
	case "NICKNAME", "X-NICKNAME":
		set(&p.Nickname, strings.Join(l.List(), ", "))
	case "ORG":
		set(&p.Company, join(", ", l.Fields()...))
	case "TITLE":
		set(&p.JobTitle, l.Text())
	case "ROLE":
		set(&p.JobTitle, l.Text())
	case "BDAY":
		set(&p.Birthday, birthday(l.Text()))
	case "URL", "X-ABURL":
		p.URL = append(p.URL, clip(strings.TrimSpace(l.Text()), 2000))
	case "CATEGORIES", "CATEGORY":
		p.Groups = append(p.Groups, l.List()...)
	case "UID":
		set(&p.uid, l.Text())
	case "KIND", "X-ADDRESSBOOKSERVER-KIND", "X-KIND":
		set(&p.Kind, strings.ToLower(l.Text()))
	case "X-ABSHOWAS":
		if strings.EqualFold(strings.TrimSpace(l.Value), "COMPANY") {
			set(&p.Kind, "org")
		}
	}
}

// nameParts makes the full name of its parts when the card has none.
func (p *contact) nameParts() {
	if p.FullName == "" {
		p.FullName = join(" ", p.Given, p.Family)
	}
	if p.FullName == "" {
		p.FullName = p.Company
	}
}

// rank returns the preference of a value: PREF=1 to 100 of vCard 4, TYPE=pref of
// the others.
func rank(l *contentline.Line) int {
	if n, err := strconv.Atoi(l.Param("PREF")); err == nil && n > 0 {
		return n
	}
	if l.Has("TYPE", "pref") {
		return 1
	}
	return 1000
}

// sorted returns the values by preference, each once.
func sorted(list []ranked) []string {
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	values := make([]string, 0, len(list))
	for _, r := range list {
		values = append(values, r.value)
	}
	return distinct(values)
}

// distinct returns the values that are not empty, each once.
func distinct(list []string) []string {
	var out []string
	for _, v := range list {
		if v != "" && len(out) < maxValues && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func join(sep string, parts ...string) string { return strings.Join(distinct(parts), sep) }

func cleanMail(s string) string {
	s = locale.Line(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") { // Name <address>
		s = s[i+1 : len(s)-1]
	}
	return clip(strings.ToLower(strings.TrimSpace(s)), 320)
}

// postal makes one line of an address: box, extension, street, town, region,
// postal code, country (RFC 6350, 6.3.1).
func postal(fields []string) string {
	fields = append(fields, make([]string, 7)...)
	town := join(" ", fields[5], fields[3])
	return lines(join("\n", fields[2], fields[1], fields[0], town, fields[4], fields[6]))
}

// lines makes one line of several.
func lines(s string) string {
	var parts []string
	for part := range strings.Lines(s) {
		parts = append(parts, strings.Trim(locale.Line(part), ", "))
	}
	return clip(join(", ", parts...), 1000)
}

// birthday returns YYYY-MM-DD, or --MM-DD when the year is not known, or "".
// Some programs write 1604 for a year that is not known, and say so or not.
func birthday(s string) string {
	s = strings.TrimSpace(s)
	day, _, _ := strings.Cut(s, "T")
	digits := strings.ReplaceAll(strings.TrimPrefix(day, "--"), "-", "")
	layout := map[int]string{8: "20060102", 4: "0102"}[len(digits)]
	if len(digits) == 4 && !strings.HasPrefix(day, "--") {
		return "" // only a year
	}
	if len(digits) == 4 {
		digits, layout = "1604"+digits, "20060102" // a leap year
	}
	t, err := time.Parse(layout, digits)
	if err != nil || layout == "" {
		m, err := locale.Day(s, locale.DMY)
		if err != nil {
			return ""
		}
		return m.Date()
	}
	if t.Year() == 1604 {
		return t.Format("--01-02")
	}
	return t.Format(time.DateOnly)
}

// addPhoto takes an embedded picture: in base64, or as a data URI (RFC 2397).
func (p *contact) addPhoto(l *contentline.Line) {
	if l.Cut || len(p.photos) >= 10 {
		return
	}
	var content []byte
	switch value := strings.TrimSpace(l.Value); {
	case len(value) > 5 && strings.EqualFold(value[:5], "data:"):
		head, data, _ := strings.Cut(value, ",")
		data = strings.ReplaceAll(data, `\`, "")
		if text, err := url.PathUnescape(data); err == nil {
			data = text
		}
		if strings.HasSuffix(strings.TrimSuffix(head, `\`), "base64") {
			content, _ = base64.RawStdEncoding.DecodeString(strings.TrimRight(data, "="))
		}
	case l.Param("ENCODING") != "":
		content = l.Bytes()
	}
	if len(content) < 32 || len(content) > maxPhoto {
		return
	}
	mime := walk.Mime("", content)
	ext, ok := map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp"}[mime]
	if !ok {
		return // no picture
	}
	p.photos = append(p.photos, photo{schema.File{Name: strings.ToLower(l.Name) + ext, Mime: mime, Size: int64(len(content))}, content})
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
